"""Makes the table of an inverse CDF, cutting its cells until the error measured in them is small enough."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from noisyweights.noise.sampling.sampler import CUT_BITS, FORMATS, Table

__all__ = ["invert", "tabulate"]

Array = NDArray[np.float64]

# Error in probability that the cells are cut for, as a share of the probability of the nearer end.
TOLERANCE = {tf.float32: 1e-7, tf.float64: 1e-13}
# Bits that may pick among an entry's cells.
DEEPEST = 14
# An entry is left as it is when this many cuts do not halve an error of at most this many tolerances: it is
# rounding of the CDF then. A larger error may be a corner of the quantile that no cell has resolved so far.
PATIENCE, NOISE = 3, 100
# Newton's method ends after a relative step or a relative residual this small, or after this many steps.
SETTLED, ROUNDING, STEPS = 1e-9, 1e-15, 200
# Stands for the logarithm of a probability that underflows.
NOWHERE = -1e4


def invert(cdf_and_slope: Callable[[Array], tuple[Array, Array]], v: Array, grid: Array) -> Array:
    """Return where a CDF equals `v`, to the precision of the CDF, by Newton's method on its logarithm.

    An increasing `grid` gives the brackets, and bisection replaces every step that would leave one.
    """
    target = np.log(v).ravel()
    known = _log(cdf_and_slope(grid)[0])
    right = np.searchsorted(known, target).clip(1, len(grid) - 1)
    low, high = grid[right - 1], grid[right]
    rise = known[right] - known[right - 1]
    share = np.divide(target - known[right - 1], rise, out=np.full_like(target, 0.5), where=rise > 0)
    x = low + (high - low) * share.clip(0, 1)
    active = np.arange(target.size)
    for _ in range(STEPS):
        if not active.size:
            break
        here = x[active]
        value, slope = cdf_and_slope(here)
        excess = _log(value) - target[active]
        low[active] = np.where(excess <= 0, here, low[active])
        high[active] = np.where(excess >= 0, here, high[active])
        with np.errstate(divide="ignore", invalid="ignore"):
            step = here - excess * value / slope
        inside = (step >= low[active]) & (step <= high[active])
        x[active] = np.where(inside, step, (low[active] + high[active]) / 2)
        # Convergence is quadratic: after a step this small the next one would be rounding.
        moved = np.abs(x[active] - here) > SETTLED * np.maximum(np.abs(here), 1)
        active = active[moved & (np.abs(excess) > ROUNDING)]
    return x.reshape(np.shape(v))


def _log(probability: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.maximum(np.log(probability), NOWHERE)


def tabulate(
    tails: tuple[Callable[[Array], Array], ...],
    prob: Callable[[tf.Tensor], tf.Tensor],
    support: tuple[float, float],
    dtype: tf.DType,
) -> Table:
    """Make the table of an inverse CDF.

    Args:
        tails: two functions of v ≤ ½ in double precision, the points with probability v below and above them;
            for a symmetric law the first alone.
        prob: the density, by which an error in a point becomes an error in probability.
        support: the points for u = 0 and u = 1.
        dtype: tf.float32 or tf.float64.
    """
    cut = []
    for tail, end in zip(tails, support, strict=False):
        middle = tail(np.array([0.5])).item()
        cut.append(_Quarter(dtype, tail, prob, end).cut(absolute=False))
        cut.append(_Quarter(dtype, lambda w, tail=tail: tail(0.5 - w), prob, middle).cut(absolute=True))
    if len(tails) == 1:
        cut += [_Cut(one.starts, one.bits, -one.coefficients, one.u_error) for one in cut]
    offsets = np.cumsum([0, *(one.coefficients.shape[1] for one in cut)])
    entries = [
        (one.starts + offset << CUT_BITS) | one.bits for one, offset in zip(cut, offsets, strict=False)
    ]
    return Table(
        tf.constant(np.concatenate(entries), FORMATS[dtype].integer),
        tf.constant(np.concatenate([one.coefficients for one in cut], axis=1), dtype),
        max(one.u_error for one in cut),
    )


@dataclass(frozen=True)
class _Cut:
    """The entries and cells of one quarter of (0, 1)."""

    starts: NDArray[np.int64]
    bits: NDArray[np.int64]
    coefficients: Array
    u_error: float


@dataclass(frozen=True)
class _Quarter:
    """A quarter of (0, 1) to be cut; `point(w)` is the quantile at distance w ≤ ¼ from where it is `end`."""

    dtype: tf.DType
    point: Callable[[Array], Array]
    prob: Callable[[tf.Tensor], tf.Tensor]
    end: float

    def cut(self, *, absolute: bool) -> _Cut:
        """Cut until the error is small against w (near 0 and 1, where tails matter) or against ¼ (near ½)."""
        form = FORMATS[self.dtype]
        low, high = self._edges()
        nodes = -np.cos(np.pi * np.arange(form.degree + 1) / form.degree)
        to_powers = np.linalg.inv(np.vander(nodes))

        # One constant cell, the first, serves zero, subnormals, and wherever no float differs from the end.
        starts, bits = np.zeros((2, form.entries), np.int64)
        blocks, cells, worst = [np.append(np.zeros(form.degree), self.end)[:, None]], 1, 0.0
        open_ = np.flatnonzero((low > 0) & (self._rounded(self.point(high)) != self._rounded(self.end)))
        history = np.full((PATIENCE, form.entries), np.inf)

        for depth in range(DEEPEST + 1):
            width = (high - low)[open_, None] / 2**depth
            left = (low[open_, None] + width * np.arange(2**depth)).ravel()
            half = np.repeat(width.ravel() / 2, 2**depth)
            values = self.point(left + half * (1 + nodes[:, None]))
            # Less its first value: then rounding is small against the change in the cell, not only the point.
            powers = to_powers @ (values - values[0])
            powers[-1] += values[0]
            error, rounding = self._error(powers, left, half)
            aim = TOLERANCE[self.dtype] * (0.25 if absolute else left * (1 - np.log(left)))
            excess = (error / (aim + rounding)).reshape(-1, 2**depth).max(axis=1)

            fruitless = (excess > 0.5 * history[depth % PATIENCE, open_]) & (excess < NOISE)
            history[depth % PATIENCE, open_] = excess
            done = (excess <= 1) | fruitless | (depth == DEEPEST)
            starts[open_[done]] = cells + np.arange(done.sum()) * 2**depth
            bits[open_[done]] = depth
            kept = np.repeat(done, 2**depth)
            blocks.append(powers[:, kept])
            cells += kept.sum()
            worst = max(worst, error[kept].max(initial=0.0))
            open_ = open_[~done]
            if not open_.size:
                break
        return _Cut(starts, bits, np.concatenate(blocks, axis=1), worst)

    def _edges(self) -> tuple[Array, Array]:
        """Folded probabilities at which the entries begin and end; 0 for all that begin with a subnormal."""
        form = FORMATS[self.dtype]
        pattern = np.arange(form.entries + 1) << (form.mantissa - form.leading)
        edges = pattern.astype(form.integer.as_numpy_dtype).view(self.dtype.as_numpy_dtype).astype(float)
        normal = edges >= np.finfo(self.dtype.as_numpy_dtype).tiny
        return np.where(normal, edges, 0)[:-1], np.where(normal, edges, edges[normal][0])[1:]

    def _error(self, powers: Array, left: Array, half: Array) -> tuple[Array, Array]:
        """Largest error in probability in each cell, and what rounding its points to the dtype costs."""
        degree = len(powers) - 1
        between = -np.cos(np.pi * (np.arange(degree) + 0.5) / degree)
        exact = self.point(left + half * (1 + between[:, None]))
        approximate = np.stack([np.polyval(powers, s) for s in between])
        density = np.maximum(*(self.prob(tf.constant(z)).numpy() for z in (exact, approximate)))
        spacing = np.abs(np.spacing(self._rounded(exact))).astype(float)
        return (density * np.abs(approximate - exact)).max(axis=0), (density * spacing).max(axis=0)

    def _rounded(self, z: Array | float) -> Array:
        return np.asarray(z, self.dtype.as_numpy_dtype)
