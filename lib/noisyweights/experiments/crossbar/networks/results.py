"""What networks reach on arrays: the trainings of each method together."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from noisyweights.datasets.source import DataSource
from noisyweights.experiments import image_sources, trainings
from noisyweights.experiments.crossbar.networks import sweeps
from noisyweights.experiments.crossbar.networks.settings import CHIPS, MARGINS, METHODS, SWEEPS, Config
from noisyweights.experiments.crossbar.networks.sweeps import Sweep
from noisyweights.experiments.device import Device

__all__ = ["Reached", "Result", "agreement", "collect"]

Points = Mapping[str, Mapping[str, np.ndarray]]


@dataclass(frozen=True)
class Reached:
    """What one method reached, in all trainings: (trainings, scores), in the order of SCORES.

    array: on its chip; None for methods without. sweeps: by name, (trainings, values, scores), of the first
    trainings.
    """

    software: np.ndarray
    array: np.ndarray | None
    sweeps: Mapping[str, np.ndarray]

    def changes(self, sweep: Sweep) -> np.ndarray:
        """Scores on chips of a sweep less those in software: (trainings, values, scores)."""
        values = self.sweeps[sweep.name]
        return values - self.software[: len(values), np.newaxis]


@dataclass(frozen=True)
class Result:
    """What the chapter shows: by method, and of the regression.

    software_rmse (trainings,), rmse (trainings, chips). gap: largest distance between the calibration curves
    on a chip and in software, alike. regression_sweeps: by name, relative excess of the error and gap, each
    of one chip, (trainings, values, 2).
    """

    config: Config
    reached: Mapping[str, Reached]
    software_rmse: np.ndarray
    rmse: np.ndarray
    gap: np.ndarray
    regression_sweeps: Mapping[str, np.ndarray]
    sources: Mapping[str, DataSource]


def collect(config: Config, device: Device, points: Points) -> Result:
    """Stack the trainings of each method, as many as there are.

    Raises: ValueError for a method without a training, or without one that went through its sweeps, and for
        points of different pictures.
    """
    reached = {method: _reached(points, method) for method in METHODS}
    of_pictures = {name: one for name, one in points.items() if not name.startswith("regression")}
    others = {name: {"source": one["other_source"]} for name, one in of_pictures.items()}
    sources = {
        name: image_sources.source(name, image_sources.common(found))
        for name, found in (("fashion_mnist", of_pictures), ("mnist", others))
    }

    def of_regression(name: str) -> np.ndarray:
        return trainings.stacked(points, "regression", name)

    curves = of_regression("curves") - of_regression("software_curve")[:, np.newaxis]
    return Result(
        config,
        reached,
        of_regression("software_rmse"),
        of_regression("rmse"),
        np.abs(curves).max(-1),
        {sweep.name: of_regression(sweep.name) for sweep in sweeps.MEAN_FIELD},
        sources,
    )


def _reached(points: Points, method: str) -> Reached:
    found, all_of = trainings.of_kind(points, method), SWEEPS.get(method, ())
    swept = {number: one for number, one in found.items() if all(sweep.name in one for sweep in all_of)}
    if not swept:
        raise ValueError(
            f"no training of {method} went through its sweeps: {method}-{min(found)} did not; compute "
            f"{method}-0"
        )
    ordered = list((swept | found).values())  # those with sweeps first, for `Reached.changes`
    return Reached(
        np.stack([one["software"] for one in ordered]),
        np.stack([one["array"] for one in ordered]) if method in CHIPS else None,
        {sweep.name: np.stack([one[sweep.name] for one in swept.values()]) for sweep in all_of},
    )


def agreement(result: Result, method: str, sweep: Sweep) -> np.ndarray:
    """Whether a method on a chip with each value of a sweep agrees with software: bool, (values, 2).

    On average over trainings, in accuracy and in calibration, by the margins of L-classify; for "regression"
    in the error and in calibration, by those of L-regress.
    """
    if method == "regression":
        differences = result.regression_sweeps[sweep.name].mean(0)
        return np.abs(differences) <= (MARGINS["rmse"], MARGINS["gap"])
    differences = result.reached[method].changes(sweep).mean(0)[:, [0, 2]]
    return np.abs(differences) <= (MARGINS["accuracy"], MARGINS["ece"])
