"""Measured numbers with their 95 % intervals."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Estimate", "Interval"]


class Interval(NamedTuple):
    """A number and the ends of its 95 % interval."""

    value: float
    low: float
    high: float


class Estimate(NamedTuple):
    """A value, the ends of its 95 % interval and the sample size `n` behind it.

    Value and ends are arrays where a whole curve was measured; their interval then covers all of the curve
    at once.
    """

    value: float | NDArray[np.float64]
    low: float | NDArray[np.float64]
    high: float | NDArray[np.float64]
    n: int

    def within(self, margin: float) -> bool:
        """Whether the interval lies in [−margin, margin] throughout: equivalence, for a difference.

        A test of equivalence at 5 % would be content with the 90 % interval, so this one errs at most 2.5 %
        of the time. Source: D. J. Schuirmann, J. Pharmacokinet. Biopharm. 15, 657 (1987).

        Raises: ValueError for a margin that is not positive.
        """
        if not margin > 0:
            raise ValueError(f"no difference lies within a margin of {margin}: declare a positive one")
        return bool(np.all(np.asarray(self.low) >= -margin) and np.all(np.asarray(self.high) <= margin))
