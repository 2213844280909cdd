"""Kinds of components: what a bill's items have in common, so that unlike designs stand side by side."""

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["KINDS", "kind_of"]

KINDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "cells": (
            "level cell reads", "junction reads", "weight cell reads", "scale cell reads", "coin reads",
            "reads", "level cells", "junctions", "weight cells", "scale cells", "coin cells",
        ),
        "drivers": ("DAC", "row drivers", "decoders"),
        "converters": ("ADC", "scale ADC", "conversions"),
        "random numbers": (
            "coins", "random bits", "random bits, read", "Gaussian samples", "draw, multiply",
            "draw, add", "choices",
        ),
        "logic": (
            "multiply", "accumulate", "sums of tiles", "shift", "activation", "comparators", "scale multiply",
            "accumulator", "clocks",
        ),
        "memory": (
            "inputs in SRAM", "weight fetch", "weights in SRAM", "shifts in SRAM", "scales in SRAM",
            "kept sums in SRAM", "sums of draws",
        ),
    }
)  # fmt: skip
_OF = {component: kind for kind, components in KINDS.items() for component in components}


def kind_of(component: str) -> str:
    """The kind of a bill's component; raises KeyError for one that no bill here has."""
    if component not in _OF:
        raise KeyError(f"no bill has {component!r}: the components are {', '.join(sorted(_OF))}")
    return _OF[component]
