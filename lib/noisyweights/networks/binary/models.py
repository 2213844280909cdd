"""Models: four topologies for pictures, of full-precision, binary, or randomly scaled binary layers.

A recipe says how a layer is made, a topology how layers follow. All predict logits of the classes.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, asdict, dataclass
from typing import Any, Protocol

import keras
import numpy as np

from noisyweights import seeds
from noisyweights.networks.binary.base_layer import EPSILON, MOMENTUM
from noisyweights.networks.binary.layers import (
    BinaryConv2D,
    BinaryDense,
    ScaledBinaryConv2D,
    ScaledBinaryDense,
)

__all__ = [
    "Binary",
    "FullPrecision",
    "MCDropout",
    "RandomScale",
    "Recipe",
    "lenet5",
    "mlp",
    "resnet18",
    "vgg_small",
]


class Recipe(Protocol):
    """How the layers of a network are made; `start` gives the seeds of their initial weights."""

    def dense(self, x: Any, units: int, *, start: np.random.Generator, first: bool = False) -> Any:
        """A dense layer with normalisation; `first` if its inputs are pixels."""

    def convolution(
        self, x: Any, filters: int, size: int, *, start: np.random.Generator, first: bool = False,
        strides: int = 1, padding: str = "same", pool_size: int = 1,
    ) -> Any:  # fmt: skip
        """A convolution, pooled, with normalisation."""

    def activate(self, x: Any, *, start: np.random.Generator) -> Any:
        """What stands between two layers."""

    def logits(self, x: Any, classes: int, *, start: np.random.Generator) -> Any:
        """The last layer."""


@dataclass(frozen=True)
class FullPrecision:
    """Recipe of ordinary layers: products, pooling, batch normalisation, activation, and dropout if wanted.

    `activation` is a name that Keras knows, `dropout` the fraction of outputs left out, in predictions too.
    """

    _: KW_ONLY
    activation: str
    dropout: float = 0.0

    def dense(self, x, units, *, start, first=False):
        layer = keras.layers.Dense(units, use_bias=False, kernel_initializer=_glorot(start))
        return _normalised(layer(x))

    def convolution(self, x, filters, size, *, start, first=False, pool_size=1, **shape):
        layer = keras.layers.Conv2D(
            filters, size, use_bias=False, kernel_initializer=_glorot(start), **{"padding": "same"} | shape
        )
        x = layer(x)
        return _normalised(x if pool_size == 1 else keras.layers.MaxPooling2D(pool_size)(x))

    def activate(self, x, *, start):
        x = keras.layers.Activation(self.activation)(x)
        return MCDropout(self.dropout, seed=_seed(start))(x) if self.dropout else x

    def logits(self, x, classes, *, start):
        return keras.layers.Dense(classes, kernel_initializer=_glorot(start))(x)


@dataclass(frozen=True)
class RandomScale:
    """Settings of random scales: the arguments of `ScaledBinaryDense`."""

    _: KW_ONLY
    prior_loc: float
    prior_scale: float
    kl_weight: float
    bits: int
    initial_scale: float

    def __post_init__(self):
        if self.bits < 1 or self.bits != int(self.bits):
            raise ValueError(f"bits of a scale must be at least 1, and whole, got {self.bits}")


@dataclass(frozen=True)
class Binary:
    """Recipe of binary layers: with random scales, or with a 32-bit scale for each output if `scale` is None.

    The first layer takes pixels as they are, all others take signs. Kernels are binary everywhere, or with
    `binary_ends` False all but the first and the last, which are then of full precision, and
    normalised as all layers are. A hard tanh then stands before the last in place of the sign.
    """

    _: KW_ONLY
    scale: RandomScale | None
    binary_ends: bool = True

    def dense(self, x, units, *, start, first=False):
        if first and not self.binary_ends:
            return _ENDS.dense(x, units, start=start)
        kind = BinaryDense if self.scale is None else ScaledBinaryDense
        return kind(units, **self._settings(start, first))(x)

    def convolution(self, x, filters, size, *, start, first=False, **shape):
        if first and not self.binary_ends:
            return _ENDS.convolution(x, filters, size, start=start, **shape)
        kind = BinaryConv2D if self.scale is None else ScaledBinaryConv2D
        return kind(filters, size, **{"padding": "same"} | shape, **self._settings(start, first))(x)

    def activate(self, x, *, start):
        return x

    def logits(self, x, classes, *, start):
        if self.binary_ends:
            return self.dense(x, classes, start=start)
        return _ENDS.dense(keras.layers.Activation("hard_tanh")(x), classes, start=start)

    def _settings(self, start: np.random.Generator, first: bool) -> dict[str, Any]:
        scale = {} if self.scale is None else asdict(self.scale)
        return {"binary_inputs": not first, "seed": _seed(start), **scale}


_ENDS = FullPrecision(activation="linear")


def mlp(recipe: Recipe, *, hidden: int, seed: int, classes: int = 10) -> keras.Model:
    """Perceptron of four layers for 28 × 28 pixels: 784, three times `hidden`, and the classes."""
    start = seeds.generator(seed, "mlp")
    pixels = keras.Input((28, 28, 1))
    x = keras.layers.Flatten()(pixels)
    for layer in range(3):
        x = recipe.activate(recipe.dense(x, hidden, start=start, first=layer == 0), start=start)
    return keras.Model(pixels, recipe.logits(x, classes, start=start), name="mlp")


def lenet5(recipe: Recipe, *, seed: int, width: int = 1, classes: int = 10) -> keras.Model:
    """LeNet-5 for 28 × 28 pixels: 6 and 16 filters of 5 × 5, each pooled by 2, and 120, 84 and 10 units.

    All but the last are multiplied by `width`.

    Source: Y. LeCun et al., Proc. IEEE 86, 2278 (1998), with full connections and maximum pooling.
    """
    start = seeds.generator(seed, "lenet5")
    pixels = keras.Input((28, 28, 1))
    x = recipe.convolution(pixels, 6 * width, 5, start=start, first=True, pool_size=2)
    x = recipe.convolution(
        recipe.activate(x, start=start), 16 * width, 5, start=start, padding="valid", pool_size=2
    )
    x = keras.layers.Flatten()(recipe.activate(x, start=start))
    for units in (120, 84):
        x = recipe.activate(recipe.dense(x, units * width, start=start), start=start)
    return keras.Model(pixels, recipe.logits(x, classes, start=start), name="lenet5")


def vgg_small(recipe: Recipe, *, seed: int, width: int = 128, classes: int = 10) -> keras.Model:
    """VGG-Small for 32 × 32 pixels in colour: pairs of 3 × 3 convolutions, each pooled, and a dense layer.

    The pairs have once, twice and four times `width` filters; in the literature that is 128.

    Source: D. Zhang et al., ECCV 2018 (LQ-Nets), as used by H. Qin et al., CVPR 2020.
    """
    start = seeds.generator(seed, "vgg_small")
    pixels = keras.Input((32, 32, 3))
    x = pixels
    for pair in range(3):
        for half in range(2):
            x = recipe.convolution(x, width * 2**pair, 3, start=start, first=x is pixels, pool_size=1 + half)
            x = recipe.activate(x, start=start)
    x = keras.layers.Flatten()(x)
    return keras.Model(pixels, recipe.logits(x, classes, start=start), name="vgg_small")


def resnet18(recipe: Recipe, *, seed: int, width: int = 64, classes: int = 10) -> keras.Model:
    """ResNet-18 for 32 × 32 pixels in colour: a convolution, eight residual blocks, mean over pixels, dense.

    Each of four pairs of blocks has twice the filters of the last, from `width`, which is 64 in the
    literature. Where a block changes the shape, its shortcut is a 1 × 1 convolution.

    Source: K. He et al., CVPR 2016, with the first layers usual for CIFAR: 3 × 3, not pooled.
    """
    start = seeds.generator(seed, "resnet18")
    pixels = keras.Input((32, 32, 3))
    x = recipe.activate(recipe.convolution(pixels, width, 3, start=start, first=True), start=start)
    for pair in range(4):
        for half in range(2):
            filters, strides = width * 2**pair, 2 if pair and not half else 1
            shortcut = x
            if x.shape[-1] != filters:
                shortcut = recipe.convolution(x, filters, 1, start=start, strides=strides)
            x = recipe.activate(recipe.convolution(x, filters, 3, start=start, strides=strides), start=start)
            x = keras.layers.Add()([recipe.convolution(x, filters, 3, start=start), shortcut])
            x = recipe.activate(x, start=start)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(pixels, recipe.logits(x, classes, start=start), name="resnet18")


@keras.saving.register_keras_serializable(package="noisyweights")
class MCDropout(keras.layers.Dropout):
    """Dropout that goes on when training is over, so that every prediction is a draw.

    Source: Y. Gal and Z. Ghahramani, ICML 2016.
    """

    def call(self, inputs, training=None):
        return super().call(inputs, training=True)


def _normalised(x: Any) -> Any:
    return keras.layers.BatchNormalization(momentum=MOMENTUM, epsilon=EPSILON)(x)


def _glorot(start: np.random.Generator) -> keras.initializers.Initializer:
    return keras.initializers.GlorotUniform(_seed(start))


def _seed(start: np.random.Generator) -> int:
    return int(start.integers(2**31))
