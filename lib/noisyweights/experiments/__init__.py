"""Experiments: one module a question, from a frozen configuration to result arrays."""

from noisyweights import lazy

__all__ = ["compared", "device", "device_noise", "inverse_sampling", "points", "quadrature_rules"]
__getattr__ = lazy.modules(__name__)
