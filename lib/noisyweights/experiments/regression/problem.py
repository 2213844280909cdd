"""The problem of eq. 9: data under each reading of the noise."""

from dataclasses import dataclass

import numpy as np

from noisyweights import seeds
from noisyweights.experiments.regression.settings import READINGS, Config

__all__ = ["Task", "make_task", "noise_scale"]


@dataclass(frozen=True)
class Task:
    """A reading of eq. 9: training and test data, inputs float32 (n, 1) and targets (n,)."""

    x: np.ndarray
    y: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def noise_scale(x: np.ndarray, *, reading: str) -> np.ndarray:
    """Standard deviation of the noise at x under a reading of eq. 9.

    "magnitude" takes the printed scale without its sign: 0.1 |x| up to x = 1, and 0.1 beyond. "growing"
    takes max(0, x) for min(0, x − 1): 0.1 up to x = 0, then 0.1 (1 + x).
    """
    if reading == "magnitude":
        return 0.1 * np.abs(1 + np.minimum(0, x - 1))
    if reading == "growing":
        return 0.1 * (1 + np.maximum(0, x))
    raise ValueError(f"the readings of eq. 9 are {', '.join(READINGS)}; got {reading!r}")


def make_task(config: Config, *, reading: str, repeat: int) -> Task:
    """Draw y = sin 2πx + noise for x uniform in [−1, 1], and test data for x in [−1.5, 1.5]."""
    found = []
    for part, half_width, n in (("train", 1.0, config.examples), ("test", 1.5, config.tested)):
        generator = seeds.generator(config.seed, "data", reading, part, repeat)
        x = generator.uniform(-half_width, half_width, n)
        y = np.sin(2 * np.pi * x) + noise_scale(x, reading=reading) * generator.standard_normal(n)
        found += [x[:, np.newaxis].astype(np.float32), y.astype(np.float32)]
    return Task(*found)
