"""Networks: what a network does with noisy weights, and what it makes of their law."""

from noisyweights import lazy
from noisyweights.quiet import load_tensorflow

__all__ = [
    "binary",
    "chips",
    "classifiers",
    "coin_moments",
    "coinflip",
    "coins",
    "energy",
    "inference",
    "integers",
    "layers",
    "models",
    "passes",
    "quantisers",
    "saved",
    "scaling",
    "storage",
    "swapping",
    "twins",
    "unit_range",
    "variational",
    "votes",
]
__getattr__ = lazy.modules(__name__)

load_tensorflow()  # before a module of the room does it aloud
