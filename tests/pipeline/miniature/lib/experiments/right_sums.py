"""Sums of seeded draws, shifted by what the right side says."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from noisyweights.experiments.device import Device
from noisyweights.noise.right import offset

__all__ = ["PROFILES", "Config", "Result", "collect", "compute", "measurements", "points", "uses_device"]


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


def uses_device(point: str) -> bool:
    """Return whether a sum's draws are centred as the device's."""
    return point != "sum-0"


def compute(config: Config, point: str, device: Device) -> dict[str, np.ndarray]:
    """Return the sum of one point."""
    time.sleep(config.seconds)
    generator = np.random.default_rng([config.seed, int(point.removeprefix("sum-"))])
    centre = device.loc if uses_device(point) else 0.0
    return {"sum": generator.normal(centre, size=config.draws).sum() + offset()}


def collect(config: Config, device: Device, points: Mapping[str, dict[str, np.ndarray]]) -> Result:
    """Return all sums."""
    return Result(np.array([arrays["sum"] for arrays in points.values()]))


def measurements(result: Result) -> list:
    """Return no measurement: the miniature tests no claim."""
    return []
