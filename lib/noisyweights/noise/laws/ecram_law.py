"""Eq. 13 of the device paper: the noise of its ECRAM."""

from __future__ import annotations

import math

import numpy as np
import tensorflow as tf
from scipy import special

from noisyweights.noise.law import registered
from noisyweights.noise.laws.device_law import DeviceLaw, exponential_remainder, gamma_cdf

__all__ = ["ECRAM"]


@registered
class ECRAM(DeviceLaw):
    """q_D(x) = A (exp(−x²/B) − exp(−1/B)) + C (1 − x²) on [−1, 1]: eq. 13.

    With w = 1 − x² = y (2 − y), P the regularised lower incomplete gamma function and
    k = 2 C + 2 A exp(−1/B)/B the slope at the edge, q = k w/2 + A exp(−x²/B) P(2, w/B).
    """

    name = "ecram"
    power = 2

    def _peak_moment(self, n):
        order = (n + 3) / 2
        gamma = special.gamma(order) * special.gammainc(order, 1 / self.B)
        return 2 * self.B ** ((n + 1) / 2) * gamma / (n + 1)

    def _extremes(self, A, C):
        edge = math.exp(-1 / self.B) / self.B
        return C - A * math.expm1(-1 / self.B), 2 * (C + A * edge), abs(C) + abs(A) * min(1, 1 / self.B)

    def _falls_from_0(self):
        return self.A / self.B + self.C >= 0

    def _edge_prob(self, x, y):
        w = y * (2 - y)
        return self.edge_slope * w / 2 + self.A * tf.exp(-(x**2) / self.B) * gamma_cdf(2, w / self.B)

    def _edge_mass(self, x, y):
        # Near the edge an error function would lose its digits in a difference, and the integrand is a
        # polynomial for all that Gauss–Legendre can tell; far from it the reverse holds.
        near = y * (2 - y) < self.B
        y_near, inner = tf.where(near, y, 0), tf.zeros_like(y)
        for node, weight in zip(*np.polynomial.legendre.leggauss(9), strict=True):
            t = y_near * ((1 + node) / 2)
            inner += weight / 2 * exponential_remainder(2, t * (2 - t) / self.B)
        root, edge = math.sqrt(self.B), math.exp(-1 / self.B)
        bell = math.sqrt(math.pi) / 2 * root * (tf.math.erfc(x / root) - math.erfc(1 / root))
        parabola = y**2 * (1 - y / 3)
        outer = bell - edge * (y + parabola / self.B)
        return self.edge_slope / 2 * parabola + self.A * tf.where(near, edge * y * inner, outer)
