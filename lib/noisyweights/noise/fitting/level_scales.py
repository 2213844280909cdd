"""Scale curves from measured levels: σ at each level with its error, and the curve that runs through them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, stats

from noisyweights.noise import scale_curves
from noisyweights.noise.scale_curves import FormulaCurve, TableCurve

__all__ = ["FAMILIES", "Levels", "ScaleFit", "fit", "levels", "through"]

Array = NDArray[np.float64]

FEWEST = 8  # samples of a level: its fourth moment is asked for
LARGEST_EXPONENT = 5.0

FAMILIES: Mapping[str, tuple[Callable[..., FormulaCurve], tuple[str, ...]]] = {
    "constant": (scale_curves.constant, ("deviation_uS",)),
    "proportional": (scale_curves.proportional, ("ratio",)),
    "power": (scale_curves.power, ("top_uS", "exponent")),
    "affine": (scale_curves.affine, ("floor_uS", "ratio")),
}


@dataclass(frozen=True, eq=False)
class Levels:
    """What a device does at each of its levels, in the order of their conductance; all of shape (levels,).

    Attributes:
        target_uS: what was asked for.
        conductance_uS: mean.
        deviation_uS: standard deviation about it.
        relative_error: standard error of the logarithm of the deviation.
        skewness, excess_kurtosis: of the samples of a level.
        count: number of samples.
    """

    target_uS: Array
    conductance_uS: Array
    deviation_uS: Array
    relative_error: Array
    skewness: Array
    excess_kurtosis: Array
    count: NDArray[np.int64]

    @property
    def standard_error_uS(self) -> Array:
        """Standard error of each deviation."""
        return self.deviation_uS * self.relative_error


def levels(*, target_uS: ArrayLike, conductance_uS: ArrayLike) -> Levels:
    """Sort samples by the level that was asked for.

    The variance of a sample's log variance is (κ + 2)/n for excess kurtosis κ; κ is taken as that of all
    levels together, since a single level says little of it.

    Args:
        target_uS: level of each sample, (n,); equal numbers are one level.
        conductance_uS: what was measured, (n,).

    Raises: ValueError for other shapes, NaN, fewer than two levels, and levels with fewer than 8 samples or
        none that differ.
    """
    target, sample = np.asarray(target_uS, float), np.asarray(conductance_uS, float)
    if target.ndim != 1 or target.shape != sample.shape or not np.isfinite([target, sample]).all():
        raise ValueError(
            f"give a finite target for each sample, (n,) both, got {target.shape} and {sample.shape}"
        )
    values, place = np.unique(target, return_inverse=True)
    parts = [sample[place == at] for at in range(len(values))]
    if len(values) < 2:
        raise ValueError("there is one level, and a curve needs two or more: give the target of each sample")
    for value, part in zip(values, parts, strict=True):
        if len(part) < FEWEST or not np.ptp(part):
            raise ValueError(
                f"the level {value:g} µS has {len(part)} samples from {part.min():g} to {part.max():g}: give "
                f"at least {FEWEST} that differ, or leave it out"
            )
    count = np.array([len(part) for part in parts])
    kurtosis = np.array([stats.kurtosis(part, bias=False) for part in parts])
    order = np.argsort([part.mean() for part in parts])
    found = (
        values,
        np.array([part.mean() for part in parts]),
        np.array([part.std(ddof=1) for part in parts]),
        np.sqrt(np.average(kurtosis, weights=count) / count + 2 / (count - 1)) / 2,
        np.array([stats.skew(part, bias=False) for part in parts]),
        kurtosis,
        count,
    )
    return Levels(*(one[order] for one in found))


@dataclass(frozen=True, eq=False)
class ScaleFit:
    """A curve through measured levels.

    Attributes:
        curve: the fit, over the range of the levels.
        estimate: its parameters, by their names in `scale_curves`.
        standard_error: of each.
        chi_square: sum of squared distances of log σ from the curve, in standard errors.
        freedom: levels less parameters.
    """

    curve: FormulaCurve
    estimate: Mapping[str, float]
    standard_error: Mapping[str, float]
    chi_square: float
    freedom: int

    @property
    def p_value(self) -> float:
        """Probability of levels at least so far from a curve that is right; 1 with no freedom left."""
        return float(stats.chi2.sf(self.chi_square, self.freedom)) if self.freedom else 1.0


def fit(measured: Levels, *, family: str) -> ScaleFit:
    """Fit a formula to σ at measured levels, by least squares of log σ in units of its standard errors.

    The logarithm, since its error does not hang on σ. A sample's log σ is low by the square of that error,
    which is added first.

    Args:
        measured: from `levels`.
        family: "constant", "proportional", "power" or "affine", as in `scale_curves`.

    Raises: ValueError for another family, or fewer levels than parameters.
    """
    if family not in FAMILIES:
        raise ValueError(f"family must be one of {', '.join(FAMILIES)}, got {family!r}")
    make, names = FAMILIES[family]
    x, error = measured.conductance_uS, measured.relative_error
    if len(x) < len(names):
        raise ValueError(f"{len(x)} levels do not tell the {len(names)} parameters of {family}: measure more")
    logs = np.log(measured.deviation_uS) + error**2

    def curve(values: Array) -> FormulaCurve:
        return make(
            low_uS=float(x[0]), high_uS=float(x[-1]), **dict(zip(names, map(float, values), strict=True))
        )

    top = float(measured.deviation_uS[-1])
    starts = {"deviation_uS": top, "ratio": top / x[-1], "top_uS": top, "exponent": 0.5, "floor_uS": top / 10}
    ends = {"exponent": (-LARGEST_EXPONENT, LARGEST_EXPONENT)}
    low, high = np.transpose([ends.get(name, (0.0, np.inf)) for name in names])
    values, covariance = optimize.curve_fit(
        lambda g, *values: np.log(curve(values)(g)), x, logs, sigma=error, absolute_sigma=True,
        p0=[starts[name] for name in names], x_scale=[starts[name] for name in names], bounds=(low, high),
    )  # fmt: skip
    apart = (logs - np.log(curve(values)(x))) / error
    return ScaleFit(
        curve(values),
        dict(zip(names, map(float, values), strict=True)),
        dict(zip(names, map(float, np.sqrt(np.diag(covariance))), strict=True)),
        float(apart @ apart),
        len(x) - len(names),
    )


def through(measured: Levels) -> TableCurve:
    """The curve through all measured levels, for a device that follows no formula."""
    return scale_curves.table(levels_uS=measured.conductance_uS, deviations_uS=measured.deviation_uS)
