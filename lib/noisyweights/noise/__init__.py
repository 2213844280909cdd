"""Noise: what a device does, as distributions, fits, quadratures and samplers."""

import importlib
from types import ModuleType

__all__ = ["fitting", "laws", "magnetics", "quadrature", "quantile", "sampler"]


def __getattr__(name: str) -> ModuleType:
    """Import a module of the room on first use, since TensorFlow takes seconds to load."""
    if name in __all__:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
