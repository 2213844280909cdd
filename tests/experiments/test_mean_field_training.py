"""Training in two stages: what becomes random, what its divergence weighs, and what each stage is given."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from noisyweights.experiments import mean_field_training, trained_weights
from noisyweights.networks.mean_field import layers, variational
from noisyweights.noise import laws

CONFIG = SimpleNamespace(mle_epochs=3, batch_size=4, prior_scale=2.0, initial_scale=0.125, tempering=50.0)
X, Y = np.linspace(-1, 1, 16, dtype=np.float32)[:, None], np.zeros(16, np.float32)
LABELS = np.arange(16) % 2


def regression():
    x = keras.Input((1,))
    dense = keras.layers.Dense
    mean = keras.Model(x, dense(1, name="mean_1")(dense(3, name="mean_0")(x)))
    scale = dense(1, activation="softplus", name="scale_0")(x)
    return mean, keras.Model(x, keras.layers.Concatenate()([mean.output, scale]))


def classifier():
    x = keras.Input((1,))
    return keras.Model(x, keras.layers.Dense(2)(keras.layers.Dense(3)(x)))


@pytest.fixture
def calls(monkeypatch):
    """What `variational.train` is called with, in place of training."""
    found = []
    monkeypatch.setattr(
        variational, "train", lambda model, x, y, **settings: found.append((model, len(x), settings))
    )
    return found


def random_layers(network):
    return [layer for layer in network.layers if isinstance(layer, layers.MeanField)]


def test_the_mean_of_a_regression_becomes_random_and_nothing_else(calls):
    mean, both = regression()
    law = laws.uniform()
    network = mean_field_training.train(mean, both, X, Y, config=CONFIG, law=law, epochs=7, seed=5)
    assert [layer.name for layer in random_layers(network)] == ["mean_0", "mean_1"]
    for layer in random_layers(network):
        assert layer.law == law
        assert float(layer.kl_weight) == 1 / 16
        assert layer.prior_scale == 2.0
        np.testing.assert_allclose(layer.kernel_log_scale, np.log(0.125), rtol=1e-6)
        assert not layer.bias.trainable
    plain = next(layer for layer in network.layers if layer.name == "scale_0")
    assert all(weight.trainable for weight in plain.weights)
    (first, n, stage), (second, same, other) = calls
    assert (first, second, n, same) == (mean, network, 16, 16)
    assert stage == {"loss": "mse", "epochs": 3, "batch_size": 4, "seed": 5}
    assert isinstance(other.pop("loss"), variational.GaussianNLL)
    assert other == {"epochs": 7, "batch_size": 4, "seed": 5, "tempering": 50.0}


def test_all_kernels_of_a_classifier_become_random(calls):
    plain = classifier()
    twin = mean_field_training.mean_field_classifier(
        plain, X, LABELS, law=laws.gaussian(), epochs=2, batch_size=8, seed=5, **mean_field_training.KERNEL
    )
    assert len(random_layers(twin)) == 2
    for layer, old in zip(random_layers(twin), plain.layers[1:], strict=True):
        assert float(layer.kl_weight) == 1 / 16
        assert layer.prior_scale == 1.0
        np.testing.assert_allclose(layer.kernel_log_scale, np.log(0.01), rtol=1e-6)
        np.testing.assert_array_equal(layer.kernel_loc, old.kernel)
        assert not layer.bias.trainable
    ((network, n, settings),) = calls
    assert (network, n) == (twin, 16)
    assert settings.pop("loss").get_config()["from_logits"]
    assert settings == {"epochs": 2, "batch_size": 8, "seed": 5}


def test_twins_take_the_weights_of_what_was_trained():
    """The network of kept weights is of the same layers, in the same order."""
    mean, both = regression()
    settings = {"config": CONFIG, "law": laws.gaussian(), "seed": 5}
    network = mean_field_training.train(mean, both, X, Y, epochs=1, **settings)
    other = mean_field_training.regression_twin(regression()[1], examples=16, **settings)
    kept = trained_weights.pack(network, "float32")
    trained_weights.unpack(other, kept)
    np.testing.assert_array_equal(trained_weights.pack(other, "float32"), kept)
    assert [weight.shape for weight in other.weights] == [weight.shape for weight in network.weights]
