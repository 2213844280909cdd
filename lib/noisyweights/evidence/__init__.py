"""Evidence: data, claims, provenance and the elements of a page."""

from noisyweights import lazy

__all__ = [
    "array_picture",
    "claims",
    "datasets",
    "metrics",
    "pages",
    "plots",
    "provenance",
    "recorded",
    "scoreboard",
]
__getattr__ = lazy.modules(__name__)
