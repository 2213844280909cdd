"""The law of a set of samples that no family describes: a density that is constant between quantiles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike, NDArray

from noisyweights.noise.law import TabulatedLaw, registered
from noisyweights.noise.laws.spread_samples import SpreadSamples
from noisyweights.noise.laws.tail_index import Tails, tails
from noisyweights.sample_size import MINIMUM_SAMPLE_SIZE

__all__ = ["Empirical", "checked_tails", "from_samples", "smoothed"]

Array = NDArray[np.float64]

MINIMUM_DISTINCT_VALUES, MAXIMUM_SHARE_OF_A_VALUE = 16, 0.25
# Samples in an outermost cell at least, cells in an octave of tail probability, cells in the bulk at most; a
# knot within halves each.
MINIMUM_PER_CELL, CELLS_PER_OCTAVE, BULK_CELLS = 8, 2, 512
# How near to an end of its cell a knot within may lie, in widths, how often a cell is halved instead, and
# a width in standard deviations below which sums of samples have no digits left.
NARROWEST, HALVINGS, RESOLVED = 0.1, 10, 1e-9
# Mean square over squared mean of a tail, 2 for an exponential, from which on an octave is taken off it;
# shares of the tail that may lie beyond its last cell.
WIDEST_TAIL, TAIL_SHARES = 3.5, (1 / 2, 3 / 4, 7 / 8, 15 / 16)


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
    """Return the law of `samples`, standardised by their mean and their standard deviation (divisor n).

    So law(samples.mean(), samples.std()) has the samples' distribution, whatever the tails. Cells hold some
    √n samples in the bulk, and towards each end geometrically fewer, down to a handful. Each has the mean of
    the samples in it: between two knots that are quantiles lies a third that sees to it, and a cell that is
    half a gap is halved until it does not matter. Beyond the last quantiles there is one more cell, and an
    exponential tail, since no sample can tell where the noise ends; both together have the mean and the
    variance of the samples there. A repeated value counts as spread evenly, half the way to the nearer
    neighbour (`spread_samples`).

    Raises: ValueError for samples that are not one row of at least 100 finite numbers; for noise with too few
        values, or too often the same, for a density: fewer than 16, or one that is more than a quarter of
        all; and for tails too heavy for a variance, by `tail_index`.
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
    values, counts = np.unique(x, return_counts=True)
    if values.size < MINIMUM_DISTINCT_VALUES or counts.max() > MAXIMUM_SHARE_OF_A_VALUE * x.size:
        raise ValueError(
            f"samples take {values.size} distinct values, the commonest, {values[counts.argmax()]:g}, "
            f"{counts.max() / x.size:.0%} of the time: noise this discrete has no density; record it with a "
            "finer step, or drop readings that are stuck or clipped there; telegraph noise is laws.two_point"
        )
    checked_tails(x)
    return smoothed(x)


def checked_tails(x: Array) -> Tails:
    """Return what the tails of samples say. Raises: ValueError where they leave the samples no variance."""
    far = tails(SpreadSamples.of(x))
    if not far.has_variance:
        raise ValueError(
            f"the tails fall as |x|^-{1 / far.shape:.2g} (moment estimate of the extreme-value index "
            f"{far.shape:.2g} ± {far.error:.2g}, above 1/2): such noise has no variance, and no law of unit "
            "variance stands for it; record its logarithm, or clip it where the circuit does"
        )
    return far


def smoothed(x: Array) -> Empirical:
    """The law of samples that `from_samples` has checked, or of a part of them."""
    spread = SpreadSamples.of((x - x.mean()) / x.std())
    lower = _lower_half(spread)
    upper = _lower_half(spread.mirrored())
    levels = np.concatenate([lower.levels, 1 - upper.levels[-2::-1]])
    knots = np.concatenate([lower.knots, -upper.knots[-2::-1]])
    for k in range(1, len(knots)):  # values that doubles can hardly tell apart
        knots[k] = max(knots[k], np.nextafter(knots[k - 1], math.inf))
    decays = np.array([lower.decay, upper.decay])
    # What is left to set right: cells do not quite have the variance of the samples in them.
    mean, variance, _, _ = _moments(levels, knots, decays)
    scale = math.sqrt(variance)
    return Empirical(levels=levels, knots=(knots - mean) / scale, tails=decays / scale)


