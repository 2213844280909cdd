"""Binary layers: products of signs, with a scale for each output that is learnt, or drawn as was learnt.

They are in `keras.ops`, for any backend of Keras.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import ops

from noisyweights.networks.binary.base_layer import SHARPNESS, BinaryLayer
from noisyweights.networks.binary.random_scales import RandomScaled

__all__ = [
    "BinaryConv2D",
    "BinaryDense",
    "ErrorDecay",
    "ScaledBinaryConv2D",
    "ScaledBinaryDense",
    "scaled_layers",
]


@keras.saving.register_keras_serializable(package="noisyweights")
class BinaryDense(BinaryLayer):
    """s ⊙ normalised(sign(x)·sign(W)) + b with a kernel W of shape (inputs, units).

    Maps (…, inputs) to (…, units). The kernel is balanced and standardised before its sign is taken, and
    gradients pass by the error-decay estimator: IR-Net's layer with batch normalisation, whose factor s is
    an ordinary weight. `ErrorDecay` sharpens the estimator while it trains.

    Args:
        units: number of outputs.
        binary_inputs: whether signs of the inputs are taken. False where they are pixels.
        seed: whole number from which initial weights and draws follow, another for every layer; None leaves
            it to chance.
        **kwargs: name, dtype, trainable of the Keras layer.

    Source: H. Qin et al., CVPR 2020.
    """

    def __init__(self, units: int, **kwargs):
        super().__init__(units, **kwargs)

    def build(self, input_shape):
        self._add_weights((input_shape[-1], self.outputs))
        self.input_spec = keras.layers.InputSpec(min_ndim=2, axes={-1: input_shape[-1]})

    def _product(self, inputs, kernel):
        return ops.matmul(inputs, kernel)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.outputs)

    def get_config(self):
        return {**super().get_config(), "units": self.outputs}


@keras.saving.register_keras_serializable(package="noisyweights")
class BinaryConv2D(BinaryLayer):
    """s ⊙ normalised(pooled(sign(x) ∗ sign(W))) + b with a kernel W (height, width, channels, filters).

    Maps (n, rows, columns, channels) to (n, rows', columns', filters). `filters`, `kernel_size`, `strides`
    and `padding` are those of `keras.layers.Conv2D`, and `pool_size` is the side of a maximum pooling of the
    products; behind a scale that is not negative it would come to the same. The other arguments are those of
    `BinaryDense`.
    """

    def __init__(
        self, filters: int, kernel_size, *, strides=1, padding: str = "valid", pool_size: int = 1, **kwargs
    ):
        super().__init__(filters, **kwargs)
        self.kernel_size, self.strides = (
            tuple(np.broadcast_to(one, 2).tolist()) for one in (kernel_size, strides)
        )
        if min(*self.kernel_size, *self.strides, pool_size) < 1:
            raise ValueError(
                "a kernel's size, strides and pool_size must be at least 1, got "
                f"{self.kernel_size}, {self.strides} and {pool_size}"
            )
        if padding not in ("valid", "same"):
            raise ValueError(f"padding must be 'valid' or 'same', got {padding!r}")
        self.padding = padding
        self.pool_size = int(pool_size)

    def build(self, input_shape):
        self._add_weights((*self.kernel_size, input_shape[-1], self.outputs))
        self.input_spec = keras.layers.InputSpec(ndim=4, axes={-1: input_shape[-1]})

    def _product(self, inputs, kernel):
        product = ops.conv(inputs, kernel, self.strides, self.padding, data_format="channels_last")
        if self.pool_size == 1:
            return product
        pool = (self.pool_size, self.pool_size)
        return ops.max_pool(product, pool, pool, data_format="channels_last")

    def compute_output_shape(self, input_shape):
        taken = self.kernel_size if self.padding == "valid" else (1, 1)
        sides = zip(input_shape[1:3], taken, self.strides, strict=True)
        rows, columns = (
            None if n is None else ((n - k) // stride + 1) // self.pool_size for n, k, stride in sides
        )
        return (input_shape[0], rows, columns, self.outputs)

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.outputs,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "pool_size": self.pool_size,
        }


@keras.saving.register_keras_serializable(package="noisyweights")
class ScaledBinaryDense(RandomScaled, BinaryDense):
    """`BinaryDense` whose scales are random: xW ≈ sign(x)·sign(W) ⊙ s with s ~ N(µ, σ²) for each output.

    µ and σ are learnt by variational inference while all other weights are learnt as points. A call draws the
    scales once, for all inputs, and rounds them to a few bits; gradients do not see the rounding, but the
    ends of its range. The divergence from the prior joins the loss as kl_weight·KL. `stochastic_passes` draws
    from what was learnt.

    Args, beyond those of `BinaryDense`:
        prior_loc, prior_scale: mean and standard deviation of the Gaussian prior; scales start at its mean.
        kl_weight: factor λ of the divergence in the loss (eq. 3).
        bits: of a scale, from 1 to 16.
        initial_scale: standard deviation of every scale before training.

    Raises: ValueError for a number out of range.
    Source: S. T. Ahmed et al., 2023, eq. 2 and 3; J. Choi et al., arXiv:1805.06085 (2018).
    """


@keras.saving.register_keras_serializable(package="noisyweights")
class ScaledBinaryConv2D(RandomScaled, BinaryConv2D):
    """`BinaryConv2D` whose scales are random, with the further arguments of `ScaledBinaryDense`."""


def scaled_layers(model: keras.Model) -> list[keras.layers.Layer]:
    """Layers with random scales, each once, in an order that follows from the model's structure.

    Raises: ValueError for a model that has none, or whose weights are not made yet.
    """
    # Keras has no public way to the layers inside of layers.
    found = [layer for layer in model._flatten_layers() if isinstance(layer, RandomScaled)]
    if not found:
        raise ValueError(f"{model.name} has no random scales: build it of ScaledBinaryDense and the like")
    if unbuilt := [layer.name for layer in found if not layer.built]:
        raise ValueError(f"{', '.join(unbuilt)} of {model.name} has no weights yet: call the model once")
    return found


class ErrorDecay(keras.callbacks.Callback):
    """Keras callback that sharpens the signs' gradient each epoch: t goes from 0.1 to 10 by equal factors.

    Args:
        epochs: of the whole training.

    Source: H. Qin et al., CVPR 2020, eq. 14.
    """

    def __init__(self, *, epochs: int):
        super().__init__()
        if epochs < 1:
            raise ValueError(f"epochs must be at least 1, got {epochs}")
        self.epochs = epochs

    def on_epoch_begin(self, epoch, logs=None):
        first, last = SHARPNESS
        now = first * (last / first) ** (min(epoch, self.epochs - 1) / max(self.epochs - 1, 1))
        for layer in self.model._flatten_layers():
            if isinstance(layer, BinaryLayer):
                layer.sharpness.assign(now)
