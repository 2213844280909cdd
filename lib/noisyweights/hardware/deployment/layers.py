"""Layers on arrays: Keras layers whose products are reads of a crossbar, one read a draw.

In TensorFlow, since a draw of a network is a call of its graph; `crossbar` says the same in NumPy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from noisyweights.hardware.array.crossbar import Crossbar, Readout
from noisyweights.hardware.converters import Converter, calibrate
from noisyweights.hardware.deployment.driven import DrivenProduct, through
from noisyweights.hardware.deployment.patches import Patches
from noisyweights.networks import weight_draws
from noisyweights.networks.binary.base_layer import EPSILON
from noisyweights.noise.law import Law

__all__ = ["ArrayBinary", "ArrayLayer"]


class ArrayLayer(keras.layers.Layer):
    """activation(x·W + b), the product read off a crossbar; made by `deployment.deploy`.

    Its `crossbar`, `readout` and `read_uS` tell what cells and converters it has come to. A read is a draw of
    the network: within `weight_draws.chip`, as in `inference.predict_draws`, all inputs meet the same draw of
    every cell. Outside of it cells have their means. Biases are added as numbers.

    Args:
        crossbar: cells of the kernel, (inputs, outputs).
        drawn: draws of the cells' difference, from `coin_draws`; None without.
        law: of junctions that fluctuate about the cells, by the uniforms that the same weights take in
            software, so that both can be compared draw by draw; None without.
        read_uS: standard deviation of the difference between reads, beside those draws, (inputs, outputs).
        mean_uS: mean difference, if it is not that of the crossbar.
        rows: of one array.
        driven: how products come about on a chip with a `drive`; None for the product by levels.
        slices: columns of a weight, side by side in the crossbar, of which the first has the junctions.
        fresh: whether each position of a convolution has a read of its own.
        patches: of a convolution; None for a dense layer.
        bias: (outputs,).
        activation: as in any Keras layer.
    """

    def __init__(
        self,
        crossbar: Crossbar,
        *,
        drawn: Callable[[tf.Tensor], tf.Tensor] | None = None,
        law: Law | None = None,
        read_uS: np.ndarray,
        mean_uS: np.ndarray | None = None,
        rows: int,
        driven: DrivenProduct | None = None,
        slices: int = 1,
        fresh: bool = False,
        patches: Patches | None,
        bias: np.ndarray,
        activation: Any,
        **kwargs,
    ):
        super().__init__(trainable=False, **kwargs)
        self.crossbar, self.law = crossbar, law
        self.readout = Readout(None, None, rows)
        self.driven, self.slices = driven, slices
        self.patches = patches
        self.activation = keras.activations.get(activation)
        self._drawn = drawn
        self.read_uS = read_uS
        held = crossbar.positive_uS - crossbar.negative_uS if mean_uS is None else mean_uS
        self._mean_uS = tf.constant(held, tf.float32)
        self._gain_uS = tf.constant(crossbar.gain_uS, tf.float32)
        self._bias = tf.constant(bias, tf.float32)
        self._watched: list[tuple[tf.Tensor, tf.Tensor]] | None = None
        random = drawn is not None or law is not None or read_uS.any()
        # Of a kernel that each position reads anew the draw is a seed, as it is of a converter's noise.
        self.random_weights = ("reads" if fresh else "kernel",) if random else ()
        if self.driven is not None and self.driven.noisy:
            self.random_weights = (*self.random_weights, "conversions")
        self.built = True

    def sample(self, weight: str, seed: tf.Tensor, shape: tuple[int, ...] = ()) -> tf.Tensor:
        """One read of all cells: differences of conductances in µS, (inputs, outputs · slices).

        Of "reads" and "conversions" it is the seed that these follow from.
        """
        if shape:
            raise ValueError(f"{self.name} is read one draw at a time, and chips cannot be stacked in it")
        return self._read(seed, ()) if weight == "kernel" else tf.convert_to_tensor(seed)

    def _read(self, seed: tf.Tensor, places: tuple[int, ...]) -> tf.Tensor:
        """Reads of all cells, one at each place: (places…, inputs, outputs · slices)."""
        found = self._mean_uS
        if self.law is not None:
            deviation = tf.constant(self.crossbar.deviation_uS[:, :: self.slices], tf.float32)
            if self.slices == 1:
                found = self.law(found, deviation).sample(places, seed=seed)
            else:
                found += self._beside(self.law(tf.zeros_like(deviation), deviation).sample(places, seed=seed))
        elif self._drawn is not None:
            found = self._drawn(seed)
        if not self.read_uS.any():
            return found
        other = tf.random.experimental.stateless_fold_in(seed, 1)
        deviation = tf.constant(self.read_uS, tf.float32)
        return found + deviation * tf.random.stateless_normal((*places, *deviation.shape), other)

    def remembers(self, read_noise: bool) -> bool:
        """Whether reads of its cells are correlated: junctions always are, others if read noise is."""
        return self.law is not None or (read_noise and self._drawn is None)

    def _beside(self, junctions: tf.Tensor) -> tf.Tensor:
        """What junctions add, beside the first slice of each weight."""
        spread = tf.pad(junctions[..., None], [[0, 0]] * len(junctions.shape) + [[0, self.slices - 1]])
        return tf.reshape(spread, (*junctions.shape[:-1], junctions.shape[-1] * self.slices))

    def multiply(self, x: tf.Tensor) -> tf.Tensor:
        """One read: products of inputs (n, …, inputs) with the weights, (n, …, outputs)."""
        conductance = weight_draws.drawn(self, "kernel")
        if (seed := weight_draws.drawn(self, "reads")) is not None:
            conductance = self._read(seed, tuple(x.shape[1:-1]))
        if conductance is None:
            conductance = self._mean_uS
        if self._watched is not None:
            self._watched.append((x, conductance))
        if self.driven is not None:
            return self.driven.multiply(x, conductance, weight_draws.drawn(self, "conversions"))
        dac, adc, rows = self.readout.dac, self.readout.adc, self.readout.rows
        if dac is not None:
            x = dac.low + dac.step * _codes(x, dac)
        if adc is None:
            return through(x, conductance) / self._gain_uS
        codes = [
            _codes(through(x[..., start : start + rows], conductance[..., start : start + rows, :]), adc)
            for start in range(0, x.shape[-1], rows)
        ]
        return (adc.step * tf.add_n(codes) + len(codes) * adc.low) / self._gain_uS

    def call(self, inputs):
        if self.patches is not None:
            inputs = self.patches.of(inputs)
        return self.activation(self.multiply(inputs) + self._bias)

    def calibrate(self, run: Callable[[], Any], *, dac_bits, adc_bits, coverage: float) -> None:
        """Set the converters by what the layer meets while `run` runs the network without them."""
        met = self.met(run)
        try:
            if self.driven is not None:
                self.driven.calibrate(met, signs=dac_bits is None)
                self.readout = Readout(self.driven.dac, (*self.driven.adcs, None)[0], self.readout.rows)
                return
            values = (
                np.concatenate([np.ravel(x) for x, _ in met]),
                np.concatenate([self._currents(*each) for each in met]),
            )
            dac, adc = (
                None if bits is None else calibrate(each, bits=bits, coverage=coverage)
                for each, bits in zip(values, (dac_bits, adc_bits), strict=True)
            )
        except ValueError as error:
            raise ValueError(f"{self.name}: {error}") from error
        self.readout = Readout(dac, adc, self.readout.rows)

    def met(self, run: Callable[[], Any]) -> list[tuple[tf.Tensor, tf.Tensor]]:
        """Inputs (n, …, rows) and conductances that products are asked of while `run` runs the network."""
        self._watched = []
        try:
            run()
            return self._watched
        finally:
            self._watched = None

    def take_converters(self, other: ArrayLayer) -> None:
        """Read as another layer of the same shape reads; before the network predicts."""
        self.readout = other.readout
        if self.driven is not None:
            self.driven.dac, self.driven.adcs = other.driven.dac, other.driven.adcs

    def rescale(self, factor: np.ndarray) -> None:
        """Multiply products by a factor, (1,) or (outputs,); before the network predicts."""
        gain = self.crossbar.gain_uS / np.repeat(factor, self.slices if len(factor) > 1 else 1)
        self.crossbar = replace(self.crossbar, gain_uS=gain)
        self._gain_uS = tf.constant(gain, tf.float32)
        if self.driven is not None:
            self.driven.set_gain(gain)

    def _currents(self, x: tf.Tensor, conductance: tf.Tensor) -> np.ndarray:
        """Of all tiles and columns, flat."""
        rows = self.readout.rows
        currents = [
            np.ravel(through(x[..., start : start + rows], conductance[..., start : start + rows, :]))
            for start in range(0, x.shape[-1], rows)
        ]
        return np.concatenate(currents)

    def get_config(self):
        raise ValueError(
            f"{self.name} is on an array: save a deployed network by deployment.saving.save, and for a copy "
            "deploy the network that it was made of again"
        )

    def compute_output_shape(self, input_shape):
        outputs = len(self.crossbar.gain_uS) // self.slices
        if self.patches is None:
            return (*input_shape[:-1], outputs)
        found = keras.layers.Conv2D(
            outputs, self.patches.kernel_size, strides=self.patches.strides, padding=self.patches.padding
        )
        return found.compute_output_shape(input_shape)


class ArrayBinary(ArrayLayer):
    """s ⊙ normalised(pooled(sign(x)·sign(W))) + b with products and scales on arrays: `networks.binary`.

    Args, beyond those of `ArrayLayer`, whose bias this adds after the scale:
        binary_inputs: whether signs of the inputs are taken.
        pool_size: side of the maximum pooling.
        moving_mean, moving_variance: of the normalisation, (outputs,) each.
        scales: stored scales, (vectors, outputs); each read takes one vector, each as likely.
    """

    def __init__(
        self,
        crossbar: Crossbar,
        *,
        binary_inputs: bool,
        pool_size: int,
        moving_mean: np.ndarray,
        moving_variance: np.ndarray,
        scales: np.ndarray,
        **kwargs,
    ):
        super().__init__(crossbar, activation="linear", **kwargs)
        self.binary_inputs, self.pool_size = binary_inputs, pool_size
        self._moving = tuple(tf.constant(one, tf.float32) for one in (moving_mean, moving_variance))
        self.scales = tf.constant(scales, tf.float32)
        if len(scales) > 1:
            self.random_weights = (*self.random_weights, "scale")

    def sample(self, weight, seed, shape=()):
        if weight != "scale":
            return super().sample(weight, seed, shape)
        return self.scales[tf.random.stateless_uniform((), seed, 0, len(self.scales), tf.int32)]

    def call(self, inputs):
        if self.binary_inputs:
            inputs = tf.where(inputs >= 0, 1.0, -1.0)
        product = self.multiply(inputs if self.patches is None else self.patches.of(inputs))
        if self.pool_size > 1:
            product = tf.nn.max_pool2d(product, self.pool_size, self.pool_size, "VALID")
        scale = weight_draws.drawn(self, "scale")
        if scale is None:
            scale = tf.reduce_mean(self.scales, 0)
        mean, variance = self._moving
        return tf.nn.batch_normalization(product, mean, variance, self._bias, scale, EPSILON)

    def compute_output_shape(self, input_shape):
        found = super().compute_output_shape(input_shape)
        if self.patches is None:
            return found
        return (found[0], *(side // self.pool_size for side in found[1:3]), found[3])


def _codes(values: tf.Tensor, converter: Converter) -> tf.Tensor:
    return tf.round(
        (tf.clip_by_value(values, converter.low, converter.high) - converter.low) / converter.step
    )
