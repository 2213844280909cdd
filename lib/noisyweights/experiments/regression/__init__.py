"""Chapter 5: predictions and error bars under other laws."""

from noisyweights import lazy_loading

__all__ = ["experiment"]
__getattr__ = lazy_loading.modules(__name__)
