"""Networks to put on a chip, and choices for them."""

import numpy as np

from noisyweights import seeds
from noisyweights.networks.binary import models
from noisyweights.networks.mean_field import twins
from noisyweights.noise import laws

import keras  # isort: skip  (the library loads TensorFlow quietly)


CHOICES = {"prior_scale": 1.0, "kl_weight": 0.0, "biases": "fixed", "initial_scale": 0.3, "seed": 0}
RANDOM = models.RandomScale(prior_loc=1.0, prior_scale=0.1, kl_weight=0.0, bits=4, initial_scale=0.2)


def pixels(n=20, shape=(8, 8, 1)):
    return seeds.generator(0, "pixels").uniform(0, 1, (n, *shape)).astype(np.float32)


def network(shape=(8, 8, 1), start=0):
    keras.utils.set_random_seed(start)
    image = keras.Input(shape)
    x = keras.layers.Conv2D(3, 3, strides=2, padding="same", activation="relu", bias_initializer="ones")(
        image
    )
    x = keras.layers.Conv2D(2, (2, 1), activation="elu")(x)
    x = keras.layers.Dense(6, activation="tanh", use_bias=False)(keras.layers.Flatten()(x))
    return keras.Model(image, keras.layers.Dense(4, bias_initializer="ones")(x))


def random_network(law=None):
    return twins.from_deterministic(network(), law=laws.uniform() if law is None else law, **CHOICES)


def binary_network(scale=RANDOM):
    keras.utils.set_random_seed(0)
    recipe, image = models.Binary(scale=scale), keras.Input((8, 8, 1))
    start = seeds.generator(0, "start")
    x = recipe.convolution(image, 4, 3, start=start, first=True, pool_size=2)
    x = keras.layers.Flatten()(recipe.convolution(x, 5, 3, start=start))
    found = keras.Model(image, recipe.logits(x, 3, start=start))
    for layer in found.layers[1:]:
        if hasattr(layer, "moving_mean"):
            layer.moving_mean.assign(seeds.generator(0, layer.name).normal(size=layer.outputs))
    return found


def coin_network():
    start = keras.initializers.RandomUniform(-1, 1, seed=0)
    layers = [keras.layers.Dense(units, kernel_initializer=start) for units in (5, 3)]
    return keras.Sequential([keras.Input((12,)), *layers])
