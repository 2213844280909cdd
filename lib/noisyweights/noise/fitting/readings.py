"""Fits to what an instrument writes: readings rounded to a step, and readings that remember one another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike, NDArray
from scipy import special

from noisyweights.noise.distribution import LawDistribution
from noisyweights.noise.fitting import estimation
from noisyweights.noise.fitting.binning import Grid, compress
from noisyweights.noise.fitting.dependence import checked_independent, excess_covariance, lag_one, nodes
from noisyweights.noise.fitting.estimation import Fit
from noisyweights.noise.fitting.families import FAMILIES, NO_MARGIN, Family
from noisyweights.noise.fitting.likelihood import Maximiser
from noisyweights.noise.samples import checked

__all__ = [
    "ReadingsFit",
    "bin_masses",
    "checked_step",
    "coarse_step",
    "fit_readings",
    "refit_readings",
    "rounded",
    "units",
]

Array = NDArray[np.float64]

# A reading's bin is integrated by Gauss and Legendre: exact to 1e-8 for a peak as wide as the step.
_ENDS, _WEIGHTS = np.polynomial.legendre.leggauss(8)
BIN_NODES, BIN_WEIGHTS = _ENDS / 2, _WEIGHTS / 2
# A step below this share of σ need not be known.
FINE_STEP = 0.02
# How far from a multiple of the step a reading may lie, in steps.
OFF_STEP = 0.1


@dataclass(frozen=True, eq=False)
class ReadingsFit(Fit):
    """A fit that knows how its samples were read.

    Attributes:
        step: of the readings, in their unit; 0 where they were not rounded.
        first: one of the values that readings take.
        independent: how many of the n samples count as independent; None for all.
    """

    step: float = 0.0
    first: float = 0.0
    independent: float | None = None

    def log_prob(self, samples: ArrayLike) -> Array:
        """Log density at `samples`, or log of the mass of their bins over the step [nats, per their unit]."""
        if not self.step:
            return super().log_prob(samples)
        samples = np.asarray(samples, float)
        _, mass, _ = bin_masses(self.distribution(), samples.ravel(), self.step)
        with np.errstate(divide="ignore"):
            return np.log(mass / self.step).reshape(samples.shape)


def fit_readings(
    samples: ArrayLike,
    *,
    family: str,
    step: float = 0.0,
    independent: float | None = None,
    near: Fit | None = None,
) -> ReadingsFit:
    """Fit a family to samples as they were read, by maximum likelihood.

    A reading that was rounded to a step says that the noise lay in a bin: its likelihood is the law's mass
    there, and a bounded support may end within the outermost bins. Dependent readings have the same
    estimates; the errors are those of the sandwich, I⁻¹ + n I⁻¹ E I⁻¹, where I is the observed information
    and E what `dependence.excess_covariance` says of the score.

    Args:
        samples: one-dimensional, at least 100, in any unit; in order of time if `independent` is given.
        family: "gaussian", "bimodal", "bayes_mtj" or "ecram".
        step: that the samples are multiples of, up to one origin, in their unit; 0 for none.
        independent: how many independent samples would tell the mean as well.
        near: a fit of the same family to similar samples, to begin at.

    Raises: ValueError as `fit` does, for samples that are no multiples of the step apart, and for a number
        of independent samples that is not between 2 and n.
    """
    samples = checked(samples)
    step, independent = checked_step(step, samples), checked_independent(independent, len(samples))
    plain = estimation.fit(samples, family=family, near=near)
    first = float(samples.min())
    if not step and independent is None:
        return ReadingsFit(**vars(plain))
    model = FAMILIES[family]
    grid, maximiser = _prepared(model, [samples], step)
    start = model.coordinates(plain.params, grid.origin, grid.unit)
    low, high = (end[None] for end in (model.low, model.high))
    optimum = maximiser.polish(grid, start, low, high)
    covariance = estimation._covariance(optimum, 0, low[0], high[0])
    phi = lag_one(len(samples), independent)
    if phi and np.isfinite(covariance).all():
        score = _scores(model, plain, optimum.coordinates, grid)
        covariance = covariance + len(samples) * covariance @ excess_covariance(score, phi) @ covariance
    found = estimation._described(
        model, family, samples, {}, grid=grid, optimum=optimum, covariance=covariance
    )
    result = ReadingsFit(**vars(found), step=step, first=first, independent=independent)
    return replace(result, log_likelihood=float(result.log_prob(samples).sum()))


def refit_readings(
    fitted: ReadingsFit, sets: Sequence[Array], *, shape_only: bool = False
) -> list[LawDistribution]:
    """Fit the family of `fitted` to other sets of readings, as `estimation.refit` does."""
    if not fitted.step:
        return estimation.refit(fitted, sets, shape_only=shape_only)
    model = FAMILIES[fitted.family]
    given = {"loc": fitted.loc, "half_width": fitted.half_width} if shape_only else {}
    grid, maximiser = _prepared(model, sets, fitted.step, **(given if model.folded else {}))
    start = model.coordinates(fitted.params, grid.origin, grid.unit)
    low, high = (np.tile(end, (len(sets), 1)) for end in (model.low, model.high))
    if shape_only and model.folded:
        low[:, -1] = high[:, -1] = math.log(NO_MARGIN)
    elif shape_only:
        low[:, model.place] = high[:, model.place] = start[:, model.place]
    optimum = maximiser.polish(grid, start, low, high)
    return [
        estimation._placed(model, estimation._values(model, grid, optimum.coordinates, row), grid.origin[row])
        for row in range(len(sets))
    ]


def bin_masses(law: LawDistribution, readings: Array, step: float) -> tuple[Array, Array, Array]:
    """Probabilities below, in and above the bins of readings under a law: three arrays of their shape."""
    loc, scale = float(law.loc), float(law.scale)
    low, high = ((readings + side * step / 2 - loc) / scale for side in (-1, 1))
    if law.law.symmetric:
        # The mirror image of a bin above the centre has the same mass, with all its digits.
        upper = low + high > 0
        near, far = np.where(upper, -high, low), np.where(upper, -low, high)
        outside, mass = law.law.cdf(near).numpy(), law.law.cdf(far).numpy() - law.law.cdf(near).numpy()
        below = np.where(upper, 1 - outside - mass, outside)
        return below, mass, np.where(upper, outside, 1 - outside - mass)
    below, upto = law.law.cdf(low).numpy(), law.law.cdf(high).numpy()
    return below, upto - below, 1 - upto


def rounded(samples: Array, first: float, step: float) -> Array:
    """Samples as an instrument writes them that reads `first` and steps from there."""
    return first + step * np.rint((samples - first) / step)


def coarse_step(step: float, sigma: float) -> float:
    """A step (NaN for none) if it is coarse beside the standard deviation, or else 0: no law need know it.

    Rounding to a step of 0.02 σ adds less than a 20,000th to the variance (Sheppard: step²/12).
    """
    return step if step > FINE_STEP * sigma else 0.0


def checked_step(step: float, samples: Array) -> float:
    """Return the step. Raises: ValueError for a negative one, and for samples between its multiples."""
    if not (math.isfinite(step) and step >= 0):
        raise ValueError(f"step = {step}: the step of readings is 0 or more, in the unit of the samples")
    if step:
        off = np.abs(samples - rounded(samples, samples.min(), step)) / step
        if off.max() > OFF_STEP:
            raise ValueError(
                f"step = {step:g}, but samples lie {off.max():.2g} steps from its multiples, such as "
                f"{samples[off.argmax()]:g} (counted from {samples.min():g}): give the step that they were "
                "recorded with, or 0"
            )
    return float(step)


def _prepared(
    model: Family, sets: Sequence[Array], step: float, loc: float | None = None, half_width: float = 0.0
) -> tuple[Grid, Maximiser]:
    """Data sets for the search, and what searches: the bins' nodes where there is a step."""
    if not step:
        return compress(sets, folded=model.folded), model.maximiser
    return _bins(sets, step, folded=model.folded, loc=loc, half_width=half_width), _maximiser(model.name)


