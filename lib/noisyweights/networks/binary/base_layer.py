"""What binary layers share: signs of weights and inputs, normalised products, and a scale for each output."""

from __future__ import annotations

import random
from typing import Any

import keras
from keras import ops

from noisyweights import seeds
from noisyweights.networks import serialization
from noisyweights.networks.binary import quantisers
from noisyweights.networks.binary.given_values import given_to

__all__ = ["EPSILON", "MOMENTUM", "SHARPNESS", "BinaryLayer"]

MOMENTUM = 0.95  # of the running statistics
EPSILON = 1e-3  # added to a variance
SHARPNESS = (0.1, 10.0)  # of the error-decay estimator, at the first and at the last epoch


class BinaryLayer(keras.layers.Layer):
    """s ⊙ normalised(sign(x)·sign(W)) + b: what binary layers share.

    Normalisation stands between product and scale, since behind the scale it would undo it: in training a
    batch's statistics divide by whatever the scale is. There the scale takes the place of batch
    normalisation's own factor, and b that of its shift.
    """

    def __init__(self, outputs: int, *, binary_inputs: bool, seed: int | None = None, **kwargs):
        super().__init__(**kwargs)
        if outputs < 1:
            raise ValueError(f"{type(self).__name__} must have at least 1 output, got {outputs}")
        self.outputs = int(outputs)
        self.binary_inputs = bool(binary_inputs)
        self.seed = random.randrange(2**31) if seed is None else int(seed)

    def _add_weights(self, kernel_shape: tuple[int, ...]) -> None:
        glorot = keras.initializers.GlorotUniform(seed=int(seeds.fold(self.seed, "kernel")[0]) & 0x7FFFFFFF)
        self.kernel = self.add_weight(shape=kernel_shape, initializer=glorot, name="kernel")
        self.bias = self.add_weight(shape=(self.outputs,), initializer="zeros", name="bias")
        self._add_scale()
        for name, start in (("moving_mean", "zeros"), ("moving_variance", "ones")):
            statistic = self.add_weight(
                shape=(self.outputs,), initializer=start, trainable=False, name=name, autocast=False
            )
            setattr(self, name, statistic)
        self.sharpness = self.add_weight(
            shape=(), initializer=keras.initializers.Constant(SHARPNESS[0]), trainable=False, name="sharpness"
        )

    def _add_scale(self) -> None:
        self.scale = self.add_weight(shape=(self.outputs,), initializer="ones", name="scale")

    def _scale(self) -> Any:
        """The scale that this call uses, (outputs,)."""
        return self.scale

    def binary_kernel(self, sharpness: Any = None) -> Any:
        """The signs that are stored, of the kernel's shape; a sharpness gives them a gradient."""
        return quantisers.sign(quantisers.libra(ops.convert_to_tensor(self.kernel)), sharpness=sharpness)

    def product(self, inputs: Any, training: bool = False) -> Any:
        """The layer's sums of products, before normalisation and scale, pooled if the layer does so."""
        sharpness = self.sharpness if training else None
        if self.binary_inputs:
            if training:  # IR-Net's hard tanh, of which only the gradient shows
                inputs = ops.clip(inputs, -1, 1)
            inputs = quantisers.sign(inputs, sharpness=sharpness)
        return self._product(inputs, self.binary_kernel(sharpness))

    def call(self, inputs, training=None):
        known = given_to(self)
        if known is None or known.product is None:
            product = self.product(inputs, training=bool(training))
        else:
            product = known.product
        scale = self._scale() if known is None else known.scale
        mean, variance = self._statistics(product, training)
        return ops.batch_normalization(
            product, mean, variance, axis=-1, offset=self.bias, scale=scale, epsilon=EPSILON
        )

    def _statistics(self, product: Any, training: bool | None) -> tuple[Any, Any]:
        if not training:
            return (ops.cast(one, product.dtype) for one in (self.moving_mean, self.moving_variance))
        # Keras clips moments of bfloat16 to the range of float16, which sums of wide layers exceed.
        exact = ops.cast(product, self.moving_mean.dtype)
        mean, variance = ops.moments(exact, axes=tuple(range(len(product.shape) - 1)))
        for moving, now in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(MOMENTUM * moving + (1 - MOMENTUM) * now)
        return ops.cast(mean, product.dtype), ops.cast(variance, product.dtype)

    def get_config(self) -> dict[str, Any]:
        own = {"format": serialization.FORMAT, "binary_inputs": self.binary_inputs, "seed": self.seed}
        return {**super().get_config(), **own}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> BinaryLayer:
        return cls(**serialization.of_this_format(config, cls))
