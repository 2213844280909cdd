"""Scores: how good a prediction is, how well it knows, and how sure a comparison is."""

from noisyweights import lazy_loading

__all__ = [
    "bootstrap",
    "calibration",
    "classification",
    "divergence",
    "estimates",
    "input_checks",
    "metrics",
    "regression",
    "replicates",
]
__getattr__ = lazy_loading.modules(__name__)
