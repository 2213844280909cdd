"""Hardware: what it costs, and what it does to a network, to be computed by an array of noisy cells."""

from noisyweights import lazy

__all__ = ["cells", "converters", "crossbar", "nonidealities", "wires"]
__getattr__ = lazy.modules(__name__)
