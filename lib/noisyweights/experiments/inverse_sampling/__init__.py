"""Chapter 3: draws by the inverse of the distribution function."""

from noisyweights import lazy_loading

__all__ = ["edge_formulas", "experiment", "monte_carlo", "polynomial_quantile"]
__getattr__ = lazy_loading.modules(__name__)
