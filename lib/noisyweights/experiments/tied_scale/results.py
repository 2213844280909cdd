"""What tied scales cost: the trainings of each condition beside those with free scales."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from noisyweights.datasets.source import DataSource
from noisyweights.experiments import image_sources, trainings
from noisyweights.experiments.tied_scale.settings import FREE, SCORES, SETS, TASKS, Config
from noisyweights.scores.estimates import Interval
from noisyweights.scores.replicates import mean_interval

__all__ = ["JUDGED", "Result", "collect"]

Points = Mapping[str, Mapping[str, np.ndarray]]
JUDGED = {"regression": "crps", "digits": "nll", "clothes": "nll"}  # proper scores that the claims are on


@dataclass(frozen=True)
class Result:
    """What the chapter shows; each by task and condition, the trainings on the first axis, in common order.

    scores (trainings, scores), in the order of SCORES. deployed: those of networks with free scales on the
    cells of a condition. spreads, common_modes: as in `weight_spreads`.
    """

    config: Config
    scores: Mapping[str, Mapping[str, np.ndarray]]
    deployed: Mapping[str, Mapping[str, np.ndarray]]
    spreads: Mapping[str, Mapping[str, np.ndarray]]
    common_modes: Mapping[str, Mapping[str, np.ndarray]]
    sources: Mapping[str, DataSource]

    def trainings(self, task: str) -> int:
        """How many trainings of a task there are, of every condition."""
        return len(self.scores[task][FREE])

    def score(self, task: str, condition: str, name: str, *, deployed: bool = False) -> np.ndarray:
        """One score of each training, (trainings,); `deployed` for a free network that is put on cells."""
        of = self.deployed if deployed else self.scores
        return of[task][condition][:, SCORES[task].index(name)]

    def excess(self, task: str, condition: str, name: str, *, deployed: bool = False) -> Interval:
        """Mean difference of a score from that with free scales, paired, with its interval over trainings."""
        return mean_interval(
            self.score(task, condition, name, deployed=deployed) - self.score(task, FREE, name)
        )

    def relative_excess(self, task: str, values: np.ndarray) -> Interval:
        """Mean of differences (trainings,) of the score that is judged, over its mean with free scales."""
        return mean_interval(values / self.score(task, FREE, JUDGED[task]).mean())

    def relative(self, task: str, condition: str, *, deployed: bool = False) -> Interval:
        """Excess of the score that is judged, relative to that with free scales."""
        values = self.score(task, condition, JUDGED[task], deployed=deployed)
        return self.relative_excess(task, values - self.score(task, FREE, JUDGED[task]))


def collect(config: Config, points: Points) -> Result:
    """Stack the trainings of each task and condition: those numbers of which every condition is there.

    Raises: ValueError for a task and condition without a training, or without one in common, and for points
        of different pictures.
    """
    arrays = {task: _in_common(config, points, task) for task in TASKS}

    def stacked(name: str) -> dict[str, dict[str, np.ndarray]]:
        return {
            task: {condition: np.stack([one[name] for one in found]) for condition, found in of_task.items()}
            for task, of_task in arrays.items()
        }

    deployed = {
        task: dict(
            zip(config.conditions, np.stack([one["deployed"] for one in of_task[FREE]], 1), strict=True)
        )
        for task, of_task in arrays.items()
    }
    return Result(
        config, stacked("scores"), deployed, stacked("spreads"), stacked("common_modes"), _sources(points)
    )


def _in_common(config: Config, points: Points, task: str) -> dict[str, list[Mapping[str, np.ndarray]]]:
    """Arrays of a task's trainings by condition, of the numbers that all conditions have."""
    found = {name: trainings.of_kind(points, f"{task}-{name}") for name in (FREE, *config.conditions)}
    common = sorted(set.intersection(*(set(one) for one in found.values())))
    if not common:
        raise ValueError(
            f"no training of {task} has every condition, and differences are paired: compute more"
        )
    return {condition: [one[number] for number in common] for condition, one in found.items()}


def _sources(points: Points) -> dict[str, DataSource]:
    of_set: dict[str, dict[str, Mapping[str, np.ndarray]]] = {}
    for name, arrays in points.items():
        if own_and_other := SETS.get(name.partition("-")[0]):
            for dataset, key in zip(own_and_other, ("source", "other_source"), strict=True):
                of_set.setdefault(dataset, {})[f"{name}, {key}"] = {"source": arrays[key]}
    return {
        dataset: image_sources.source(dataset, image_sources.common(of)) for dataset, of in of_set.items()
    }
