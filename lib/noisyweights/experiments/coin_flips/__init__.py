"""Chapter 8: networks sampled by coin flips."""

from noisyweights import lazy_loading

__all__ = [
    "bayesian",
    "choices",
    "cifar10",
    "compact_arrays",
    "epochs",
    "experiment",
    "measurements",
    "networks",
    "results",
    "settings",
    "tasks",
    "tossing",
    "variants",
    "withheld",
]
__getattr__ = lazy_loading.modules(__name__)
