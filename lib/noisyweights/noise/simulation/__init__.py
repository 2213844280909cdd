"""Simulation: where the book's own traces of noise come from, a magnetic junction and fluctuating charges."""

from noisyweights import lazy_loading

__all__ = ["fluctuators", "magnetics"]
__getattr__ = lazy_loading.modules(__name__)
