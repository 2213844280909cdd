"""Estimates over repeated trainings: means and differences with intervals, and the worst of several."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from noisyweights.scores.estimates import Interval

__all__ = ["difference_interval", "largest", "mean_interval", "ratio_interval"]


def mean_interval(values: ArrayLike) -> Interval:
    """Mean of independent repeats (n,) and its 95 % interval by Student's t; infinite for a single one."""
    values = np.asarray(values, float)
    mean = float(values.mean())
    if len(values) < 2:
        return Interval(mean, -np.inf, np.inf)
    half_width = float(stats.sem(values) * stats.t.ppf(0.975, len(values) - 1))
    return Interval(mean, mean - half_width, mean + half_width)


def difference_interval(values: ArrayLike, others: ArrayLike) -> Interval:
    """Mean of `values` (n,) minus that of `others` (m,), all independent, with Welch's 95 % interval.

    It does not ask for equal variances or numbers; infinite if either has a single repeat.

    Source: B. L. Welch, Biometrika 34, 28 (1947).
    """
    pair = [np.asarray(one, float) for one in (values, others)]
    difference = float(pair[0].mean() - pair[1].mean())
    if min(map(len, pair)) < 2:
        return Interval(difference, -np.inf, np.inf)
    spread = np.array([stats.sem(one) ** 2 for one in pair])
    if not spread.any():
        return Interval(difference, difference, difference)
    freedom = spread.sum() ** 2 / sum(v**2 / (len(one) - 1) for v, one in zip(spread, pair, strict=True))
    half_width = float(np.sqrt(spread.sum()) * stats.t.ppf(0.975, freedom))
    return Interval(difference, difference - half_width, difference + half_width)


def ratio_interval(values: ArrayLike, others: ArrayLike) -> Interval:
    """Mean of `values` (n,) over that of `others` (m,), all independent, with Fieller's 95 % interval.

    The degrees of freedom are those of the smaller sample. Infinite if either has a single repeat, or where
    the mean of `others` is not told from 0.

    Source: E. C. Fieller, J. R. Stat. Soc. B 16, 175 (1954).
    """
    (a, va), (b, vb) = (
        (float(np.mean(one)), float(stats.sem(one) ** 2) if len(one) > 1 else np.inf)
        for one in (np.asarray(values, float), np.asarray(others, float))
    )
    freedom = min(len(values), len(others)) - 1
    t = float(stats.t.ppf(0.975, freedom)) if freedom else np.inf
    if not np.isfinite(t * (va + vb)) or b**2 <= t**2 * vb:
        return Interval(a / b if b else np.inf, -np.inf, np.inf)
    half_width = t * np.sqrt(max(a**2 * vb + b**2 * va - t**2 * va * vb, 0.0))
    ends = sorted((a * b + sign * half_width) / (b**2 - t**2 * vb) for sign in (-1, 1))
    return Interval(a / b, *map(float, ends))


def largest(intervals: Iterable[Interval]) -> Interval:
    """The largest of several estimates (value, low, high), between the largest low and the largest high.

    Where all intervals hold their quantities, this one holds the largest. Its upper end is as safe as one of
    theirs; its lower end is too high somewhat more often, up to once for each of them, and noise makes the
    largest of several estimates larger.
    """
    return Interval(*(float(ends.max()) for ends in np.array(list(intervals)).T))
