"""Packages whose modules load on first use, since TensorFlow takes seconds to load.

A few lines in place of a package such as lazy_loader, of which this is all that is needed.
"""

import importlib
import sys
from collections.abc import Callable
from types import ModuleType

__all__ = ["modules"]


def modules(package: str) -> Callable[[str], ModuleType]:
    """Return the `__getattr__` of a package: it imports the modules that the package's `__all__` names."""

    def load(name: str) -> ModuleType:
        known = sys.modules[package].__all__
        if name in known:
            return importlib.import_module(f"{package}.{name}")
        raise AttributeError(f"module {package!r} has no attribute {name!r}; it has {', '.join(known)}")

    return load
