"""Coins in place of weights: w in [−1, 1] becomes sign(w) with probability |w|, and 0 otherwise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

__all__ = ["ROUNDINGS", "Coins"]

ROUNDINGS = ("nearest", "up", "gaussian")
_BITS = 32  # of the random number that a coin is held against


@dataclass(frozen=True, eq=False)
class Coins:
    """Coins of one layer: Ω = Ω⁺ − Ω⁻ with Ω± ~ Bernoulli(max(±w, 0)), so that E Ω = w.

    One of the two probabilities is 0, so one random number r of 32 bits serves both:
    Ω = sign(w)·[r < 2³²|w|].
    Fewer bits round the probability and take the same r, so that draws of one seed differ in few coins only.

    Args:
        kernel: weights in [−1, 1], of any shape.
        precision: "full" (32 bits, as fine as float32 for |w| ≥ 2⁻⁹) or a number of bits b from 1 to 32.
        rounding: "nearest" rounds |w| to a multiple of 2⁻ᵇ, 0 and 1 included (the paper, §II-B); "up" to the
            next larger one, which is what it means to hold |w| against a random number of b bits (§III-D);
            "gaussian" adds noise of standard deviation 2⁻ᵇ to w at each toss, clips, and holds the result
            against r in full (the published code, which adds N(0, 1/levels)). "full" knows no rounding.

    Raises: ValueError for weights out of range or NaN, and for another precision or rounding.
    Source: Aimone et al. (2023), §II-A and §II-B.
    """

    kernel: np.ndarray
    precision: int | str
    rounding: str = "nearest"

    def __post_init__(self):
        if not np.abs(self.kernel).max(initial=0) <= 1:  # NaN is out of range too
            raise ValueError(
                "a coin's weight lies in [-1, 1], and these reach from "
                f"{np.min(self.kernel):.4g} to {np.max(self.kernel):.4g}: train with the UnitRange "
                "constraint, or bring the network into range with scaling.renormalise"
            )
        if self.rounding not in ROUNDINGS:
            raise ValueError(f"rounding must be one of {', '.join(ROUNDINGS)}, got {self.rounding!r}")
        whole = isinstance(self.precision, int | np.integer) and not isinstance(self.precision, bool)
        if not (self.precision == "full" if not whole else 1 <= self.precision <= _BITS):
            raise ValueError(f"precision must be 'full' or from 1 to {_BITS} bits, got {self.precision!r}")
        noisy = whole and self.rounding == "gaussian"
        object.__setattr__(self, "_noise", 2.0**-self.precision if noisy else None)
        bits = self.precision if whole and not noisy else _BITS
        prepared = None if noisy else _prepared(self.kernel, int(bits), self.rounding)
        object.__setattr__(self, "_prepared", prepared)

    @property
    def odds(self) -> np.ndarray:
        """Probability that each coin shows a one, of either sign: float64 of the kernel's shape.

        After rounding |w|; with Gaussian noise E min(|w + σZ|, 1), since it is drawn anew for each toss and
        can change the sign, or be clipped.
        """
        if self._noise is not None:
            w = self.kernel.astype(np.float64) / self._noise
            ends = 1 / self._noise
            return self._noise * (_excess(w) + _excess(-w) - _excess(ends - w) - _excess(ends + w))
        largest, signs = self._prepared
        return np.where(signs == 0, 0, (largest.astype(np.float64) + 1) / 2.0**_BITS)

    def toss(self, rng: np.random.Generator) -> np.ndarray:
        """One draw of all coins: int8 of the kernel's shape, −1, 0 or 1."""
        if self._noise is None:
            largest, signs = self._prepared
        else:
            noisy = self.kernel + self._noise * rng.standard_normal(self.kernel.shape)
            largest, signs = _prepared(np.clip(noisy, -1, 1), _BITS, "nearest")
        return (_words(rng, self.kernel.shape) <= largest) * signs


def _excess(threshold: np.ndarray) -> np.ndarray:
    """E max(Z − threshold, 0) of a standard Gaussian."""
    return np.exp(-(threshold**2) / 2) / np.sqrt(2 * np.pi) - threshold * special.ndtr(-threshold)


def _prepared(kernel: np.ndarray, bits: int, rounding: str) -> tuple[np.ndarray, np.ndarray]:
    """Largest r that shows a one, and the sign of that; the sign is 0 where none does."""
    rounded = np.ceil if rounding == "up" else np.rint
    levels = rounded(np.abs(kernel, dtype=np.float64) * 2.0**bits).astype(np.uint64)
    below = levels << np.uint64(_BITS - bits)
    largest = np.maximum(below, 1) - np.uint64(1)  # 2³² itself has no room in 32 bits
    return largest.astype(np.uint32), (np.sign(kernel) * (levels > 0)).astype(np.int8)


def _words(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Random numbers of 32 bits, two of each number that the generator makes."""
    size = int(np.prod(shape))
    return rng.bit_generator.random_raw(-(-size // 2)).view(np.uint32)[:size].reshape(shape)
