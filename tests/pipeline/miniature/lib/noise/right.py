"""The other side of the miniature."""

from noisyweights.noise import shared

__all__ = ["offset"]


def offset() -> float:
    """Return a number that the experiment `right_sums` depends on."""
    return shared.BASE + 1
