"""One side of the miniature."""

from noisyweights.noise.shared import BASE

__all__ = ["slope"]


def slope() -> float:
    """Return a number that the experiment `left_sums` depends on."""
    return 2 * BASE
