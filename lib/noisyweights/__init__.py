"""Noisy Weights: Bayesian neural networks whose weights are device noise."""

import os

from noisyweights import lazy

# What TensorFlow says of itself once it runs; what it says while it loads is held back in `quiet`.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

__version__ = "0.1.0"
__all__ = ["evidence", "experiments", "hardware", "networks", "noise"]
__getattr__ = lazy.modules(__name__)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
