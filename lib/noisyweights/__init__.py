"""Noisy Weights: Bayesian neural networks whose weights are device noise."""

import importlib
import os
from types import ModuleType

# What TensorFlow says of itself once it runs; what it says while it loads is held back in `quiet`.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

__version__ = "0.1.0"
__all__ = ["evidence", "experiments", "noise"]


def __getattr__(name: str) -> ModuleType:
    """Import a room of the library on first use, since TensorFlow takes seconds to load."""
    if name in __all__:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; its rooms are {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
