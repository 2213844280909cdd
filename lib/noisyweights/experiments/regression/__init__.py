"""Chapter 5: predictions and error bars under other laws."""

from noisyweights import lazy_loading

__all__ = ["distances", "experiment", "measurements", "networks", "problem", "results", "settings"]
__getattr__ = lazy_loading.modules(__name__)
