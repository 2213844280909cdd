"""The standard normal law."""

from __future__ import annotations

import math

import tensorflow as tf
from scipy import special

from noisyweights.noise.law import TabulatedLaw, registered

__all__ = ["Gaussian", "normal_cdf"]


@registered
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
        return normal_cdf(z)

    def _lower(self, v):
        return special.ndtri(v)


def normal_cdf(z: tf.Tensor) -> tf.Tensor:
    """Φ(z), with full relative precision in the lower tail."""
    return 0.5 * tf.math.erfc(-z / math.sqrt(2))
