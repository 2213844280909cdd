"""Binary layers: products of signs, with a scale for each output that is learnt, or drawn as was learnt.

They are in `keras.ops`, for any backend of Keras.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from noisyweights import seeds
from noisyweights.networks import serialization
from noisyweights.networks.binary import quantisers

__all__ = [
    "BinaryConv2D",
    "BinaryDense",
    "ErrorDecay",
    "Given",
    "ScaledBinaryConv2D",
    "ScaledBinaryDense",
    "given",
    "scaled_layers",
]

MOMENTUM = 0.95  # of the running statistics
EPSILON = 1e-3  # added to a variance
SHARPNESS = (0.1, 10.0)  # of the error-decay estimator, at the first and at the last epoch


class Given(NamedTuple):
    """What a layer takes as given within a block of `given`: its scale and, if known, its product."""

    scale: Any
    product: Any = None


_GIVEN: ContextVar[Mapping[int, Given]] = ContextVar("given")


@contextmanager
def given(values: Mapping[keras.layers.Layer, Given]) -> Iterator[None]:
    """Within this block, layers use these scales, (outputs,) each, and products, as they are.

    Layers that it does not name keep what a block around this one gives them.
    """
    token = _GIVEN.set({**_GIVEN.get({}), **{id(layer): value for layer, value in values.items()}})
    try:
        yield
    finally:
        _GIVEN.reset(token)


def scaled_layers(model: keras.Model) -> list[keras.layers.Layer]:
    """Layers with random scales, each once, in an order that follows from the model's structure.

    Raises: ValueError for a model that has none, or whose weights are not made yet.
    """
    # Keras has no public way to the layers inside of layers.
    found = [layer for layer in model._flatten_layers() if isinstance(layer, _RandomScale)]
    if not found:
        raise ValueError(f"{model.name} has no random scales: build it of ScaledBinaryDense and the like")
    if unbuilt := [layer.name for layer in found if not layer.built]:
        raise ValueError(f"{', '.join(unbuilt)} of {model.name} has no weights yet: call the model once")
    return found


class _Binary(keras.layers.Layer):
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
        known = _GIVEN.get({}).get(id(self))
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
        mean, variance = ops.moments(product, axes=tuple(range(len(product.shape) - 1)))
        for moving, now in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(MOMENTUM * moving + (1 - MOMENTUM) * ops.cast(now, moving.dtype))
        return mean, variance

    def get_config(self) -> dict[str, Any]:
        own = {"format": serialization.FORMAT, "binary_inputs": self.binary_inputs, "seed": self.seed}
        return {**super().get_config(), **own}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> _Binary:
        return cls(**serialization.of_this_format(config, cls))


@keras.saving.register_keras_serializable(package="noisyweights")
class BinaryDense(_Binary):
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
class BinaryConv2D(_Binary):
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


class _RandomScale:
    """A scale s ~ N(µ, σ²) for each output, quantised forward: eq. 2 and 3 of the scale paper."""

    def __init__(
        self,
        *args,
        prior_loc: float,
        prior_scale: float,
        kl_weight: float,
        bits: int,
        initial_scale: float,
        **kwargs,
    ):
        super().__init__(*args, **kwargs)
        for name, value in (("prior_scale", prior_scale), ("initial_scale", initial_scale)):
            if not 0 < value < np.inf:
                raise ValueError(
                    f"{name} is a standard deviation: it must be positive and finite, got {value}"
                )
        if not 0 <= kl_weight < np.inf:
            raise ValueError(f"kl_weight must be finite and not negative, got {kl_weight}")
        if not 0 < prior_loc < np.inf:
            raise ValueError(f"prior_loc is where scales start: it must be positive, got {prior_loc}")
        if not 1 <= bits <= 16:
            raise ValueError(f"bits must be from 1 to 16, got {bits}")
        self.prior_loc, self.prior_scale = float(prior_loc), float(prior_scale)
        self.kl_weight, self.bits = float(kl_weight), int(bits)
        self.initial_scale = float(initial_scale)
        self._noise = keras.random.SeedGenerator(int(seeds.fold(self.seed, "noise")[0]) & 0x7FFFFFFF)

    def _add_scale(self) -> None:
        constant = keras.initializers.Constant
        for name, shape, start in (
            ("scale_loc", (self.outputs,), self.prior_loc),
            ("scale_log_scale", (self.outputs,), np.log(self.initial_scale)),
            ("log_clip", (), np.log(2 * self.prior_loc)),
        ):
            setattr(self, name, self.add_weight(shape=shape, initializer=constant(float(start)), name=name))

    def kl(self) -> Any:
        """Divergence of the scales' Gaussians from N(prior_loc, prior_scale²) in nats, a scalar."""
        loc, log_scale = (ops.convert_to_tensor(w) for w in (self.scale_loc, self.scale_log_scale))
        squares = (loc - self.prior_loc) ** 2 + ops.exp(2 * log_scale)
        return ops.sum(squares / (2 * self.prior_scale**2) - log_scale + np.log(self.prior_scale) - 0.5)

    def quantised(self, scale: Any) -> Any:
        """The nearest of the values that a scale can be stored as: 2^bits of them, from 0 to a learnt end."""
        return quantisers.pact(scale, clip=ops.exp(ops.convert_to_tensor(self.log_clip)), bits=self.bits)

    def scale_distribution(self) -> tuple[np.ndarray, np.ndarray]:
        """Means and standard deviations of the scales before they are quantised, (outputs,) each."""
        loc, log_scale = (np.asarray(w) for w in (self.scale_loc, self.scale_log_scale))  # Keras's copy warns
        return loc, np.exp(log_scale)

    def largest_scale(self) -> float:
        """The learnt end of the range, beyond which all scales are stored as this one."""
        return float(np.exp(np.asarray(self.log_clip)))

    def _scale(self) -> Any:
        self.add_loss(self.kl_weight * self.kl())
        z = keras.random.normal((self.outputs,), dtype=self.compute_dtype, seed=self._noise)
        return self.quantised(self.scale_loc + ops.exp(self.scale_log_scale) * z)

    def get_config(self) -> dict[str, Any]:
        names = ("prior_loc", "prior_scale", "kl_weight", "bits", "initial_scale")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable(package="noisyweights")
class ScaledBinaryDense(_RandomScale, BinaryDense):
    """`BinaryDense` whose scales are random: xW ≈ sign(x)·sign(W) ⊙ s with s ~ N(µ, σ²) for each output.

    µ and σ are learnt by variational inference while all other weights are learnt as points. A call draws the
    scales once, for all inputs, and rounds them to a few bits; gradients do not see the rounding, but the
    ends of its range. The divergence from the prior joins the loss as kl_weight·KL. `passes` draws from what
    was learnt.

    Args, beyond those of `BinaryDense`:
        prior_loc, prior_scale: mean and standard deviation of the Gaussian prior; scales start at its mean.
        kl_weight: factor λ of the divergence in the loss (eq. 3).
        bits: of a scale, from 1 to 16.
        initial_scale: standard deviation of every scale before training.

    Raises: ValueError for a number out of range.
    Source: S. T. Ahmed et al., 2023, eq. 2 and 3; J. Choi et al., arXiv:1805.06085 (2018).
    """


@keras.saving.register_keras_serializable(package="noisyweights")
class ScaledBinaryConv2D(_RandomScale, BinaryConv2D):
    """`BinaryConv2D` whose scales are random, with the further arguments of `ScaledBinaryDense`."""


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
            if isinstance(layer, _Binary):
                layer.sharpness.assign(now)
