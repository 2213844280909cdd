"""Maximum likelihood in a box, for many data sets at once: Adam from many starts, then Newton to the top.

SciPy's optimisers take one data set at a time; a bootstrap refits hundreds, which share each evaluation here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from noisyweights.noise.fitting.binning import Grid

__all__ = ["Maximiser", "Optimum"]

Array = NDArray[np.float64]

ADAM_STEPS, ADAM_RATE = 100, 0.1
NEWTON_STEPS = 100
# A Newton step that promises fewer nats than this, over all samples, ends the search: the estimate is then
# within 2e-4 standard errors of the maximum.
ENOUGH = 1e-8
# Range of the damping of a Newton step, in the unit of the information in one sample.
LEAST_DAMPING, MOST_DAMPING = 1e-4, 1e8
# Step of the central differences that make the second derivatives out of exact first ones, to about 1e-9.
DIFFERENCE = 1e-5


@dataclass(frozen=True)
class Optimum:
    """Maximum of the likelihood of R data sets in p coordinates.

    Attributes:
        coordinates: (R, p).
        information: (R, p, p), minus the second derivatives of the log-likelihood of all samples.
        held: (R, p), whether the gradient presses a coordinate against the edge of its interval.
        converged: (R,).
    """

    coordinates: Array
    information: Array
    held: NDArray[np.bool_]
    converged: NDArray[np.bool_]


class Maximiser:
    """Maximises Σ counts · log p(points; y) over y in a box, for each row by itself, by a compiled gradient.

    A box is a pair `low`, `high` of shape (p,) or (R, p). A coordinate whose interval has no length is fixed.

    Args:
        log_prob: (R, K) points and (R, p) coordinates to (R, K) log densities, in TensorFlow.
        dimensions: p.
    """

    def __init__(self, log_prob: Callable[[tf.Tensor, tf.Tensor], tf.Tensor], dimensions: int):
        data, rows = (tf.TensorSpec([None, size], tf.float64) for size in (None, dimensions))

        @tf.function(input_signature=[data, data, rows])
        def gradient(points, counts, y):
            with tf.GradientTape() as tape:
                tape.watch(y)
                total = tf.reduce_sum(counts * log_prob(points, y), axis=1)
                value = total / tf.reduce_sum(counts, axis=1)
            return value, tape.gradient(value, y)

        self._gradient = gradient

    def explore(self, grid: Grid, starts: Array, low: Array, high: Array) -> Array:
        """Return the best coordinates, (1, p), that Adam reaches on one data set from any row of `starts`.

        Each interval is mapped to the line by a sigmoid.
        Source: D. Kingma and J. Ba, arXiv 1412.6980, with their decay rates.
        """
        low, high = np.broadcast_to(low, starts.shape), np.broadcast_to(high, starts.shape)
        free = high > low
        width = np.where(free, high - low, 1)
        share = np.where(free, ((starts - low) / width).clip(1e-3, 1 - 1e-3), 0.5)
        v = np.log(share / (1 - share))
        mean, square = np.zeros_like(v), np.zeros_like(v)
        points, counts = tf.constant(grid.points), tf.constant(grid.counts)
        for step in range(1, ADAM_STEPS + 1):
            share = 1 / (1 + np.exp(-v))
            _, slope = self._gradient(points, counts, np.where(free, low + width * share, low))
            slope = slope.numpy() * width * share * (1 - share)
            mean, square = 0.9 * mean + 0.1 * slope, 0.999 * square + 0.001 * slope**2
            v += ADAM_RATE * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-7)
        y = np.where(free, low + width / (1 + np.exp(-v)), low)
        return y[[np.nanargmax(self._gradient(points, counts, y)[0])]]

    def polish(self, grid: Grid, start: Array, low: Array, high: Array) -> Optimum:
        """Return the maximum near each row of `start`, by a projected Newton method.

        Coordinates that the gradient presses against an edge are held there. The step in the others is
        damped, as Levenberg and Marquardt do, until the likelihood grows.
        """
        low, high = np.broadcast_to(low, start.shape), np.broadcast_to(high, start.shape)
        y = np.clip(start, low, high)
        n = grid.counts.sum(axis=1)
        value, gradient, hessian = self._derivatives(grid.points, grid.counts, y, low, high)
        damping = np.zeros_like(n)
        for _ in range(NEWTON_STEPS):
            held = ((y <= low) & (gradient <= 0)) | ((y >= high) & (gradient >= 0))
            step, promise, concave = _newton_step(gradient, -hessian, held, np.zeros_like(y), damping)
            converged = concave & (n * promise < ENOUGH)
            (open_,) = np.nonzero(~converged & (damping < MOST_DAMPING))
            if not open_.size:
                break
            # A coordinate that would leave the box goes to its edge, and the others follow it there.
            trial = np.clip(y + step, low, high)
            leaves = trial != y + step
            step, _, _ = _newton_step(
                gradient, -hessian, held | leaves, np.where(leaves, trial - y, 0), damping
            )
            trial = np.clip(y + step, low, high)[open_]
            new = self._derivatives(grid.points[open_], grid.counts[open_], trial, low[open_], high[open_])
            better = new[0] >= value[open_]
            damping[open_] = np.where(better, 0.1, 10) * np.maximum(damping[open_], LEAST_DAMPING * ~better)
            moved = open_[better]
            y[moved] = trial[better]
            value[moved], gradient[moved], hessian[moved] = (part[better] for part in new)
        return Optimum(y, -n[:, None, None] * hessian, held & (high > low), converged)

    def _derivatives(self, points: Array, counts: Array, y: Array, low: Array, high: Array):
        """Value (R,), gradient (R, p) and second derivatives (R, p, p) of the mean log-likelihood."""
        value, gradient = (part.numpy() for part in self._gradient(points, counts, y))
        hessian = np.zeros((*y.shape, y.shape[1]))
        for i in np.flatnonzero((high > low).all(axis=0)):
            ends = []
            for side in (-DIFFERENCE, DIFFERENCE):  # one-sided at the edges of the box
                moved = y.copy()
                moved[:, i] = np.clip(y[:, i] + side, low[:, i], high[:, i])
                ends.append((moved[:, i], self._gradient(points, counts, moved)[1].numpy()))
            (y0, g0), (y1, g1) = ends
            hessian[:, i] = (g1 - g0) / (y1 - y0)[:, None]
        return value, gradient, 0.5 * (hessian + hessian.transpose(0, 2, 1))


def _newton_step(gradient: Array, curvature: Array, fixed: Array, move: Array, damping: Array):
    """The step of each row whose `fixed` coordinates make `move`, its promised gain, and if to a maximum.

    Where the likelihood is not concave, the size of its curvature still sets the length of the step. Where
    derivatives are not finite, as of two values that a density would have to meet, the row stays as it is.
    """
    finite = np.isfinite(curvature).all(axis=(1, 2)) & np.isfinite(gradient).all(axis=1)
    curvature = np.where(finite[:, None, None], curvature, np.eye(gradient.shape[1]))
    gradient = np.where(finite[:, None], gradient, 0)
    coupled = ~(fixed[:, :, None] | fixed[:, None, :])
    sizes, vectors = np.linalg.eigh(np.where(coupled, curvature, np.eye(gradient.shape[1])))
    lengths = np.maximum(np.abs(sizes), 1e-12)
    slope = np.where(fixed, 0, gradient - np.einsum("rij,rj->ri", curvature, move))
    along = np.einsum("rij,ri->rj", vectors, slope)
    step = np.einsum("rij,rj->ri", vectors, along / (lengths + damping[:, None]))
    return np.where(fixed, move, step), 0.5 * (along**2 / lengths).sum(axis=1), sizes[:, 0] > 0
