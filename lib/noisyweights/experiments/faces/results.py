"""What networks made of the faces: the trainings under each law together."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from noisyweights.datasets import utkface_set
from noisyweights.datasets.source import DataSource
from noisyweights.experiments import image_sources
from noisyweights.experiments.device import Device
from noisyweights.experiments.faces.settings import LAWS, Config
from noisyweights.experiments.trainings import of_kind

__all__ = ["Result", "collect"]


@dataclass(frozen=True)
class Result:
    """What the chapter shows: arrays by (training law, testing law), both in the order of `LAWS`.

    Where a law was trained under several times, values and ends of intervals are means over these trainings.
    An interval is of the test faces and the draws; how trainings differ is not in it.

    curves (3, 3, levels): fraction of test faces whose age lies in the central interval of each probability.
    rmse (3, 3, 3) [% of the age range]: value, low, high. gap_curves, gap_rmse (3, 3): for each training law,
    the largest difference between two testing laws, with its low and high end. aleatoric, epistemic (3, 3)
    [% of the age range]: root mean square over test faces. spread [% of the age range]: standard deviation
    of the ages, which is the error of a network that has learnt their mean and no more. tested, trained,
    skipped: numbers of faces. trainings: their number, by law.
    """

    config: Config
    source: DataSource
    curves: np.ndarray
    rmse: np.ndarray
    gap_curves: np.ndarray
    gap_rmse: np.ndarray
    aleatoric: np.ndarray
    epistemic: np.ndarray
    spread: float
    tested: int
    trained: int
    skipped: int
    trainings: tuple[int, ...]


def collect(config: Config, device: Device, points: Mapping[str, dict[str, np.ndarray]]) -> Result:
    """Average over the trainings under each law, as many as there are.

    Raises: ValueError for a law without a training, and for points of different faces.
    """
    found = {law: list(of_kind(points, law).values()) for law in LAWS}
    checksum = image_sources.common(points)
    (first, *_), *_ = found.values()
    trained, tested, skipped = map(int, first["faces"])

    def average(quantity: str) -> np.ndarray:
        return np.stack([np.mean([one[quantity] for one in of], axis=0) for of in found.values()])

    quantities = ("curves", "rmse", "gap_curves", "gap_rmse", "aleatoric", "epistemic")
    return Result(
        config,
        _source(config, checksum, faces=trained + tested, drawn=bool(first["drawn"])),
        *(average(quantity) for quantity in quantities),
        spread=float(first["spread"]),
        tested=tested,
        trained=trained,
        skipped=skipped,
        trainings=tuple(map(len, found.values())),
    )


def _source(config: Config, checksum: np.ndarray, *, faces: int, drawn: bool) -> DataSource:
    """Where the faces of points come from, which need not be at hand any more."""
    name = "drawn faces" if drawn else utkface_set.NAME
    origin = f"a program, seed {config.seed}" if drawn else utkface_set.HOME
    return DataSource(name, f"{origin}, {faces:,} faces", bytes(checksum).hex(), drawn=drawn)
