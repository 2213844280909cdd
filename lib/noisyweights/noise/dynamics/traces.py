"""A trace: readings of one cell in order of time, and the time between them."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from noisyweights.sample_size import MINIMUM_SAMPLE_SIZE

__all__ = ["checked_interval", "checked_trace"]


def checked_trace(samples: ArrayLike) -> NDArray[np.float64]:
    """Return readings as float64 of shape (n,).

    Raises: ValueError for what is not one column of at least 100 finite numbers that are not all the same.
    """
    samples = np.asarray(samples, np.float64)
    if samples.ndim != 1:
        raise ValueError(f"a trace is one column of readings, got shape {samples.shape}: pass one cell")
    if len(samples) < MINIMUM_SAMPLE_SIZE:
        raise ValueError(
            f"got {len(samples)} readings; at least {MINIMUM_SAMPLE_SIZE} are needed: record more"
        )
    bad = ~np.isfinite(samples)
    if bad.any():
        raise ValueError(f"{bad.sum()} readings are NaN or infinite, the first at {bad.argmax()}: drop them")
    if samples.min() == samples.max():
        raise ValueError(f"all {len(samples)} readings are {samples[0]:g}, and a constant has no dynamics")
    return samples


def checked_interval(interval_s: float | None) -> float:
    """Return the time between two readings in seconds, NaN where it is not known (None or NaN).

    Raises: ValueError for an interval that is not positive and finite.
    """
    if interval_s is None or math.isnan(interval_s):
        return math.nan
    if not (interval_s > 0 and math.isfinite(interval_s)):
        raise ValueError(f"interval_s = {interval_s} must be positive and finite; None if it is not known")
    return float(interval_s)
