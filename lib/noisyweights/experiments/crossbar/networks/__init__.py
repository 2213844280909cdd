"""Networks on arrays, and their costs: the second experiment of chapter 9."""

from noisyweights import lazy_loading

__all__ = [
    "classifiers",
    "costs",
    "energy_claims",
    "experiment",
    "measurements",
    "regressions",
    "results",
    "settings",
    "sweeps",
]
__getattr__ = lazy_loading.modules(__name__)
