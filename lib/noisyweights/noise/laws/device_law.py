"""What eq. 3 and eq. 13 of the device paper share: a peak on a parabola between −1 and 1."""

from __future__ import annotations

import abc
import math
from functools import cached_property

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike
from scipy import integrate, special

from noisyweights.noise.law import TabulatedLaw, as_float_tensor
from noisyweights.noise.sampling.quantile_table import invert

__all__ = ["DeviceLaw", "exponential_remainder", "gamma_cdf"]


# Rounding that a density on the edge of admissibility may show, relative to its terms.
ROUNDING = 1e-12
# Of B: a narrower peak is a point, a wider one no different from its limit.
NARROWEST, WIDEST = 1e-4, 1e4
# Of the knee, in exponents of the peak: where it counts as sunk into any parabola, and how wide the turn is
# there and at a hole. The density has its nearest complex zeros at iπ and 2πi; these values, found by trying,
# make the largest error of an entropy from 40 nodes the smallest.
SUNK, TURN, HOLE = 14.0, 5j, 25j


class DeviceLaw(TabulatedLaw):
    """A symmetric density A f(|x|) + C (1 − x²) on [−1, 1] that vanishes at ±1, scaled to unit variance.

    f is an exponential less its value at the edge. In the distance y = 1 − |x| to the edge the density is
    written as its slope there times y plus a remainder of second order: every term then keeps its relative
    precision down to y = 0, and so does the CDF, which is integrated from the edge.

    Only A : C and B matter: A and C are divided by ∫q, so that rounded parameters are as good as exact ones.

    Attributes:
        A, B, C: the normalised parameters.
        raw_scale: standard deviation of x; a standardised z is x / raw_scale.
        edge_slope: q'(−1) ≥ 0.
        power: p of f(|x|) = exp(−|x|ᵖ/B) − exp(−1/B).

    Raises: ValueError for parameters that are not finite, B outside [1e-4, 1e4], and a density that is
        negative somewhere or zero everywhere.
    """

    power: int

    def __init__(self, *, A: float, B: float, C: float):
        given = {"A": float(A), "B": float(B), "C": float(C)}
        text = f"{self.name} with " + ", ".join(f"{key}={value}" for key, value in given.items())
        if not all(map(math.isfinite, given.values())):
            raise ValueError(f"{text}: parameters must be finite; refit, or look for NaN in the samples")
        if not NARROWEST <= given["B"] <= WIDEST:
            raise ValueError(
                f"{text}: B sets the width of the peak on [-1, 1] and is in [{NARROWEST:g}, {WIDEST:g}]"
            )
        self._given, self.B = given, given["B"]
        moment = [given["A"] * self._peak_moment(n) + 4 * given["C"] / ((n + 1) * (n + 3)) for n in (0, 2, 4)]
        peak, slope, size = self._extremes(given["A"], given["C"])
        if min(peak, slope / 2) < -ROUNDING * size:
            where = "at x = 0" if peak < slope / 2 else "near x = ±1"
            raise ValueError(
                f"{text}: the density is negative {where}, q(0) = {peak:.6g} and q'(-1) = {slope:.6g}; "
                "raise A or C until neither is below 0"
            )
        if not 0 < moment[0] < math.inf:
            raise ValueError(
                f"{text}: the density has mass {moment[0]}, which cannot be scaled to 1; raise A or C"
            )
        self.A, self.C = given["A"] / moment[0], given["C"] / moment[0]
        self.edge_slope = max(slope, 0.0) / moment[0]
        self.raw_scale = math.sqrt(moment[1] / moment[0])
        self.support = (-1 / self.raw_scale, 1 / self.raw_scale)
        self.excess_kurtosis = moment[2] * moment[0] / moment[1] ** 2 - 3
        self.mode = 0.0 if self._falls_from_0() else None

    def get_config(self):
        return {"law": self.name, **self._given}

    @property
    def knee(self):
        exponent = HOLE
        if self.A > 0:
            parabola = self.C - self.A * math.exp(-1 / self.B)  # in the middle
            depth = math.log(self.A / parabola) if parabola > 0 else math.inf
            exponent = min(max(depth, 0.0), SUNK) + TURN
        return (self.B * exponent) ** (1 / self.power) / self.raw_scale

    def raw_prob(self, x: ArrayLike | tf.Tensor) -> tf.Tensor:
        """The paper's q_D(x), in the shape and float dtype of `x`; 0 outside [−1, 1]."""
        x = as_float_tensor(x)
        inside, distance = _fold(x)
        return tf.where(inside, self._edge_prob(distance, 1 - distance), 0)

    def raw_cdf(self, x: ArrayLike | tf.Tensor) -> tf.Tensor:
        """Q_D(x) = ∫ q_D from −1 to x, in the shape and float dtype of `x`."""
        x = as_float_tensor(x)
        inside, distance = _fold(x)
        beyond = tf.where(inside, self._edge_mass(distance, 1 - distance), 0)
        return tf.where(x > 0, 1 - beyond, beyond)

    def raw_quantile(self, u: ArrayLike | tf.Tensor) -> tf.Tensor:
        """G(u), the inverse of `raw_cdf`, on the terms of `quantile`."""
        return self.raw_scale * self.quantile(u)

    def _prob(self, z):
        return self.raw_scale * self.raw_prob(self.raw_scale * z)

    def _log_prob(self, z):
        prob = self._prob(z)
        inside = ~(prob <= 0)
        return tf.where(inside, tf.math.log(tf.where(inside, prob, 1)), -math.inf)

    def _cdf(self, z):
        return self.raw_cdf(self.raw_scale * z)

    def _lower(self, v):
        # In the logit of the distance to the edge, both this distance and the one to 0 keep their digits.
        def cdf_and_slope(logit):
            x, y = special.expit(-logit), special.expit(logit)
            mass, prob = self._edge(x, y)
            return mass.numpy(), prob.numpy() * x * y

        grid = np.concatenate([np.linspace(-360, -10, 200)[:-1], np.linspace(-10, 45, 800)])
        x = special.expit(-invert(cdf_and_slope, v, grid))
        return -np.where(v < 0.5, x, 0.0) / self.raw_scale

    @cached_property
    def _edge(self):
        """Mass and density in double precision, traced, since tables are made of thousands of small calls."""
        vector = tf.TensorSpec([None], tf.float64)

        def mass_and_prob(x, y):
            return self._edge_mass(x, y), self._edge_prob(x, y)

        return tf.function(mass_and_prob, input_signature=[vector, vector], autograph=False)

    @cached_property
    def entropy(self):
        # Geometric panels: towards 0 for the narrow peak, and the rule's own for y log y at the edge.
        width = min(self._width, 1.0)
        ends = np.concatenate([[0.0], np.geomspace(width / 16, 1.0, 16)])
        ends[-1] = 1.0  # an ulp more or less would make a panel without width

        def integrand(x):
            q = self.raw_prob(x).numpy()
            return -special.xlogy(q, q)

        half = integrate.tanhsinh(integrand, ends[:-1], ends[1:], rtol=1e-14).integral.sum().item()
        return 2 * half - math.log(self.raw_scale)

    @property
    def _width(self) -> float:
        """Width of the peak on [−1, 1]."""
        return self.B ** (1 / self.power)

    @abc.abstractmethod
    def _peak_moment(self, n: int) -> float:
        """2 ∫ xⁿ f(x) on [0, 1] for even n, by parts: a positive incomplete gamma function, no difference."""

    @abc.abstractmethod
    def _extremes(self, A: float, C: float) -> tuple[float, float, float]:
        """q(0), q'(−1), and the size of the terms they are made of.

        f/(1 − x²) falls from 0 to 1, so that the density is positive everywhere when these two are.
        """

    @abc.abstractmethod
    def _falls_from_0(self) -> bool:
        """Whether the density has no hole at 0, so that its largest value is there."""

    @abc.abstractmethod
    def _edge_prob(self, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        """The density at distance x from 0 and y = 1 − x from an edge, both given with all their digits."""

    @abc.abstractmethod
    def _edge_mass(self, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        """The probability beyond that point."""


def _fold(x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Whether |x| < 1, and |x| there and 0 elsewhere; NaN stays NaN. Its slope at 0 is one-sided, not 0."""
    distance = tf.where(x > 0, x, -x)
    inside = ~(distance >= 1)
    return inside, tf.where(inside, distance, 0)


def exponential_remainder(order: int, s: tf.Tensor) -> tf.Tensor:
    """exp(s) − Σ_{j<n} sʲ/j! for 0 ≤ s ≤ 1, from its own series: the next term is below 1e-17."""
    series = tf.ones_like(s)
    for j in range(order + 15, order, -1):
        series = 1 + series * (s / j)
    return series * s**order / math.factorial(order)


def gamma_cdf(order: int, s: tf.Tensor) -> tf.Tensor:
    """P(n, s) = 1 − exp(−s) Σ_{j<n} sʲ/j!, for n = 2 or 3, with full relative precision at small s."""
    small = tf.minimum(s, 1)
    large = -tf.math.expm1(-s) - tf.exp(-s) * (s if order == 2 else s + s**2 / 2)
    return tf.where(s < 1, tf.exp(-small) * exponential_remainder(order, small), large)
