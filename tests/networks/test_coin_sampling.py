"""Votes of sampled networks against a plain loop that sets weights and predicts, draw by draw."""

import tracemalloc

import keras
import numpy as np
import pytest
from coin_networks import HOW, counted, images, mlp, plain_loop, spread
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from keras import layers
from scipy import special

from noisyweights.networks.coin_flips import integer_products, sampling


def cnn():
    return spread(
        keras.Sequential(
            [
                keras.Input((6, 5)),
                layers.Reshape((6, 5, 1)),
                layers.Conv2D(3, 3, padding="same", activation="relu"),
                layers.MaxPooling2D(),
                layers.Flatten(),
                layers.Dense(4),
            ]
        )
    )


def nested():
    inner = keras.Sequential([keras.Input((30,)), layers.Dense(6, activation="tanh")])
    return spread(keras.Sequential([keras.Input((6, 5)), layers.Flatten(), inner, layers.Dense(4)]))


def branched():
    given, shared = keras.Input((6, 5)), layers.Dense(5, activation="relu")
    joined = layers.add([shared(given[:, :, 0:1]), shared(given[:, :, 1:2])])
    return spread(keras.Model(given, layers.Dense(4)(layers.Flatten()(joined))))


class Subclass(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense, self.flatten = layers.Dense(4), layers.Flatten()

    def call(self, x):
        return self.dense(self.flatten(x))


def subclass():
    model = Subclass()
    model(images(1))
    return spread(model)


NETWORKS = {"mlp": mlp, "cnn": cnn, "nested": nested, "branched": branched, "subclass": subclass}


every_input = pytest.mark.parametrize("kind", ["pixels", "bytes", "numbers"])


@pytest.mark.parametrize(
    ("name", "kind"),
    [("mlp", "pixels"), ("mlp", "bytes"), *((name, "numbers") for name in NETWORKS), ("nested", "pixels")],
)
def test_votes_are_those_of_a_plain_loop(name, kind):
    model, x = NETWORKS[name](), images(kind=kind)
    before = [variable.numpy().copy() for variable in model.weights]
    votes = sampling.sample_votes(model, x, **HOW)
    for variable, old in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), old)
    np.testing.assert_array_equal(votes, counted(plain_loop(model, x, **HOW)))
    assert (votes.sum(1) == HOW["draws"]).all()
    assert not np.array_equal(votes, sampling.sample_votes(model, x, **HOW | {"seed": 4}))


@pytest.mark.parametrize(
    "changes",
    [
        {"precision": 4},
        {"precision": 3, "rounding": "gaussian"},
        {"sampled_layers": "all"},
        {"sampled_layers": "all", "precision": 1},
    ],
)
def test_every_way_to_toss_is_that_of_a_plain_loop(changes):
    model, x = cnn(), images()
    votes = sampling.sample_votes(model, x, **HOW | changes)
    np.testing.assert_array_equal(votes, counted(plain_loop(model, x, **HOW | changes)))
    assert not np.array_equal(votes, sampling.sample_votes(model, x, **HOW))


@examples(max_examples=8, deadline=None, derandomize=True)
@given(
    st.sampled_from(["mlp", "cnn", "branched"]),
    st.sampled_from(["pixels", "numbers"]),
    st.integers(1, 25),
    st.sampled_from(["dense", "all"]),
)
def test_votes_are_the_same_for_any_batch_size(name, kind, batch_size, sampled):
    model, x, how = NETWORKS[name](), images(kind=kind), HOW | {"sampled_layers": sampled}
    votes = sampling.sample_votes(model, x, **how, batch_size=batch_size)
    np.testing.assert_array_equal(votes, sampling.sample_votes(model, x, **how))


@every_input
def test_votes_for_some_are_those_for_all(kind):
    model, x = mlp(), images(kind=kind)
    votes = sampling.sample_votes(model, x, **HOW)
    for some in (slice(0, 1), slice(5, 12)):
        np.testing.assert_array_equal(sampling.sample_votes(model, x[some], **HOW), votes[some])


def test_integers_and_floats_give_the_same_votes(monkeypatch):
    if not integer_products.available():
        pytest.skip("no exact product of integers here: products of float32 run in its place, tested alike")
    model, x, how = mlp(), images(200), HOW | {"draws": 50}
    whole, calls = sampling.sample_votes(model, x, **how), []
    product = integer_products.product
    monkeypatch.setattr(integer_products, "product", lambda *both: calls.append(1) or product(*both))
    sampling.sample_votes(model, x, **HOW)
    assert calls  # they did take part
    monkeypatch.setattr(integer_products, "available", lambda: False)
    calls.clear()
    np.testing.assert_array_equal(sampling.sample_votes(model, x, **how), whole)
    assert not calls


def test_votes_after_numbers_of_draws_and_choices_add_up():
    model, x, how = mlp(), images(), HOW | {"draws": 20}
    after = sampling.sample_votes(model, x, **how, after=[1, 7, 15], batch_size=10)
    assert after.shape == (3, 23, 4)
    for votes, draws in zip(after, (1, 7, 15), strict=True):
        np.testing.assert_array_equal(votes, sampling.sample_votes(model, x, **how | {"draws": draws}))
    choices = sampling.sample_choices(model, x, **how, batch_size=10)
    assert choices.shape == (20, 23)
    assert choices.dtype == np.uint8
    np.testing.assert_array_equal(np.eye(4)[choices[:15]].sum(0), after[2])


@pytest.mark.parametrize("last", ["softmax", None])
def test_a_ballot_of_probabilities_adds_them_up(last):
    model, x = mlp(last), images()
    found = sampling.sample_votes(model, x, **HOW, ballot="softmax")
    outputs = plain_loop(model, x, **HOW)
    expected = (outputs if last else special.softmax(outputs, axis=2)).sum(0)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)  # float32
    np.testing.assert_allclose(found.sum(1), HOW["draws"], rtol=1e-5)


def test_a_network_within_the_network_gives_probabilities_once():
    found = []
    for last in ("softmax", None):
        model = mlp(last)
        pixels = keras.Input(model.input_shape[1:])
        found.append(
            sampling.sample_votes(keras.Model(pixels, model(pixels)), images(), **HOW, ballot="softmax")
        )
    np.testing.assert_allclose(*found, rtol=1e-4, atol=1e-5)


def test_layers_meet_the_same_coins_whichever_others_are_sampled():
    model, x = cnn(), images()
    some, every = (plain_loop(model, x, **HOW | {"sampled_layers": word}) for word in ("dense", "all"))
    assert not np.array_equal(some, every)
    model.layers[1].kernel.assign(np.ones(model.layers[1].kernel.shape))  # a certain coin is no noise
    some, every = (
        sampling.sample_votes(model, x, **HOW | {"sampled_layers": word}) for word in ("dense", "all")
    )
    np.testing.assert_array_equal(some, every)


def test_memory_does_not_grow_with_draws():
    model, x = mlp(), images(200)

    def peak(draws):
        tracemalloc.start()
        sampling.sample_votes(model, x, **HOW | {"draws": draws})
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(1)
    # A hundred draws of 200 votes would take 160 kB in whole numbers.
    assert peak(110) < peak(10) + 80_000
