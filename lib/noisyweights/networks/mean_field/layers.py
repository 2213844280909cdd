"""Mean-field layers by name: dense ones and convolutions, which arrays of cells can hold.

They are Keras 3 layers of the TensorFlow backend, for `fit`, `compile`, functional models and `.keras` files.
A call of a model draws each weight once, for all inputs in the batch and wherever a layer is used twice;
`inference.predict_draws` holds a draw still over a whole data set.
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from noisyweights.networks.mean_field.base_layer import BIASES, MeanField

__all__ = ["BIASES", "MeanField", "MeanFieldConv2D", "MeanFieldDense"]


@keras.saving.register_keras_serializable(package="noisyweights")
class MeanFieldDense(MeanField):
    """activation(x·W + b) with a random kernel W of shape (inputs, units).

    Maps (…, inputs) to (…, units). Arguments beyond `units` are those of `MeanField`.
    """

    def __init__(self, units: int, **kwargs):
        super().__init__(**kwargs)
        if units < 1:
            raise ValueError(f"units must be at least 1, got {units}")
        self.units = int(units)

    def build(self, input_shape):
        self._add_weights((input_shape[-1], self.units), self.units)
        self.input_spec = keras.layers.InputSpec(min_ndim=2, axes={-1: input_shape[-1]})
        self.built = True

    def call(self, inputs, training=None):
        kernel, bias = self._kernel_and_bias(training)
        outputs = tf.matmul(inputs, kernel)  # kernels of a stack of chips broadcast over the inputs
        if bias is not None:
            outputs += bias if bias.shape.rank == 1 else bias[..., tf.newaxis, :]
        return self.activation(outputs)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable(package="noisyweights")
class MeanFieldConv2D(MeanField):
    """activation(x ∗ W + b) with a random kernel W of shape (height, width, channels / groups, filters).

    Maps (n, rows, columns, channels) to (n, rows', columns', filters); with data_format="channels_first" both
    have their channels in the second place. `filters`, `kernel_size`, `strides`, `padding`, `dilation_rate`,
    `groups` and `data_format` are those of `keras.layers.Conv2D`; the other arguments those of `MeanField`.

    Raises, beyond what `MeanField` does: ValueError for numbers below 1, another word, groups that do not
    divide filters and channels, and strides together with dilation.
    """

    def __init__(
        self,
        filters: int,
        kernel_size,
        *,
        strides=1,
        padding: str = "valid",
        dilation_rate=1,
        groups: int = 1,
        data_format: str = "channels_last",
        **kwargs,
    ):
        super().__init__(**kwargs)
        if filters < 1:
            raise ValueError(f"filters must be at least 1, got {filters}")
        for name, word, words in (
            ("padding", padding, ("valid", "same")),
            ("data_format", data_format, ("channels_last", "channels_first")),
        ):
            if word not in words:
                raise ValueError(f"{name} must be '{words[0]}' or '{words[1]}', got {word!r}")
        if groups < 1 or filters % groups:
            raise ValueError(f"groups must divide the filters, got {groups} groups of {filters} filters")
        self.filters, self.groups = int(filters), int(groups)
        self.kernel_size = _pair(kernel_size)
        self.strides, self.dilation_rate = _pair(strides), _pair(dilation_rate)
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                f"strides do not go with dilation, got {self.strides} and {self.dilation_rate}: one must be 1"
            )
        self.padding, self.data_format = padding, data_format

    def build(self, input_shape):
        axis = -1 if self.data_format == "channels_last" else 1
        channels = input_shape[axis]
        if channels % self.groups:
            raise ValueError(
                f"{self.groups} groups must divide the channels, of which inputs have {channels}"
            )
        self._add_weights((*self.kernel_size, channels // self.groups, self.filters), self.filters)
        self.input_spec = keras.layers.InputSpec(ndim=4, axes={axis: channels})
        self.built = True

    def convolution(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """The convolution of inputs with any kernel of this layer's shape, without bias and activation."""
        return keras.ops.conv(
            inputs,
            kernel,
            strides=self.strides,
            padding=self.padding,
            data_format=self.data_format,
            dilation_rate=self.dilation_rate,
        )

    def by_channel(self, values: tf.Tensor) -> tf.Tensor:
        """Numbers of each filter, (filters,), as they are added to outputs."""
        return values if self.data_format == "channels_last" else tf.reshape(values, (-1, 1, 1))

    def call(self, inputs, training=None):
        kernel, bias = self._kernel_and_bias(training)
        if kernel.shape.rank > 4:
            raise ValueError(f"{self.name} is a convolution, and chips can be stacked in dense layers only")
        outputs = self.convolution(inputs, kernel)
        return self.activation(outputs if bias is None else outputs + self.by_channel(bias))

    def compute_output_shape(self, input_shape):
        last = self.data_format == "channels_last"
        sides = zip(
            input_shape[1:3] if last else input_shape[2:],
            self.kernel_size, self.strides, self.dilation_rate, strict=True,
        )  # fmt: skip
        places = [
            n if n is None else (n - (k - 1) * rate * (self.padding == "valid") - 1) // stride + 1
            for n, k, stride, rate in sides
        ]
        return (input_shape[0], *places, self.filters) if last else (input_shape[0], self.filters, *places)

    def get_config(self):
        own = ("filters", "kernel_size", "strides", "padding", "dilation_rate", "groups", "data_format")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}


def _pair(size) -> tuple[int, int]:
    pair = tuple(int(side) for side in np.broadcast_to(size, 2))
    if min(pair) < 1:
        raise ValueError(f"a kernel's size, strides and dilation must be at least 1, got {size}")
    return pair
