"""Chapter 2: expectations under a law by few nodes."""

from noisyweights import lazy_loading

__all__ = ["compared_rules", "convergence", "experiment", "gauss_nodes"]
__getattr__ = lazy_loading.modules(__name__)
