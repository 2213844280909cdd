"""Small networks and data that the tests of this room share."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from noisyweights import seeds
from noisyweights.networks import weight_draws
from noisyweights.networks.mean_field.layers import MeanFieldConv2D, MeanFieldDense
from noisyweights.noise import laws

DEVICE = laws.bayes_mtj(A=1.8, B=0.2, C=0.3)
EMPIRICAL = laws.empirical(samples=seeds.generator(0, "samples").gamma(3, size=400))  # skewed
LAWS = {
    "gaussian": laws.gaussian(),
    "device": DEVICE,
    "ecram": laws.ecram(A=1.0, B=0.1, C=0.2),
    "bimodal": laws.bimodal(separation=0.9),
    "uniform": laws.uniform(),
    "empirical": EMPIRICAL,
}
every_law = pytest.mark.parametrize("law", LAWS.values(), ids=LAWS.keys())

# Keras copies weights to NumPy by an __array__ without `copy`; deterministic networks warn of it as well.
saves = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def settings(**changes):
    common = {"law": DEVICE, "prior_scale": 1.0, "kl_weight": 0.01, "biases": "learned"}
    return common | {"initial_scale": 0.3, "seed": 1} | changes


def inputs(n=20, features=4):
    return seeds.generator(0, "inputs").normal(size=(n, features)).astype(np.float32)


def dense(features=4, units=2, hidden=5, **changes):
    return keras.Sequential(
        [
            keras.Input((features,)),
            MeanFieldDense(hidden, activation="tanh", name="first", **settings(**changes)),
            MeanFieldDense(units, name="last", **settings(**{"seed": 2} | changes)),
        ]
    )


def convolutional(**changes):
    return keras.Sequential(
        [
            keras.Input((6, 5, 2)),
            MeanFieldConv2D(3, 3, strides=(2, 1), padding="same", activation="relu", **settings(**changes)),
            keras.layers.BatchNormalization(),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.5, seed=1),
            MeanFieldDense(2, **settings(**changes)),
        ]
    )


def functional(**changes):
    """A branch, a layer that is used twice, a network inside of the network, and BatchNormalization."""
    inner = dense(units=4, **changes)
    shared = MeanFieldDense(4, name="shared", **settings(**changes))
    given = keras.Input((4,))
    once = shared(inner(given))
    twice = shared(keras.layers.BatchNormalization()(once))
    joined = keras.layers.add([twice, keras.layers.Dropout(0.2, seed=1)(given)])
    return keras.Model(
        given, MeanFieldDense(2, name="end", **settings(**changes | {"biases": "random"}))(joined)
    )


NETWORKS = {
    "sequential": (dense, inputs),
    "convolutional": (convolutional, lambda: inputs(features=60).reshape(20, 6, 5, 2)),
    "functional": (functional, inputs),
}
every_network = pytest.mark.parametrize(("make", "data"), NETWORKS.values(), ids=NETWORKS.keys())


def one_chip(model, x, stack=None):
    """Outputs with the weights of one chip, or of a stack of them: no graph has to be traced."""
    at = tf.constant(weight_draws.chip_seeds(model, draws=1, seed=1)[0])
    with weight_draws.chip(model, at, stack=stack):
        return model(x, training=False).numpy()
