"""Noise: what a device does, as distributions, fits, quadratures and samplers."""

from noisyweights import lazy
from noisyweights.quiet import load_tensorflow

__all__ = ["fitting", "fluctuators", "laws", "magnetics", "quadrature", "quantile", "sampler"]
__getattr__ = lazy.modules(__name__)

load_tensorflow()  # before a module of the room does it aloud
