"""Noise: what a device does, as distributions, fits, quadratures and samplers."""

import importlib
from types import ModuleType

from noisyweights.quiet import load_tensorflow

__all__ = ["fitting", "laws", "magnetics", "quadrature", "quantile", "sampler"]

load_tensorflow()  # before a module of the room does it aloud


def __getattr__(name: str) -> ModuleType:
    """Import a module of the room on first use."""
    if name in __all__:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
