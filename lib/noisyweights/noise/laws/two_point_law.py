"""Two points of equal probability: a control at the far end, without a density."""

from __future__ import annotations

import math

import tensorflow as tf

from noisyweights.noise.law import Law, registered

__all__ = ["TwoPoint"]


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
            f"the two-point law has no {wanted}: it puts all mass on −1 and +1; use its moments and draws, "
            "or bimodal(separation=0.99) for a law with a density"
        )
