"""Networks and pictures that cannot be sampled by coin flips, and what is said of them."""

import keras
import numpy as np
import pytest
from coin_networks import HOW, counted, images, mlp, plain_loop, spread
from keras import layers

from noisyweights.networks.coin_flips import sampling
from noisyweights.networks.coin_flips.rescaling import SYNAPTIC


def test_layers_out_of_range_are_refused_or_kept_by_name():
    model, x = mlp(), images()
    kernel = model.layers[1].kernel
    kernel.assign(2 * kernel)
    with pytest.raises(ValueError, match=rf"{model.layers[1].name} of .*: a coin's weight lies in"):
        sampling.sample_votes(model, x, **HOW)
    how = HOW | {"out_of_range": "keep"}
    votes = sampling.sample_votes(model, x, **how)
    np.testing.assert_array_equal(votes, counted(plain_loop(model, x, **how)))
    for layer in model.layers:
        if isinstance(layer, SYNAPTIC):
            layer.kernel.assign(2 * keras.ops.ones_like(layer.kernel))
    with pytest.raises(ValueError, match="were to be kept"):
        sampling.sample_votes(model, x, **how)


def without_dense():
    return keras.Sequential([keras.Input((6, 5)), layers.Flatten()])


def recurrent():
    return keras.Sequential([keras.Input((6, 5)), layers.LSTM(3), layers.Dense(2)])


def single():
    return spread(keras.Sequential([keras.Input((6, 5)), layers.Flatten(), layers.Dense(1)]))


def sequence():
    return spread(keras.Sequential([keras.Input((6, 5)), layers.Dense(3)]))


def two_outputs():
    given = keras.Input((30,))
    return spread(keras.Model(given, [layers.Dense(2)(given), layers.Dense(2)(given)]))


def broken(part):
    model = mlp()
    variable = getattr(model.layers[1], part)
    variable.assign(np.full(variable.shape, np.nan))
    return model


@pytest.mark.parametrize(
    ("make", "changes", "says"),
    [
        (mlp, {"draws": 0}, "draws must be at least 1, and whole, got 0"),
        (mlp, {"draws": 2.5}, "draws must be at least 1, and whole, got 2.5"),
        (mlp, {"precision": 0}, "precision must be 'full' or from 1 to 32 bits, got 0"),
        (mlp, {"rounding": "down"}, "rounding must be one of"),
        (mlp, {"sampled_layers": "none"}, "sampled_layers must be one of dense, all, got 'none'"),
        (mlp, {"ballot": "secret"}, "ballot must be one of votes, softmax"),
        (mlp, {"out_of_range": "skip"}, "out_of_range must be one of error, keep"),
        (mlp, {"batch_size": 0}, "batch_size must be at least 1"),
        (mlp, {"after": [0, 2]}, "after must increase"),
        (mlp, {"after": [2, 2]}, "after must increase"),
        (mlp, {"after": [10]}, "at most 9 draws"),
        (mlp, {"after": []}, "after must list numbers"),
        (mlp, {"after": [1.5]}, "after must list numbers"),
        (without_dense, {}, "has no layer to sample: sampled_layers='dense' takes Dense layers"),
        (recurrent, {"sampled_layers": "all"}, "is a LSTMCell, for whose weights no coins"),
        (single, {}, r"outputs .*1\), and votes are for classes"),
        (sequence, {}, "votes are for classes"),
        (lambda: broken("kernel"), {}, "NaN or infinite weights in .*kernel: train it again"),
        (lambda: broken("bias"), {}, "NaN or infinite weights in .*bias"),
    ],
)
def test_what_cannot_be_sampled(make, changes, says):
    with pytest.raises(ValueError, match=says):
        sampling.sample_votes(make(), images(), **HOW | changes)


@pytest.mark.parametrize(
    ("x", "says"),
    [
        (np.zeros((0, 6, 5)), "at least one input"),
        (np.zeros(3), "at least one input"),
        (np.full((2, 6, 5), np.nan), "60 NaN or infinite"),
    ],
)
def test_inputs_that_are_none(x, says):
    with pytest.raises(ValueError, match=says):
        sampling.sample_votes(mlp(), x, **HOW)


def test_two_outputs_have_no_votes():
    with pytest.raises(ValueError, match="votes are for classes"):
        sampling.sample_votes(two_outputs(), np.zeros((3, 30)), **HOW)
