"""The device paper's polynomial inverse CDFs: direct, and corrected for the singular edge (eqs. 5-7).

Draws do not come from these but from `Law.quantile`; they are here to be measured against it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import Legendre
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from noisyweights.noise.laws.device_law import DeviceLaw

import tensorflow as tf  # isort: skip  (the library loads it quietly)

__all__ = ["HalfFit", "brent_inverse", "corrected_fit", "direct_fit", "edge_inverse", "lobatto_points"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class HalfFit:
    """An approximate inverse CDF of q_D on [−1, 1]: a fit on [0, ½] and its half turn about (½, 0), eq. 7.

    Attributes:
        law: the device law whose inverse CDF it approximates.
        series: Legendre series on [0, ½].
        corrected: whether `edge_inverse` is added to the series.
    """

    law: DeviceLaw
    series: Legendre
    corrected: bool

    def __call__(self, u: ArrayLike) -> Array:
        """Return x in about [−1, 1] for probabilities `u` in [0, 1], in double precision and any shape."""
        u = np.asarray(u, float)
        v = np.minimum(u, 1 - u)
        x = self.series(v) + (edge_inverse(self.law, v) if self.corrected else 0)
        return np.where(u == 0.5, 0.0, np.where(u < 0.5, x, -x))


def direct_fit(law: DeviceLaw, *, degree: int) -> HalfFit:
    """Fit a Legendre polynomial to the inverse CDF itself at the `degree` + 1 Gauss–Lobatto points of [0, ½].

    It cannot follow the slope of the inverse CDF, which diverges at u = 0 (eq. 6).
    """
    u = lobatto_points(degree)
    return HalfFit(law, _interpolate(u, brent_inverse(law, u)), corrected=False)


def corrected_fit(law: DeviceLaw, *, degree: int) -> HalfFit:
    """Fit a Legendre polynomial to what `edge_inverse` leaves of the inverse CDF, at the same points (eq. 7).

    Raises: ValueError for a law whose density does not rise linearly from its edge.
    """
    u = lobatto_points(degree)
    return HalfFit(law, _interpolate(u, brent_inverse(law, u) - edge_inverse(law, u)), corrected=True)


def edge_inverse(law: DeviceLaw, u: ArrayLike) -> Array:
    """Inverse of the CDF's second-order Taylor polynomial at −1, Ĝ₂(u) = −1 + √(2 u / q_D'(−1)): eq. 12.

    Raises: ValueError for a law with q_D'(−1) = 0, whose Taylor polynomial has no inverse.
    """
    if law.edge_slope == 0:
        raise ValueError(f"{law} has no slope at its edge, so eq. 12 does not exist for it; use law.quantile")
    return np.sqrt(2 * np.asarray(u, float) / law.edge_slope) - 1


def brent_inverse(law: DeviceLaw, u: ArrayLike) -> Array:
    """Invert the CDF of q_D at each `u` in [0, ½] by Brent's method; x in [−1, 0]."""
    cdf = tf.function(law.raw_cdf, input_signature=[tf.TensorSpec([], tf.float64)], autograph=False)

    def root(u: float) -> float:
        if u in (0, 0.5):  # exact by symmetry, and no change of sign to bracket
            return -1.0 if u == 0 else 0.0
        return optimize.brentq(lambda x: float(cdf(x)) - u, -1.0, 0.0, xtol=1e-16, rtol=1e-15)

    return np.vectorize(root, otypes=[float])(u)


def lobatto_points(degree: int) -> Array:
    """The `degree` + 1 Gauss–Lobatto points of [0, ½]: both ends and the extrema of the Legendre polynomial.

    Raises: ValueError for a degree below 1.
    """
    if degree < 1:
        raise ValueError(f"both ends are among the points, so the degree is at least 1, got {degree}")
    inner = special.roots_jacobi(degree - 1, 1, 1)[0] if degree > 1 else []
    return (np.concatenate([[-1.0], inner, [1.0]]) + 1) / 4


def _interpolate(u: Array, x: Array) -> Legendre:
    return Legendre.fit(u, x, deg=u.size - 1, domain=[0, 0.5])
