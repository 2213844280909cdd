"""Products of pixels and coins in whole numbers: exact, and on a CPU faster than in floating point.

A pixel is one of 256 levels and a coin is −1, 0 or 1. Their products therefore add up without rounding in
32 bits, in any order, and a CPU multiplies four times as many bytes at once as float32 numbers.
"""

from __future__ import annotations

import functools
from typing import Any

import keras
import numpy as np

from noisyweights import seeds

__all__ = ["as_levels", "available", "product"]

# One level of an image in bytes, and of one that was divided by 255.
_STEPS = (1.0, 1 / 255)


def as_levels(x: np.ndarray) -> tuple[np.ndarray, float] | None:
    """The numbers as step · level, levels of one byte; None where they are no such multiples.

    x counts as such to float32 rounding, with a step of 1 or of 1/255.
    """
    if x.min(initial=0) < 0:
        return None
    for step in _STEPS:
        if x.max(initial=0) > 255 * step * (1 + 1e-6):
            continue
        levels = np.rint(x / np.float32(step))
        if (np.abs(levels * np.float32(step) - x) <= 3e-7 * x).all():
            return levels.astype(np.uint8), step
    return None


@functools.cache
def available() -> bool:
    """Whether this TensorFlow has the product, with the right result: it takes oneDNN, and no GPU."""
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU"):
        return False  # it would be left for a copy to the CPU and back
    rng = seeds.generator(0, "levels and coins")
    levels, coins = rng.integers(256, size=(3, 70), dtype=np.uint8), rng.integers(-1, 2, (70, 5), np.int8)
    try:
        found = product(tf.constant(levels), tf.constant(coins)).numpy()
    except (tf.errors.OpError, ValueError, AttributeError):
        return False
    return np.array_equal(found, levels.astype(np.int32) @ coins.astype(np.int32))


def product(levels: Any, coins: Any) -> Any:
    """levels · coins, tensors uint8 (n, m) and int8 (m, units) → int32 (n, units), without rounding."""
    import tensorflow as tf

    # The ranges are those of the types, so that a quantised number is the number itself.
    summed, _, _ = tf.raw_ops.QuantizedMatMulWithBias(
        a=tf.bitcast(levels, tf.quint8),
        b=tf.bitcast(coins, tf.qint8),
        bias=tf.zeros(coins.shape[1]),
        min_a=0.0,
        max_a=255.0,
        min_b=-127.0,
        max_b=127.0,
        Toutput=tf.qint32,
        input_quant_mode="SCALED",
    )
    return tf.bitcast(summed, tf.int32)
