"""Recipes of the binary experiments: how each method makes its layers, trains its network and predicts.

All but mean-field inference, and on any backend of Keras.
"""

from collections.abc import Callable

import numpy as np
from scipy import special

from noisyweights.datasets.images import LabelledImages
from noisyweights.experiments import image_inputs
from noisyweights.experiments.binary.settings import Settings
from noisyweights.networks import classifiers
from noisyweights.networks.binary import models, stochastic_passes

import keras  # isort: skip  (the library loads TensorFlow quietly)

__all__ = [
    "BINARY",
    "METHODS",
    "predictor",
    "probabilities",
    "recipe",
    "train",
]

BINARY = ("irnet", "proposed")
METHODS = ("relu", "tanh", "dropout", *BINARY)


def recipe(settings: Settings, method: str, *, binary_ends: bool = True) -> models.Recipe:
    """How the layers of one of `METHODS` are made; raises ValueError for another."""
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, got {method!r}")
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
    rate = settings.binary_rate if method in BINARY else settings.rate
    return classifiers.train(
        network,
        image_inputs.scaled(images),
        images.labels,
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        optimizer=classifiers.decaying_adam(rate),
        seed=seed,
    )


def predictor(
    settings: Settings, network: keras.Model, method: str, *, seed: int
) -> Callable[[np.ndarray], np.ndarray]:
    """The function from pictures in [0, 1] to probabilities of the classes in each draw, (draws, n, classes).

    A network that draws nothing has one draw. Scales are drawn from `seed`, the same at every call; what
    dropout leaves out differs between pictures and calls, and follows from the seeds of its layers.
    """
    if method == "proposed":
        samples = stochastic_passes.stored_samples(network, settings.passes, seed=seed)
        by_scales = stochastic_passes.predictor(network, passes=settings.passes)
        return lambda x: probabilities(by_scales(x, samples))
    draws = settings.passes if method == "dropout" else 1
    return lambda x: probabilities(
        np.stack([network.predict(x, batch_size=1000, verbose=0) for _ in range(draws)])
    )


def probabilities(logits: np.ndarray) -> np.ndarray:
    """Class probabilities (…, classes) in double precision: none is rounded to 0 above 1e-308."""
    return special.softmax(logits.astype(np.float64), -1)
