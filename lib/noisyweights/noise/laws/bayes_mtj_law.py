"""Eq. 3 of the device paper: the noise of its Bayes-MTJ."""

from __future__ import annotations

import math

import tensorflow as tf
from scipy import special

from noisyweights.noise.law import registered
from noisyweights.noise.laws.device_law import DeviceLaw, gamma_cdf

__all__ = ["BayesMTJ"]


@registered
class BayesMTJ(DeviceLaw):
    """q_D(x) = A (exp(−|x|/B) − exp(−1/B)) + C (1 − x²) on [−1, 1]: eq. 3.

    With P the regularised lower incomplete gamma function and k = 2 C + A exp(−1/B)/B the slope at the edge,

        q = k y − C y² + A exp(−|x|/B) P(2, y/B),   Q = k y²/2 − C y³/3 + A B exp(−|x|/B) P(3, y/B).
    """

    name = "bayes_mtj"
    power = 1
    breakpoints = (0.0,)

    def _peak_moment(self, n):
        return 2 * math.factorial(n) * self.B ** (n + 1) * special.gammainc(n + 2, 1 / self.B)

    def _extremes(self, A, C):
        edge = math.exp(-1 / self.B) / self.B
        return C - A * math.expm1(-1 / self.B), 2 * C + A * edge, abs(C) + abs(A) * min(1, 1 / self.B)

    def _falls_from_0(self):
        return self.A >= 0

    def _edge_prob(self, x, y):
        peak = tf.exp(-x / self.B) * gamma_cdf(2, y / self.B)
        return self.edge_slope * y - self.C * y**2 + self.A * peak

    def _edge_mass(self, x, y):
        peak = self.B * tf.exp(-x / self.B) * gamma_cdf(3, y / self.B)
        return self.edge_slope * y**2 / 2 - self.C * y**3 / 3 + self.A * peak
