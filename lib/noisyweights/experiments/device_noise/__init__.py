"""Chapter 1: the noise of a device, and the law that stands for it."""

from noisyweights import lazy_loading

__all__ = ["closest", "experiment"]
__getattr__ = lazy_loading.modules(__name__)
