"""Training with noise of each example's own: local reparametrisation and Flipout.

Beside one draw for a batch they estimate the same expected loss; they differ in how much the gradient
scatters, and in what a step costs. Predictions chip by chip do not know of them.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from noisyweights.networks import weight_draws
from noisyweights.networks.mean_field.cloning import cloned, copy_weights
from noisyweights.networks.mean_field.layers import MeanField, MeanFieldConv2D, MeanFieldDense
from noisyweights.noise import laws

__all__ = ["ESTIMATORS", "Estimated", "EstimatedConv2D", "EstimatedDense", "with_estimator"]

ESTIMATORS = ("shared", "local", "flipout")

_TINY = 1e-20  # of a variance, so that its root has a slope where all inputs are 0


class Estimated(MeanField):
    """What these layers share: how a call in training draws. All other calls are those of `MeanField`.

    "local": outputs are drawn in place of weights, x·µ + √(x²·σ²) ε with a standard normal ε for each output
    of each example. Exact for the Gaussian law in a dense layer. For another law it has the outputs' mean
    and variance, not their shape: an excess kurtosis κ of the weights would leave them κ/n, with n the
    inputs that count. In a convolution, ε is each place's own, where one draw of the weights serves all
    places. Kingma, Salimans & Welling (2015), eq. 6.

    "flipout": the deviations σz of one draw, times signs of each example's own for its inputs and outputs,
    x·µ + s′ ((x s)·σz). Every example meets the weights' own law, which has to be symmetric, and another draw
    than its neighbours. Wen et al. (2018), eq. 4.

    A layer that is used twice in a pass draws twice.

    Args:
        estimator: "local" or "flipout".
        **kwargs: those of `MeanField`, and of the layer.

    Raises: ValueError for another word, a skewed law with "flipout", or what the layer refuses.
    """

    def __init__(self, *args, estimator: str, **kwargs):
        super().__init__(*args, **kwargs)
        if estimator not in ESTIMATORS[1:]:
            raise ValueError(f"estimator must be one of {', '.join(ESTIMATORS[1:])} here, got {estimator!r}")
        if estimator == "flipout" and not self.law.symmetric:
            raise ValueError(f"flipout turns signs, and {self.law.name} is skewed: take 'local' or 'shared'")
        self.estimator = estimator

    def call(self, inputs, training=None):
        if not training or weight_draws.drawn(self, "kernel") is not None:
            return super().call(inputs, training=training)
        self._noise.next()
        if not self.losses:
            self.add_loss(self._weighted_kl(training))
        outputs = self._linear(inputs, tf.cast(self.kernel_loc.value, self.compute_dtype))
        if self.estimator == "local":
            outputs += self._local(inputs, tf.shape(outputs))
        else:
            outputs += self._flipped(inputs, outputs)
        if self.biases != "none":
            outputs += self.by_channel(self._mean_or_drawn_bias() if self.biases == "random" else self.bias)
        return self.activation(outputs)

    def _mean_or_drawn_bias(self) -> tf.Tensor:
        if self.estimator == "local":  # its spread is in that of the outputs
            return tf.cast(self.bias_loc.value, self.compute_dtype)
        return self._draw("bias")

    def _local(self, inputs: tf.Tensor, shape: tf.Tensor) -> tf.Tensor:
        variance = self._linear(tf.square(inputs), self._variance("kernel"))
        if self.biases == "random":
            variance += self.by_channel(self._variance("bias"))
        normal = laws.gaussian()(0.0, 1.0).sample(shape, seed=self._seed(0))
        return tf.sqrt(variance + tf.cast(_TINY, variance.dtype)) * tf.cast(normal, variance.dtype)

    def _flipped(self, inputs: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        deviations = self._draw("kernel") - tf.cast(self.kernel_loc.value, self.compute_dtype)
        flipped = inputs * self._signs(inputs, 2)
        return self._signs(outputs, 3) * self._linear(flipped, deviations)

    def _variance(self, weight: str) -> tf.Tensor:
        return tf.cast(tf.exp(2 * getattr(self, f"{weight}_log_scale").value), self.compute_dtype)

    def _signs(self, of: tf.Tensor, purpose: int) -> tf.Tensor:
        """±1 for each example and channel: the same at all places."""
        places, last = [1] * (len(of.shape) - 2), getattr(self, "data_format", "") != "channels_first"
        channels = [*places, of.shape[-1]] if last else [of.shape[1], *places]
        upper = tf.random.stateless_uniform([tf.shape(of)[0], *channels], self._seed(purpose)) < 0.5
        return tf.where(upper, tf.ones([], of.dtype), -tf.ones([], of.dtype))

    def _seed(self, purpose: int) -> tf.Tensor:
        key, counter = tf.unstack(tf.cast(self._noise.state.value, tf.int32))
        return tf.stack([key + purpose, counter])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "estimator": self.estimator}


@keras.saving.register_keras_serializable(package="noisyweights")
class EstimatedDense(Estimated, MeanFieldDense):
    """`MeanFieldDense` that trains by another estimator: arguments are those of both."""

    def _linear(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        return tf.matmul(inputs, kernel)

    def by_channel(self, values: tf.Tensor) -> tf.Tensor:
        """Numbers of each unit, (units,), as they are added to outputs."""
        return values


@keras.saving.register_keras_serializable(package="noisyweights")
class EstimatedConv2D(Estimated, MeanFieldConv2D):
    """`MeanFieldConv2D` that trains by another estimator: arguments are those of both."""

    def _linear(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        return self.convolution(inputs, kernel)


_KINDS = {MeanFieldDense: EstimatedDense, MeanFieldConv2D: EstimatedConv2D}
_PLAIN = {kind: plain for plain, kind in _KINDS.items()}


def with_estimator(model: keras.Model, *, estimator: str) -> keras.Model:
    """Return the same network with another estimator in training; the model stays as it is.

    "shared", one draw for all examples of a batch, is that of `MeanFieldDense` and `MeanFieldConv2D`, and the
    network has these layers then, as arrays of cells want them: train with another, and come back.

    Args:
        model: network with `MeanFieldDense` or `MeanFieldConv2D` layers, or what this function made of them.
            Layers of other kinds keep their one draw.
        estimator: "shared", "local" or "flipout"; see `Estimated`.

    Raises: ValueError for another word, a model without such layers or that Keras cannot clone, or a skewed
        law with "flipout".
    """
    if estimator not in ESTIMATORS:
        raise ValueError(f"estimator must be one of {', '.join(ESTIMATORS)}, got {estimator!r}")
    pairs: list[tuple[MeanField, MeanField]] = []

    def twin_of(layer):
        plain = _PLAIN.get(type(layer), type(layer))
        if plain not in _KINDS:
            return None
        config = {key: value for key, value in layer.get_config().items() if key != "estimator"}
        if estimator != "shared":
            plain, config = _KINDS[plain], config | {"estimator": estimator}
        twin = plain.from_config(config)
        pairs.append((layer, twin))
        return twin

    copy = cloned(model, twin_of)
    if not pairs:
        raise ValueError(
            f"{model.name} has no MeanFieldDense or MeanFieldConv2D layer to train by {estimator}"
        )
    for layer, twin in pairs:
        copy_weights(layer, twin)
    return copy
