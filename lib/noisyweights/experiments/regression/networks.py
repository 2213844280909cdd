"""The networks of eq. 10: mean and standard deviation of a target."""

from noisyweights import seeds
from noisyweights.experiments.regression.settings import Config
from noisyweights.quiet_tensorflow import load_tensorflow

load_tensorflow()

import keras  # noqa: E402 isort: skip  (quietly)

__all__ = ["make_network"]

SMALLEST_SCALE = 1e-3  # that the network can predict: the first reading's true scale is 0 at x = 0


def make_network(config: Config, *, depth: int, width: int, seed: int) -> tuple[keras.Model, keras.Model]:
    """Return the network of the mean, and that of mean and standard deviation around it: eq. 10."""
    start = [int(start) for start in seeds.generator(seed, "start").integers(2**31, size=2 * depth + 2)]
    x = keras.Input((1,))
    mean = keras.Model(x, _perceptron(x, depth, width, start[: depth + 1], "mean"))
    raw = _perceptron(x, depth, width, start[depth + 1 :], "scale")
    scale = SMALLEST_SCALE + keras.layers.Activation("softplus")(raw)
    return mean, keras.Model(x, keras.layers.Concatenate()([mean.output, scale]))


def _perceptron(x, depth: int, width: int, start: list[int], name: str):
    for layer in range(depth + 1):
        last = layer == depth
        x = keras.layers.Dense(
            1 if last else width,
            activation=None if last else "elu",
            kernel_initializer=keras.initializers.GlorotUniform(start[layer]),
            name=f"{name}_{layer}",
        )(x)
    return x
