"""Convolutions as products: the patch of the inputs at each position."""

from __future__ import annotations

from dataclasses import dataclass

import tensorflow as tf

__all__ = ["Patches"]


@dataclass(frozen=True)
class Patches:
    """How a convolution is a product: each position's patch of the inputs is one row of inputs."""

    kernel_size: tuple[int, int]
    strides: tuple[int, int]
    padding: str

    def of(self, x: tf.Tensor) -> tf.Tensor:
        """(n, rows, columns, channels) to (n, rows', columns', kernel's height · width · channels)."""
        sizes, strides = ((1, *pair, 1) for pair in (self.kernel_size, self.strides))
        return tf.image.extract_patches(x, sizes, strides, (1, 1, 1, 1), self.padding.upper())
