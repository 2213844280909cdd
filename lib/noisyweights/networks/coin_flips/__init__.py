"""Coin flips: trained networks whose weights are tossed for every draw, and the votes of these draws."""

from noisyweights import lazy_loading

__all__ = [
    "coins",
    "early_stopping",
    "integer_products",
    "kernel_swapping",
    "output_moments",
    "rescaling",
    "sampling",
    "unit_range",
    "votes",
]
__getattr__ = lazy_loading.modules(__name__)
