"""The laws by name: unit distributions (mean 0, variance 1) that a noisy weight can have."""

from __future__ import annotations

from numpy.typing import ArrayLike

from noisyweights.noise import pair_divergence  # noqa: F401 (TFP learns of it where there are laws)
from noisyweights.noise.distribution import LawDistribution
from noisyweights.noise.law import Law, from_config
from noisyweights.noise.laws.bayes_mtj_law import BayesMTJ
from noisyweights.noise.laws.bimodal_law import Bimodal
from noisyweights.noise.laws.device_law import DeviceLaw
from noisyweights.noise.laws.ecram_law import ECRAM
from noisyweights.noise.laws.empirical_law import Empirical, from_samples
from noisyweights.noise.laws.gaussian_law import Gaussian
from noisyweights.noise.laws.two_point_law import BiasedTwoPoint, TwoPoint
from noisyweights.noise.laws.uniform_law import Uniform

__all__ = [
    "DeviceLaw",
    "Law",
    "LawDistribution",
    "bayes_mtj",
    "biased_two_point",
    "bimodal",
    "ecram",
    "empirical",
    "from_config",
    "gaussian",
    "two_point",
    "uniform",
]


def gaussian() -> Law:
    """The standard normal law."""
    return Gaussian()


def uniform() -> Law:
    """Equal density on [−√3, √3]: a control without tails."""
    return Uniform()


def two_point() -> Law:
    """−1 and +1 with equal probability: a control without density, for moments and draws alone."""
    return TwoPoint()


def biased_two_point(*, probability: float) -> BiasedTwoPoint:
    """A bit that is in its upper state with `probability`, standardised: no density, as of `two_point`.

    Raises: ValueError unless 0 < probability < 1.
    """
    return BiasedTwoPoint(probability=probability)


def bimodal(*, separation: float) -> Bimodal:
    """Two Gaussians of equal weight at ±`separation`, their standard deviation √(1 − separation²).

    Raises: ValueError unless 0 ≤ separation < 1.
    """
    return Bimodal(separation=separation)


def bayes_mtj(*, A: float, B: float, C: float) -> DeviceLaw:
    """A (exp(−|x|/B) − exp(−1/B)) + C (1 − x²) on [−1, 1], standardised: eq. 3 of the device paper.

    A and C are divided by ∫q. Raises: ValueError for parameters without a density.
    """
    return BayesMTJ(A=A, B=B, C=C)


def ecram(*, A: float, B: float, C: float) -> DeviceLaw:
    """A (exp(−x²/B) − exp(−1/B)) + C (1 − x²) on [−1, 1], standardised: eq. 13 of the device paper.

    A and C are divided by ∫q. Raises: ValueError for parameters without a density.
    """
    return ECRAM(A=A, B=B, C=C)


def empirical(*, samples: ArrayLike) -> Empirical:
    """The law of `samples` in any unit, less their mean and over their standard deviation.

    Its density is constant between quantiles, and its tails are exponential. Raises: ValueError for fewer
    than 100 samples, NaN or infinite ones, noise too discrete for a density, and tails without a variance.
    """
    return from_samples(samples)
