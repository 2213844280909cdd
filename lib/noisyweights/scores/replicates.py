"""Estimates over repeated trainings: means and differences with intervals, and the worst of several.

Each interval leaves a probability `tail` beyond either end; by default it is the 95 % interval.
"""

from collections.abc import Iterable
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from noisyweights.scores.estimates import Interval

__all__ = ["TAIL", "Estimator", "difference_interval", "largest", "mean_interval", "ratio_interval"]

TAIL = 0.025


class Estimator(Protocol):
    """An estimate whose interval can be asked for at any tail probability."""

    def __call__(self, *, tail: float) -> Interval: ...


def mean_interval(values: ArrayLike, *, tail: float = TAIL) -> Interval:
    """Mean of independent repeats (n,) and its interval by Student's t; infinite for a single one."""
    values = np.asarray(values, float)
    mean = float(values.mean())
    if len(values) < 2:
        return Interval(mean, -np.inf, np.inf)
    half_width = float(stats.sem(values) * stats.t.isf(tail, len(values) - 1))
    return Interval(mean, mean - half_width, mean + half_width)


def difference_interval(values: ArrayLike, others: ArrayLike, *, tail: float = TAIL) -> Interval:
    """Mean of `values` (n,) minus that of `others` (m,), all independent, with Welch's interval.

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
    half_width = float(np.sqrt(spread.sum()) * stats.t.isf(tail, freedom))
    return Interval(difference, difference - half_width, difference + half_width)


def ratio_interval(values: ArrayLike, others: ArrayLike, *, tail: float = TAIL) -> Interval:
    """Mean of `values` (n,) over that of `others` (m,), all independent, with Fieller's interval.

    The degrees of freedom are those of the smaller sample. Infinite if either has a single repeat, or where
    the mean of `others` is not told from 0.

    Source: E. C. Fieller, J. R. Stat. Soc. B 16, 175 (1954).
    """
    (a, va), (b, vb) = (
        (float(np.mean(one)), float(stats.sem(one) ** 2) if len(one) > 1 else np.inf)
        for one in (np.asarray(values, float), np.asarray(others, float))
    )
    freedom = min(len(values), len(others)) - 1
    t = float(stats.t.isf(tail, freedom)) if freedom else np.inf
    if not np.isfinite(t * (va + vb)) or b**2 <= t**2 * vb:
        return Interval(a / b if b else np.inf, -np.inf, np.inf)
    half_width = t * np.sqrt(max(a**2 * vb + b**2 * va - t**2 * va * vb, 0.0))
    ends = sorted((a * b + sign * half_width) / (b**2 - t**2 * vb) for sign in (-1, 1))
    return Interval(a / b, *map(float, ends))


def largest(estimators: Iterable[Estimator]) -> Interval:
    """The largest of several quantities with its 95 % interval, whichever of them it is.

    The upper end is the largest of theirs: it is missed only where that of the largest quantity is, once in
    40. Any lower end that lies too high would do harm, so each gets its share of the tail (Bonferroni), and
    together they lie above the largest quantity once in 40 at most. Noise makes the largest of several
    estimates larger than the largest quantity; the interval allows for it.
    """
    estimators = list(estimators)
    apart = [estimator(tail=TAIL) for estimator in estimators]
    low = max(estimator(tail=TAIL / len(estimators)).low for estimator in estimators)
    return Interval(max(one.value for one in apart), low, max(one.high for one in apart))
