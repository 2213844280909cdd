"""Sampling: draws by inversion, from tables of a quantile or the device paper's polynomials."""

from noisyweights import lazy_loading

__all__ = ["polynomial_quantile", "quantile_table", "sampler"]
__getattr__ = lazy_loading.modules(__name__)
