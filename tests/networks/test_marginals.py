"""Draws of units: the same predictions at each input as draws of weights, from fewer numbers."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from noisyweights.networks.mean_field import inference, marginals, twins
from noisyweights.networks.mean_field.unit_draws import unit_divergence
from noisyweights.noise import laws

RNG = np.random.default_rng(0)
X = {"chain": RNG.random((3, 12)), "heads": RNG.normal(size=(3, 2)), "skip": RNG.normal(size=(3, 4))}
X["convolution"] = RNG.random((2, 6, 6, 1))


def network(kind: str, *, law=None, biases: str = "random") -> keras.Model:
    layers = keras.layers
    x = keras.Input(X[kind].shape[1:])
    if kind == "chain":
        y = layers.Dense(3)(layers.Dense(8, activation="relu")(layers.Dense(10, activation="tanh")(x)))
    elif kind == "heads":
        one, two = (layers.Dense(6, activation="elu")(x) for _ in range(2))
        y = layers.Concatenate()([layers.Dense(1)(one), layers.Dense(1, activation="softplus")(two)])
    elif kind == "skip":
        y = layers.Dense(2)(layers.Add()([layers.Dense(4, activation="tanh")(x), x]))
    else:
        y = layers.Flatten()(layers.MaxPooling2D()(layers.Conv2D(2, 3, activation="relu")(x)))
        y = layers.Dense(2)(layers.Dense(5, activation="relu")(y))
    return twins.from_deterministic(
        keras.Model(x, y), law=law or laws.gaussian(), prior_scale=1.0, kl_weight=0.0, biases=biases,
        initial_scale=0.3, seed=3,
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["chain", "heads", "skip"])
def test_predictions_are_those_of_drawn_weights(kind):
    model, x = network(kind), X[kind]
    by_weights = inference.predict_draws(model, x, draws=600, seed=1)
    by_units = marginals.predict_marginals(model, x, draws=1024, seed=1, tolerance=0)
    assert by_units.shape == (1024, *by_weights.shape[1:])
    for at in np.ndindex(by_weights.shape[1:]):
        # Sobol' points are closer to their law than random ones, so that this errs on the safe side.
        assert stats.ks_2samp(by_weights[:, *at], by_units[:, *at]).pvalue > 1e-3
    assert np.unique(by_units[:, 0, 0]).size > 1000


@pytest.mark.parametrize("of", [None, tf.nn.softmax])
@pytest.mark.parametrize("kind", ["chain", "convolution"])
def test_moments_agree_within_their_errors_and_have_smaller_ones(kind, of):
    model, x = network(kind), X[kind]
    draws = inference.predict_draws(model, x, draws=600, seed=2)
    draws = draws if of is None else of(draws).numpy()
    found = marginals.marginal_moments(model, x, draws=32, replicates=8, seed=2, tolerance=0, of=of)
    error = draws.std(0) / np.sqrt(len(draws))
    assert (np.abs(found.mean - draws.mean(0)) < 4 * np.hypot(error, found.mean_error)).all()
    kurtosis = stats.kurtosis(draws, axis=0)
    of_deviation = draws.std(0) * np.sqrt((kurtosis + 2) / len(draws)) / 2
    assert (np.abs(found.deviation - draws.std(0)) < 4 * np.hypot(of_deviation, found.deviation_error)).all()
    # As many draws of weights would have this error.
    assert np.median(found.mean_error) < 0.7 * np.median(error) * np.sqrt(len(draws) / 256)


def test_one_layer_is_known_without_draws():
    x = X["chain"]
    single = twins.from_deterministic(
        keras.Sequential([keras.Input((12,)), keras.layers.Dense(2)]), law=laws.bimodal(separation=0.9),
        prior_scale=1.0, kl_weight=0.0, biases="random", initial_scale=0.3, seed=3,
    )  # fmt: skip
    found = marginals.marginal_moments(single, x, draws=1, seed=0, tolerance=0)
    layer = single.layers[-1]
    np.testing.assert_allclose(found.mean, x @ layer.kernel_loc + layer.bias_loc, rtol=1e-5)
    expected = 0.3 * np.sqrt(1 + np.square(x).sum(1))
    np.testing.assert_allclose(found.deviation, np.stack([expected] * 2, 1), rtol=1e-5)
    assert not found.mean_error.any()


def test_errors_cover_the_truth():
    model, x = network("heads"), X["heads"][:1]
    truth = marginals.marginal_moments(model, x, draws=2**13, replicates=4, seed=99, tolerance=0)
    inside = []
    for seed in range(40):
        found = marginals.marginal_moments(model, x, draws=8, replicates=6, seed=seed, tolerance=0)
        reach = stats.t.ppf(0.975, 5)
        inside.append(np.abs(found.mean - truth.mean) < reach * found.mean_error)
    # Of 40 intervals at 95 %, 33 or fewer hold the truth in 3 of 1000 cases.
    assert (np.sum(inside, 0) > 33).all()


def test_a_law_far_from_normal_is_drawn_by_its_weights_and_by_units_where_allowed():
    model, x = network("heads", law=laws.bimodal(separation=0.99)), X["heads"]
    far = unit_divergence(model, x)
    assert min(far.values()) > 1e-3
    by_weights = inference.predict_draws(model, x, draws=400, seed=5)
    kept = marginals.predict_marginals(model, x, draws=1024, seed=5, tolerance=0)
    assert stats.ks_2samp(by_weights[:, 0, 0], kept[:, 0, 0]).pvalue > 1e-3
    allowed = marginals.predict_marginals(model, x, draws=1024, seed=5, tolerance=10.0)
    gaussian = marginals.predict_marginals(
        twins.with_law(model, laws.gaussian()), x, draws=1024, seed=5, tolerance=0
    )
    np.testing.assert_array_equal(allowed, gaussian)


def test_the_divergence_is_that_of_the_sums():
    model = network("chain", law=laws.ecram(A=1.0, B=0.1, C=0.2), biases="fixed")
    x = np.zeros((1, 12))
    x[0, :4] = 1.0  # four equal terms
    law = model.layers[1].law
    expected = law.skewness**2 / 4 / 12 + (law.excess_kurtosis / 4) ** 2 / 48
    assert unit_divergence(model, x)[model.layers[1].name] == pytest.approx(expected, rel=1e-4)
    assert set(unit_divergence(network("chain"), x).values()) == {0.0}


def test_layers_that_are_used_twice_keep_their_weights():
    layer = keras.layers.Dense(4, activation="tanh")
    x = keras.Input((4,))
    shared = twins.from_deterministic(
        keras.Model(x, keras.layers.Dense(2)(layer(layer(x)))), law=laws.gaussian(), prior_scale=1.0,
        kl_weight=0.0, biases="fixed", initial_scale=0.5, seed=1,
    )  # fmt: skip
    by_weights = inference.predict_draws(shared, X["skip"], draws=400, seed=5)
    by_units = marginals.predict_marginals(shared, X["skip"], draws=512, seed=5, tolerance=0)
    for at in np.ndindex(3, 2):
        assert stats.ks_2samp(by_weights[:, *at], by_units[:, *at]).pvalue > 1e-3


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"draws": 0}, "draws must be at least 1"),
        ({"points": "halton"}, "points must be one of sobol, random, got 'halton'"),
        ({"tolerance": -1.0}, "tolerance is a divergence in nats, 0 or more, got -1"),
        ({"x": X["chain"] * np.nan}, "NaN or infinite values"),
        ({"model": keras.Sequential([keras.Input((12,)), keras.layers.Dense(1)])}, "no random weights"),
    ],
)
def test_what_cannot_be_drawn_is_refused(changes, says):
    given = {"model": network("chain"), "x": X["chain"], "draws": 4, "seed": 0, "tolerance": 0} | changes
    with pytest.raises(ValueError, match=says):
        marginals.predict_marginals(given.pop("model"), given.pop("x"), **given)


def test_errors_need_replicates():
    with pytest.raises(ValueError, match="2 replicates or more, and a whole number, got 1"):
        marginals.marginal_moments(network("chain"), X["chain"], draws=4, seed=0, tolerance=0, replicates=1)
