"""Chapter 4: networks trained to one predictive law, under other laws of their weights."""

from noisyweights import lazy_loading

__all__ = ["experiment", "width_claims"]
__getattr__ = lazy_loading.modules(__name__)
