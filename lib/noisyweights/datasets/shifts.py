"""Shifts: pictures turned and pictures with noise, to see what a network says of what it has not learnt."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from noisyweights import seeds

__all__ = ["add_uniform_noise", "rotate"]


def rotate(images: ArrayLike, degrees: float) -> NDArray[np.float32]:
    """Turn pictures (n, rows, columns, channels) about their middle, counter-clockwise: float32, same shape.

    Between pixels values are interpolated linearly, and what comes in at the edges is 0.

    Raises: ValueError for another shape, values outside [0, 1], or an angle that is not finite.
    """
    pictures = _checked(images)
    if not np.isfinite(degrees):
        raise ValueError(f"degrees must be finite, got {degrees}")
    if degrees % 360 == 0:
        return pictures
    turned = ndimage.rotate(pictures, degrees, axes=(2, 1), reshape=False, order=1)
    return np.clip(turned, 0, 1)


def add_uniform_noise(images: ArrayLike, strength: float, *, seed: int) -> NDArray[np.float32]:
    """Add to every pixel noise uniform in [−strength, strength], and cut at 0 and 1: float32, same shape.

    The same seed gives the same noise at every strength but for its size.

    Raises: ValueError for another shape, values outside [0, 1], or a strength that is negative or not finite.
    """
    pictures = _checked(images)
    if not 0 <= strength < np.inf:
        raise ValueError(f"strength must be finite and not negative, got {strength}")
    noise = seeds.generator(seed, "uniform noise").random(pictures.shape, np.float32)
    return np.clip(pictures + np.float32(strength) * (2 * noise - 1), 0, 1)


def _checked(images: ArrayLike) -> NDArray[np.float32]:
    pictures = np.asarray(images, np.float32)
    if pictures.ndim != 4 or not pictures.size:
        raise ValueError(f"images must have shape (n, rows, columns, channels), got {pictures.shape}")
    if not (pictures.min() >= 0 and pictures.max() <= 1):  # NaN is neither
        raise ValueError("images must hold values from 0 to 1: divide bytes by 255")
    return pictures
