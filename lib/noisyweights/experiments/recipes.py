"""Recipes of the binary experiments: how each method makes its layers, trains its network and predicts.

All but mean-field inference, and on any backend of Keras.
"""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from scipy import special

from noisyweights.evidence.images import LabelledImages
from noisyweights.networks import classifiers, models, passes

import keras  # isort: skip  (the library loads TensorFlow quietly)

__all__ = ["BINARY", "Settings", "predictor", "recipe", "train"]

BINARY = ("irnet", "proposed")


class Settings(Protocol):
    """What an experiment's configuration says of all methods; see `binary_networks.Config`."""

    seed: int
    epochs: int
    batch_size: int
    rate: float
    binary_rate: float
    dropout: float
    passes: int
    kl_weight: float
    bits: int
    prior_loc: float
    prior_scale: float
    initial_scale: float


def recipe(settings: Settings, method: str, *, binary_ends: bool = True) -> models.Recipe:
    """How the layers of a method are made: "relu", "tanh", "dropout", "irnet" or "proposed".

    Other methods start as "relu".
    """
    if method in BINARY:
        names = ("prior_loc", "prior_scale", "kl_weight", "bits", "initial_scale")
        scale = models.RandomScale(**{name: getattr(settings, name) for name in names})
        return models.Binary(scale=scale if method == "proposed" else None, binary_ends=binary_ends)
    activation = "tanh" if method == "tanh" else "relu"
    dropout = settings.dropout if method == "dropout" else 0.0
    return models.FullPrecision(activation=activation, dropout=dropout)


def train(
    settings: Settings, network: keras.Model, method: str, images: LabelledImages, *, seed: int
) -> np.ndarray:
    """Train a method's network on pictures whose bytes are divided by 255; return the losses, (epochs,)."""
    return classifiers.train(
        network,
        images.images.astype(np.float32) / 255,
        images.labels,
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        learning_rate=settings.binary_rate if method in BINARY else settings.rate,
        seed=seed,
    )


def predictor(settings: Settings, network: keras.Model, method: str) -> Callable[[np.ndarray], np.ndarray]:
    """The function from pictures in [0, 1] to probabilities of the classes in each draw, (draws, n, classes).

    A network that draws nothing has one draw.
    """
    if method == "proposed":
        samples = passes.stored_samples(network, settings.passes, seed=settings.seed)
        by_scales = passes.predictor(network, passes=settings.passes)
        return lambda x: special.softmax(by_scales(x, samples), -1)
    draws = settings.passes if method == "dropout" else 1
    return lambda x: special.softmax(
        np.stack([network.predict(x, batch_size=1000, verbose=0) for _ in range(draws)]), -1
    )
