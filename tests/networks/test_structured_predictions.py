"""Predictions of networks with several inputs and outputs, and from batches, against arrays one by one."""

import re

import keras
import numpy as np
import pytest
import tensorflow as tf
from small import dense, inputs, settings

from noisyweights.networks.mean_field import inference
from noisyweights.networks.mean_field.layers import MeanFieldDense

ROUNDING = {"rtol": 1e-5, "atol": 1e-5}


def branches(names=True):
    """Two inputs, one of whole numbers; a random output and one that is not."""
    left, right = keras.Input((4,), name="left"), keras.Input((3,), dtype="int32", name="right")
    shared = keras.layers.Flatten()(keras.layers.Embedding(7, 2)(right))
    both = keras.layers.Concatenate()([left, shared])
    one = MeanFieldDense(2, name="one", **settings())(both)
    other = keras.layers.Reshape((2, 2))(keras.layers.Dense(4)(left))
    if names:
        return keras.Model({"left": left, "right": right}, {"one": one, "other": other})
    return keras.Model([left, right], [one, other])


WORDS = np.arange(60).reshape(20, 3) % 7


def alone(model, part):
    """The same network with one output, and its inputs as a list."""
    return keras.Model(model.inputs, part)


@pytest.mark.parametrize("names", [True, False])
def test_outputs_have_the_models_structure_and_are_draws_of_one_network(names):
    model = branches(names)
    x = {"left": inputs(), "right": WORDS} if names else [inputs(), WORDS]
    found = inference.predict_draws(model, x, draws=3, seed=1, batch_size=7)
    one, other = (found["one"], found["other"]) if names else found
    assert one.shape == (3, 20, 2)
    assert other.shape == (3, 20, 2, 2)
    # In one network: its random kernel by hand, as `chip` draws it.
    np.testing.assert_allclose(other, np.broadcast_to(other[:1], other.shape), **ROUNDING)
    plain = model(x, training=False)
    np.testing.assert_allclose(other[0], plain["other"] if names else plain[1], **ROUNDING)
    assert np.abs(one[0] - one[1]).max() > 0.01
    again = inference.predict_draws(model, x, draws=3, seed=1)
    for first, second in zip(tf.nest.flatten(found), tf.nest.flatten(again), strict=True):
        np.testing.assert_allclose(first, second, **ROUNDING)


def test_one_output_among_several_has_the_draws_that_it_has_alone():
    given = keras.Input((4,))
    hidden = MeanFieldDense(3, **settings())(given)
    first = MeanFieldDense(2, **settings(seed=2))(hidden)
    pair = inference.predict_draws(keras.Model(given, [first, hidden]), inputs(), draws=4, seed=3)
    one = inference.predict_draws(keras.Model(given, first), inputs(), draws=4, seed=3)
    np.testing.assert_allclose(pair[0], one, **ROUNDING)


def test_batches_give_what_the_whole_gives():
    model = dense()
    whole = inference.predict_draws(model, inputs(), draws=3, seed=1)
    dataset = tf.data.Dataset.from_tensor_slices((inputs(), np.zeros(20))).batch(8)
    np.testing.assert_allclose(inference.predict_draws(model, dataset, draws=3, seed=1), whole, **ROUNDING)
    generator = (part for part in np.split(inputs(), 2))
    np.testing.assert_allclose(inference.predict_draws(model, generator, draws=3, seed=1), whole, **ROUNDING)


def test_batches_of_several_inputs():
    model, x = branches(), {"left": inputs(), "right": WORDS}
    dataset = tf.data.Dataset.from_tensor_slices(x).batch(10)
    found = inference.predict_draws(model, dataset, draws=2, seed=1)
    for name, whole in inference.predict_draws(model, x, draws=2, seed=1).items():
        np.testing.assert_allclose(found[name], whole, **ROUNDING)


class Subclass(keras.Model):
    def __init__(self):
        super().__init__()
        self.one = MeanFieldDense(2, **settings())

    def call(self, x):
        return self.one(x["a"]) + x["b"]


def test_a_subclass_takes_a_dictionary():
    x = {"a": inputs(), "b": np.ones((20, 1))}
    assert inference.predict_draws(Subclass(), x, draws=2, seed=1).shape == (2, 20, 2)


def test_numbers_without_an_axis_go_where_a_model_takes_such():
    given = keras.Input((), dtype="int32")
    model = keras.Model(given, MeanFieldDense(2, **settings())(keras.layers.Embedding(7, 3)(given)))
    found = inference.predict_draws(model, np.arange(5), draws=2, seed=1)
    assert found.shape == (2, 5, 2)
    np.testing.assert_array_equal(
        found[:, 3], inference.predict_draws(model, np.array([3] * 5), draws=2, seed=1)[:, 0]
    )


MODEL, BRANCHES = dense(features=1), branches()
FULL = {"left": inputs(), "right": WORDS}


@pytest.mark.parametrize(
    ("model", "x", "message"),
    [
        (MODEL, np.zeros(5), "x has shape (5,), and "),
        (MODEL, np.zeros(5), "give x[..., np.newaxis]"),
        (MODEL, iter([]), "x must hold at least one batch of inputs, got none"),
        (MODEL, tf.data.Dataset.from_tensors(inputs()).repeat(), "give x.take(n)"),
        (BRANCHES, FULL | {"right": WORDS[:4]}, "all inputs must hold as many examples, got [20, 4]"),
        (BRANCHES, FULL | {"left": inputs() * np.nan}, "x has 80 NaN or infinite values"),
        (BRANCHES, {"left": inputs(0), "right": WORDS[:0]}, "at least one input"),
        (BRANCHES, FULL | {"right": WORDS + 2**25}, "whole numbers up to 2^24 can go in, got 33554438"),
    ],
)
def test_bad_input(model, x, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        inference.predict_draws(model, x, draws=2, seed=1)
