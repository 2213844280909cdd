"""The law of a set of samples that no family describes: a density that is constant between quantiles."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike, NDArray

from noisyweights.noise.law import TabulatedLaw, registered
from noisyweights.sample_size import MINIMUM_SAMPLE_SIZE

__all__ = ["Empirical", "from_samples"]

Array = NDArray[np.float64]

MINIMUM_DISTINCT_VALUES, MAXIMUM_SHARE_OF_A_VALUE = 16, 0.25
# Samples in an outermost cell at least, cells in an octave of tail probability, cells in the bulk at most.
MINIMUM_PER_CELL, CELLS_PER_OCTAVE, BULK_CELLS = 8, 4, 512


@registered
class Empirical(TabulatedLaw):
    """A density that is constant between knots, with an exponential tail beyond the first and the last.

    Args:
        levels: probabilities of the knots, increasing, with ½ among them.
        knots: the quantiles there, strictly increasing; all moments of the law follow from them.
        tails: decay lengths of the lower and the upper tail.

    Raises: ValueError unless these describe a law of mean 0 and variance 1.
    """

    name = "empirical"
    support = (-math.inf, math.inf)

    def __init__(self, *, levels: Sequence[float], knots: Sequence[float], tails: Sequence[float]):
        self.levels, self.knots, self.tails = (np.array(x, float) for x in (levels, knots, tails))
        if self.levels.shape != self.knots.shape or self.levels.size < 3 or self.tails.shape != (2,):
            raise ValueError(
                f"an empirical law needs a level for each knot and two tails, got {self.levels.size} levels, "
                f"{self.knots.size} knots and {self.tails.size} tails; make it from samples"
            )
        increasing = (np.diff(self.levels) > 0).all() and (np.diff(self.knots) > 0).all()
        if not (increasing and (self.tails > 0).all() and 0 < self.levels[0] < self.levels[-1] < 1):
            raise ValueError(
                "levels and knots must increase strictly and tails be positive; make it from samples"
            )
        mean, variance, third, fourth = _moments(self.levels, self.knots, self.tails)
        if not (abs(mean) < 1e-9 and abs(variance - 1) < 1e-9):
            raise ValueError(
                f"a law has mean 0 and variance 1, got {mean:.6g} and {variance:.6g}; make it from samples"
            )
        self.skewness, self.excess_kurtosis = third, fourth - 3
        self.breakpoints = tuple(self.knots.tolist())

    def get_config(self):
        return {
            "law": self.name,
            "levels": self.levels.tolist(),
            "knots": self.knots.tolist(),
            "tails": self.tails.tolist(),
        }

    @property
    def entropy(self):
        mass, width = np.diff(self.levels), np.diff(self.knots)
        ends = self._tail_masses()
        return float((mass * np.log(width / mass)).sum() + (ends * (1 + np.log(self.tails / ends))).sum())

    def _tail_masses(self) -> Array:
        return np.array([self.levels[0], 1 - self.levels[-1]])

    def _locate(self, z: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Number of knots at or below `z`, and how far `z` is below the first or above the last of them."""
        knots = tf.constant(self.knots, z.dtype)
        below = tf.reshape(tf.searchsorted(knots, tf.reshape(z, [-1]), side="right"), tf.shape(z))
        return below, tf.nn.relu(knots[0] - z), tf.nn.relu(z - knots[-1])

    def _log_prob(self, z):
        below, under, over = self._locate(z)
        inner = np.diff(self.levels) / np.diff(self.knots)
        density = np.concatenate(
            [self.levels[:1] / self.tails[0], inner, (1 - self.levels[-1:]) / self.tails[1]]
        )
        at_cell = tf.gather(tf.constant(np.log(density), z.dtype), below)
        return at_cell - under / self.tails[0] - over / self.tails[1]

    def _cdf(self, z):
        below, under, over = self._locate(z)
        last = len(self.knots) - 1
        start = tf.clip_by_value(below - 1, 0, last - 1)
        slopes = np.diff(self.levels) / np.diff(self.knots)
        level, next_level, knot, slope = (
            tf.gather(tf.constant(x, z.dtype), start)
            for x in (self.levels, self.levels[1:], self.knots, slopes)
        )
        lower, upper = self._tail_masses()
        # In float32 a cell can be narrower than the rounding of its ends.
        inside = tf.minimum(level + (z - knot) * slope, next_level)
        outside = tf.where(
            below == 0,
            lower * tf.exp(-under / self.tails[0]),
            1 - upper * tf.exp(-over / self.tails[1]),
        )
        return tf.where((below > 0) & (below <= last), inside, outside)

    def _lower(self, v):
        half = self.levels <= 0.5
        return _tail_quantile(v, self.levels[half], self.knots[half], self.tails[0])

    def _upper(self, v):
        half = self.levels >= 0.5
        return -_tail_quantile(v, 1 - self.levels[half][::-1], -self.knots[half][::-1], self.tails[1])

    def __repr__(self):
        return f"empirical(<{len(self.knots)} knots>)"


