"""The record's trained networks under the law of a device, and what they ask of one."""

from noisyweights import lazy_loading

__all__ = ["needs", "recorded", "swap", "tasks"]
__getattr__ = lazy_loading.modules(__name__)
