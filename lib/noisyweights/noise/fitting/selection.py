"""Which law stands for a device: held-out comparison of all laws, and the choice with its reason in words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from noisyweights import seeds
from noisyweights.noise import laws
from noisyweights.noise.fitting.estimation import Fit, checked, fit, refit
from noisyweights.noise.fitting.families import FAMILIES
from noisyweights.noise.fitting.goodness import GoodnessOfFit, goodness_of_fit
from noisyweights.noise.law import Law
from noisyweights.sample_size import MINIMUM_SAMPLE_SIZE
from noisyweights.scores.estimates import Interval

__all__ = ["Choice", "HeldOut", "Interval", "choose", "held_out"]

Array = NDArray[np.float64]

EMPIRICAL = "empirical"
FOLDS = 5
# Larger samples are compared on a random part of them: its interval is narrower than any that matters.
MOST_HELD_OUT = 1_000_000
# A fit is rejected when either p-value is below this; 199 replicates can just resolve it.
LEVEL, REPLICATES = 0.01, 199
# From here on a skewness or an excess kurtosis is worth a word.
SKEWED, HEAVY = 0.2, 2.0
WORDS = {
    "gaussian": "the Gaussian",
    "bimodal": "the pair of Gaussians",
    "bayes_mtj": "the Bayes-MTJ law (eq. 3)",
    "ecram": "the ECRAM law (eq. 13)",
}


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Log densities of samples under laws that were fitted to the other samples.

    Attributes:
        log_prob: for each law, the log density of every sample [nats, per unit of the samples], shape (n,).
    """

    log_prob: Mapping[str, Array]

    def mean(self, family: str) -> float:
        """Mean log density [nats a sample]; −∞ where a sample fell outside of a fitted support."""
        return float(self.log_prob[family].mean())

    def outside(self, family: str) -> int:
        """Number of samples that the law of the other samples called impossible."""
        return int(np.isneginf(self.log_prob[family]).sum())

    def gain(self, family: str, other: str = "gaussian") -> Interval:
        """Mean log density of `family` less that of `other`, over the same samples, with its 95 % interval.

        All −∞ or all +∞ where one of them called a sample impossible, NaN where both did.
        """
        with np.errstate(invalid="ignore"):
            difference = self.log_prob[family] - self.log_prob[other]
            mean = float(difference.mean())
        half = (
            1.96 * float(difference.std(ddof=1)) / math.sqrt(len(difference)) if math.isfinite(mean) else 0.0
        )
        return Interval(mean, mean - half, mean + half)


@dataclass(frozen=True, eq=False)
class Choice:
    """The law that stands for a device.

    Attributes:
        law: the unit law.
        family: its name.
        reason: why this one, in words.
        fits: every family's fit to all samples.
        goodness: the tests that were made, by family.
        held_out: every law's predictions of held-out samples, the empirical law's among them.
    """

    law: Law
    family: str
    reason: str
    fits: Mapping[str, Fit]
    goodness: Mapping[str, GoodnessOfFit]
    held_out: HeldOut


def held_out(samples: ArrayLike, *, families: Iterable[str], seed: int) -> HeldOut:
    """Predict each fifth of the samples by laws whose shape was fitted to the other four.

    Laws are compared as shapes: loc and scale, or half width, are those of the fit to all samples. A support
    estimated from four fifths would call the largest sample of the last fifth impossible; a device's range is
    rather known beforehand, and what holds for the range must hold for every law's loc and scale, lest some
    gain by it. Of more than 10⁶ samples a random 10⁶ are used.

    Args:
        samples: one-dimensional; at least 125 for "empirical".
        families: names of `families.FAMILIES`, or "empirical".
        seed: of the split.

    Raises: ValueError for samples that cannot be fitted or an unknown family.
    """
    samples, families = checked(samples), list(families)
    fits = {name: fit(samples, family=name) for name in families if name != EMPIRICAL}
    return _held_out(samples, fits, empirical=EMPIRICAL in families, seed=seed)


