"""Noise: what a device does, as distributions, fits, quadratures and samplers."""

from noisyweights import lazy_loading
from noisyweights.quiet_tensorflow import load_tensorflow

__all__ = [
    "distribution",
    "dynamics",
    "fitting",
    "law",
    "laws",
    "quadrature",
    "sampling",
    "simulation",
    "sums",
]
__getattr__ = lazy_loading.modules(__name__)

load_tensorflow()  # before a module of the room does it aloud
