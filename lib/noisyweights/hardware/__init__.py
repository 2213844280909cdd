"""Hardware: what it costs, and what it does to a network, to be computed by an array of noisy cells."""

from noisyweights import lazy_loading

__all__ = ["array", "cells", "chip", "converters", "costs", "deployment", "nonidealities"]
__getattr__ = lazy_loading.modules(__name__)
