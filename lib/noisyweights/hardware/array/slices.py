"""Weights in slices over several cells, or on one cell beside an offset: the columns that hold them.

A weight in S slices takes S columns side by side, the highest slice first: a `Crossbar` of outputs · S
columns, each with the gain of its slice, so that a weight is the sum over them of (G⁺ − G⁻) / gain.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from noisyweights.hardware.array.crossbar import Crossbar, checked_weights, largest_weights
from noisyweights.hardware.cells import LevelCell
from noisyweights.hardware.drive import Drive

__all__ = ["place_driven"]


def place_driven(
    mean: ArrayLike,
    deviation: ArrayLike | None,
    *,
    cell: LevelCell,
    drive: Drive,
    rng: np.random.Generator | None,
    power: np.ndarray | None = None,
) -> Crossbar:
    """Put a matrix of weights on cells as a drive wants it; as `crossbar.place` but for these.

    With `weight_bits` b a weight is the whole number nearest to (2^(b−1) − 1) · w / largest. In pairs its
    magnitude is cut into slices, on the positive cells or the negative ones; with an offset 2^(b−1) is added
    to it, and the reference of the highest slice takes that off. A digit takes every so many levels of its
    cell, as many as there are room for. What fluctuates stands beside the cell of the highest slice.

    Args:
        mean, deviation, cell, rng, power: as in `crossbar.place`.
        drive: its encoding, weight_bits and slice_bits count.

    Returns: outputs · slices columns.
    Raises: as `crossbar.place`.
    """
    mean, deviation = checked_weights(mean, deviation)
    largest = largest_weights(mean, deviation, power)
    low, high = cell.levels_uS[0], cell.levels_uS[-1]
    if drive.weight_bits is None:
        span = np.array([high - low if drive.encoding == "pairs" else (high - low) / 2])
        wanted = (mean / largest)[..., None] * span
        middle, gain = (
            np.array([high - span[0] if drive.encoding == "offset" else low]),
            span / largest[:, None],
        )
    else:
        whole = 2 ** (drive.weight_bits - 1) - 1
        units = np.rint(mean / largest * whole).astype(np.int64)
        shift = np.cumsum((0, *drive.slice_bits[:0:-1]))[::-1]
        step = _steps_uS(cell, drive.slice_bits)
        digits, zero = _digits(units, drive, shift)
        wanted, middle = digits * step, low + zero * step
        gain = step / 2.0**shift * whole / largest[:, None]
    positive, negative = _cells(wanted, middle, cell, drive, rng)
    beside = np.zeros_like(wanted)
    beside[..., 0] = deviation * gain[:, 0]
    flat = (len(mean), -1)
    return Crossbar(positive.reshape(flat), negative.reshape(flat), beside.reshape(flat), gain.ravel())


def _steps_uS(cell: LevelCell, slice_bits: tuple[int, ...]) -> np.ndarray:
    """Conductance of a one in each slice, (slices,)."""
    last = 2 ** np.array(slice_bits) - 1
    used = last * ((len(cell.levels_uS) - 1) // last)
    return (np.asarray(cell.levels_uS)[used] - cell.levels_uS[0]) / last


def _digits(units: np.ndarray, drive: Drive, shift: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Digits of whole numbers with their signs, (inputs, outputs, slices), and those that stand for 0."""
    masks = (1 << np.array(drive.slice_bits)) - 1
    zero = np.zeros(len(shift), np.int64)
    if drive.encoding == "pairs":
        return np.sign(units)[..., None] * (np.abs(units)[..., None] >> shift & masks), zero
    offset = 1 << (drive.weight_bits - 1)
    zero = offset >> shift & masks
    return ((units + offset)[..., None] >> shift & masks) - zero, zero


def _cells(
    wanted: np.ndarray, middle: np.ndarray, cell: LevelCell, drive: Drive, rng: np.random.Generator | None
) -> tuple[np.ndarray, np.ndarray]:
    """Conductances of the positive and the negative cells; with an offset the latter are the reference."""
    held = np.asarray(cell.levels_uS)

    def written(target: np.ndarray) -> np.ndarray:
        level = cell.nearest(target)
        return held[level] if rng is None else cell.written(level, rng)

    if drive.encoding == "offset":
        return written(middle + wanted), np.broadcast_to(middle, wanted.shape).copy()
    return written(middle + np.maximum(wanted, 0)), written(middle + np.maximum(-wanted, 0))
