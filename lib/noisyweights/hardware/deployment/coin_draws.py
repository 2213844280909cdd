"""Draws of weights that are coins, on cells that hold their sign or nothing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from noisyweights.hardware.array.crossbar import Crossbar

__all__ = ["coins"]


def coins(off: Crossbar, on: Crossbar, *, odds: np.ndarray) -> Callable[[tf.Tensor], tf.Tensor]:
    """Draws of coins, seed → conductances in µS: of `on` with the probability `odds`, else of `off`."""
    rest = tf.constant(off.positive_uS - off.negative_uS, tf.float32)
    added = tf.constant(on.positive_uS - on.negative_uS, tf.float32) - rest
    odds = tf.constant(odds, tf.float32)

    def draw(seed: tf.Tensor) -> tf.Tensor:
        shown = tf.random.stateless_uniform(odds.shape, seed) < odds
        return rest + tf.where(shown, added, 0.0)

    return draw
