"""Chapter 10: what a network loses when the noise of a weight hangs on its mean."""

from noisyweights import lazy_loading

__all__ = [
    "classifiers",
    "experiment",
    "measurements",
    "regressions",
    "results",
    "settings",
    "weight_spreads",
]
__getattr__ = lazy_loading.modules(__name__)
