"""Chapter 8: networks sampled by coin flips."""

from noisyweights import lazy_loading

__all__ = [
    "bayesian",
    "choices",
    "cifar10",
    "configuration",
    "epochs",
    "experiment",
    "networks",
    "pictures",
    "quantities",
    "results",
    "storage",
    "tasks",
    "tossing",
    "variants",
    "withheld",
]
__getattr__ = lazy_loading.modules(__name__)
