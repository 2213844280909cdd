"""Two levels in the law of readings that do not remember each other: jumps faster than reads, or a mixture.

No trace can tell which. Levels, their noise and how often each was met are told all the same.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from noisyweights.noise.dynamics import telegraph_models
from noisyweights.noise.samples import checked
from noisyweights.scores.estimates import Interval

__all__ = ["Peak", "peaks"]


@dataclass(frozen=True)
class Peak:
    """One of two levels: its value with a 95 % interval, the deviation around it, its share of readings."""

    level: Interval
    noise: float
    occupancy: Interval


def peaks(samples: ArrayLike) -> tuple[Peak, Peak]:
    """Fit two Gaussians to readings (n,), independent of each other; from below.

    Levels have normal intervals, shares Wilson's.

    Raises: ValueError for what is no trace of at least 100 finite readings.
    """
    values = checked(samples)
    law = telegraph_models.mixture(values, 2)
    found = []
    for place in np.argsort(law.means_[:, 0]):
        share, noise = float(law.weights_[place]), float(np.sqrt(law.covariances_[place, 0, 0]))
        level, count = float(law.means_[place, 0]), share * len(values)
        half = float(stats.norm.isf(0.025)) * noise / np.sqrt(max(count, 1.0))
        ends = stats.binomtest(round(count), len(values)).proportion_ci(method="wilson")
        occupancy = Interval(share, min(float(ends.low), share), max(float(ends.high), share))
        found.append(Peak(Interval(level, level - half, level + half), noise, occupancy))
    return found[0], found[1]
