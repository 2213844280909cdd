"""Tied scales: what networks lose whose weights have one noisy device each, or two, and not one for σ alone.

Chapter 10; a question of this book, on what §2 of the device paper takes for granted.
"""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

import numpy as np

from noisyweights.experiments import image_inputs, trainings
from noisyweights.experiments.device import Device
from noisyweights.experiments.tied_scale import classifiers, regressions, results, weight_spreads
from noisyweights.experiments.tied_scale.measurements import measurements
from noisyweights.experiments.tied_scale.results import JUDGED, Result
from noisyweights.experiments.tied_scale.settings import (
    CURVES,
    FREE,
    PROFILES,
    SCORES,
    TASKS,
    TIED,
    Config,
)
from noisyweights.networks.mean_field import tied_layers

__all__ = [
    "CURVES",
    "DATASETS",
    "FREE",
    "JUDGED",
    "PROFILES",
    "SCORES",
    "TASKS",
    "TIED",
    "Config",
    "Result",
    "collect",
    "compute",
    "measurements",
    "points",
    "settings",
    "uses_device",
]

DATASETS = ("mnist", "fashion_mnist")
_REGRESSION = (
    "examples",
    "regression_start_epochs",
    "regression_epochs",
    "regression_draws",
    "regression_tested",
)
_COMMON = ("seed", "batch_size", "prior_scale")


def points(config: Config) -> tuple[str, ...]:
    """Task, condition and number of a training: "digits-proportional.lowest-0"."""
    kinds = (f"{task}-{condition}" for task in TASKS for condition in (FREE, *config.conditions))
    return tuple(name for kind in kinds for name in trainings.named(kind, config.trainings))


def settings(config: Config, point: str) -> dict[str, Any]:
    """What determines a point: of a classifier nothing of the regression, and the other way round."""
    task, condition, _ = point.split("-")
    counts = {one.name for one in fields(config) if one.metadata.get("counts")}
    own = {name: value for name, value in asdict(config).items() if name not in counts}
    of_regression = task == "regression"
    found = {
        name: value
        for name, value in own.items()
        if name in _COMMON or (name in _REGRESSION) == of_regression
    }
    cells = {name: TIED[name].get_config() for name in _cells(config, condition)}
    return found | {"cells": cells}


def _cells(config: Config, condition: str) -> tuple[str, ...]:
    """The cells of a condition; with free scales, those that the network is put on without training."""
    return config.conditions if condition == FREE else (condition,)


def uses_device(point: str) -> bool:
    """All weights are Gaussian: their widths are what is asked about, and no law."""
    return False


def compute(config: Config, point: str, device: Device | None) -> dict[str, np.ndarray]:
    """Train one network; one with free scales is then also put on the cells of every condition."""
    task, condition, number = point.split("-")
    seed = config.seed + 1000 * int(number)
    cells, found = TIED.get(condition), {}
    if task == "regression":
        data = regressions.task(config, number=int(number))
        network = regressions.train(config, data, cells, seed=seed)

        def scored(network):
            return regressions.scores(config, network, data, seed=seed)

    else:
        training, test, others = classifiers.load(config, task)
        network = classifiers.train(config, training, cells, seed=seed)
        found |= {
            "source": image_inputs.checksum(test.source),
            "other_source": image_inputs.checksum(others.source),
        }

        def scored(network):
            return classifiers.scores(config, network, test, others, seed=seed)

    found["scores"] = scored(network)
    found["spreads"] = weight_spreads.spreads(network)
    found["common_modes"] = weight_spreads.common_modes(network)
    if condition == FREE:
        on_cells = (tied_layers.with_cells(network, TIED[name]) for name in _cells(config, condition))
        found["deployed"] = np.stack([scored(one) for one in on_cells])
    return found


def collect(config: Config, device: Device | None, points: Mapping[str, dict[str, np.ndarray]]) -> Result:
    """Stack the trainings of each task and condition: see `results.collect`."""
    return results.collect(config, points)
