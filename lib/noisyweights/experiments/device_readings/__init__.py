"""Which readings of a device are its noise: the report and the chapters take them from here."""

from noisyweights import lazy_loading

__all__ = ["groups", "law", "parts"]
__getattr__ = lazy_loading.modules(__name__)