def choose(samples: ArrayLike, *, seed: int) -> Choice:
    """Choose the law that stands for a device: the simplest that its samples do not contradict.

    Families are taken in the order of their numbers of parameters, the likelier first among equals. The first
    one is chosen for which

      - no other law, the empirical one included, predicts held-out samples better: no 95 % interval of the
        difference lies wholly on the other's side; and
      - neither the Kolmogorov–Smirnov nor the Anderson–Darling test rejects at the level 0.01, with 199
        replicates.

    Where there is none, the empirical law stands for the device. Of more than 20,000 samples the tests see a
    random 20,000 (`goodness_of_fit`), so that a misfit too small to show there does not count.

    Raises: ValueError for samples that cannot be fitted.
    """
    samples = checked(samples)
    fits = {name: fit(samples, family=name) for name in FAMILIES}
    # A fold short of the samples that an empirical law takes leaves it out of the comparison.
    enough = len(samples) * (FOLDS - 1) // FOLDS >= MINIMUM_SAMPLE_SIZE
    scores = _held_out(samples, fits, empirical=enough, seed=seed)
    goodness: dict[str, GoodnessOfFit] = {}
    for name in sorted(fits, key=lambda name: (FAMILIES[name].size, -fits[name].log_likelihood)):
        if any(scores.gain(other, name).low > 0 for other in scores.log_prob if other != name):
            continue
        test = goodness[name] = goodness_of_fit(fits[name], samples, replicates=REPLICATES, seed=seed)
        if min(test.ks_p, test.ad_p) >= LEVEL:
            reason = (
                f"{WORDS[name]} fits: {_tested(test)} "
                f"({test.n} samples), and no other law predicts held-out samples better"
            )
            return Choice(fits[name].law, name, reason, fits, goodness, scores)
    reason = f"{_shape(samples, fits)}: {_verdict(scores, goodness)}; the empirical law is used"
    return Choice(laws.empirical(samples=samples), EMPIRICAL, reason, fits, goodness, scores)


def _held_out(samples: Array, fits: Mapping[str, Fit], *, empirical: bool, seed: int) -> HeldOut:
    order = seeds.generator(seed, "held-out").permutation(len(samples))[:MOST_HELD_OUT]
    samples = samples[order]
    held = [samples[k::FOLDS] for k in range(FOLDS)]
    rest = [np.concatenate(held[:k] + held[k + 1 :]) for k in range(FOLDS)]
    fitted = {name: refit(whole, rest, shape_only=True) for name, whole in fits.items()}
    if empirical:
        loc, scale = samples.mean(), samples.std()
        fitted[EMPIRICAL] = [laws.empirical(samples=part)(loc, scale) for part in rest]
    return HeldOut(
        {
            name: np.concatenate([law.log_prob(s).numpy() for law, s in zip(folds, held, strict=True)])
            for name, folds in fitted.items()
        }
    )


def _shape(samples: Array, fits: Mapping[str, Fit]) -> str:
    """What a histogram of the samples shows, in words."""
    z = (samples - samples.mean()) / samples.std()
    skewness, kurtosis = (z**3).mean(), (z**4).mean() - 3
    first, median, third = np.quantile(z, (0.25, 0.5, 0.75))
    # Standard errors: of a skewness from its influence function, of the quartiles' skewness for a Gaussian.
    error = (z**3 - 3 * z - 1.5 * skewness * (z**2 - 1) - skewness).std() / math.sqrt(len(z))
    quartiles = (first + third - 2 * median) / (third - first)
    pair = max(fits.values(), key=lambda fitted: fitted.log_likelihood)
    two_peaks = pair.family == "bimodal" and pair.law.mode is None
    words = []
    if abs(skewness) > max(3 * error, SKEWED) or (
        abs(quartiles) > max(5 / math.sqrt(len(z)), SKEWED / 2) and not two_peaks
    ):
        words.append(f"skewed (skewness {skewness:.2g}, of the quartiles {quartiles:.2g})")
    if kurtosis > HEAVY:
        words.append(f"heavy-tailed (excess kurtosis {kurtosis:.2g})")
    if two_peaks:
        words.append(f"with two peaks {2 * pair.params['separation']:.2g} standard deviations apart")
    return ", ".join(words) or "of a shape of its own"


def _verdict(scores: HeldOut, goodness: Mapping[str, GoodnessOfFit]) -> str:
    """Why no family was chosen, in words."""
    best = max((name for name in scores.log_prob if name != EMPIRICAL), key=scores.mean)
    if best in goodness:
        return (
            f"no law with a formula fits; the nearest, {WORDS[best]}, is rejected ({_tested(goodness[best])})"
        )
    gain = scores.gain(EMPIRICAL, best)
    return (
        f"no law with a formula fits; the nearest, {WORDS[best]}, predicts held-out samples worse "
        f"than the other samples do, by {gain.value:.2g} ({gain.low:.2g} to {gain.high:.2g}) nats a sample"
    )


def _tested(test: GoodnessOfFit) -> str:
    return f"Kolmogorov–Smirnov p = {test.ks_p:.2g}, Anderson–Darling p = {test.ad_p:.2g}"
