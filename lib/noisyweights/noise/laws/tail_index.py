"""How fast the tails of samples fall off: what stands apart from them, and whether a variance exists."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from noisyweights.noise.laws.spread_samples import SpreadSamples

__all__ = ["Tails", "tails"]

Array = NDArray[np.float64]

FEWEST = 10  # order statistics looked at
ALARM = 0.01  # how often a sample of a law with a Pareto tail is said to hold an outlier
ONE_SIDED_95 = 1.6448536269514722


@dataclass(frozen=True)
class Tails:
    """The far ends of samples.

    Attributes:
        outliers: how many samples stand apart from the others, beyond a gap that their tails do not explain.
        beyond: the distance from the median at which they begin.
        shape: the extreme-value index γ of the others, 1/α for a tail that falls as |x|^−α and at most 0 for
            one that falls faster than any power.
        error: its standard error.
    """

    outliers: int
    beyond: float
    shape: float
    error: float

    @property
    def has_variance(self) -> bool:
        """False where γ lies above ½, which is a tail index α below 2, beyond its one-sided 95 % bound."""
        return self.shape - ONE_SIDED_95 * self.error <= 0.5


def tails(samples: SpreadSamples) -> Tails:
    """Return what the √n samples furthest from the median, 10 at least, say of the tails.

    Distances r₁ ≥ r₂ ≥ … of a Pareto tail have log-spacings i log(rᵢ/rᵢ₊₁) that are independent and
    exponential, of mean γ; of a lighter tail they are smaller towards the end. Where the largest of k is more
    than c means of the others, which happens 1 time in 100 for k (1 + c/(k − 1))^−(k − 1) = 0.01, the samples
    beyond that gap are outliers, and left out. The index of the others is the moment estimate
    γ̂ = M₁ + 1 − ½ (1 − M₁²/M₂)⁻¹, with Mⱼ the mean of log(rᵢ/rₖ₊₁)ʲ and the standard error √((1 + γ²)/k).
    Sources: A. Rényi, Acta Math. Hung. 4, 191 (1953), for the spacings; A. Dekkers, J. Einmahl and
    L. de Haan, Ann. Stat. 17, 1833 (1989), for the estimate.
    """
    x = samples.evenly()
    r = np.sort(np.abs(x - np.median(x)))[::-1]
    k = min(max(FEWEST, math.isqrt(samples.n)), samples.n // 4)
    outliers = _apart(r, k)
    log_r = np.log(np.maximum(r[outliers : outliers + k + 1], np.finfo(float).tiny))
    above = log_r[:-1] - log_r[-1]
    first, second = above.mean(), (above**2).mean()
    # Equal distances, as of a device that sits in two states, are a bounded tail.
    shape = first + 1 - 0.5 / (1 - first**2 / second) if second > first**2 * (1 + 1e-9) else -math.inf
    error = math.sqrt((1 + max(shape, 0) ** 2) / k)
    return Tails(outliers, float(r[outliers - 1]) if outliers else math.inf, float(shape), error)


def _apart(r: Array, k: int) -> int:
    """How many of the leading k distances stand apart."""
    if r[k] <= 0:
        return 0
    spacings = np.arange(1, k + 1) * np.log(r[:k] / r[1 : k + 1])
    largest = int(spacings.argmax())
    others = (spacings.sum() - spacings[largest]) / (k - 1)
    most = (k - 1) * ((k / ALARM) ** (1 / (k - 1)) - 1)
    return largest + 1 if spacings[largest] > most * others else 0
