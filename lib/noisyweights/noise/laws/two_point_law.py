"""Two points: a control at the far end, without a density, and a bit with a bias."""

from __future__ import annotations

import math

import tensorflow as tf

from noisyweights.noise.law import Law, registered

__all__ = ["BiasedTwoPoint", "TwoPoint"]


@registered
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
            f"the two-point law has no {wanted}: it puts all mass on two values; use its moments and draws, "
            "or bimodal(separation=0.99) for a law with a density"
        )


@registered
class BiasedTwoPoint(TwoPoint):
    """A bit that is 1 with the given probability p, standardised: −√(p/(1 − p)) and √((1 − p)/p).

    Telegraph noise of unequal dwell times. Raises: ValueError unless 0 < p < 1.
    """

    name = "biased_two_point"

    def __init__(self, *, probability: float):
        if not 0 < probability < 1:
            raise ValueError(
                f"the probability of the upper state lies between 0 and 1, got {probability}: "
                "a bit that never changes is no noise"
            )
        self.probability = p = float(probability)
        self.support = (-math.sqrt(p / (1 - p)), math.sqrt((1 - p) / p))
        self.symmetric = p == 0.5
        self.skewness = (1 - 2 * p) / math.sqrt(p * (1 - p))
        self.excess_kurtosis = 1 / (p * (1 - p)) - 6

    def get_config(self):
        return {"law": self.name, "probability": self.probability}

    def _cdf(self, z):
        low, high = (tf.cast(z >= tf.constant(point, z.dtype), z.dtype) for point in self.support)
        return (1 - self.probability) * low + self.probability * high

    def _quantile(self, u):
        low, high = (tf.constant(point, u.dtype) * tf.ones_like(u) for point in self.support)
        return tf.where((u >= 0) & (u <= 1), tf.where(u > 1 - self.probability, high, low), math.nan)
