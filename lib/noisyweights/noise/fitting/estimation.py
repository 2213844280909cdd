"""Maximum likelihood estimates of a family's parameters from samples, with their standard errors."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike, NDArray

from noisyweights.noise.distribution import LawDistribution
from noisyweights.noise.fitting.binning import Grid, compress
from noisyweights.noise.fitting.families import FAMILIES, NO_MARGIN, DeviceFamily, Family
from noisyweights.noise.fitting.likelihood import Optimum
from noisyweights.noise.law import Law
from noisyweights.noise.samples import checked

__all__ = ["Fit", "fit", "refit"]

Array = NDArray[np.float64]

# Adam looks for the neighbourhood of the maximum on a grid this coarse; Newton then works on the fine one.
COARSE_BINS = 256
# An estimate within this many of its standard errors of the edge of its interval is called an estimate at it.
AT_EDGE = 0.01
# Rows of samples whose densities are worked out at a time.
CHUNK = 1 << 20


@dataclass(frozen=True, eq=False)
class Fit:
    """A family of laws fitted to samples, in the unit of the samples.

    Attributes:
        family: name of the law.
        law: the fitted unit law.
        loc, scale: mean and standard deviation of the fitted distribution.
        half_width: half the length of its support, loc ± half_width; infinite for unbounded laws.
        params: the estimates: A, B, C of the density on [−1, 1] and half_width (unless given); loc and scale;
            and for "bimodal" the separation of the peaks in standard deviations.
        standard_errors, covariance: of `params`, in their order, from the observed information. NaN where
            normal theory does not hold since the estimate is at the edge of the admissible set.
        log_likelihood: Σ log density of the samples [nats, in the unit of the samples].
        n: number of samples.
        converged: whether the search ended at a maximum.
        at_boundary: whether a parameter sits at the edge of the admissible set: a density on the verge of
            being negative, a peak as narrow or as wide as is allowed, a half width that the data leave open,
            two peaks that coincide.
        given: loc and half_width where they were given instead of estimated.
    """

    family: str
    law: Law
    loc: float
    scale: float
    half_width: float
    params: Mapping[str, float]
    standard_errors: Mapping[str, float]
    covariance: Array
    log_likelihood: float
    n: int
    converged: bool
    at_boundary: bool
    given: Mapping[str, float]

    def log_prob(self, samples: ArrayLike) -> Array:
        """Log density at `samples` [nats, per their unit], in their shape; −∞ outside the support."""
        samples = np.asarray(samples, float)
        z = ((samples - self.loc) / self.scale).ravel()
        chunks = [self.law.log_prob(z[i : i + CHUNK]).numpy() for i in range(0, len(z), CHUNK)]
        return np.concatenate(chunks).reshape(samples.shape) - math.log(self.scale)

    def distribution(self) -> LawDistribution:
        """The fitted distribution, in the unit of the samples."""
        return self.law(np.float64(self.loc), np.float64(self.scale))


def fit(
    samples: ArrayLike,
    *,
    family: str,
    loc: float | None = None,
    half_width: float | None = None,
    near: Fit | None = None,
) -> Fit:
    """Fit a family to samples by maximum likelihood.

    "bayes_mtj" (eq. 3) and "ecram" (eq. 13) are laws of x = (s − loc)/half_width on [−1, 1]; loc is the mean
    of the samples and half_width is estimated with A, B and C, unless they are given. The constraints ∫q = 1
    and q ≥ 0 are eliminated (`families.DeviceFamily`). Adam, as in the paper (§3.1.1), finds the maximum from
    several starts, and Newton's method settles it. "gaussian" and "bimodal" estimate loc and scale.

    Standard errors come from the observed information. They take loc, where it is the mean, as known: the
    laws are symmetric, so that it is uncorrelated with the shape to first order.

    Samples beyond some thousands are replaced by a weighted grid of 16 √n bins (`binning.compress`), so that
    10⁷ take seconds; this moves the estimates by less than a hundredth of their standard errors.

    Args:
        samples: one-dimensional, at least 100, in any unit.
        family: "gaussian", "bimodal", "bayes_mtj" or "ecram".
        loc, half_width: for the two bounded families, if known; half_width only together with loc.
        near: a fit of the same family to similar samples, to begin at instead of searching with Adam.

    Raises: ValueError for samples that cannot be fitted, an unknown family, a loc or half_width given to an
        unbounded one, a half_width without loc, or one that does not hold all samples.
    """
    samples = checked(samples)
    model, given = _model_and_given(family, loc, half_width)
    grid = _grid(model, [samples], given)
    if near is None:
        coarse = _grid(model, [samples], given, bins=COARSE_BINS)
        start = model.maximiser.explore(coarse, model.starts, *_box(model, coarse, given))
    else:
        start = model.coordinates({**near.params, **near.given, **given}, grid.origin, grid.unit)
    low, high = _box(model, grid, given)
    optimum = model.maximiser.polish(grid, start, low, high)
    covariance = _covariance(optimum, 0, low[0], high[0])
    return _described(model, family, samples, given, grid=grid, optimum=optimum, covariance=covariance)


def _model_and_given(
    family: str, loc: float | None, half_width: float | None
) -> tuple[Family, dict[str, float]]:
    """The family by name, and what is given of it; raises as `fit` does."""
    if family not in FAMILIES:
        raise ValueError(f"no family is called {family!r}; the families are {', '.join(FAMILIES)}")
    model = FAMILIES[family]
    given = {
        key: float(value) for key, value in (("loc", loc), ("half_width", half_width)) if value is not None
    }
    if given and not isinstance(model, DeviceFamily):
        raise ValueError(f"{family} is unbounded and estimates its own loc: leave out {', '.join(given)}")
    if half_width is not None and loc is None:
        raise ValueError(f"half_width = {half_width} bounds the distance from loc: give loc too, or neither")
    return model, given


def _described(
    model: Family,
    family: str,
    samples: Array,
    given: Mapping[str, float],
    *,
    grid: Grid,
    optimum: Optimum,
    covariance: Array,
) -> Fit:
    """The fit at a maximum, from coordinates to parameters; `covariance` is that of the coordinates."""
    values, slopes = _values(model, grid, optimum.coordinates, 0), _slopes(model, grid, optimum.coordinates)
    names = [name for name in model.parameters if name not in given]
    spread = (slopes @ covariance @ slopes.T)[: len(names), : len(names)]
    placed = _placed(model, values, grid.origin[0])
    result = Fit(
        family=family,
        law=placed.law,
        loc=float(placed.loc),
        scale=float(placed.scale),
        half_width=values.get("half_width", math.inf),
        params={name: values[name] for name in names},
        standard_errors=dict(zip(names, np.sqrt(np.diag(spread)).tolist(), strict=True)),
        covariance=spread,
        log_likelihood=math.nan,
        n=len(samples),
        converged=bool(optimum.converged[0]),
        at_boundary=bool(np.isnan(covariance).any()),
        given=given,
    )
    return replace(result, log_likelihood=float(result.log_prob(samples).sum()))


def refit(fitted: Fit, sets: Sequence[Array], *, shape_only: bool = False) -> list[LawDistribution]:
    """Fit the family of `fitted` to other data sets, many at once, starting from its estimate.

    What was given for `fitted` is given again. With `shape_only` the loc and the width of `fitted` are kept.
    """
    model = FAMILIES[fitted.family]
    given = dict(fitted.given)
    if shape_only:
        given["loc"] = fitted.loc
        if math.isfinite(fitted.half_width):
            given["half_width"] = fitted.half_width
    grid = _grid(model, sets, given)
    start = model.coordinates({**fitted.params, **given}, grid.origin, grid.unit)
    low, high = _box(model, grid, given)
    if shape_only:
        low[:, model.place] = high[:, model.place] = start[:, model.place]
    optimum = model.maximiser.polish(grid, start, low, high)
    return [
        _placed(model, _values(model, grid, optimum.coordinates, row), grid.origin[row])
        for row in range(len(sets))
    ]


def _grid(model: Family, sets: Sequence[Array], given: Mapping[str, float], bins: int | None = None) -> Grid:
    origin, unit = (np.full(len(sets), given[key]) if key in given else None for key in ("loc", "half_width"))
    grid = compress(sets, folded=model.folded, origin=origin, unit=unit, bins=bins)
    if unit is not None and grid.points.max() >= 1:
        raise ValueError(
            f"half_width = {unit[0]} does not hold all samples: one lies {unit[0] * grid.points.max()} from "
            f"the centre {grid.origin[0]}; leave half_width out to have it estimated"
        )
    return grid


def _box(model: Family, grid: Grid, given: Mapping[str, float]) -> tuple[Array, Array]:
    low, high = (np.tile(end, (len(grid.unit), 1)) for end in (model.low, model.high))
    if "half_width" in given:
        low[:, -1] = high[:, -1] = math.log(NO_MARGIN)
    return low, high


def _values(model: Family, grid: Grid, coordinates: Array, row: int) -> dict[str, float]:
    values = model.values(tf.constant(coordinates[row]), grid.origin[row], grid.unit[row])
    return dict(zip(model.parameters, values.numpy().tolist(), strict=True))


def _slopes(model: Family, grid: Grid, coordinates: Array) -> Array:
    """Derivatives of the parameters in the coordinates, both of the first row."""
    y = tf.constant(coordinates[0])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(y)
        values = tf.unstack(model.values(y, grid.origin[0], grid.unit[0]))
    return np.stack([tape.gradient(value, y, unconnected_gradients="zero") for value in values])


def _placed(model: Family, values: Mapping[str, float], origin: float) -> LawDistribution:
    law = model.law(values)
    scale = values["scale"] if "scale" in values else values["half_width"] * law.raw_scale
    return law(np.float64(values.get("loc", origin)), np.float64(scale))


def _covariance(optimum: Optimum, row: int, low: Array, high: Array) -> Array:
    """Inverse of the observed information in the free coordinates, NaN where one of them is at its edge."""
    y, free = optimum.coordinates[row], np.flatnonzero(high > low)
    covariance = np.zeros((len(y), len(y)))
    inner = np.ix_(free, free)
    if optimum.held[row].any() or not optimum.converged[row]:
        covariance[inner] = math.nan
        return covariance
    covariance[inner] = np.linalg.inv(optimum.information[row][inner])
    slack = np.minimum(y - low, high - y)[free]
    if (slack < AT_EDGE * np.sqrt(np.diag(covariance)[free])).any():
        covariance[inner] = math.nan
    return covariance
