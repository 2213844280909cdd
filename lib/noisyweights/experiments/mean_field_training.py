"""Training in two stages: a network without noise, then its mean-field twin by variational inference."""

from typing import Protocol

import numpy as np

from noisyweights.networks.mean_field import twins, variational
from noisyweights.noise.law import Law

import keras  # isort: skip  (the library loads TensorFlow quietly)

__all__ = ["KERNEL", "Settings", "classifier_twin", "mean_field_classifier", "regression_twin", "train"]

KERNEL = {"prior_scale": 1.0, "initial_scale": 0.01}  # of every random weight, where a chapter names no other


class Settings(Protocol):
    """What an experiment's configuration says of its training; `tempering` is that of `variational.train`."""

    mle_epochs: int
    batch_size: int
    prior_scale: float
    initial_scale: float
    tempering: float


def train(
    mean: keras.Model,
    both: keras.Model,
    x: np.ndarray,
    y: np.ndarray,
    *,
    config: Settings,
    law: Law,
    epochs: int,
    seed: int,
) -> keras.Model:
    """Fit the mean by maximum likelihood, then its twin and the standard deviation by variational inference.

    Args:
        mean: network of the mean, whose layers' names begin with "mean". Their kernels become random; their
            biases stay fixed.
        both: network of mean and standard deviation, which contains `mean`.
        x, y: training data, (n, …) and (n,).
        config: of both stages.
        law: of the random weights.
        epochs: of variational inference.
        seed: of the order of the examples and of the draws.

    Raises: ValueError as `variational.train`.
    Source: App. C of the device paper.
    """
    common = {"batch_size": config.batch_size, "seed": seed}
    variational.train(mean, x, y, loss="mse", epochs=config.mle_epochs, **common)
    network = regression_twin(both, config=config, law=law, examples=len(x), seed=seed)
    variational.train(
        network, x, y, loss=variational.GaussianNLL(), epochs=epochs, tempering=config.tempering, **common
    )
    return network


def regression_twin(
    both: keras.Model, *, config: Settings, law: Law, examples: int, seed: int
) -> keras.Model:
    """Return the twin that variational inference starts from, after so many examples; arguments as `train`.

    It is also the network that kept weights are put into.
    """
    return twins.from_deterministic(
        both,
        law=law,
        prior_scale=config.prior_scale,
        kl_weight=1 / examples,
        biases="fixed",
        initial_scale=config.initial_scale,
        seed=seed,
        convert=lambda layer: layer.name.startswith("mean"),
    )


def mean_field_classifier(
    network: keras.Model,
    x: np.ndarray,
    labels: np.ndarray,
    *,
    law: Law,
    prior_scale: float,
    initial_scale: float,
    epochs: int,
    batch_size: int,
    seed: int,
) -> keras.Model:
    """Return the twin of a trained classifier (logits) after variational inference, its biases fixed.

    Arguments as in `twins.from_deterministic` and `variational.train`; x (n, …), labels (n,).
    """
    kernel = {"prior_scale": prior_scale, "initial_scale": initial_scale}
    twin = classifier_twin(network, law=law, examples=len(labels), seed=seed, **kernel)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    variational.train(twin, x, labels, loss=loss, epochs=epochs, batch_size=batch_size, seed=seed)
    return twin


def classifier_twin(
    network: keras.Model, *, law: Law, examples: int, prior_scale: float, initial_scale: float, seed: int
) -> keras.Model:
    """Return the twin that `mean_field_classifier` trains with so many examples, before it does.

    It is also the network that kept weights are put into.
    """
    return twins.from_deterministic(
        network,
        law=law,
        prior_scale=prior_scale,
        kl_weight=1 / examples,
        biases="fixed",
        initial_scale=initial_scale,
        seed=seed,
    )
