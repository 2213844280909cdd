"""Converters between numbers and voltages: codes of so many bits, and the range that they cover."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["Converter", "ConverterErrors", "calibrate", "spanning"]


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


@dataclass(frozen=True, kw_only=True)
class ConverterErrors:
    """What a converter does beside rounding, in units of its step (LSB).

    Args:
        noise_lsb: standard deviation of a conversion between repetitions, referred to the input.
        inl_lsb: integral nonlinearity as a data sheet draws it, distances from the straight line at codes
            that are evenly spaced from the first to the last, lines in between; () for none.

    Raises: ValueError for noise that is negative or not finite, a single number of INL, and for INL that
        falls by more than the code rises: codes would go back.
    Source: IEEE Std 1241, for both terms.
    """

    noise_lsb: float
    inl_lsb: tuple[float, ...]

    def __post_init__(self) -> None:
        if not 0 <= self.noise_lsb < np.inf:
            raise ValueError(f"noise_lsb must be finite and not negative, got {self.noise_lsb}")
        if len(self.inl_lsb) == 1 or not np.isfinite(self.inl_lsb).all():
            raise ValueError(
                f"inl_lsb takes finite distances at two codes or more, or () for none, got {self.inl_lsb}"
            )

    def check(self, bits: int, *, name: str) -> None:
        """Raise ValueError where codes of so many bits would not rise with what is converted."""
        if self.inl_lsb and np.diff(self.inl_lsb).min() <= -(2**bits - 1) / (len(self.inl_lsb) - 1):
            raise ValueError(
                f"{name}: an inl_lsb that falls by {-np.diff(self.inl_lsb).min():g} over "
                f"{(2**bits - 1) / (len(self.inl_lsb) - 1):g} codes is not monotonic: give the distance at "
                "fewer codes, or smaller ones"
            )


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


def spanning(low: float, high: float, *, bits: int) -> Converter:
    """A converter over this range with a code for 0, as `calibrate` makes them; errors as there."""
    return calibrate([low, high], bits=bits, coverage=1.0)
