"""Networks on arrays: what each method of the book loses on a chip, and to which of its settings.

Chapter 9; the claims of the abstract of the array paper, and §III-C of the scale paper.
"""

from dataclasses import asdict, fields
from typing import Any

import numpy as np

from noisyweights.experiments import catalogue, trainings
from noisyweights.experiments.crossbar.networks import (
    classifiers,
    costs,
    energy_claims,
    energy_readings,
    regressions,
)
from noisyweights.experiments.crossbar.networks.classifiers import make_network
from noisyweights.experiments.crossbar.networks.measurements import measurements
from noisyweights.experiments.crossbar.networks.results import Reached, Result, agreement, collect
from noisyweights.experiments.crossbar.networks.settings import (
    CHIPS,
    MARGINS,
    METHODS,
    PROFILES,
    SCORES,
    SWEEPS,
    Config,
    swept,
)
from noisyweights.experiments.device import Device
from noisyweights.experiments.regression import experiment as regression
from noisyweights.ledger.claims import Measurement

__all__ = [
    "BESIDE",
    "CHIPS",
    "DATASETS",
    "MARGINS",
    "METHODS",
    "PROFILES",
    "SCORES",
    "SWEEPS",
    "Config",
    "Reached",
    "Result",
    "agreement",
    "collect",
    "compute",
    "counted",
    "make_network",
    "measurements",
    "points",
    "settings",
    "swept",
    "uses_device",
]

BESIDE = ("crossbar.cells",)
DATASETS = ("fashion_mnist", "mnist")  # the classes, and pictures of none of them
_RANDOM = ("mean-field", "regression")  # whose weights the device's law draws
_REGRESSION = ("draws", "step", "calibrated", "chips")  # settings of its points, beside chapter 5's


def points(config: Config) -> tuple[str, ...]:
    """Method, or "regression", and number of a training: "mean-field-0"."""
    counts = dict.fromkeys(METHODS, config.repeats) | {"mean-field": config.classifications}
    return tuple(
        name
        for kind, count in (counts | {"regression": config.regressions}).items()
        for name in trainings.named(kind, count)
    )


def settings(config: Config, point: str) -> dict[str, Any]:
    """What determines a point: for the regression its draws and chips, and all that chapter 5 trains it by.

    `repeats` counts trainings, and says of random weights which of them go through the sweeps.
    """
    kind, _, number = point.rpartition("-")
    if kind == "regression":
        own = catalogue.point_settings(
            "regression", f"magnitude.{number}", config=regression.PROFILES[config.regression]
        )
        return {name: getattr(config, name) for name in _REGRESSION} | {"regression": own}
    counts = {field.name for field in fields(config) if field.metadata.get("counts")}
    left_out = counts | {"repeats", "regression", "chips"} | (set() if kind == "ensemble" else {"members"})
    own = {name: value for name, value in asdict(config).items() if name not in left_out}
    return own | ({"sweeps": int(number) < config.repeats} if kind in CHIPS else {})


def uses_device(point: str) -> bool:
    """Whether the device's law draws in a point: in random weights, and in no other method."""
    return point.rpartition("-")[0] in _RANDOM


def compute(
    config: Config, point: str, device: Device, trained: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """Train one network, put it on its chip, and make that worse setting by setting."""
    kind, _, number = point.rpartition("-")
    law = device.law if kind in _RANDOM else None
    if kind == "regression":
        return regressions.compute(config, int(number), law=law, weights=trained)
    return classifiers.compute(config, kind, int(number), law=law, weights=trained)


def counted(config: Config) -> list[Measurement]:
    """What is counted without any training: energies, and what published figures allow of them."""
    return [*costs.counted(config), *energy_claims.counted(config), *energy_readings.counted(config)]
