"""Twins: the same network under another law, and the mean-field twin of a deterministic one."""

import itertools

import keras
import numpy as np
import pytest
from small import (
    DEVICE,
    LAWS,
    convolutional,
    dense,
    every_law,
    every_network,
    functional,
    inputs,
    one_chip,
    saves,
    settings,
)

from noisyweights import seeds
from noisyweights.networks import weight_draws
from noisyweights.networks.mean_field import twins
from noisyweights.networks.mean_field.layers import MeanField, MeanFieldConv2D, MeanFieldDense
from noisyweights.noise import laws
from noisyweights.noise.laws.gaussian_law import Gaussian

SETTINGS = {
    "law": DEVICE,
    "prior_scale": 1.0,
    "kl_weight": 0.01,
    "biases": "fixed",
    "initial_scale": 0.05,
}


def disturbed(model):
    """The model, with every weight, statistics and kl_weight too, unlike its start."""
    noise = seeds.generator(1, "weights")
    for weight in model.weights:
        weight.assign_add(noise.uniform(0, 0.2, size=weight.shape))
    return model


def plain():
    given = keras.Input((6, 5, 2))
    x = keras.layers.Conv2D(3, (2, 3), strides=2, padding="same", activation="relu")(given)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.Flatten()(x)
    inner = keras.Sequential([keras.Input((27,)), keras.layers.Dense(9, activation="tanh", use_bias=False)])
    shared = keras.layers.Dense(9)
    x = inner(x)
    x = keras.layers.Dropout(0.5)(shared(shared(x))) + x
    return disturbed(keras.Model(given, keras.layers.Dense(2, activation="softmax")(x)))


# --- with_law


@every_network
def test_another_law_keeps_every_weight(make, data):
    model = disturbed(make())
    twin = twins.with_law(model, laws.uniform())
    assert all(layer.law == laws.uniform() for layer in weight_draws.random_layers(twin))
    assert all(layer.law == DEVICE for layer in weight_draws.random_layers(model))
    assert [weight.name for weight in twin.weights] == [weight.name for weight in model.weights]
    for old, new in zip(model.weights, twin.weights, strict=True):
        np.testing.assert_array_equal(old, new)
    np.testing.assert_array_equal(one_chip(twins.with_law(twin, DEVICE), data()), one_chip(model, data()))


@every_network
def test_twins_share_nothing(make, data):
    model = make()
    twin = twins.with_law(model, laws.gaussian())
    before = one_chip(model, data())
    disturbed(twin)
    np.testing.assert_array_equal(one_chip(model, data()), before)
    mine = {id(layer) for layer in model._flatten_layers()} | {id(v) for v in model.variables}
    other = {id(layer) for layer in twin._flatten_layers()} | {id(v) for v in twin.variables}
    assert not mine & other


@every_law
def test_laws_agree_on_two_moments_of_a_pre_activation_and_on_no_more(law):
    model = dense(hidden=1, units=1, biases="none")
    layer = twins.with_law(model, law).layers[0]
    x, draws = inputs(1), 40_000
    at = weight_draws.chip_seeds(model, draws=1, seed=1)[0]
    kernels = layer.sample("kernel", at[0], (draws,)).numpy()[..., 0]
    outputs = kernels @ x[0]
    variance = 0.3**2 * np.square(x).sum()
    standardised = (outputs - x[0] @ layer.kernel_loc.numpy()[:, 0]) / np.sqrt(variance)
    # Four standard errors of a mean and of a variance, with excess kurtosis 3 at most.
    assert abs(standardised.mean()) < 4 / np.sqrt(draws)
    assert abs(standardised.var() - 1) < 4 * np.sqrt((2 + 3) / draws)
    share = (x**4).sum() / (x**2).sum() ** 2
    kurtosis = (standardised**4).mean() - 3
    assert kurtosis == pytest.approx(share * law.excess_kurtosis, abs=0.15)


def test_every_law_gives_other_predictions():
    model = dense()
    found = [one_chip(twins.with_law(model, law), inputs()) for law in LAWS.values()]
    for one, other in itertools.pairwise(found):
        assert not np.allclose(one, other)


class Mine(Gaussian):
    name = "mine"


def test_a_law_of_ones_own_can_be_swapped_in():
    twin = twins.with_law(dense(), Mine())
    assert isinstance(twin.layers[0].law, Mine)
    assert one_chip(twin, inputs()).shape == (20, 2)


def test_kl_weight_travels_with_the_weights():
    model = dense(kl_weight=0.5)
    model.layers[0].kl_weight.assign(0.25)
    twin = twins.with_law(model, laws.gaussian())
    assert [float(layer.kl_weight) for layer in twin.layers] == [0.25, 0.5]
    assert [layer.initial_kl_weight for layer in twin.layers] == [0.5, 0.5]


class Subclass(keras.Model):
    def __init__(self):
        super().__init__(name="subclass")
        self.one = MeanFieldDense(2, **settings())

    def call(self, x):
        return self.one(x)


