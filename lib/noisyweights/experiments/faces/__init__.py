"""Chapter 6: ages of faces, and how well they are known."""

from noisyweights import lazy_loading

__all__ = ["experiment", "measurements", "networks", "results", "settings"]
__getattr__ = lazy_loading.modules(__name__)
