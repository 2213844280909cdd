"""A sweep or a transient: a smooth curve that never turns, or turns once, and is no noise."""

import numpy as np
from numpy.typing import ArrayLike

from noisyweights.noise.samples import checked

__all__ = ["is_sweep"]

# All ways up and down added, over the range: 1 for a curve that never turns, 2 for one that goes and comes
# back; noise runs through its range n/5 times and a random walk of 100 steps five times. The tenth is for
# noise.
MOST_TRAVEL = 2.1
# Mean squared change of a step over the mean squared step: 2 and more for noise, 2 for a jump.
ROUGHEST = 0.2


def is_sweep(samples: ArrayLike) -> bool:
    """Whether a trace is a smooth curve that goes once through its range, or goes and comes back.

    An I–V curve and a transient without noise are such; their histogram is no law of noise. Noise that was
    sampled faster than it moves is one too: nothing can tell.

    Raises: ValueError for what is no trace of at least 100 finite readings.
    """
    steps = np.diff(checked(samples))
    path = np.concatenate([[0.0], np.cumsum(steps)])
    travel = np.abs(steps).sum() / np.ptp(path)
    roughness = np.mean(np.diff(steps) ** 2) / np.mean(steps**2)
    return bool(travel <= MOST_TRAVEL and roughness <= ROUGHEST)