def test_what_cannot_be_given_another_law():
    with pytest.raises(ValueError, match=r"subclass is a subclass of keras\.Model"):
        twins.with_law(Subclass(), DEVICE)
    with pytest.raises(ValueError, match="has no mean-field layers"):
        twins.with_law(plain(), DEVICE)
    with pytest.raises(ValueError, match="has no weights yet"):
        twins.with_law(keras.Sequential([MeanFieldDense(2, **settings())]), DEVICE)
    with pytest.raises(TypeError, match=r"law must be one of noise\.laws, got 'uniform'"):
        twins.with_law(dense(), "uniform")


# --- from_deterministic


@pytest.mark.parametrize("biases", ["fixed", "learned", "random"])
def test_a_twin_with_little_noise_is_the_network_itself(biases):
    model, x = plain(), inputs(features=60).reshape(20, 6, 5, 2)
    twin = twins.from_deterministic(model, **SETTINGS | {"biases": biases, "initial_scale": 1e-9})
    assert len(weight_draws.random_layers(twin)) == 4
    np.testing.assert_allclose(one_chip(twin, x), model(x, training=False), atol=1e-5)  # float32 sums
    noisy = twins.from_deterministic(model, **SETTINGS | {"biases": biases, "initial_scale": 0.1}, seed=1)
    assert not np.allclose(one_chip(noisy, x), model(x, training=False), atol=1e-4)


def test_dense_layers_and_plain_convolutions_become_layers_that_arrays_hold():
    twin = twins.from_deterministic(plain(), **SETTINGS)
    assert {type(layer) for layer in weight_draws.random_layers(twin)} == {MeanFieldDense, MeanFieldConv2D}


def test_a_twin_keeps_names_and_has_its_own_weights():
    model = plain()
    twin = twins.from_deterministic(model, **SETTINGS)
    random = {layer.name for layer in weight_draws.random_layers(twin)}
    assert random == {layer.name for layer in model._flatten_layers() if hasattr(layer, "kernel")}
    before = [weight.numpy().copy() for weight in model.weights]
    disturbed(twin)
    for weight, old in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(weight, old)


def test_only_the_layers_asked_for_become_random():
    model = plain()
    twin = twins.from_deterministic(
        model, **SETTINGS, convert=lambda layer: isinstance(layer, keras.layers.Conv2D)
    )
    assert [type(layer).__name__ for layer in weight_draws.random_layers(twin)] == ["MeanFieldConv2D"]


def test_the_seed_of_a_twin_fixes_its_training_draws_and_no_two_layers_share_them():
    one, again, other = (twins.from_deterministic(plain(), **SETTINGS, seed=s) for s in (1, 1, 2))
    own = [layer.seed for layer in weight_draws.random_layers(one)]
    assert len(set(own)) == 4
    assert [layer.seed for layer in weight_draws.random_layers(again)] == own
    assert not {layer.seed for layer in weight_draws.random_layers(other)} & set(own)


def test_a_trained_bias_is_not_lost():
    with pytest.raises(ValueError, match="biases='none' would lose"):
        twins.from_deterministic(plain(), **SETTINGS | {"biases": "none"})


def test_biases_and_frozen_layers_stay_as_they_were():
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(3, use_bias=False, name="bare"),
            keras.layers.Dense(3, trainable=False, name="frozen"),
            keras.layers.Dense(2, name="last"),
        ]
    )
    twin = twins.from_deterministic(model, **SETTINGS | {"biases": "random"})
    assert [layer.biases for layer in twin.layers] == ["none", "random", "random"]
    assert [layer.trainable for layer in twin.layers] == [True, False, True]
    fixed = twins.from_deterministic(model, **SETTINGS)
    assert [weight.name for weight in fixed.get_layer("last").trainable_weights] == [
        "kernel_loc",
        "kernel_log_scale",
    ]


@saves
def test_a_twin_can_be_saved(tmp_path):
    twin = twins.from_deterministic(plain(), **SETTINGS)
    twin.save(tmp_path / "twin.keras")
    loaded, x = keras.models.load_model(tmp_path / "twin.keras"), np.ones((2, 6, 5, 2))
    np.testing.assert_array_equal(one_chip(loaded, x), one_chip(twin, x))


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (keras.layers.Conv2D(4, 3, kernel_regularizer="l2", name="odd"), "odd has a kernel_regularizer"),
        (keras.layers.Conv2D(4, 3, bias_constraint="non_neg", name="odd"), "odd has a bias_constraint"),
        (keras.layers.Flatten(), "has nothing to make random"),
    ],
)
def test_what_has_no_twin(layer, message):
    with pytest.raises(ValueError, match=message):
        twins.from_deterministic(keras.Sequential([keras.Input((6, 6, 2)), layer]), **SETTINGS)


def test_mean_field_layers_stay_what_they_are_in_a_twin():
    mixed = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3), MeanFieldDense(2, **settings(law=laws.uniform()))]
    )
    disturbed(mixed)
    twin = twins.from_deterministic(mixed, **SETTINGS)
    assert all(isinstance(layer, MeanField) for layer in twin.layers)
    assert twin.layers[1].law == laws.uniform()
    np.testing.assert_array_equal(twin.layers[1].kernel_loc, mixed.layers[1].kernel_loc)


def test_other_networks_than_sequential_ones_keep_their_kind():
    for make in (convolutional, functional):
        assert type(twins.with_law(make(), laws.gaussian())) is type(make())
