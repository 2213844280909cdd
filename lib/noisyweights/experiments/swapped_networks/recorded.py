"""Trained networks that the record keeps, built again with their Gaussian weights; nothing is trained."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from noisyweights.experiments import catalogue, mean_field_training, record, trained_weights
from noisyweights.experiments.coin_flips import settings as coin_settings
from noisyweights.experiments.coin_flips import tasks as coin_tasks
from noisyweights.experiments.crossbar.networks import classifiers
from noisyweights.experiments.energy_distance import experiment as energy
from noisyweights.experiments.regression import experiment as regression
from noisyweights.noise import laws

import keras  # isort: skip  (the library loads TensorFlow quietly)

__all__ = [
    "TASKS",
    "Trained",
    "classifier",
    "digits_network",
    "energy_network",
    "kept",
    "mean_network",
    "regression_network",
]

TASKS = {  # experiment whose points keep the weights, and how such a point is called
    "energy distance": ("energy_distance", energy.LEARNED),
    "regression": ("regression", regression.READINGS[0]),
    "digits": ("coin_flips", "mnist-bayes"),
    "clothes": ("crossbar.networks", "mean-field"),
}


@dataclass(frozen=True)
class Trained:
    """A network of a task, its weights Gaussian; the point that kept them; what it is called beyond the task.

    kind: "" or, of networks for the energy distance, "depth 2, width 8". number: of the training.
    """

    task: str
    kind: str
    number: int
    point: str
    network: keras.Model


def kept(task: str, *, trainings: int) -> Iterator[Trained]:
    """The networks of a task that the record keeps with today's settings, one by one; maybe none.

    Args:
        task: of `TASKS`.
        trainings: take at most so many of each kind, those of the lowest numbers.

    Raises: ValueError for an unknown task, or a damaged file.
    """
    if task not in TASKS:
        raise ValueError(f"no recorded networks are called {task!r}: the tasks are {', '.join(TASKS)}")
    name, kind = TASKS[task]
    config = catalogue.settings(name, profile=record.PROFILE)
    taken: Counter[str] = Counter()
    for point, one in sorted(record.kept(name).items(), key=lambda item: _numbered(item[0])):
        own, _ = _numbered(point)
        usable = one.state is not record.State.OTHER_SETTINGS and own.startswith(kind)
        if not usable or taken[own] == trainings:
            continue
        weights = record.as_point(one).arrays.get("weights")
        if weights is not None:
            taken[own] += 1
            yield _BUILDERS[task](config, point, weights)


def energy_network(config: energy.Config, point: str, weights: np.ndarray) -> Trained:
    """That of a point such as "learned.2.8.0", from its array "weights"."""
    reading, depth, width, number = point.split(".")
    network = energy.make_network(config, depth=int(depth), width=int(width), reading=reading, seed=0)
    size = sum(int(np.prod(weight.shape)) for weight in network.weights)
    trained_weights.unpack(network, weights[:size])
    return Trained("energy distance", f"depth {depth}, width {width}", int(number), point, network)


def regression_network(config: regression.Config, point: str, weights: np.ndarray) -> Trained:
    """That of a point such as "magnitude.0", with both outputs, mean and standard deviation."""
    variant, number = point.split(".")
    task = regression.make_task(config, reading=regression.READINGS[0], repeat=int(number))
    network = regression.trained_network(
        config, variant, task, seed=config.seed + int(number), trained=weights
    )
    return Trained("regression", "", int(number), point, network)


def classifier(config: classifiers.Config, point: str, weights: np.ndarray) -> Trained:
    """That of clothes of a point such as "mean-field-0": pixels in [0, 1] to logits."""
    number = int(point.rpartition("-")[2])
    seed = config.seed + 1000 * number
    plain = classifiers.make_network(config, "mean-field", seed=seed)
    network = mean_field_training.classifier_twin(
        plain, law=laws.gaussian(), examples=1, seed=seed, **classifiers.KERNEL
    )  # its kl_weight is among the weights that follow
    trained_weights.unpack(network, weights)
    return Trained("clothes", "", number, point, network)


def digits_network(config: coin_settings.Config, point: str, weights: np.ndarray) -> Trained:
    """That of a point such as "mnist-bayes-0": pixels in [0, 1] to logits."""
    task, _, number = point.rpartition("-")
    seed = config.seed + int(number)
    network = mean_field_training.classifier_twin(
        coin_tasks.make_network(config, task, seed=seed),
        law=laws.gaussian(),
        examples=1,  # its kl_weight is among the weights that follow
        seed=seed,
        **mean_field_training.KERNEL,
    )
    trained_weights.unpack(network, weights)
    return Trained("digits", "", int(number), point, network)


def mean_network(trained: Trained) -> keras.Model:
    """The part of a regression's network that has random weights, to its mean alone: (n, 1) → (n, 1)."""
    mean, _ = trained.network.layers[-1].input
    return keras.Model(trained.network.inputs[0], mean)


def _numbered(point: str) -> tuple[str, int]:
    """Kind and number of a point: "learned.2.8.0" is "learned.2.8", 0."""
    kind, number = re.fullmatch(r"(.*)[.-](\d+)", point).groups()
    return kind, int(number)


_BUILDERS: Mapping[str, Callable[..., Trained]] = {
    "energy distance": energy_network,
    "regression": regression_network,
    "digits": digits_network,
    "clothes": classifier,
}
