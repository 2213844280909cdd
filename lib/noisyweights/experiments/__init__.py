"""Experiments: a folder a chapter, from frozen settings over points to a result."""

from noisyweights import lazy_loading

__all__ = [
    "binary",
    "catalogue",
    "coin_flips",
    "compared_laws",
    "crossbar",
    "device",
    "device_noise",
    "device_readings",
    "device_verdict",
    "energy_distance",
    "faces",
    "image_inputs",
    "image_sources",
    "inverse_sampling",
    "mean_field_training",
    "points",
    "quadrature",
    "record",
    "regression",
    "results",
    "swapped_networks",
    "tied_scale",
    "trained_weights",
    "trainings",
]
__getattr__ = lazy_loading.modules(__name__)
