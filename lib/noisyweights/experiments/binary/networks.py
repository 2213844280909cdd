"""The networks of chapter 7: made by task and method, trained, and drawn from."""

from collections.abc import Callable

import numpy as np

from noisyweights import datasets
from noisyweights.datasets.images import LabelledImages
from noisyweights.experiments import mean_field_training, trained_weights
from noisyweights.experiments.binary import recipes
from noisyweights.experiments.binary.settings import TASKS, Config
from noisyweights.experiments.image_inputs import first, scaled
from noisyweights.networks.binary import models
from noisyweights.networks.mean_field import array_draws
from noisyweights.noise import laws

import keras  # isort: skip  (the library loads TensorFlow quietly)

__all__ = ["data_set", "load", "make_network", "predictor", "train"]


def data_set(task: str) -> str:
    """Name in `datasets` of the set that a task is about."""
    return "mnist" if task == "mnist" else "fashion_mnist"


def load(config: Config, task: str, split: str) -> LabelledImages:
    """The pictures of a task, as many as the profile takes."""
    images = getattr(datasets, data_set(task))(split=split)
    return first(images, config.trained if split == "train" else config.tested)


def make_network(config: Config, task: str, method: str, *, seed: int) -> keras.Model:
    """Return the untrained network of a task, "mnist" or "fashion", in a method's layers."""
    if task not in TASKS:
        raise ValueError(f"task must be one of {', '.join(TASKS)}, got {task!r}")
    # Mean-field inference starts from the deterministic network, and ensembles are of such networks.
    recipe = recipes.recipe(config, "relu" if method in ("variational", "ensemble") else method)
    if task == "mnist":
        return models.mlp(recipe, hidden=config.hidden, seed=seed)
    return models.lenet5(recipe, seed=seed)


def train(
    config: Config, task: str, method: str, images: LabelledImages, *, number: int, weights: np.ndarray | None
) -> keras.Model | list[keras.Model]:
    """The network of a method after its training of a number; all members of an ensemble.

    Mean-field inference is with Gaussian weights, whose means and deviations are then rounded to half
    precision: a network from kept `weights` is the same.
    """
    if method == "ensemble":
        members = range(number * config.members, (number + 1) * config.members)
        return [_trained(config, task, method, images, number=member) for member in members]
    if method == "variational":
        return _mean_field(config, task, images, number=number, weights=weights)
    return _trained(config, task, method, images, number=number)


def _trained(config: Config, task: str, method: str, images: LabelledImages, *, number: int) -> keras.Model:
    seed = config.seed + 1000 * number
    network = make_network(config, task, method, seed=seed)
    recipes.train(
        config, network, "relu" if method in ("variational", "ensemble") else method, images, seed=seed
    )
    return network


def _mean_field(
    config: Config, task: str, images: LabelledImages, *, number: int, weights: np.ndarray | None
) -> keras.Model:
    seed = config.seed + 1000 * number
    settings = {"law": laws.gaussian(), "seed": seed, **mean_field_training.KERNEL}
    if weights is not None:
        network = make_network(config, task, "variational", seed=seed)
        twin = mean_field_training.classifier_twin(network, examples=len(images.labels), **settings)
    else:
        twin = mean_field_training.mean_field_classifier(
            _trained(config, task, "variational", images, number=number),
            scaled(images),
            images.labels,
            epochs=config.vi_epochs,
            batch_size=config.batch_size,
            **settings,
        )
        weights = trained_weights.pack(twin, "float16")
    trained_weights.unpack(twin, weights)
    return twin


def predictor(
    config: Config, network: keras.Model | list[keras.Model], method: str, *, seed: int
) -> Callable[[np.ndarray], np.ndarray]:
    """The function from pictures in [0, 1] to probabilities of the classes in each draw, (draws, n, classes).

    Members of an ensemble are its draws. As `recipes.predictor` in all else.
    """
    if method == "variational":
        return lambda x: recipes.probabilities(
            array_draws.predict_draws(network, x, draws=config.passes, seed=seed)
        )
    if method == "ensemble":
        members = [recipes.predictor(config, one, "relu", seed=seed) for one in network]
        return lambda x: np.concatenate([member(x) for member in members])
    return recipes.predictor(config, network, method, seed=seed)
