"""Noise: what a device does, as distributions, fits, quadratures and samplers.

`noise.report` reports on readings: whether their noise can be a Bayesian weight.
"""

import importlib
from typing import Any

from noisyweights import lazy_loading
from noisyweights.quiet_tensorflow import load_tensorflow

__all__ = [
    "distribution",
    "dynamics",
    "fitting",
    "law",
    "laws",
    "pair_divergence",
    "quadrature",
    "samples",
    "sampling",
    "scale_curves",
    "simulation",
    "sums",
]

load_tensorflow()  # before a module of the room does it aloud

_module = lazy_loading.modules(__name__)


def __getattr__(name: str) -> Any:
    if name == "report":  # it tries trained networks too and lives above this room: here is only its door
        return importlib.import_module("noisyweights.device_report.report").report
    return _module(name)
