"""What a sum of weights keeps of the shape of its noise, and how many weights make the shape not matter.

Noise zⱼ of mean 0, variance 1, skewness γ and excess kurtosis κ, independent, is added up with factors aⱼ: in
a network aⱼ = σⱼ xⱼ, the deviation of a weight times its input. Cumulants of independent terms add up, and
those of a zⱼ scale with aʳ, so the sum, standardised, has

    skewness k₃ = γ Σa³/(Σa²)^{3/2},        excess kurtosis k₄ = κ Σa⁴/(Σa²)² = κ/n,

with the effective number n = (Σa²)²/Σa⁴, which is the number of terms where all are equal.

Edgeworth's series of the sum's density about the Gaussian φ of equal variance is p = φ (1 + u) with
u = k₃He₃/6 + k₄He₄/24 + k₃²He₆/72 + …. Put it into the divergence, KL(p‖φ) = ∫φ (1+u) log(1+u) =
∫φ (u²/2 − u³/6 + u⁴/12 − …), since ∫φu = 0. Hermite polynomials are orthogonal, ∫φHeᵣ² = r!, hence in nats

    KL = k₃²/12 + k₄²/48 + R,        R = (7/48) k₃⁴ − k₃²k₄/8 − k₄³/48 + ….

The first two terms are the leading ones of the skewed and of the symmetric part. R is what comes next of
each: its first two terms are all of order 1/n², and the third is all of order 1/n³ of a symmetric law. There
R is −k₄ times the leading term, an error of one per cent for each 0.01 of the sum's excess kurtosis.

Signs. Where all a have one sign (inputs behind a ReLU, pixels), k₃² = γ²(Σa³)²/(Σa²)³, which is γ²/n for
equal terms: skewness falls slower than kurtosis, and is what is left in the end. Where signs are random and
independent of the sizes, cross terms of (Σa³)² vanish on average and E k₃² = γ² Σa⁶/(Σa²)³, which is γ²/n²
for equal terms: as quick as kurtosis. The difference of two such devices has no skewness at all.

Where it fails: with atoms (two-point noise in equal terms) the divergence is infinite at any number, and
the rule's is not; with an infinite kurtosis the rule's is infinite, and the divergence is not; and with so
few weights that R is not small, which `Divergence.error` tells.

Sources: P. Comon, Signal Process. 36, 287 (1994), for the series up to k₃²k₄ (there of negentropy);
the term k₄³ follows from ∫φHe₄³ = 1728. Effective number: the participation ratio.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

__all__ = [
    "SIGNS",
    "Divergence",
    "EffectiveNumbers",
    "divergence",
    "divergence_of_equal",
    "effective_numbers",
    "weights_needed",
]

SIGNS = ("same", "random")  # of the factors of a sum


@dataclass(frozen=True)
class EffectiveNumbers:
    """How many equal weights would leave as much of a law's shape as these: arrays (…), all at least 1.

    kurtosis: (Σa²)²/Σa⁴. skewness: (Σa²)³/(Σa³)², with the signs that the factors have, infinite where cubes
    cancel. skewness_random: (Σa²)³/Σa⁶, the same on average over random signs.
    """

    kurtosis: np.ndarray
    skewness: np.ndarray
    skewness_random: np.ndarray


@dataclass(frozen=True)
class Divergence:
    """KL of a sum from the Gaussian of equal variance, in nats, by its leading terms; arrays (…).

    skewness, kurtosis: of the sum, k₃ and k₄.
    """

    skewness: np.ndarray
    kurtosis: np.ndarray

    @property
    def value(self) -> np.ndarray:
        """k₃²/12 + k₄²/48."""
        return self.skewness**2 / 12 + self.kurtosis**2 / 48

    @property
    def next_term(self) -> np.ndarray:
        """What comes next in the series, nats: (7/48) k₃⁴ − k₃²k₄/8 − k₄³/48."""
        square = self.skewness**2
        return 7 * square**2 / 48 - square * self.kurtosis / 8 - self.kurtosis**3 / 48

    @property
    def error(self) -> np.ndarray:
        """Size of the next term over the value: what the leading terms are off by, while it is small."""
        value = self.value
        safe = np.where(value > 0, value, 1.0)
        return np.where(value > 0, np.abs(self.next_term) / safe, 0.0)


def effective_numbers(factors: ArrayLike) -> EffectiveNumbers:
    """Effective numbers of sums with these factors, (…, terms) → (…).

    Raises: ValueError for factors that are NaN or infinite, or all 0.
    """
    a = np.asarray(factors, float)
    if a.ndim < 1 or not np.isfinite(a).all():
        raise ValueError(f"factors must be finite numbers of shape (…, terms), got {factors!r}")
    largest = np.abs(a).max(-1, keepdims=True, initial=0.0)
    if not (largest > 0).all():
        raise ValueError("a sum whose factors are all 0 has no effective number: leave it out")
    a = a / largest  # sixth powers would not fit into a float
    square = np.square(a).sum(-1)
    cubes = (a**3).sum(-1)
    rounding = 1e-12 * (np.abs(a) ** 3).sum(-1)
    cancels = np.abs(cubes) <= rounding
    return EffectiveNumbers(
        kurtosis=square**2 / (a**4).sum(-1),
        skewness=np.where(cancels, np.inf, square**3 / np.where(cancels, 1.0, cubes) ** 2),
        skewness_random=square**3 / (a**6).sum(-1),
    )


def divergence(
    numbers: EffectiveNumbers, *, skewness: float, excess_kurtosis: float, signs: str = "as they are"
) -> Divergence:
    """Divergence of sums with these effective numbers, of noise with this skewness and excess kurtosis.

    Args:
        numbers: of the sums, (…).
        skewness, excess_kurtosis: γ and κ of the noise. κ may be infinite.
        signs: "as they are", those that the factors have, or "random", for the average over random ones.

    Raises: ValueError for a γ and κ that no law has (κ ≥ γ² − 2), or other signs.
    """
    _check(skewness, excess_kurtosis)
    if signs not in ("as they are", "random"):
        raise ValueError(f"signs must be 'as they are' or 'random', got {signs!r}")
    third = numbers.skewness if signs == "as they are" else numbers.skewness_random
    return Divergence(
        skewness=skewness / np.sqrt(third),
        kurtosis=np.asarray(excess_kurtosis / numbers.kurtosis),
    )


def divergence_of_equal(n: ArrayLike, *, skewness: float, excess_kurtosis: float, signs: str) -> Divergence:
    """Divergence of sums of n equal weights, "same" or "random" in sign; n (…), not always whole.

    For unequal weights of one sign, n = (Σa²)²/Σa⁴ errs on the safe side: (Σa³)² ≤ Σa²Σa⁴.

    Raises: ValueError as `divergence`, and for n below 1.
    """
    n = np.asarray(n, float)
    if not (n >= 1).all():
        raise ValueError(f"a sum has an effective number of 1 or more, got {n}")
    if signs not in SIGNS:
        raise ValueError(f"signs must be one of {', '.join(SIGNS)}, got {signs!r}")
    third = n if signs == "same" else n**2
    numbers = EffectiveNumbers(kurtosis=n, skewness=third, skewness_random=third)
    return divergence(numbers, skewness=skewness, excess_kurtosis=excess_kurtosis)


def weights_needed(nats: float, *, skewness: float, excess_kurtosis: float, signs: str) -> float:
    """The effective number from which on the divergence of a sum is at most so many nats; at least 1.

    It solves γ²/(12 n) + κ²/(48 n²) = nats for weights of the "same" sign, and (4γ² + κ²)/(48 n²) = nats for
    "random" ones. Infinite for an infinite kurtosis. `divergence_of_equal` at this number tells by its
    `error` how far the leading terms may be trusted there.

    Raises: ValueError for a level that is not positive, a γ and κ that no law has, or other signs.
    """
    if not (np.isfinite(nats) and nats > 0):
        raise ValueError(f"the divergence allowed must be positive and finite, got {nats} nats")
    if signs not in SIGNS:
        raise ValueError(f"signs must be one of {', '.join(SIGNS)}, got {signs!r}")
    _check(skewness, excess_kurtosis)
    linear, quadratic = (skewness**2 / 12, excess_kurtosis**2 / 48)
    if signs == "random":
        linear, quadratic = 0.0, linear + quadratic
    # In n: nats n² − linear n − quadratic = 0.
    return max(1.0, (linear + np.sqrt(linear**2 + 4 * nats * quadratic)) / (2 * nats))


def _check(skewness: float, excess_kurtosis: float) -> None:
    if not np.isfinite(skewness) or np.isnan(excess_kurtosis):
        raise ValueError(
            f"skewness and excess kurtosis must be numbers, got {skewness} and {excess_kurtosis}"
        )
    if excess_kurtosis < skewness**2 - 2 - 1e-9:
        raise ValueError(
            f"no law has a skewness of {skewness:g} and an excess kurtosis of {excess_kurtosis:g}: it is at "
            "least skewness² − 2; check which of them is which"
        )
