"""Dynamics: what a trace of readings, in order of time, shows beside its law."""

from noisyweights import lazy_loading

__all__ = [
    "allan",
    "coloured_noise",
    "correlation",
    "description",
    "holding",
    "intervals",
    "outliers",
    "peaks",
    "sentences",
    "spectrum",
    "sweeps",
    "tail_gaps",
    "telegraph",
    "telegraph_models",
    "trend",
    "trend_forms",
]
__getattr__ = lazy_loading.modules(__name__)
