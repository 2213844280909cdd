"""Two Gaussians of equal weight: the law of a device with two states."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
import tensorflow as tf
from scipy import integrate, special

from noisyweights.noise.law import TabulatedLaw, registered
from noisyweights.noise.laws.gaussian_law import normal_cdf
from noisyweights.noise.sampling.quantile_table import invert

__all__ = ["Bimodal"]


# Beyond this many standard deviations a Gaussian holds less than the smallest double.
FAR = 40.0


@registered
class Bimodal(TabulatedLaw):
    """Two Gaussians of equal weight at ±m with standard deviation s, m² + s² = 1.

    p(z) = (φ((z − m)/s) + φ((z + m)/s)) / (2 s), with m the `separation`: the distance of each peak from the
    mean, in standard deviations of the whole.

    Raises: ValueError unless 0 ≤ separation < 1.
    """

    name = "bimodal"
    support = (-math.inf, math.inf)

    def __init__(self, *, separation: float):
        if not 0 <= separation < 1:
            raise ValueError(
                "separation is the distance of the peaks from the mean in standard deviations and lies in "
                f"[0, 1), got {separation}; for 1 use two_point()"
            )
        self.separation = float(separation)
        self.peak_scale = math.sqrt((1 - self.separation) * (1 + self.separation))
        self.excess_kurtosis = -2 * self.separation**4
        # Two Gaussians two standard deviations apart, or nearer, have one peak.
        self.mode = 0.0 if self.separation <= self.peak_scale else None

    def get_config(self):
        return {"law": self.name, "separation": self.separation}

    def _log_prob(self, z):
        m, s = self.separation, self.peak_scale
        distance = tf.abs(z)
        other_peak = tf.math.log1p(tf.exp(-2 * m / s**2 * distance))
        return other_peak - tf.square((distance - m) / s) / 2 - math.log(2 * s * math.sqrt(2 * math.pi))

    def _cdf(self, z):
        m, s = self.separation, self.peak_scale
        return (normal_cdf((z - m) / s) + normal_cdf((z + m) / s)) / 2

    def _lower(self, v):
        m, s = self.separation, self.peak_scale

        def cdf_and_slope(z):
            below, above = (z - m) / s, (z + m) / s
            cdf = (special.ndtr(below) + special.ndtr(above)) / 2
            density = np.exp(-(below**2) / 2) + np.exp(-(above**2) / 2)
            return cdf, density / (2 * s * math.sqrt(2 * math.pi))

        return invert(cdf_and_slope, v, np.append(np.linspace(-m - FAR * s, -1e-3 * s, 2000), 0.0))

    @cached_property
    def entropy(self):
        m, s = self.separation, self.peak_scale
        # In widths of a peak, from the middle between the peaks outwards; the rest is the mirror image.
        ends = np.unique(np.concatenate([[-m / s], np.arange(-FAR, FAR + 1, 4.0)]))
        ends = ends[ends >= -m / s]

        def integrand(t):
            log_p = self.log_prob(m + s * t).numpy()
            return -s * np.exp(log_p) * log_p

        return 2 * integrate.tanhsinh(integrand, ends[:-1], ends[1:], rtol=1e-14).integral.sum().item()
