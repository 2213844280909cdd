"""The network of the faces: mean and standard deviation of an age, by convolutions; App. C of the paper."""

import numpy as np

from noisyweights import seeds
from noisyweights.experiments.faces.settings import Config
from noisyweights.quiet_tensorflow import load_tensorflow

load_tensorflow()

import keras  # noqa: E402 isort: skip  (quietly)

__all__ = ["make_network"]

SMALLEST_SCALE = 1e-3  # of the age range


def make_network(config: Config, *, seed: int) -> tuple[keras.Model, keras.Model]:
    """Return the network of the mean age, and that of mean and standard deviation: eq. 10 with convolutions.

    Ages are divided by `AGES`. Both parts have the architecture of App. C, with their own weights.
    """
    start = seeds.generator(seed, "start")
    faces = keras.Input((config.size, config.size, 3))
    mean = keras.Model(faces, _convolutions(config, faces, start, "mean"))
    scale = _convolutions(config, faces, start, "scale") + SMALLEST_SCALE
    return mean, keras.Model(faces, keras.layers.Concatenate()([mean.output, scale]))


def _convolutions(config: Config, x, start: np.random.Generator, name: str):
    """Blocks of two convolutions, then dense layers of 100, 10 and 1 units: App. C of the paper."""

    def glorot() -> keras.initializers.Initializer:
        return keras.initializers.GlorotUniform(int(start.integers(2**31)))

    for block in range(config.blocks):
        for half in range(2):
            x = keras.layers.Conv2D(
                config.filters * 2**block, 3, padding="same", activation="relu", kernel_initializer=glorot(),
                name=f"{name}_convolution_{block}_{half}",
            )(x)  # fmt: skip
            x = keras.layers.MaxPooling2D(2, padding="same")(x)
            x = keras.layers.BatchNormalization()(x)
    x = keras.layers.Flatten()(x)
    for units in (100, 10, 1):
        activation = None if units == 1 else "relu"
        x = keras.layers.Dense(
            units, activation=activation, kernel_initializer=glorot(), name=f"{name}_dense_{units}"
        )(x)
        x = keras.layers.BatchNormalization()(x)
    return keras.layers.Activation("sigmoid")(x)
