"""Chapter 9: arrays of cells before any network, and networks on them with their bills."""

from noisyweights import lazy_loading

__all__ = ["array_reads", "cells", "networks"]
__getattr__ = lazy_loading.modules(__name__)