class _Half(NamedTuple):
    """Levels up to ½, the knots there, and the decay length of the tail below them."""

    levels: Array
    knots: Array
    decay: float


def _lower_half(spread: SpreadSamples) -> _Half:
    ends = _levels(spread.n, smallest=spread.share[0])
    cells: list[tuple[float, float]] = []

    def add(low: float, high: float) -> None:
        """Put the cell between two levels before the others, its upper end excluded."""
        start = (low, float(spread.quantile(low)))
        inner = _refined(spread, start, (high, float(spread.quantile(high))), HALVINGS)
        cells[:0] = [start, *inner]

    for low, high in zip(ends[-2::-1], ends[:0:-1], strict=True):
        add(low, high)
    mass, knot = ends[0], float(spread.quantile(ends[0]))
    mean, square = spread.excess(mass, knot)
    while square > WIDEST_TAIL * mean**2 and mass * spread.n > 1:
        add(mass / 2, mass)
        mass, knot = cells[0]
        mean, square = spread.excess(mass, knot)
    share, width, decay = _tail_piece(mean, square)
    cells.insert(0, (mass * share, knot - width))
    levels, knots = np.array([*cells, (0.5, float(spread.quantile(0.5)))]).T
    return _Half(levels, knots, decay)


def _refined(
    spread: SpreadSamples, low: tuple[float, float], high: tuple[float, float], halvings: int
) -> list[tuple[float, float]]:
    """Levels and knots between two others that give the cell the mean of the samples in it."""
    (low_level, low_knot), (high_level, high_knot) = low, high
    middle, width = (low_level + high_level) / 2, high_knot - low_knot
    knot = 2 * spread.mean(low_level, high_level) - (low_knot + high_knot) / 2
    inside = low_knot + NARROWEST * width < knot < high_knot - NARROWEST * width
    if inside and spread.leap(low_level, high_level) < width / 2:
        return [(middle, knot)]
    if not halvings or width < RESOLVED:
        return []
    half = (middle, float(spread.quantile(middle)))
    return [
        *_refined(spread, low, half, halvings - 1),
        half,
        *_refined(spread, half, high, halvings - 1),
    ]


def _levels(n: int, smallest: float) -> Array:
    """Tail probabilities of the cells, increasing to ½: dyadic, where a sampler.Table cuts its cells."""
    bulk = 2 * max(math.sqrt(n), n / BULK_CELLS)
    levels, high = [[0.5]], 0.5
    while n * high / 2 >= MINIMUM_PER_CELL and high / 2 >= smallest:
        octave = n * high / 2
        per_cell = max(MINIMUM_PER_CELL, min(bulk, octave / CELLS_PER_OCTAVE))
        cells = 2 ** int(math.log2(octave / per_cell))
        levels.insert(0, high / 2 * (1 + np.arange(cells) / cells))
        high /= 2
    return np.concatenate(levels)


def _tail_piece(mean: float, square: float) -> tuple[float, float, float]:
    """A cell and an exponential tail of given mean and mean square: tail's share, cell's width, decay length.

    With a share q in the tail, the width d solves d²(1 + 2q)/3 + 2dm + 2m²/q = square, m = mean − d(1 + q)/2
    being q times the decay length. It does so for squares of 4(1 + 2q)/(3(1 + q)²) to 2/q times mean².
    """
    ratio = square / mean**2
    q = next(
        (q for q in TAIL_SHARES if 4 * (1 + 2 * q) / (3 * (1 + q) ** 2) < 0.999 * ratio), TAIL_SHARES[-1]
    )
    a = (1 + 2 * q) / 3 - (1 + q) + (1 + q) ** 2 / (2 * q)
    root = math.sqrt(max(1 / q**2 - a * (2 / q - ratio), 0.0))
    width = min(
        (1 / q - root) / a, 1.999 / (1 + q)
    )  # in means; of tails with all in one place a little is lost
    return q, mean * width, mean * (1 - width * (1 + q) / 2) / q


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
