"""Fits of cell models to measurements: exponents of drift, and errors of programming.

The deviation of reads at each level is fitted by `noise.fitting.level_scales`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from noisyweights.noise import scale_curves
from noisyweights.noise.fitting import level_scales
from noisyweights.noise.scale_curves import TableCurve

__all__ = ["DriftExponents", "drift_exponents", "programming_error"]


@dataclass(frozen=True, eq=False)
class DriftExponents:
    """Exponents of drift of cells that were followed in time.

    Attributes:
        each: of every cell, (cells,).
        mean, standard_error: over the cells.
        spread: standard deviation between cells, without what the scatter of the readings adds to it.
    """

    each: np.ndarray
    mean: float
    standard_error: float
    spread: float


def drift_exponents(conductance_uS: ArrayLike, seconds: ArrayLike) -> DriftExponents:
    """Fit G ∝ t^−ν to each cell, by least squares of log G on log t, for `nonidealities.drift_apart`.

    Args:
        conductance_uS: readings, (cells, times), two cells and three times or more.
        seconds: since programming, (times,).

    Raises: ValueError for other shapes, or numbers that are not positive and finite.
    """
    conductance, seconds = np.asarray(conductance_uS, float), np.asarray(seconds, float)
    if conductance.ndim != 2 or conductance.shape[1:] != seconds.shape or min(*conductance.shape, 3) < 2:
        raise ValueError(
            f"conductances must have shape (cells, times), one time each, got {conductance.shape} and "
            f"{seconds.shape}"
        )
    if conductance.shape[1] < 3:
        raise ValueError("two times tell an exponent and not its error: follow the cells over three or more")
    for name, values in (("conductances", conductance), ("seconds", seconds)):
        if not ((values > 0) & (values < np.inf)).all():
            raise ValueError(f"{name} must be positive and finite: leave out the other cells or times")
    x = np.log(seconds) - np.log(seconds).mean()
    if not x.any():
        raise ValueError(f"all readings are of the same time, {seconds[0]:g} s: drift needs several")
    y = np.log(conductance) - np.log(conductance).mean(1, keepdims=True)
    slope = y @ x / (x @ x)
    scatter = np.sum((y - np.outer(slope, x)) ** 2, 1) / (len(x) - 2)
    error = scatter.mean() / (x @ x)  # variance of an exponent from the readings alone
    variance = float(slope.var(ddof=1))
    return DriftExponents(
        each=-slope,
        mean=float(-slope.mean()),
        standard_error=float(np.sqrt(variance / len(slope))),
        spread=float(np.sqrt(max(variance - error, 0.0))),
    )


def programming_error(*, target_uS: ArrayLike, conductance_uS: ArrayLike) -> TableCurve:
    """The error of programming as a function of the target, for `nonidealities.program`: a `TableCurve`.

    At each level the root mean square of what was missed, a shift of its mean included.

    Args:
        target_uS: what each cell was set to, (n,); equal numbers are one level.
        conductance_uS: what it became, (n,).

    Raises: ValueError as `noise.fitting.level_scales.levels`.
    """
    found = level_scales.levels(target_uS=target_uS, conductance_uS=conductance_uS)
    missed = np.hypot(found.deviation_uS, found.conductance_uS - found.target_uS)
    order = np.argsort(found.target_uS)
    return scale_curves.table(levels_uS=found.target_uS[order], deviations_uS=missed[order])
