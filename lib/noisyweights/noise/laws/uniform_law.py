"""Equal density between two ends: a control without tails."""

from __future__ import annotations

import math

import tensorflow as tf

from noisyweights.noise.law import Law, registered

__all__ = ["Uniform"]


@registered
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
