"""What the networks of chapter 7 reached: the trainings of each task and method together."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from noisyweights.datasets.source import DataSource
from noisyweights.experiments import image_sources, trainings
from noisyweights.experiments.binary.networks import data_set
from noisyweights.experiments.binary.scores import Scores, ShiftScores
from noisyweights.experiments.binary.settings import KINDS, TASKS, Config
from noisyweights.experiments.device import Device

__all__ = ["Result", "collect"]

_OF_SCALES = ("by_passes", "by_stored", "exact", "scale_loc", "scale_scale", "clip")


@dataclass(frozen=True)
class Result:
    """What the chapter shows, in all trainings that there are of each kind.

    sources: test sets by task. trained, tested: numbers of pictures. scores by (task, method), shifted by
    method on Fashion-MNIST. Of the proposed method, by task: by_passes, by_stored (trainings, numbers, 2) and
    exact (trainings, 2) hold accuracy [%] and NLL [nats] for `PASSES` fresh draws, for `STORED` stored
    vectors, and for scales in the same range that are not rounded; scale_loc, scale_scale (trainings,
    scales) the Gaussians that were learnt, scale_layer (scales,) their layers, and clip (trainings, layers)
    the largest values.
    """

    config: Config
    sources: Mapping[str, DataSource]
    trained: Mapping[str, int]
    tested: Mapping[str, int]
    scores: Mapping[tuple[str, str], Scores]
    shifted: Mapping[str, ShiftScores]
    by_passes: Mapping[str, np.ndarray]
    by_stored: Mapping[str, np.ndarray]
    exact: Mapping[str, np.ndarray]
    scale_loc: Mapping[str, np.ndarray]
    scale_scale: Mapping[str, np.ndarray]
    scale_layer: Mapping[str, np.ndarray]
    clip: Mapping[str, np.ndarray]


def collect(config: Config, device: Device, points: Mapping[str, dict[str, np.ndarray]]) -> Result:
    """Stack the trainings of each task and method, as many as there are.

    Raises: ValueError for a kind without a training, and for points of a task of different pictures.
    """
    scores = {(task, method): Scores.of(points, f"{task}-{method}") for task, method in KINDS}
    shifted = {
        method: ShiftScores.of(points, f"{task}-{method}") for task, method in KINDS if task == "fashion"
    }
    of_task = {
        task: {name: one for name, one in points.items() if name.startswith(f"{task}-")} for task in TASKS
    }
    some = {task: next(iter(found.values())) for task, found in of_task.items()}
    scales = {
        quantity: {task: trainings.stacked(points, f"{task}-proposed", quantity) for task in TASKS}
        for quantity in (*_OF_SCALES, "scale_layer")
    }
    return Result(
        config,
        sources={
            task: image_sources.source(data_set(task), image_sources.common(found))
            for task, found in of_task.items()
        },
        trained={task: int(one["trained"]) for task, one in some.items()},
        tested={task: int(one["tested"]) for task, one in some.items()},
        scores=scores,
        shifted=shifted,
        scale_layer={task: layers[0] for task, layers in scales.pop("scale_layer").items()},
        **scales,
    )