def _bins(sets: Sequence[Array], step: float, *, folded: bool, loc: float | None, half_width: float) -> Grid:
    """Each value of the readings as the nodes of its bin; the counts of a value are shared among them."""
    origin = np.array([s.mean() if loc is None else loc for s in sets])
    unit = units(sets, origin, step=step, folded=folded)
    if half_width:
        unit[:] = half_width
    rows = []
    for k, s in enumerate(sets):
        values, counts = np.unique(rounded(s, s.min(), step), return_counts=True)
        x = values[:, None] - origin[k] + step * BIN_NODES
        x = (np.abs(x) if folded else x) / unit[k]
        rows.append((x.ravel(), np.repeat(counts / len(BIN_NODES), len(BIN_NODES))))
    width = max(len(x) for x, _ in rows)
    points, counts = np.full((len(rows), width), 0.5), np.zeros((len(rows), width))
    for k, (x, c) in enumerate(rows):
        points[k, : len(x)], counts[k, : len(c)] = x, c
    return Grid(points, counts, origin, unit)


def units(sets: Sequence[Array], origin: Array, *, step: float, folded: bool) -> Array:
    """The unit of each data set: the standard deviation, or the least half width that the samples allow."""
    if not folded:
        return np.array([s.std() for s in sets])
    inward = 0.499 * step  # all but the inner edge of the outermost bin
    return np.array([np.abs(s - loc).max() - inward for s, loc in zip(sets, origin, strict=True)])


