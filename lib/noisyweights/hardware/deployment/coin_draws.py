"""Draws of weights that are coins, on cells that hold their sign or nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

__all__ = ["CoinReads"]


@dataclass(frozen=True, eq=False)
class CoinReads:
    """Reads of cells that show a coin each, seed → differences of conductances in µS, (inputs, outputs).

    Args:
        off_uS, on_uS: differences where a coin shows nothing, and where it shows its weight's sign.
        odds: of showing it.
    """

    off_uS: np.ndarray
    on_uS: np.ndarray
    odds: np.ndarray

    def __call__(self, seed: tf.Tensor) -> tf.Tensor:
        rest = tf.constant(self.off_uS, tf.float32)
        added = tf.constant(self.on_uS, tf.float32) - rest
        shown = tf.random.stateless_uniform(self.odds.shape, seed) < tf.constant(self.odds, tf.float32)
        return rest + tf.where(shown, added, 0.0)
