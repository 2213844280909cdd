"""Mean-field networks: every weight has a mean, a standard deviation and a law of its own."""

from noisyweights import lazy_loading

__all__ = [
    "cell_mappings",
    "energy_distance",
    "inference",
    "layer_laws",
    "layers",
    "linearised",
    "tied_layers",
    "twins",
    "variational",
]
__getattr__ = lazy_loading.modules(__name__)
