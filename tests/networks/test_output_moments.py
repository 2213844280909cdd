"""Moments of a sampled network: against tossed coins, and what a corrected output bias gives back."""

import keras
import numpy as np
import pytest
from keras import layers

from noisyweights import seeds
from noisyweights.networks.coin_flips import output_moments, sampling


def network(*hidden, last=None, seed=1):
    """Weights spread over all of [−1, 1], so that their coins are noisy."""
    rng = seeds.generator(seed, "kernels")
    model = keras.Sequential([keras.Input((6, 6, 1)), layers.Flatten()])
    for units in hidden:
        model.add(layers.Dense(units, activation="relu"))
        model.add(layers.Dropout(0.5))
    model.add(layers.Dense(4, activation=last))
    for layer in model.layers:
        if layer.weights:
            layer.kernel.assign(rng.uniform(-0.9, 0.9, layer.kernel.shape))
            layer.bias.assign(rng.normal(size=layer.bias.shape))
    return model


def images(n=12):
    return seeds.generator(2, "images").uniform(size=(n, 6, 6, 1)).astype(np.float32)


def tossed(model, x, draws=4000):
    """Logits of so many networks whose weights are coins: (draws, n, classes)."""
    coins = sampling.sampled_coins(model, precision="full", sampled_layers="dense")
    rng, found = seeds.generator(3, "tosses"), []
    dense = [layer for layer in model.layers if isinstance(layer, layers.Dense)]
    for _ in range(draws):
        values = x.reshape(len(x), -1)
        for layer in dense:
            values = values @ coins[layer.name].toss(rng) + layer.bias.numpy()
            values = np.maximum(values, 0) if layer is not dense[-1] else values
        found.append(values)
    return np.array(found)


def test_one_hidden_layer_is_exact_but_for_the_normal_law():
    model, x = network(30), images()
    of = output_moments.output_moments(model, x, batch_size=5)
    mean, variance = of.mean, of.variance
    np.testing.assert_allclose(of.exact, model.predict(x, verbose=0), rtol=1e-4, atol=1e-4)
    found = tossed(model, x)
    error = found.std(0) / np.sqrt(len(found))
    assert np.abs(mean - found.mean(0)).max() < 5 * error.max() + 0.01 * np.abs(mean).max()
    np.testing.assert_allclose(variance, found.var(0), rtol=0.15)
    exact = model.predict(x, verbose=0)
    assert np.abs(found.mean(0) - exact).max() > 10 * error.max()  # the bias that this is about


def test_two_hidden_layers_are_close():
    model, x = network(30, 20), images()
    of = output_moments.output_moments(model, x)
    mean, variance = of.mean, of.variance
    found = tossed(model, x)
    exact = model.predict(x, verbose=0)
    wrong = np.abs(exact - found.mean(0)).mean()
    assert np.abs(mean - found.mean(0)).mean() < 0.1 * wrong
    np.testing.assert_allclose(variance.mean(), found.var(0).mean(), rtol=0.3)


def rescaled():
    model = network(30)
    model.add(layers.Rescaling(3.0))
    model.add(layers.Softmax())
    return model


@pytest.mark.parametrize("make", [lambda: network(30, last="softmax"), rescaled])
def test_the_last_sums_are_meant_whatever_is_made_of_them(make):
    found, expected = (output_moments.output_moments(one, images()) for one in (make(), network(30)))
    for name in ("exact", "mean", "variance"):
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), rtol=1e-5)


def test_certain_weights_leave_the_network_as_it_is():
    model, x = network(30), images()
    for layer in model.layers:
        if layer.weights:
            layer.kernel.assign(np.sign(layer.kernel.numpy()))
    of = output_moments.output_moments(model, x)
    mean, variance = of.mean, of.variance
    np.testing.assert_allclose(mean, model.predict(x, verbose=0), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(variance, 0, atol=1e-4)


def test_a_compensated_network_is_right_on_average():
    model, x = network(30), images(50)
    twin = output_moments.compensate(model, x)
    exact = model.predict(x, verbose=0)
    errors = [(tossed(one, x) - exact).mean(1) for one in (model, twin)]  # (draws, classes)
    before, after = (np.abs(one.mean(0) / (one.std(0) / np.sqrt(len(one)))) for one in errors)
    assert before.max() > 10  # standard errors
    assert after.max() < 5
    np.testing.assert_array_equal(model.predict(x, verbose=0), exact)  # left as it was


def chained(*tail):
    model = keras.Sequential([keras.Input((3,)), *tail])
    model.set_weights([0.5 * np.ones_like(weight) for weight in model.get_weights()])
    return model


def joined():
    x = keras.Input((3,))
    return keras.Model(x, layers.Add()([layers.Dense(3)(x), x]))


def far():
    model = chained(layers.Dense(2))
    model.layers[0].kernel.assign(np.full((3, 2), 1.5))
    return model


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (joined(), "is no chain of layers"),
        (chained(layers.Dense(3), layers.LayerNormalization()), "must end in Dense layers"),
        (chained(layers.Flatten()), "must end in Dense layers"),
        (chained(layers.Dense(3, activation="tanh"), layers.Dense(2)), "needs ReLU in its Dense layers"),
        (chained(layers.Dense(3, activation="relu")), "a linear or softmax output"),
        (far(), "has a weight of size 1.5: coins end at 1"),
    ],
)
def test_other_networks_are_refused(model, message):
    with pytest.raises(ValueError, match=message):
        output_moments.output_moments(model, np.zeros((2, 3)))


@pytest.mark.parametrize("x", [np.zeros((0, 6, 6, 1)), np.full((2, 6, 6, 1), np.nan)])
def test_inputs_that_are_none_are_refused(x):
    with pytest.raises(ValueError, match="at least one input, all of them finite"):
        output_moments.output_moments(network(5), x)


def test_without_biases_nothing_can_be_corrected():
    with pytest.raises(ValueError, match="has no biases"):
        output_moments.compensate(chained(layers.Dense(2, use_bias=False)), np.zeros((2, 3)))
