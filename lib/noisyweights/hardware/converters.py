"""Converters between numbers and voltages: codes of so many bits, and the range that they cover."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["Converter", "calibrate"]


@dataclass(frozen=True)
class Converter:
    """A uniform quantiser: 2^bits codes, equally spaced from `low` to `high`, both ends included.

    As a DAC it turns a number into the voltage of the nearest code, as an ADC a current into the nearest
    code; what lies beyond the ends becomes the end.

    Args:
        bits: of a code, 1 to 24.
        low, high: the numbers that the first and the last code stand for.

    Raises: ValueError for other bits, or an empty range.
    """

    bits: int
    low: float
    high: float

    def __post_init__(self) -> None:
        if not 1 <= self.bits <= 24 or self.bits != int(self.bits):
            raise ValueError(f"a converter has 1 to 24 bits, got {self.bits}")
        if not -np.inf < self.low < self.high < np.inf:
            raise ValueError(
                f"a converter's range must be finite and not empty, got {self.low} to {self.high}"
            )

    @property
    def step(self) -> float:
        """Distance of two codes."""
        return (self.high - self.low) / (2**self.bits - 1)

    def codes(self, values: ArrayLike) -> np.ndarray:
        """Codes from 0 to 2^bits − 1, a half rounding to the even one. Raises ValueError for NaN."""
        values = np.asarray(values, float)
        if np.isnan(values).any():
            raise ValueError(f"{np.isnan(values).sum()} values are NaN, for which there is no code")
        return np.rint((np.clip(values, self.low, self.high) - self.low) / self.step).astype(np.int64)

    def quantised(self, values: ArrayLike) -> np.ndarray:
        """The numbers that the values' codes stand for."""
        return self.low + self.step * self.codes(values)


def calibrate(values: ArrayLike, *, bits: int, coverage: float) -> Converter:
    """A converter whose range holds this share of all values, and that has a code for 0.

    The range begins at 0 where no value is negative. Else codes are those of two's complement, from −2^(b−1)
    to 2^(b−1) − 1 steps; a single bit has one to either side of 0. A narrow range has a fine step and cuts
    what lies beyond: the best coverage is a matter of bits.

    Raises: ValueError for no values, NaN or infinite ones, all zero, or a coverage outside (0, 1].
    """
    values = np.asarray(values, float)
    size = np.abs(values).ravel()
    if not size.size or not np.isfinite(size).all():
        raise ValueError("calibration needs values, all of them finite")
    if not 0 < coverage <= 1:
        raise ValueError(f"coverage is a share above 0 and up to 1, got {coverage}")
    high = float(np.quantile(size, coverage))
    if high == 0:
        raise ValueError("calibration needs values other than 0")
    if values.min() >= 0:
        return Converter(bits, 0.0, high)
    if bits == 1:
        return Converter(bits, -high, high)
    half = 2 ** (bits - 1)
    return Converter(bits, -high * half / (half - 1), high)
