"""The curve of eq. 3 that is closest to a device's readings, and how far from it maximum likelihood stays."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, stats

__all__ = ["Closest", "cdf", "closest"]

POINTS = 2001  # of the readings' CDF, which are closer to each other than any distance of interest
STARTS = (0.1, 0.3, 0.8)  # of B, the decay of the peak
STEPS, RESTARTS = 500, 5
WIDEST = 50.0  # B and its inverse, beyond which eq. 3 is a parabola or a spike
GRID = np.linspace(0, 1, 200, endpoint=False)  # where its density must not be negative


class Closest(NamedTuple):
    """Distance of the closest eq. 3 and its half range, that of the closest Gaussian, and readings outside.

    ks, ks_gaussian: Kolmogorov–Smirnov distances. half_width: of the support, in the readings' unit.
    outside: share of the readings beyond the support, which has no likelihood.
    """

    ks: float
    ks_gaussian: float
    half_width: float
    outside: float


def closest(samples: ArrayLike) -> Closest:
    """Fit eq. 3 and a Gaussian to readings (n,) by the least Kolmogorov–Smirnov distance, not by likelihood.

    Found by a search from several starts: the distance is one that eq. 3 reaches, and may be a little above
    the least.

    Raises: ValueError for readings that are all alike.
    """
    samples = np.asarray(samples, float)
    centre, width = samples.mean(), samples.std()
    if not width > 0:
        raise ValueError(f"all {samples.size} readings are {centre:g}: a noise that varies is needed")
    probability = (np.arange(POINTS) + 0.5) / POINTS
    points = (np.quantile(samples, probability) - centre) / width

    def of_eq3(place: np.ndarray) -> float:
        loc, scale, B, C = place[0], math.exp(place[1]), math.exp(place[2]), place[3]
        if not WIDEST > B > 1 / WIDEST or _density(GRID, B, C).min() < 0:
            return 1.0
        return float(np.abs(cdf((points - loc) / scale, B=B, C=C) - probability).max())

    def of_gaussian(place: np.ndarray) -> float:
        return float(np.abs(stats.norm.cdf((points - place[0]) / math.exp(place[1])) - probability).max())

    options = {"maxfev": STEPS, "xatol": 1e-4, "fatol": 1e-6}

    def searched(place: tuple[float, ...]) -> optimize.OptimizeResult:
        for _ in range(RESTARTS):  # a largest gap has edges at which a simplex collapses
            found = optimize.minimize(of_eq3, place, method="Nelder-Mead", options=options)
            place = found.x
        return found

    best = min(
        (searched((0.0, 1.0, math.log(B), C)) for B in STARTS for C in (0.0, 0.3)), key=lambda one: one.fun
    )
    rival = optimize.minimize(of_gaussian, (0.0, 0.0), method="Nelder-Mead", options=options)
    loc, half_width = float(centre + width * best.x[0]), float(width * math.exp(best.x[1]))
    outside = float((np.abs(samples - loc) > half_width).mean())
    return Closest(float(best.fun), float(rival.fun), half_width, outside)


def cdf(x: ArrayLike, *, B: float, C: float) -> np.ndarray:
    """CDF of eq. 3 on [−1, 1] with this decay and this parabola, whose A follows; of the shape of `x`."""
    x = np.clip(x, -1, 1)
    y = np.abs(x)
    peak = -B * np.expm1(-y / B) - y * math.exp(-1 / B)
    return 0.5 + np.sign(x) * (_amplitude(B, C) * peak + C * (y - y**3 / 3))


def _density(y: np.ndarray, B: float, C: float) -> np.ndarray:
    return _amplitude(B, C) * (np.exp(-y / B) - math.exp(-1 / B)) + C * (1 - y**2)


def _amplitude(B: float, C: float) -> float:
    """A of eq. 3, by which its integral is 1."""
    return (0.5 - 2 * C / 3) / (-B * math.expm1(-1 / B) - math.exp(-1 / B))
