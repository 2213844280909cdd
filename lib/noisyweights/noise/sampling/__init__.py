"""Sampling: draws by inversion, in a graph, from a table of the quantile."""

from noisyweights import lazy_loading

__all__ = ["quantile_table", "sampler"]
__getattr__ = lazy_loading.modules(__name__)
