"""Variational inference refuses bad data, bad arguments and laws without a density, and changes no weight."""

import re

import keras
import numpy as np
import pytest
from small import dense, inputs
from weights import same

from noisyweights.networks.mean_field import twins, variational
from noisyweights.noise import laws

CROSS_ENTROPY = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def run(x, y, **changes):
    model = dense()
    before = [weight.numpy().copy() for weight in model.weights]
    try:
        variational.train(model, x, y, **({"loss": "mse", "epochs": 1, "batch_size": 5, "seed": 1} | changes))
    finally:
        assert same(before, [weight.numpy() for weight in model.weights])


@pytest.mark.parametrize(
    ("x", "y", "changes", "message"),
    [
        (np.zeros((0, 4)), np.zeros((0, 2)), {}, "at least 1: 0 and 0"),
        (np.zeros((5, 4)), np.zeros((6, 2)), {}, "same number of examples, at least 1: 5 and 6"),
        (np.full((5, 4), np.nan), np.zeros((5, 2)), {}, "x has 20 NaN or infinite values"),
        (np.zeros((5, 4)), np.full((5, 2), np.inf), {}, "y has 10 NaN or infinite values"),
        (np.zeros((5, 4)), np.array(["a"] * 5), {}, "y must hold numbers, got <U1"),
        (np.zeros((5, 4)), np.zeros((5, 2)), {"epochs": 0}, "must be at least 1, got 0 and 5"),
        (np.zeros((5, 4)), np.zeros((5, 2)), {"batch_size": 0}, "must be at least 1, got 1 and 0"),
        (np.zeros((5, 4)), np.zeros((5, 2)), {"tempering": 0.0}, "must be positive, got 0.0"),
        (np.ones((5, 4)), np.full((5, 2), 1e30), {"epochs": 2}, "the weights are as they were"),
        (np.zeros((3, 4)), [0, 1, 2], {"loss": CROSS_ENTROPY}, "the network has 2 outputs, got 2"),
        (np.zeros((3, 4)), [0, 1, -1], {"loss": "sparse_categorical_crossentropy"}, "got -1"),
        (np.zeros((3, 4)), [0, 1, 0.5], {"loss": keras.losses.sparse_categorical_crossentropy}, "got 0.5"),
    ],
)  # fmt: skip
def test_bad_training_data_leaves_the_weights_as_they_were(x, y, changes, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        run(x, y, **changes)


def test_a_class_that_the_loss_ignores_is_no_label_out_of_range():
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1)
    variational.train(dense(), np.zeros((3, 4)), [0, 1, -1], loss=loss, epochs=1, batch_size=3, seed=1)


def test_a_law_without_density_cannot_be_trained_and_leaves_the_weights():
    twin = twins.with_law(dense(), laws.two_point())
    before = [weight.numpy().copy() for weight in twin.weights]
    with pytest.raises(NotImplementedError, match="two-point law has no differential entropy or divergence"):
        variational.train(twin, inputs(), inputs()[:, :2], loss="mse", epochs=1, batch_size=5, seed=1)
    assert same(before, [weight.numpy() for weight in twin.weights])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"draws": 1}, "at least 2 draws, got 1"),
        ({"y": [0.0, np.nan]}, "y has 1 NaN"),
        ({"x": np.zeros((0, 4)), "y": []}, "at least 1: 0 and 0"),
        ({"log_likelihood": lambda y, one: one}, "must return shape (2,), one for each, got (2, 2)"),
    ],
)
def test_bad_arguments_of_the_bound(changes, message):
    arguments = {"x": np.zeros((2, 4)), "y": [0.0, 1.0], "draws": 2, "seed": 1} | changes
    with pytest.raises(ValueError, match=re.escape(message)):
        variational.elbo(dense(), **({"log_likelihood": lambda y, one: one[:, 0]} | arguments))
