"""Binary networks: weights of one bit, and a scale for each output that may be random."""

from noisyweights import lazy_loading

__all__ = [
    "base_layer",
    "given_values",
    "layers",
    "models",
    "quantisers",
    "random_scales",
    "stochastic_passes",
    "storage",
]
__getattr__ = lazy_loading.modules(__name__)
