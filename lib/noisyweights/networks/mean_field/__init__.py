"""Mean-field networks: every weight has a mean, a standard deviation and a law of its own."""

from noisyweights import lazy_loading

__all__ = [
    "any_layer",
    "array_draws",
    "base_layer",
    "cell_mappings",
    "cloning",
    "dense_twins",
    "drawn_values",
    "energy_distance",
    "estimators",
    "inference",
    "layer_laws",
    "layers",
    "linearised",
    "marginals",
    "packed_models",
    "random_rules",
    "running",
    "tied_layers",
    "twins",
    "unit_draws",
    "variational",
]
__getattr__ = lazy_loading.modules(__name__)
