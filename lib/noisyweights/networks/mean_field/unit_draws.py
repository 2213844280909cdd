"""A network whose dense layers draw the sums of their units in place of their weights, many draws a call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from noisyweights.networks import weight_draws
from noisyweights.networks.coin_flips import kernel_swapping
from noisyweights.networks.mean_field import linearised, twins
from noisyweights.networks.mean_field.array_draws import inputs_of
from noisyweights.networks.mean_field.layers import MeanFieldDense
from noisyweights.noise import laws, sums

__all__ = ["DrawnUnits", "UnitNetwork", "unit_divergence"]

_ROOM = 2**25  # numbers of the widest layer that are held at once


def unit_divergence(model: keras.Model, x: ArrayLike) -> dict[str, float]:
    """How far the sums of units are from normal: the largest of each dense layer by its name, in nats.

    By the leading terms of `noise.sums`, at what the layers receive where all weights are at their means. 0
    for Gaussian weights, and infinite for a law of infinite kurtosis.

    Raises: ValueError as `predict_marginals`.
    """
    x = inputs_of(model, x)
    received = linearised.layer_inputs(model, x)
    return {
        layer.name: _divergence(layer, given)
        for layer, given in received
        if isinstance(layer, MeanFieldDense)
    }


def _divergence(layer: MeanFieldDense, received: np.ndarray) -> float:
    law = layer.law
    if not law.skewness and not law.excess_kurtosis:
        return 0.0
    given = received.reshape(-1, received.shape[-1]).astype(float)
    scale = np.exp(layer.kernel_log_scale.numpy().astype(float))
    second, third, fourth = (given**power @ scale**power for power in (2, 3, 4))
    if layer.biases == "random":
        bias = np.exp(layer.bias_log_scale.numpy().astype(float))
        second, third, fourth = (
            total + bias**power for total, power in ((second, 2), (third, 3), (fourth, 4))
        )
    noisy = second > 0  # a unit that receives nothing has no noise
    if not noisy.any():
        return 0.0
    second, third, fourth = second[noisy], third[noisy], fourth[noisy]
    found = sums.Divergence(law.skewness * third / second**1.5, law.excess_kurtosis * fourth / second**2)
    return float(found.value.max())


class UnitNetwork:
    """A copy of a network whose dense layers draw their units, and what it takes to run it.

    whole: draw the last layer too, and give outputs; else it gives means and variances, where it can.
    """

    def __init__(self, model: keras.Model, x: np.ndarray, tolerance: float, *, whole: bool):
        if not 0 <= tolerance < np.inf:
            raise ValueError(f"tolerance is a divergence in nats, 0 or more, got {tolerance}")
        random = weight_draws.random_layers(model)
        dense = [layer for layer in random if isinstance(layer, MeanFieldDense) and _used_once(layer)]
        last = None if whole else _last(model, dense)
        near = unit_divergence(model, x) if tolerance and not all(map(_is_normal, dense)) else {}
        units = [
            layer
            for layer in dense
            if layer is last or _is_normal(layer) or near.get(layer.name, np.inf) <= tolerance
        ]
        self._units: list[DrawnUnits] = []

        def twin_of(layer: keras.layers.Layer) -> DrawnUnits | None:
            if not any(layer is one for one in units):
                return None
            self._units.append(DrawnUnits(layer, moments=layer is last))
            return self._units[-1]

        self._model = twins.cloned(model, twin_of)
        self._last = last is not None
        drawn = [layer for layer in self._model._flatten_layers() if getattr(layer, "random_weights", ())]
        self._weights = [(layer, weight) for layer in drawn for weight in layer.random_weights]
        sizes = [layer.dimensions for layer in self._units]
        sizes += [int(np.prod(layer.distribution(weight).batch_shape)) for layer, weight in self._weights]
        self._ends = np.cumsum([0, *sizes])
        self.dimensions = int(self._ends[-1])
        # On a path around all units, what is the same in all draws would meet what is not.
        self._tiled = not self._weights and kernel_swapping.chain(model) is None

    def blocks(
        self, x: np.ndarray, uniforms: np.ndarray
    ) -> Iterator[tf.Tensor | tuple[tf.Tensor, tf.Tensor]]:
        """Outputs of some draws after others, (draws, n, …); means and variances of a layer not drawn."""
        widest = max([layer.units for layer in self._units], default=1)
        # A layer that is drawn by its weights has other ones in every draw.
        size = 1 if self._weights else max(1, _ROOM // (len(x) * widest))
        for layer in self._units:
            layer.forget()
        inputs, points = tf.constant(x), tf.constant(uniforms)
        run = tf.function(self._run, autograph=False) if self._weights else self._run
        for start in range(0, len(uniforms), size):
            yield run(inputs, points[start : start + size])

    def _run(self, x: tf.Tensor, uniforms: tf.Tensor) -> tf.Tensor | tuple[tf.Tensor, tf.Tensor]:
        draws = uniforms.shape[0]
        parts = [uniforms[:, low:high] for low, high in zip(self._ends[:-1], self._ends[1:], strict=True)]
        for layer, part in zip(self._units, parts, strict=False):
            layer.take(tf.math.ndtri(part), inputs=x.shape[0])
        values = {
            (layer, weight): _quantiles(layer, weight, part[0])
            for (layer, weight), part in zip(self._weights, parts[len(self._units) :], strict=True)
        }
        given = tf.concat([x] * draws, 0) if self._tiled else x
        with ExitStack() as held:
            if values:
                held.enter_context(weight_draws.holding(values))
            outputs = self._model(given, training=False)
        if not tf.is_tensor(outputs):
            raise ValueError(
                f"{self._model.name} has several outputs: make a model of each, as predict_draws says"
            )
        outputs = tf.reshape(outputs, [draws, x.shape[0], *outputs.shape[1:]])
        return tuple(tf.split(outputs, 2, axis=-1)) if self._last else outputs


class DrawnUnits(keras.layers.Layer):
    """A mean-field dense layer that draws its units, several draws in one call.

    Inputs are (n, features) where they are the same in all draws, or (draws · n, features); what it gives is
    (draws · n, units), or (draws · n, 2 · units) of means and variances.
    """

    def __init__(self, layer: MeanFieldDense, *, moments: bool):
        super().__init__(name=layer.name, dtype=layer.dtype_policy)
        self.units, self.dimensions = layer.units, 0 if moments else layer.units
        self._activation, self._moments = layer.activation, moments
        self._mean, log_scale = layer.kernel_loc.value, layer.kernel_log_scale.value
        self._variance = tf.exp(2 * log_scale)
        self._bias = self._bias_variance = 0.0
        if layer.biases == "random":
            self._bias, self._bias_variance = layer.bias_loc.value, tf.exp(2 * layer.bias_log_scale.value)
        elif layer.biases != "none":
            self._bias = layer.bias.value
        self.forget()

    def forget(self) -> None:
        """Take other inputs from now on."""
        self._known: tuple[tf.Tensor, tf.Tensor] | None = None

    def take(self, normal: tf.Tensor, *, inputs: int) -> None:
        """What the next call draws by, (draws, units) of standard normal numbers, and n."""
        self._normal, self._inputs = tf.cast(normal, self.compute_dtype), inputs

    def call(self, received):
        draws, same = self._normal.shape[0], received.shape[0] == self._inputs
        if same and draws > 1 and self._known is not None:
            mean, variance = self._known
        else:
            mean, variance = self._sums(received)
            if same and draws > 1:
                self._known = mean, variance
        mean, variance = (tf.reshape(part, [-1, self._inputs, self.units]) for part in (mean, variance))
        if self._moments:
            both = tf.concat([mean, variance], -1)
            both = tf.broadcast_to(both, [draws, *both.shape[1:]])
            return tf.reshape(both, [-1, 2 * self.units])
        drawn = mean + tf.sqrt(variance) * self._normal[:, tf.newaxis]
        return self._activation(tf.reshape(drawn, [-1, self.units]))

    def _sums(self, received: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        mean = tf.matmul(received, self._mean) + self._bias
        return mean, tf.matmul(tf.square(received), self._variance) + self._bias_variance

    def compute_output_shape(self, input_shape):
        return (input_shape[0], (2 if self._moments else 1) * self.units)


def _used_once(layer: MeanFieldDense) -> bool:
    """Whether a layer is called once, on vectors: else its units share weights with each other."""
    # Keras has no public way to ask how often; a layer inside of a nested model counts as used again.
    return len(layer._inbound_nodes) == 1 and len(layer.input.shape) == 2


def _is_normal(layer: MeanFieldDense) -> bool:
    return layer.law == laws.gaussian()


def _last(model: keras.Model, dense: list[MeanFieldDense]) -> MeanFieldDense | None:
    """The layer that gives the outputs, if it is one of these and linear."""
    linear = keras.activations.linear
    return next((one for one in dense if one.output is model.outputs[0] and one.activation is linear), None)


def _quantiles(layer: keras.layers.Layer, weight: str, uniforms: tf.Tensor) -> tf.Tensor:
    """A draw of a random weight by its quantile function, in its shape."""
    distribution = layer.distribution(weight)
    levels = tf.reshape(tf.cast(uniforms, distribution.dtype), distribution.batch_shape)
    return tf.cast(distribution.quantile(levels), layer.compute_dtype)
