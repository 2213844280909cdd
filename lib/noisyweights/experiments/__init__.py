"""Experiments: a folder a chapter, from frozen settings over points to a result."""

from noisyweights import lazy_loading

__all__ = [
    "binary",
    "catalogue",
    "coin_flips",
    "compared_laws",
    "crossbar",
    "device",
    "device_criteria",
    "device_mends",
    "device_noise",
    "device_verdict",
    "energy_distance",
    "faces",
    "image_inputs",
    "image_sources",
    "inverse_sampling",
    "mean_field_training",
    "network_needs",
    "points",
    "quadrature",
    "record",
    "recorded_networks",
    "regression",
    "results",
    "swapped_networks",
    "swapped_tasks",
    "trained_weights",
    "trainings",
]
__getattr__ = lazy_loading.modules(__name__)
