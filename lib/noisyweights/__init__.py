"""Noisy Weights: Bayesian neural networks whose weights are device noise."""

import os

from noisyweights import lazy_loading

# What TensorFlow says of itself once it runs; what it says while it loads is held back in `quiet_tensorflow`.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

__version__ = "0.1.0"
__all__ = ["datasets", "experiments", "hardware", "ledger", "networks", "noise", "pages", "scores"]
__getattr__ = lazy_loading.modules(__name__)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
