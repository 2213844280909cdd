"""Binary networks: weights of one bit, and a scale for each output that may be random."""

from noisyweights import lazy_loading

__all__ = ["layers", "models", "quantisers", "stochastic_passes", "storage"]
__getattr__ = lazy_loading.modules(__name__)
