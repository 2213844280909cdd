"""Samples as a continuous distribution: each spread evenly about itself, so that means stay as they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["SpreadSamples"]

Array = NDArray[np.float64]


class SpreadSamples:
    """The quantile function of samples, each value v spread evenly over v ± h, and its running integral.

    Here h is half the way to the nearer neighbour, and no more than half of what is usual in these samples: a
    value that stands alone stays where it is, and codes of a converter fill their steps. Where two values are
    further apart the quantile function leaps, and no mass lies between.

    Args:
        values: distinct, increasing. counts: how often each was seen.
    """

    def __init__(self, values: Array, counts: NDArray[np.intp]):
        gaps = np.diff(values)
        nearer = np.minimum(np.append(np.inf, gaps), np.append(gaps, np.inf))
        order = np.argsort(nearer)
        usual = nearer[order[np.searchsorted(np.cumsum(counts[order]), counts.sum() / 2)]]
        self.n = int(counts.sum())
        self.values, self.half = values, np.minimum(nearer, usual) / 2
        self.share = counts / self.n
        self._above = np.cumsum(counts) / self.n
        self._below = np.append(0.0, self._above[:-1])
        self._sums = np.append(0.0, np.cumsum(self.share * values))

    @classmethod
    def of(cls, samples: Array) -> SpreadSamples:
        """Of samples in any order."""
        return cls(*np.unique(samples, return_counts=True))

    def mirrored(self) -> SpreadSamples:
        """Of the samples' negatives."""
        return SpreadSamples(-self.values[::-1], np.rint(self.share[::-1] * self.n).astype(np.intp))

    def quantile(self, u: Array | float) -> Array:
        """The point below which a share `u` lies; in a leap the middle of it."""
        return (self._at(u, "left") + self._at(u, "right")) / 2

    def mean(self, low: float, high: float) -> float:
        """Mean of the part between two probabilities."""
        return float((self._integral(high) - self._integral(low)) / (high - low))

    def leap(self, low: float, high: float) -> float:
        """The longest stretch without mass between two probabilities."""
        first, last = np.searchsorted(self._above, (low, high))
        values, half = self.values[first : last + 1], self.half[first : last + 1]
        return float((np.diff(values) - half[1:] - half[:-1]).max(initial=0.0))

    def excess(self, mass: float, knot: float) -> tuple[float, float]:
        """Mean distance below `knot` of the lowest `mass`, and the mean of its square."""
        k = int(np.searchsorted(self._above, mass))
        weight = self.share[: k + 1].copy()
        weight[k] = mass - self._below[k]
        part = np.append(np.ones(k), weight[k] / self.share[k])  # of the last value's width
        half = self.half[: k + 1] * part
        distance = knot - (self.values[: k + 1] - self.half[: k + 1] + half)
        return float(weight @ distance / mass), float(weight @ (distance**2 + half**2 / 3) / mass)

    def evenly(self) -> Array:
        """As many points as there are samples, at equal steps of probability, increasing."""
        return self.quantile((np.arange(self.n) + 0.5) / self.n)

    def _at(self, u: Array | float, side: str) -> Array:
        k = np.searchsorted(self._above, u, side=side).clip(0, len(self.values) - 1)
        share = ((u - self._below[k]) / self.share[k]).clip(0, 1)
        return self.values[k] + self.half[k] * (2 * share - 1)

    def _integral(self, u: float) -> float:
        k = min(int(np.searchsorted(self._above, u)), len(self.values) - 1)
        share = min((u - self._below[k]) / self.share[k], 1.0)
        inner = share * (self.values[k] - self.half[k] * (1 - share))
        return self._sums[k] + self.share[k] * inner
