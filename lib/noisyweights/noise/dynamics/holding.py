"""Readings that are written several times in a row: a converter, a hold or a logger repeats each of them.

Repeats are no reads: they tell nothing new of the noise, and count once. They are told from what also stands
still, such as slow noise behind coarse codes, telegraph noise without noise around its levels, or a ramp:
changes go further than to the next code, turn back, and either keep a beat or bring a value of their own.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from noisyweights.noise.samples import checked

__all__ = ["Reads", "reads"]

Array = NDArray[np.float64]

# Below this share of neighbours that are equal, readings are no repeats of each other.
LEAST_EQUAL = 1 / 3
FEWEST_RUNS = 8
# Chance that changes at any time keep a beat; one run in so many may be broken, as by a lost reading.
LEVEL, BROKEN = 1e-6, 100
# Of independent reads two changes in three turn back, of slow ones one in two.
TURNING = 1 / 3
# Repeats without a beat are of a value of their own in this share of runs: levels and stuck codes come again.
FRESH = 1 / 2


@dataclass(frozen=True, eq=False)
class Reads:
    """The reads behind readings: `values`, shape (m,), each of them written `repeats` times on average."""

    values: Array
    repeats: float

    @property
    def held(self) -> bool:
        """Whether readings are repeated."""
        return self.repeats > 1


def reads(samples: ArrayLike) -> Reads:
    """Find the reads behind readings in order of time, shape (n,): the readings if none is repeated.

    A run of equal readings several times as long as most is as many equal reads, where runs keep a beat.

    Raises: ValueError for what is no trace of at least 100 finite readings.
    """
    samples = checked(samples)
    n = len(samples)
    changes = samples[1:] != samples[:-1]
    if np.count_nonzero(changes) > (1 - LEAST_EQUAL) * (n - 1):
        return Reads(samples, 1.0)
    starts = np.concatenate([[0], np.flatnonzero(changes) + 1])
    lengths, values = np.diff(starts, append=n), samples[starts]
    inner = lengths[1:-1]  # the first and the last may have begun before and ended after
    if len(inner) < FEWEST_RUNS or not _jumps(values):
        return Reads(samples, 1.0)
    if _keeps_beat(inner):
        values = np.repeat(values, np.maximum(np.rint(lengths / np.median(inner)), 1).astype(int))
    elif not _fresh(values[1:-1][inner > 1]):
        return Reads(samples, 1.0)
    return Reads(values, n / len(values))


def _jumps(values: Array) -> bool:
    """Whether most changes go further than to the next code, and many turn back."""
    steps = np.diff(values)
    size = np.abs(steps)
    turning = np.mean(steps[1:] * steps[:-1] < 0)
    return bool(np.median(size) > 1.5 * size.min() and turning > TURNING)


def _fresh(repeated: Array) -> bool:
    """Whether what was repeated seldom was the same value."""
    return len(np.unique(repeated)) >= FRESH * len(repeated)


def _keeps_beat(lengths: NDArray[np.int64]) -> bool:
    """Whether no run, or hardly one, is as short as some of so many are where changes come at any time.

    The k shortest of R exponential lengths end at a gamma variable of shape k, in units of their mean over R.
    """
    allowed = 1 + len(lengths) // BROKEN
    shortest = np.partition(lengths, allowed - 1)[allowed - 1] - 1
    return bool(shortest * len(lengths) > stats.gamma.isf(LEVEL, allowed) * (lengths.mean() - 1))
