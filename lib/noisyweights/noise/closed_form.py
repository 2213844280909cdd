"""Laws whose density and CDF are textbook functions: Gaussian, two Gaussians, uniform, and two points."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
import tensorflow as tf
from scipy import integrate, special

from noisyweights.noise.law import Law, TabulatedLaw
from noisyweights.noise.tabulate import invert

__all__ = ["Bimodal", "Gaussian", "TwoPoint", "Uniform"]

# Beyond this many standard deviations a Gaussian holds less than the smallest double.
FAR = 40.0


class Gaussian(TabulatedLaw):
    """The standard normal law, p(z) = exp(−z²/2) / √(2π)."""

    name = "gaussian"
    support = (-math.inf, math.inf)
    mode = 0.0
    excess_kurtosis = 0.0
    entropy = 0.5 * math.log(2 * math.pi * math.e)

    def get_config(self):
        return {"law": self.name}

    def _log_prob(self, z):
        return -0.5 * tf.square(z) - 0.5 * math.log(2 * math.pi)

    def _cdf(self, z):
        return _normal_cdf(z)

    def _lower(self, v):
        return special.ndtri(v)


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
        return (_normal_cdf((z - m) / s) + _normal_cdf((z + m) / s)) / 2

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


class Uniform(Law):
    """Equal density 1/(2√3) on [−√3, √3]: a control without tails."""

    name = "uniform"
    support = (-math.sqrt(3), math.sqrt(3))
    symmetric = True
    excess_kurtosis = -1.2
    entropy = math.log(2 * math.sqrt(3))

    def get_config(self):
        return {"law": self.name}

    def _log_prob(self, z):
        return tf.where(tf.abs(z) > math.sqrt(3), tf.constant(-math.inf, z.dtype), 0 * z - self.entropy)

    def _cdf(self, z):
        inside = (z + math.sqrt(3)) / (2 * math.sqrt(3))
        return tf.where(inside < 0, tf.zeros_like(z), tf.where(inside > 1, tf.ones_like(z), inside))

    def _quantile(self, u):
        return tf.where((u >= 0) & (u <= 1), (u - 0.5) * (2 * math.sqrt(3)), math.nan)


class TwoPoint(Law):
    """−1 and +1 with equal probability: a control at the far end, with moments and draws but no density.

    Raises: NotImplementedError when asked for a density, an entropy or a divergence.
    """

    name = "two_point"
    support = (-1.0, 1.0)
    symmetric = True
    has_density = False
    excess_kurtosis = -2.0

    def get_config(self):
        return {"law": self.name}

    @property
    def entropy(self):
        raise self._no_density("differential entropy or divergence")

    def _log_prob(self, z):
        raise self._no_density("density")

    def _cdf(self, z):
        return 0.5 * (tf.cast(z >= -1, z.dtype) + tf.cast(z >= 1, z.dtype))

    def _quantile(self, u):
        side = tf.where(u > 0.5, tf.ones_like(u), -tf.ones_like(u))
        return tf.where((u >= 0) & (u <= 1), side, math.nan)

    def _no_density(self, wanted: str) -> NotImplementedError:
        return NotImplementedError(
            f"the two-point law has no {wanted}: it puts all mass on −1 and +1; use its moments and draws, "
            "or bimodal(separation=0.99) for a law with a density"
        )


def _normal_cdf(z: tf.Tensor) -> tf.Tensor:
    """Φ(z), with full relative precision in the lower tail."""
    return 0.5 * tf.math.erfc(-z / math.sqrt(2))
