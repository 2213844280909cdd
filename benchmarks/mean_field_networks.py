"""Two networks with random weights, in this library's layers and in those of its peers, and without noise."""

from __future__ import annotations

import functools
import importlib
import warnings
from collections.abc import Callable
from types import ModuleType

import numpy as np

from benchmarks.subjects import LENET, MLP
from noisyweights.networks.mean_field import twins
from noisyweights.noise import laws

import keras  # isort: skip  (the library loads TensorFlow quietly)
import tensorflow as tf  # isort: skip
import tensorflow_probability as tfp  # isort: skip
import tf_keras  # isort: skip

__all__ = ["deterministic", "graph", "mean_field", "one_by_one", "tfp_layers", "torch_mlp"]


def stacked(name: str, kind: ModuleType, dense: Callable, convolution: Callable):
    """One of the two networks, of Keras 3 or of the older Keras that TFP's layers are made for."""
    layers = kind.layers
    parts = {
        MLP: lambda: [layers.Input((784,)), dense(400, activation="relu"), dense(10)],
        LENET: lambda: [
            layers.Input((28, 28, 1)),
            convolution(6, 5, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            convolution(16, 5, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            dense(120, activation="relu"),
            dense(84, activation="relu"),
            dense(10),
        ],
    }
    return kind.Sequential(parts[name]())


def deterministic(name: str) -> keras.Model:
    """The network without noise."""
    return stacked(name, keras, keras.layers.Dense, keras.layers.Conv2D)


def mean_field(name: str, examples: int) -> keras.Model:
    """The network in this library's layers, with Gaussian weights as TFP's layers have."""
    return twins.from_deterministic(
        deterministic(name),
        law=laws.gaussian(),
        prior_scale=1.0,
        kl_weight=1 / examples,
        biases="learned",
        initial_scale=0.05,
        seed=0,
    )


def tfp_layers(
    name: str,
    examples: int,
    kinds: tuple[type, type] = (
        tfp.layers.DenseReparameterization,
        tfp.layers.Convolution2DReparameterization,
    ),
):
    """The network in TFP's layers, dense and convolutional, whose older Keras warns of itself."""

    def divergence(q, p, _):
        return tfp.distributions.kl_divergence(q, p) / examples

    dense, convolution = (functools.partial(layer, kernel_divergence_fn=divergence) for layer in kinds)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return stacked(name, tf_keras, dense, convolution)


def one_by_one(predict: Callable[[], object]) -> Callable[[int, int], np.ndarray]:
    """As many predictions as wanted, each of another draw, in one array."""
    return lambda count, repeat: np.stack([np.asarray(predict()) for _ in range(count)])


def graph(model: Callable, x: tf.Tensor) -> Callable[[], tf.Tensor]:
    """All inputs through a model at once, in one graph."""
    return functools.partial(tf.function(model, autograph=False), x)


def torch_mlp(x: np.ndarray) -> Callable[[], object]:
    """The 784-400-10 network in bayesian-torch, without its divergence."""
    torch = importlib.import_module("torch")
    layer = importlib.import_module("bayesian_torch.layers").LinearReparameterization
    first, second, inputs = layer(784, 400), layer(400, 10), torch.from_numpy(x)

    def predict():
        with torch.no_grad():
            return second(torch.relu(first(inputs, return_kl=False)), return_kl=False)

    return predict
