"""Networks whose outputs have no row for each input, or another shape from draw to draw: refused."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from small import inputs, settings

from noisyweights.networks.mean_field import inference
from noisyweights.networks.mean_field.layers import MeanFieldDense


class Applied(keras.layers.Layer):
    """A function that Keras takes for one that keeps the shape."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def call(self, x):
        return self.function(x)

    def compute_output_shape(self, shape):
        return shape


def ending(*functions, length=4):
    given = keras.Input((None, length) if len(functions) == 0 else (length,))
    hidden = MeanFieldDense(3, **settings())(given)
    outputs = [Applied(function)(hidden) for function in functions] or [hidden]
    return keras.Model(given, outputs[0] if len(outputs) == 1 else {"kept": hidden, "lost": outputs[1]})


def kept(x):
    return x


def folded(x):
    return tf.reshape(x, (-1, 1))


def summed(x):
    return tf.reduce_sum(x, 0, keepdims=True)


def positive(x):
    return tf.boolean_mask(x, x[:, 0] > 0)


@pytest.mark.parametrize("batch_size", [100, 8])
@pytest.mark.parametrize(
    ("model", "message"),
    [
        (ending(folded), r"gives outputs \(6, 1\) for 2 inputs: draws need a row of outputs for each input"),
        (ending(summed), r"gives outputs \(1, 3\) for 2 inputs"),
        (ending(tf.reduce_mean), r"gives outputs \(\) for 2 inputs"),
        (ending(positive), r"draws need a row of outputs for each input"),
        (ending(kept, folded), r"'lost': \(6, 1\)\} for 2 inputs: each output needs as many rows"),
    ],
)
def test_outputs_without_a_row_for_each_input(model, message, batch_size):
    with pytest.raises(ValueError, match=message):
        inference.predict_draws(model, inputs(), draws=2, seed=0, batch_size=batch_size)


def test_batches_whose_outputs_do_not_fit_together():
    model, batches = ending(), [np.ones((2, length, 4), np.float32) for length in (5, 6)]
    with pytest.raises(ValueError, match=r"have the shapes \[\(5, 3\), \(6, 3\)\]"):
        inference.predict_draws(model, iter(batches), draws=2, seed=0)
    assert inference.predict_draws(model, iter(batches[:1] * 2), draws=2, seed=0).shape == (2, 4, 5, 3)
