"""Points of Table I put together: what the sampled and the Bayesian networks of each task say."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from noisyweights.datasets.source import DataSource
from noisyweights.experiments import image_inputs, image_sources, trainings
from noisyweights.experiments.coin_flips import tasks
from noisyweights.experiments.coin_flips.compact_arrays import widen
from noisyweights.experiments.coin_flips.settings import (
    BAYESIAN,
    LABELS,
    PRECISIONS,
    TASKS,
    Config,
    counts,
)
from noisyweights.experiments.device import Device
from noisyweights.networks.coin_flips import votes

__all__ = ["Bayesian", "Result", "Sampled", "collect"]

Points = Mapping[str, Mapping[str, np.ndarray]]


@dataclass(frozen=True)
class Sampled:
    """What the sampled networks of one task say, in all trainings on the first axis.

    standard (trainings, n): the class that each network calls without coins; runner_up the second by its
    outputs. votes by precision, (trainings, n, classes). by_count (trainings, counts): accuracy [%] after
    `Result.counts` draws, error: root mean square error of the shares of votes then, NaN for more than half
    of all draws. single (trainings, draws): accuracy of each draw. coarse (trainings, 8): accuracy [%] at 1
    to 8 bits. product_bias, product_slope, activation_bias, (trainings,): of the first sampled layer, means
    and least squares over units and pictures. offset (trainings,): see `networks.offset`. expected
    (trainings,): accuracy [%] of the largest mean logit over all coins, see `output_moments.output_moments`.
    """

    standard: np.ndarray
    runner_up: np.ndarray
    votes: Mapping[int | str, np.ndarray]
    by_count: np.ndarray
    error: np.ndarray
    single: np.ndarray
    coarse: np.ndarray
    product_bias: np.ndarray
    product_slope: np.ndarray
    activation_bias: np.ndarray
    offset: np.ndarray
    expected: np.ndarray

    def accuracy(self, labels: np.ndarray, precision: int | str | None = None) -> np.ndarray:
        """Accuracy [%] of each training: without coins, or of the first choice at a precision."""
        first = self.standard if precision is None else votes.first_choice(self.votes[precision])
        return 100 * (first == labels).mean(1)


@dataclass(frozen=True)
class Bayesian:
    """What draws of a mean-field network under the device's law say, in all trainings on the first axis.

    votes (trainings, n, classes): of the largest output of each draw. first, second (trainings, n): classes
    of the largest mean probabilities, and entropy [bits] that of these probabilities.
    """

    votes: np.ndarray
    first: np.ndarray
    second: np.ndarray
    entropy: np.ndarray


@dataclass(frozen=True)
class Result:
    """What the chapter shows: by task what was sampled, the test pictures' labels, and their source.

    counts: numbers of draws after which votes were counted. bayesian: by "mnist" and "fashion". labels and
    sources: by any task, the Bayesian ones too, whose pictures need not be those of the others.
    """

    config: Config
    counts: tuple[int, ...]
    sampled: Mapping[str, Sampled]
    bayesian: Mapping[str, Bayesian]
    labels: Mapping[str, np.ndarray]
    sources: Mapping[str, DataSource]


def collect(config: Config, device: Device, points: Points) -> Result:
    """Stack the trainings of each task, as many as there are.

    Raises: ValueError for a task without trainings, for points of one data set that were computed on
        different pictures, and for pictures of which neither a point nor a set at hand tells the labels.
    """
    sampled = {task: _sampled(points, task) for task in TASKS}
    bayesian = {task.partition("-")[0]: _bayesian(points, task) for task in BAYESIAN}
    checksums = {}
    for kinds in (TASKS[:2], TASKS[2:], *((task,) for task in BAYESIAN)):
        of = {name: arrays for name, arrays in points.items() if name.rpartition("-")[0] in kinds}
        checksums |= dict.fromkeys(kinds, image_sources.common(of))
    return Result(
        config,
        counts(config),
        sampled,
        bayesian,
        labels={task: _labels(config, points, task, of) for task, of in checksums.items()},
        sources={task: image_sources.source(tasks.data_set(task), of) for task, of in checksums.items()},
    )


def _sampled(points: Points, task: str) -> Sampled:
    def stacked(name: str) -> np.ndarray:
        return widen(trainings.stacked(points, task, name))

    found = {one.name: stacked(one.name) for one in fields(Sampled) if one.name != "votes"}
    return Sampled(votes={precision: stacked(f"votes_{precision}") for precision in PRECISIONS}, **found)


def _bayesian(points: Points, task: str) -> Bayesian:
    found = {one.name: trainings.stacked(points, task, one.name) for one in fields(Bayesian)}
    return Bayesian(**{name: widen(array) for name, array in found.items()})


def _labels(config: Config, points: Points, task: str, checksum: np.ndarray) -> np.ndarray:
    """Labels of the test pictures with a checksum: (n,)."""
    for name in LABELS:
        if name in points and np.array_equal(points[name]["source"], checksum):
            return widen(points[name]["labels"])
    test = tasks.load(config, task, "test")
    if np.array_equal(image_inputs.checksum(test.source), checksum):
        return test.labels
    raise ValueError(
        f"the points of {task} were computed on other pictures than there are now ({test.source.name}, "
        f"{test.source.origin}), and no point tells what these show: compute {task.partition('-')[0]}-labels "
        "where they are, or let NOISYWEIGHTS_DATA name the folder that it named then"
    )
