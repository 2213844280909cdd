"""Makes the table of an inverse CDF, cutting each entry until the error that is measured in it is small enough."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from noisyweights.noise.sampler import CUT_BITS, FORMATS, Format, Table

__all__ = ["invert", "tabulate"]

Array = NDArray[np.float64]

# Error in probability that the cells are cut for, as a share of the probability of the nearer end.
TOLERANCE = {tf.float32: 1e-7, tf.float64: 1e-13}
# Bits that may pick among an entry's cells, and after how many fruitless cuts an entry is left as it is.
DEEPEST, PATIENCE = 14, 3
# Stands for the logarithm of a probability that underflows.
NOWHERE = -1e4
# Newton's method ends after a relative step or a relative residual this small, or after this many steps.
SETTLED, ROUNDING, STEPS = 1e-9, 1e-15, 200


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
        tails: two functions of v ≤ ½, the points with probability v below and above them, in double precision;
            for a symmetric law the first alone.
        prob: the density, by which an error in a point becomes an error in probability.
        support: the points for u = 0 and u = 1.
        dtype: tf.float32 or tf.float64.
    """
    form = FORMATS[dtype]
    quarters, worst = [], 0.0
    for tail, end in zip(tails, support, strict=False):
        for inner in (False, True):

            def point(w, tail=tail, inner=inner):
                return tail(0.5 - w if inner else w)

            limit = tail(np.array([0.5])).item() if inner else end
            starts, cuts, polynomials, error = _quarter(form, dtype, point, prob, limit, inner)
            quarters.append((starts, cuts, polynomials))
            worst = max(worst, error)
    if len(tails) == 1:
        quarters += [(starts, cuts, -polynomials) for starts, cuts, polynomials in quarters]
    starts, cuts, coefficients = zip(*quarters, strict=True)
    offsets = np.cumsum([0, *(polynomials.shape[1] for polynomials in coefficients[:-1])])
    entries = [
        (start + offset << CUT_BITS) | cut for start, offset, cut in zip(starts, offsets, cuts, strict=True)
    ]
    return Table(
        tf.constant(np.concatenate(entries), form.integer),
        tf.constant(np.concatenate(coefficients, axis=1), dtype),
        worst,
    )


def _quarter(form: Format, dtype: tf.DType, point, prob, end: float, inner: bool):
    """Cut one quarter of (0, 1); `point(w)` is the quantile at distance w ≤ ¼ from where it is `end`."""
    low, high = _edges(form, dtype)
    real = dtype.as_numpy_dtype
    nodes, checks, to_powers = _nodes(form.degree)

    # One constant cell, the first, serves w = 0, subnormal w, and wherever no float differs from the end.
    starts, cuts = np.zeros((2, form.entries), np.int64)
    blocks = [np.append(np.zeros(form.degree), end)[:, None]]
    constant = (low < np.finfo(real).tiny) | (
        point(np.maximum(high, np.finfo(real).tiny)).astype(real) == real(end)
    )
    open_, cells, worst = np.flatnonzero(~constant), 1, 0.0
    history = np.full((PATIENCE, form.entries), np.inf)

    for cut in range(DEEPEST + 1):
        width = (high - low)[open_, None] / 2**cut
        left = (low[open_, None] + width * np.arange(2**cut)).ravel()
        half = np.repeat(width.ravel() / 2, 2**cut)
        powers = to_powers @ point(left + half * (1 + nodes[:, None]))
        error, floor = _error_in_probability(
            powers, left + half * (1 + checks[:, None]), checks, point, prob, real
        )
        tolerance = TOLERANCE[dtype] * (0.25 if inner else left * (1 - np.log(left))) + floor
        excess, error = ((x.reshape(-1, 2**cut)).max(axis=1) for x in (error / tolerance, error))

        hopeless = excess > 0.5 * history[cut % PATIENCE, open_]
        done = (excess <= 1) | hopeless | (cut == DEEPEST)
        history[cut % PATIENCE, open_] = excess
        starts[open_[done]] = cells + np.arange(done.sum()) * 2**cut
        cuts[open_[done]] = cut
        blocks.append(powers[:, np.repeat(done, 2**cut)])
        cells += done.sum() * 2**cut
        worst = max(worst, error[done].max(initial=0.0))
        open_ = open_[~done]
        if not open_.size:
            break
    return starts, cuts, np.concatenate(blocks, axis=1), worst


def _edges(form: Format, dtype: tf.DType) -> tuple[Array, Array]:
    """Folded probabilities at which the entries begin and end."""
    bits = np.arange(form.entries + 1) << (form.mantissa - form.leading)
    edges = bits.astype(form.integer.as_numpy_dtype).view(dtype.as_numpy_dtype).astype(float)
    return edges[:-1], edges[1:]


def _nodes(degree: int) -> tuple[Array, Array, Array]:
    """Chebyshev–Lobatto nodes, the points midway between them, and the matrix from values to powers."""
    nodes = -np.cos(np.pi * np.arange(degree + 1) / degree)
    checks = -np.cos(np.pi * (np.arange(degree) + 0.5) / degree)
    return nodes, checks, np.linalg.inv(np.vander(nodes))


def _error_in_probability(powers, w, checks, point, prob, real):
    """Largest error of each cell, and what rounding its points to the dtype costs."""
    exact = point(w)
    approximate = np.stack([np.polyval(powers, s) for s in checks])
    density = np.maximum(*(prob(tf.constant(z)).numpy() for z in (exact, approximate)))
    rounding = density * np.abs(np.spacing(exact.astype(real))).astype(float)
    return (density * np.abs(approximate - exact)).max(axis=0), rounding.max(axis=0)
