"""Hardware: what it costs, and what it does to a network, to be computed by an array of noisy cells."""

from noisyweights import lazy_loading

__all__ = [
    "array",
    "cell_fits",
    "cells",
    "chip",
    "chip_files",
    "converters",
    "costs",
    "deployment",
    "drive",
    "nonidealities",
    "published_cells",
    "read_memory",
    "sonos_statistics",
]
__getattr__ = lazy_loading.modules(__name__)