@cache
def _maximiser(name: str) -> Maximiser:
    """A search whose likelihood is that of bins: each node is given the log of its bin's mean density."""
    model, weights = FAMILIES[name], tf.constant(np.log(BIN_WEIGHTS))

    def log_prob(points, y):
        bins = tf.reshape(points, [tf.shape(points)[0], -1, len(BIN_NODES)])
        log_share = tf.zeros_like(bins[..., :1])
        if model.folded:
            bins, log_share = _cut(bins, 1 + tf.exp(y[:, 2:, None]))
        at_nodes = model._log_prob(tf.reshape(bins, tf.shape(points)), y)
        in_bins = tf.reshape(at_nodes, tf.shape(bins)) + weights
        mean = tf.reduce_logsumexp(in_bins, axis=-1, keepdims=True) + log_share
        return tf.reshape(mean + tf.zeros_like(bins), tf.shape(points))

    return Maximiser(log_prob, len(model.low))


def _cut(bins: tf.Tensor, edge: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Nodes of the parts of bins within a support that ends at `edge`, and the log of these parts' shares."""
    first, last = bins[..., :1], bins[..., -1:]
    width = tf.abs(last - first) / (BIN_NODES[-1] - BIN_NODES[0])
    start = (first + last - width) / 2
    over = start + width > edge
    share = tf.where(over, (edge - start) / tf.where(over, width, 1), 1)
    within = start + width * share * (0.5 + BIN_NODES)
    return tf.where(over, within, bins), tf.math.log(share)


def _scores(model: Family, fitted: Fit, coordinates: Array, grid: Grid) -> Array:
    """Derivatives of the log density in the coordinates, at the nodes of `dependence`, shape (M, p)."""
    g, _ = nodes()
    lower = fitted.law.quantile(special.ndtr(-np.abs(g))).numpy()
    x = fitted.loc + fitted.scale * np.where(g < 0, lower, -lower) - grid.origin[0]
    points = ((np.abs(x) if model.folded else x) / grid.unit[0])[:, None]
    rows = np.tile(coordinates, (len(g), 1))
    return model.maximiser._gradient(points, np.ones_like(points), rows)[1].numpy()
