"""Chapter 7: networks of one-bit weights whose scales are random."""

from noisyweights import lazy_loading

__all__ = ["accelerated", "cifar10", "experiment", "readings", "recipes", "scores", "storage"]
__getattr__ = lazy_loading.modules(__name__)
