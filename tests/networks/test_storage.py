"""Storage: bits of small networks, counted by hand."""

import keras
import numpy as np
import pytest
from binary_layers import SCALE, settings

from noisyweights.networks.binary import models, storage
from noisyweights.networks.binary.layers import (
    BinaryConv2D,
    BinaryDense,
    ScaledBinaryConv2D,
    ScaledBinaryDense,
)
from noisyweights.networks.mean_field import twins
from noisyweights.noise import laws


def network(dense, convolution, **changes):
    """18 × 2 weights of a convolution of two channels, and 8 × 3 of a dense layer; 5 outputs in all."""
    return keras.Sequential(
        [
            keras.Input((4, 4, 2)),
            convolution(2, 3, pool_size=1, **settings(convolution, binary_inputs=False, **changes)),
            keras.layers.Flatten(),
            dense(3, **settings(dense, **changes)),
        ]
    )


def full(dropout=0.0):
    recipe = models.FullPrecision(activation="relu", dropout=dropout)
    return models.mlp(recipe, hidden=4, seed=1)


FULL = {"weights": 784 * 4 + 4 * 4 * 2 + 4 * 10, "scales": 12, "biases": 12 + 10, "statistics": 24}
RANDOM = (ScaledBinaryDense, ScaledBinaryConv2D)


def test_a_network_with_one_scale_of_32_bits_for_each_output():
    found = storage.stored_bits(network(BinaryDense, BinaryConv2D), vectors=7)
    assert found == {"weights": 36 + 24, "scales": 5 * 32, "biases": 5 * 32, "statistics": 2 * 5 * 32}


@pytest.mark.parametrize(("bits", "vectors"), [(4, 1), (4, 10), (3, 2)])
def test_random_scales_take_their_bits_for_every_vector_that_is_stored(bits, vectors):
    found = storage.stored_bits(network(*RANDOM, bits=bits), vectors=vectors)
    by_hand = {"weights": 36 + 24, "scales": 5 * bits * vectors, "biases": 160, "statistics": 320}
    assert found == by_hand
    assert found != storage.stored_bits(network(*RANDOM, bits=bits + 1), vectors=vectors)


def test_full_precision_dropout_and_ensemble():
    assert storage.parameter_counts(full()) == FULL
    expected = {role: 32 * count for role, count in FULL.items()}
    assert storage.stored_bits(full(), vectors=1) == expected
    assert storage.stored_bits(full(dropout=0.3), vectors=1) == expected
    x = keras.Input((28, 28, 1))
    members = [keras.Sequential([full()], name=f"member_{k}") for k in range(5)]
    ensemble = keras.Model(x, keras.layers.Average()([member(x) for member in members]))
    assert storage.stored_bits(ensemble, vectors=1) == {role: 5 * n for role, n in expected.items()}


@pytest.mark.parametrize(("biases", "each"), [("fixed", 32), ("learned", 32), ("random", 64)])
def test_a_mean_field_twin_keeps_a_mean_and_a_width_of_every_weight(biases, each):
    twin = twins.from_deterministic(
        full(), law=laws.gaussian(), prior_scale=1.0, kl_weight=0.1, initial_scale=0.1, seed=1, biases=biases
    )
    found = storage.stored_bits(twin, vectors=1)
    expected = {role: 32 * count for role, count in FULL.items()}
    assert found == expected | {"weights": 2 * 32 * FULL["weights"], "biases": 12 * 32 + 10 * each}
    assert storage.parameter_counts(twin) == FULL


def test_layers_within_models_count_and_shared_ones_once():
    inside = network(*RANDOM)
    x = keras.Input((4, 4, 2))
    behind = BinaryDense(3, **settings(BinaryDense))
    once = behind(inside(x))
    model = keras.Model(x, keras.layers.Add()([behind(once), inside(x)]))
    found = storage.stored_bits(model, vectors=1)
    assert found["weights"] == 60 + 9
    assert found["scales"] == 5 * SCALE["bits"] + 3 * 32


def test_training_changes_no_count():
    model = network(*RANDOM)
    before = storage.stored_bits(model, vectors=2)
    model.compile("adam", "mse")
    model.train_on_batch(np.ones((2, 4, 4, 2)), np.ones((2, 3)))
    assert storage.stored_bits(model, vectors=2) == before


def test_a_network_without_weights_is_refused():
    model = keras.Sequential([keras.layers.Dense(4, name="later")])
    with pytest.raises(ValueError, match=r"later of .* has no weights yet: call the model once"):
        storage.parameter_counts(model)


def test_what_is_not_known_is_not_guessed():
    class Other(keras.layers.Layer):
        def build(self, shape):
            self.rest = self.add_weight(shape=(3,), name="rest")

        def call(self, x):
            return x

    model = keras.Sequential([keras.Input((2,)), Other(name="other")])
    with pytest.raises(ValueError, match="other keeps rest, of which it is not known what it is for"):
        storage.parameter_counts(model)
    with pytest.raises(ValueError, match="vectors must be at least 1, got 0"):
        storage.stored_bits(full(), vectors=0)
