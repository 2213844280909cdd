"""What networks made of the faces: the trainings under each law together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from noisyweights.datasets import utkface_set
from noisyweights.datasets.source import DataSource
from noisyweights.experiments import image_sources
from noisyweights.experiments.device import Device
from noisyweights.experiments.faces.settings import LAWS, Config
from noisyweights.experiments.trainings import of_kind
from noisyweights.scores.estimates import Interval
from noisyweights.scores.replicates import largest, mean_interval

__all__ = ["Result", "collect"]


@dataclass(frozen=True)
class Result:
    """What the chapter shows: arrays by (training law, testing law), both in the order of `LAWS`.

    Where a law was trained under several times, values are means over these trainings and intervals of such
    means, by Student's t. That of a single training is of the test faces and the draws.

    curves (3, 3, levels): fraction of test faces whose age lies in the central interval of each probability.
    rmse (3, 3, 3) [% of the age range]: value, low, high. gap_curves, gap_rmse (3, 3): for each training law,
    the largest difference between two testing laws, with its low and high end. worst_gap_curves,
    worst_gap_rmse: the largest of them over the training laws, with a joint interval. aleatoric, epistemic
    (3, 3) [% of the age range]: root mean square over test faces. spread [% of the age range]: standard
    deviation of the ages, which is the error of a network that has learnt their mean and no more. tested,
    trained, skipped: numbers of faces. trainings: their number, by law.
    """

    config: Config
    source: DataSource
    curves: np.ndarray
    rmse: np.ndarray
    gap_curves: np.ndarray
    gap_rmse: np.ndarray
    worst_gap_curves: Interval
    worst_gap_rmse: Interval
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

    def each(quantity: str) -> list[np.ndarray]:
        """By training law, the trainings on the first axis."""
        return [np.stack([one[quantity] for one in of]) for of in found.values()]

    def average(quantity: str) -> np.ndarray:
        return np.stack([of.mean(axis=0) for of in each(quantity)])

    return Result(
        config,
        _source(config, checksum, faces=trained + tested, drawn=bool(first["drawn"])),
        curves=average("curves"),
        rmse=np.array([[_interval(of[:, law]) for law in range(len(LAWS))] for of in each("rmse")]),
        gap_curves=np.array([_interval(of) for of in each("gap_curves")]),
        gap_rmse=np.array([_interval(of) for of in each("gap_rmse")]),
        worst_gap_curves=_worst(each("gap_curves")),
        worst_gap_rmse=_worst(each("gap_rmse")),
        aleatoric=average("aleatoric"),
        epistemic=average("epistemic"),
        spread=float(first["spread"]),
        tested=tested,
        trained=trained,
        skipped=skipped,
        trainings=tuple(map(len, found.values())),
    )


def _interval(of: np.ndarray) -> Interval:
    """Mean over trainings (trainings, 3 or more), of which each has a value, low and high end of its own."""
    return mean_interval(of[:, 0]) if len(of) > 1 else Interval(*of[0, :3])


def _worst(gaps: Sequence[np.ndarray]) -> Interval:
    """The largest gap over the training laws; the last column has low ends that hold for all at once."""
    if all(len(of) > 1 for of in gaps):
        return largest([partial(mean_interval, of[:, 0]) for of in gaps])
    single = np.stack([of[0] for of in gaps])
    return Interval(single[:, 0].max(), single[:, 3].max(), single[:, 2].max())


def _source(config: Config, checksum: np.ndarray, *, faces: int, drawn: bool) -> DataSource:
    """Where the faces of points come from, which need not be at hand any more."""
    name = "drawn faces" if drawn else utkface_set.NAME
    origin = f"a program, seed {config.seed}" if drawn else utkface_set.HOME
    return DataSource(name, f"{origin}, {faces:,} faces", bytes(checksum).hex(), drawn=drawn)
