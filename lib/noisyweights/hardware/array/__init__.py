"""Arrays: cells between rows and columns, their wires, and the products that they read."""

from noisyweights import lazy_loading

__all__ = ["crossbar", "fresh_reads", "slices", "wires"]
__getattr__ = lazy_loading.modules(__name__)
