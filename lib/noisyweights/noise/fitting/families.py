"""Families of laws with free parameters: the densities that a fit maximises, in coordinates without traps."""

from __future__ import annotations

import abc
import itertools
import math
from collections.abc import Mapping
from functools import cached_property

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from noisyweights.noise import laws
from noisyweights.noise.fitting.likelihood import Maximiser

__all__ = ["FAMILIES", "NO_MARGIN", "DeviceFamily", "Family"]

Array = NDArray[np.float64]


# Margin between the unit of the samples and the half width where the half width is the unit.
NO_MARGIN = 1e-300


class Family(abc.ABC):
    """A law with free parameters, fitted in coordinates y whose admissible set is a box.

    Attributes:
        name: of the law, as in `laws`.
        parameters: names of what a fit reports.
        folded: whether the density depends on the distance from the mean alone.
        place: which coordinates are loc and scale.
        low, high: the box, shape (p,).
        starts: where Adam begins, shape (S, p).
    """

    name: str
    parameters: tuple[str, ...]
    folded: bool
    place: tuple[int, ...]
    low: Array
    high: Array
    starts: Array

    @property
    def size(self) -> int:
        """Number of free parameters, loc and scale or half width among them."""
        return len(self.low) + self.folded

    @cached_property
    def maximiser(self) -> Maximiser:
        """The compiled search for this family's maximum."""
        return Maximiser(self._log_prob, len(self.low))

    @abc.abstractmethod
    def _log_prob(self, points: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        """Log density of standardised samples (R, K) at coordinates (R, p)."""

    @abc.abstractmethod
    def values(self, y: tf.Tensor, origin: float, unit: float) -> tf.Tensor:
        """The reported parameters at coordinates (p,), for samples origin + unit·point."""

    @abc.abstractmethod
    def coordinates(self, values: Mapping[str, float], origin: Array, unit: Array) -> Array:
        """The coordinates (R, p) of given parameters, for R data sets of other origins and units."""

    @abc.abstractmethod
    def law(self, values: Mapping[str, float]) -> laws.Law:
        """The unit law of given parameters."""


class DeviceFamily(Family):
    """Eq. 3 (power p = 1) and eq. 13 (p = 2): q(x) = A f(|x|) + C g(|x|) with x = (s − mean)/half_width.

    Here f(t) = exp(−tᵖ/B) − exp(−1/B) and g(t) = 1 − t². Both vanish at 1, and f'/g' is exp(−t/B)/(2Bt) or
    exp(−t²/B)/B, which decreases; by l'Hôpital's monotone rule f/g then decreases on (0, 1] as well, from
    r0 = 1 − exp(−1/B) to r1 = p exp(−1/B)/(2B). So A f + C g is nowhere negative just when it is a mixture,
    with weights w and 1 − w in [0, 1], of the two extreme densities

        peak ∝ f − r1 g, which has no slope at the edges,    and    hole ∝ r0 g − f, which is 0 at the centre,

    and neither ∫q = 1 nor q ≥ 0 is left as a constraint. A and C may have either sign.

    A bounded support is a parameter like the others: half_width, at least the reach, the largest |s − mean|.
    To put it equal to the reach would bias it by n^(−½), as much as the standard errors of the others.
    The coordinates are log(B (half_width/reach)ᵖ), w, and log(half_width/reach − 1). Limits:

      - the peak's width, B or √B, is at least 0.025 of the reach, lest it chase single samples, and B at most
        100 times as large, since the density hardly changes any more;
      - w ≤ 1 − 1e-4: at w = 1 a change of w and one of half_width move the density in the same direction, so
        that for any data the likelihood is level there;
      - half_width is at most twice the reach: beyond, the samples say nothing of it.
    """

    parameters = ("A", "B", "C", "half_width")
    folded = True
    place = ()

    def __init__(self, power: int):
        self._power = power
        self.name = {1: "bayes_mtj", 2: "ecram"}[power]
        self.low = np.array([power * math.log(0.025), 0.0, math.log(1e-10)])
        self.high = np.array([math.log(100.0), 1.0 - 1e-4, 0.0])
        starts = itertools.product((0.03, 0.1, 0.3, 1.0), (0.3, 0.8), (0.01, 0.1, 0.5))
        self.starts = np.array(
            [[power * math.log(width), w, math.log(margin)] for width, w, margin in starts]
        )

    def _log_prob(self, points, y):
        w, margin = y[:, 1:2], tf.exp(y[:, 2:])
        b = tf.exp(-y[:, :1]) * (1 + margin) ** self._power
        r0, _, peak_mass, hole_mass = self._shape(b)
        t = points / (1 + margin)
        edge = (1 - points + margin) / (1 + margin)
        # f − r1 g and r0 g − f as sums of terms of one sign, with z = (1 − tᵖ)/B; nothing overflows.
        z = b * edge * (1 if self._power == 1 else 1 + t)
        peak = tf.exp(z - b) * (-tf.math.expm1(-z) - z * tf.exp(-z))
        if self._power == 1:
            peak += tf.exp(-b) * b * edge**2 / 2
        hole = -tf.math.expm1(-b * t**self._power) - r0 * t**2
        return tf.math.log(w * peak / peak_mass + (1 - w) * hole / hole_mass) - tf.math.log1p(margin)

    def values(self, y, origin, unit):
        w, margin = y[1], tf.exp(y[2])
        b = tf.exp(-y[0]) * (1 + margin) ** self._power
        r0, r1, peak_mass, hole_mass = self._shape(b)
        A = w / peak_mass - (1 - w) / hole_mass
        C = (1 - w) * r0 / hole_mass - w * r1 / peak_mass
        return tf.stack([A, 1 / b, C, unit * (1 + margin)])

    def coordinates(self, values, origin, unit):
        r0, r1, peak_mass, _ = (x.numpy() for x in self._shape(tf.constant(1 / values["B"], tf.float64)))
        w = peak_mass * (r0 * values["A"] + values["C"]) / (r0 - r1)
        margin = np.maximum(values["half_width"] / unit - 1, NO_MARGIN)
        width = values["B"] * (1 + margin) ** self._power
        return np.stack([np.log(width), np.full_like(unit, w), np.log(margin)], axis=1)

    def law(self, values):
        make = laws.bayes_mtj if self._power == 1 else laws.ecram
        return make(**{key: values[key] for key in "ABC"})

    def _shape(self, b):
        """r0, r1 and the masses of f − r1 g and r0 g − f, for b = 1/B."""
        fall = tf.exp(-b)
        r0, r1 = -tf.math.expm1(-b), self._power * b * fall / 2
        if self._power == 1:
            f_mass = 2 * (r0 / b - fall)
        else:
            f_mass = tf.sqrt(math.pi / b) * tf.math.erf(tf.sqrt(b)) - 2 * fall
        return r0, r1, f_mass - r1 * 4 / 3, r0 * 4 / 3 - f_mass


class BimodalFamily(Family):
    """Two Gaussians of equal weight and width, loc ± scale·separation.

    The coordinates are (loc − mean)/sd, separation² and log(scale/sd). In separation² the likelihood has a
    slope at 0, where the two peaks are one; in the separation itself it would be flat there for any data.
    """

    name = "bimodal"
    parameters = ("loc", "scale", "separation")
    folded = False
    place = (0, 2)
    low = np.array([-2.0, 1e-6, -2.0])
    high = np.array([2.0, 1 - 1e-6, 2.0])
    starts = np.array([[0.0, square, 0.0] for square in (0.1, 0.5, 0.8, 0.95, 0.99)])

    def _log_prob(self, points, y):
        loc, square, scale = y[:, :1], y[:, 1:2], tf.exp(y[:, 2:])
        separation, variance = tf.sqrt(square), 1 - square
        z = tf.abs(points - loc) / scale
        other = tf.math.log1p(tf.exp(-2 * separation * z / variance))
        nearer = -((z - separation) ** 2) / (2 * variance)
        return other + nearer - tf.math.log(scale * tf.sqrt(8 * math.pi * variance))

    def values(self, y, origin, unit):
        return tf.stack([origin + unit * y[0], unit * tf.exp(y[2]), tf.sqrt(y[1])])

    def coordinates(self, values, origin, unit):
        square = np.full_like(unit, values["separation"] ** 2)
        return np.stack([(values["loc"] - origin) / unit, square, np.log(values["scale"] / unit)], axis=1)

    def law(self, values):
        return laws.bimodal(separation=values["separation"])


class GaussianFamily(Family):
    """The normal distribution, in coordinates (loc − mean)/sd and log(scale/sd): its maximum is at 0, 0."""

    name = "gaussian"
    parameters = ("loc", "scale")
    folded = False
    place = (0, 1)
    low, high = np.array([-1.0, -1.0]), np.array([1.0, 1.0])
    starts = np.zeros((1, 2))
    _law = laws.gaussian()  # one for all fits, as is the table that it draws with

    def _log_prob(self, points, y):
        z = (points - y[:, :1]) * tf.exp(-y[:, 1:])
        return -0.5 * z**2 - y[:, 1:] - 0.5 * math.log(2 * math.pi)

    def values(self, y, origin, unit):
        return tf.stack([origin + unit * y[0], unit * tf.exp(y[1])])

    def coordinates(self, values, origin, unit):
        return np.stack([(values["loc"] - origin) / unit, np.log(values["scale"] / unit)], axis=1)

    def law(self, values):
        return self._law


FAMILIES: dict[str, Family] = {
    family.name: family for family in (GaussianFamily(), BimodalFamily(), DeviceFamily(1), DeviceFamily(2))
}
