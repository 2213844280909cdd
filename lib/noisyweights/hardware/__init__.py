"""Hardware: what it costs, and what it does to a network, to be computed by an array of noisy cells."""

from noisyweights import lazy

__all__ = [
    "array_layers",
    "cells",
    "chip",
    "converters",
    "costs",
    "crossbar",
    "deployment",
    "figures",
    "nonidealities",
    "reads",
    "successive",
    "wires",
    "workloads",
]
__getattr__ = lazy.modules(__name__)
