"""Chapter 8: networks sampled by coin flips."""

from noisyweights import lazy_loading

__all__ = ["choices", "cifar10", "epochs", "experiment", "networks", "variants", "withheld"]
__getattr__ = lazy_loading.modules(__name__)
