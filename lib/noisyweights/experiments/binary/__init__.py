"""Chapter 7: networks of one-bit weights whose scales are random."""

from noisyweights import lazy_loading

__all__ = [
    "accelerated",
    "cifar10",
    "experiment",
    "measurements",
    "networks",
    "readings",
    "recipes",
    "results",
    "scale_study",
    "scores",
    "settings",
    "storage",
]
__getattr__ = lazy_loading.modules(__name__)
