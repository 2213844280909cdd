"""Estimates over repeated trainings: a mean with its interval, and the worst of several."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from noisyweights.noise.fitting import Interval

__all__ = ["largest", "mean_interval"]


def mean_interval(values: ArrayLike) -> Interval:
    """Mean of independent repeats (n,) and its 95 % interval by Student's t; infinite for a single one."""
    values = np.asarray(values, float)
    mean = float(values.mean())
    if len(values) < 2:
        return Interval(mean, -np.inf, np.inf)
    half_width = float(stats.sem(values) * stats.t.ppf(0.975, len(values) - 1))
    return Interval(mean, mean - half_width, mean + half_width)


def largest(intervals: Iterable[Interval]) -> Interval:
    """The largest of several estimates (value, low, high), between the largest low and the largest high.

    Where all intervals hold their quantities, this one holds the largest. Its upper end is as safe as one of
    theirs; its lower end is too high somewhat more often, up to once for each of them, and noise makes the
    largest of several estimates larger.
    """
    return Interval(*(float(ends.max()) for ends in np.array(list(intervals)).T))