def from_samples(samples: ArrayLike) -> Empirical:
    """Return the standardised law of `samples`.

    Its knots lie on the line through the points ((x₍ₖ₎ + x₍ₖ₊₁₎)/2, k/n) of distinct order statistics: a
    repeated value counts as spread evenly to the middle between its neighbours, and no cell is without width.
    Cells hold about √n samples in the bulk, and towards each end geometrically fewer, down to a handful.
    Beyond the last knots the density decays exponentially with the mean excess of the samples there, since no
    sample can tell where the noise ends.

    Raises: ValueError for samples that are not one row of at least 100 finite numbers, and for telegraph
        noise: fewer than 16 distinct values, or one value that is more than a quarter of all.
    """
    x = np.asarray(samples, float)
    if x.ndim != 1 or x.size < MINIMUM_SAMPLE_SIZE:
        raise ValueError(
            f"samples must be one row of at least {MINIMUM_SAMPLE_SIZE} numbers, got shape {x.shape}"
        )
    if not np.isfinite(x).all():
        bad = x[~np.isfinite(x)]
        raise ValueError(
            f"samples must be finite, got {bad.size} that are not, such as {bad[0]}; drop these rows"
        )
    values, counts = np.unique(x - x.mean(), return_counts=True)
    if values.size < MINIMUM_DISTINCT_VALUES or counts.max() > MAXIMUM_SHARE_OF_A_VALUE * x.size:
        raise ValueError(
            f"samples take {values.size} distinct values, the commonest {counts.max() / x.size:.0%} of the "
            "time: noise this discrete has no density; record it with a finer step, or use two_point() for "
            "telegraph noise"
        )
    middles, cumulative = (values[1:] + values[:-1]) / 2, np.cumsum(counts)[:-1] / x.size
    lower = _levels(x.size, smallest=cumulative[0])
    upper = _levels(x.size, smallest=1 - cumulative[-1])
    levels = np.concatenate([lower, 1 - upper[-2::-1]])
    knots = np.interp(levels, cumulative, middles)
    tails = [
        _mean_excess(knots[0] - np.repeat(values, counts), lower[0]),
        _mean_excess(np.repeat(values, counts)[::-1] - knots[-1], upper[0]),
    ]
    mean, variance, _, _ = _moments(levels, knots, np.array(tails))
    scale = math.sqrt(variance)
    return Empirical(levels=levels, knots=(knots - mean) / scale, tails=np.array(tails) / scale)


def _levels(n: int, smallest: float) -> Array:
    """Tail probabilities of the knots, increasing to ½: dyadic, where a sampler.Table cuts its cells."""
    bulk = max(math.sqrt(n), n / BULK_CELLS)
    levels, high = [[0.5]], 0.5
    while n * high / 2 >= MINIMUM_PER_CELL and high / 2 >= smallest:
        octave = n * high / 2
        per_cell = max(MINIMUM_PER_CELL, min(bulk, octave / CELLS_PER_OCTAVE))
        cells = 2 ** int(math.log2(octave / per_cell))
        levels.insert(0, high / 2 * (1 + np.arange(cells) / cells))
        high /= 2
    return np.concatenate(levels)


def _mean_excess(excess: Array, mass: float) -> float:
    """Mean of the leading `mass` of samples, the last of them counted in part."""
    weights = (mass * excess.size - np.arange(math.ceil(mass * excess.size))).clip(0, 1)
    return float(np.average(excess[: weights.size], weights=weights))


def _moments(levels: Array, knots: Array, tails: Array) -> tuple[float, float, float, float]:
    """Mean, variance, and third and fourth moments about the mean over powers of the standard deviation."""
    mass = np.concatenate([levels[:1], np.diff(levels), 1 - levels[-1:]])
    centre = np.concatenate([knots[:1] - tails[0], (knots[1:] + knots[:-1]) / 2, knots[-1:] + tails[1]])
    mean = mass @ centre
    half, c = np.diff(knots) / 2, centre - mean
    # Central moments of each cell: uniform between knots, exponential beyond them.
    second = np.concatenate([tails[:1] ** 2, half**2 / 3, tails[1:] ** 2])
    third = np.concatenate([-2 * tails[:1] ** 3, 0 * half, 2 * tails[1:] ** 3])
    fourth = np.concatenate([9 * tails[:1] ** 4, half**4 / 5, 9 * tails[1:] ** 4])
    variance = mass @ (c**2 + second)
    skewness = mass @ (c**3 + 3 * c * second + third) / variance**1.5
    kurtosis = mass @ (c**4 + 6 * c**2 * second + 4 * c * third + fourth) / variance**2
    return float(mean), float(variance), float(skewness), float(kurtosis)


def _tail_quantile(v: Array, levels: Array, knots: Array, decay: float) -> Array:
    beyond = knots[0] + decay * np.log(np.minimum(v, levels[0]) / levels[0])
    return np.where(v < levels[0], beyond, np.interp(v, levels, knots))
