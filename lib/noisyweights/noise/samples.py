"""What samples of noise must be before anything is made of them."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from noisyweights.sample_size import MINIMUM_SAMPLE_SIZE

__all__ = ["checked"]


def checked(samples: ArrayLike) -> NDArray[np.float64]:
    """Return samples as float64, or say what is wrong with them.

    Raises: ValueError for what is not one column of at least 100 finite numbers that are not all the same.
    """
    try:
        samples = np.asarray(samples, np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"samples must be numbers: {error}") from error
    if samples.ndim != 1:
        raise ValueError(
            f"samples must be one column, got shape {samples.shape}; pass one column, or ravel it"
        )
    if len(samples) < MINIMUM_SAMPLE_SIZE:
        raise ValueError(
            f"got {len(samples)} samples, and a law takes {MINIMUM_SAMPLE_SIZE} or more to be told; "
            "measure more"
        )
    bad = ~np.isfinite(samples)
    if bad.any():
        raise ValueError(
            f"{bad.sum()} of {len(samples)} samples are NaN or infinite, the first at {bad.argmax()}; "
            "drop them"
        )
    low, high = samples.min(), samples.max()
    if high - low <= 1e-12 * max(abs(low), abs(high)):
        raise ValueError(
            f"all {len(samples)} samples equal {low}, and a constant is no noise; "
            "check the column, and the resolution it was recorded with"
        )
    return samples
