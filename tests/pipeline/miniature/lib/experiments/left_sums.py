"""Sums of seeded draws, shifted by what the left side says."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from noisyweights.experiments.device import Device
from noisyweights.noise.left import slope

__all__ = ["DATASETS", "PROFILES", "Config", "Result", "collect", "compute", "measurements", "points"]

DATASETS = ("utkface",)  # to see what other data make the pipeline do; nothing here reads them


@dataclass(frozen=True)
class Config:
    """How many points, how many draws in each, and how long a point takes at least."""

    seed: int
    count: int
    draws: int
    seconds: float


PROFILES = {
    "smoke": Config(seed=1, count=3, draws=100, seconds=0.0),
    "quick": Config(seed=2, count=4, draws=1000, seconds=0.5),
    "full": Config(seed=3, count=4, draws=1000, seconds=0.0),
}


@dataclass(frozen=True)
class Result:
    """One sum a point."""

    sums: np.ndarray


def points(config: Config) -> tuple[str, ...]:
    """Return the names of the sums."""
    return tuple(f"sum-{number}" for number in range(config.count))


def compute(
    config: Config, point: str, device: Device, trained: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """Return the sum of one point, and its draws as if they were weights that take long to train."""
    time.sleep(config.seconds)
    weights = trained
    if weights is None:
        generator = np.random.default_rng([config.seed, int(point.removeprefix("sum-"))])
        weights = generator.normal(device.loc, size=config.draws)
    return {"sum": weights.sum() + device.loc * slope(), "weights": weights}


def collect(config: Config, device: Device, points: Mapping[str, dict[str, np.ndarray]]) -> Result:
    """Return all sums."""
    return Result(np.array([arrays["sum"] for arrays in points.values()]))


def measurements(result: Result) -> list:
    """Return no measurement: the miniature tests no claim."""
    return []
