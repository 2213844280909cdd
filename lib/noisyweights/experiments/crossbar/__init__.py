"""Chapter 9: networks on arrays of cells, and their bills."""

from noisyweights import lazy_loading

__all__ = ["array_reads", "cells", "networks"]
__getattr__ = lazy_loading.modules(__name__)
