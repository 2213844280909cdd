"""Whether a device can be a Bayesian weight, by criteria fixed before any device was held against them."""

from noisyweights import lazy_loading

__all__ = ["criteria", "mends", "verdict"]
__getattr__ = lazy_loading.modules(__name__)
