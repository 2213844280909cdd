"""Which law stands for a device: held-out comparison of all laws, and the choice with its reason in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from noisyweights.noise import laws
from noisyweights.noise.fitting.boundary import explained
from noisyweights.noise.fitting.dependence import checked_independent
from noisyweights.noise.fitting.estimation import Fit
from noisyweights.noise.fitting.families import FAMILIES
from noisyweights.noise.fitting.goodness import GoodnessOfFit, sequential_test
from noisyweights.noise.fitting.prediction import EMPIRICAL, FOLDS, HeldOut, predicted
from noisyweights.noise.fitting.readings import checked_step, fit_readings
from noisyweights.noise.law import Law
from noisyweights.noise.laws import empirical_law
from noisyweights.noise.samples import checked
from noisyweights.sample_size import MINIMUM_SAMPLE_SIZE

__all__ = ["Choice", "choose"]

Array = NDArray[np.float64]

# A fit is rejected when either p-value is below this; 199 replicates can just resolve it.
LEVEL, REPLICATES = 0.01, 199
# Samples of no more values than this show no shape between them.
FEW_VALUES = 12
# From here on a skewness or an excess kurtosis is worth a word.
SKEWED, HEAVY = 0.2, 2.0
WORDS = {
    "gaussian": "the Gaussian",
    "bimodal": "the pair of Gaussians",
    "bayes_mtj": "the Bayes-MTJ law (eq. 3)",
    "ecram": "the ECRAM law (eq. 13)",
}


@dataclass(frozen=True, eq=False)
class Choice:
    """The law that stands for a device.

    Attributes:
        law: the unit law.
        family: its name.
        reason: why this one, in words.
        fits: every family's fit to all samples.
        goodness: the tests that were made, by family.
        held_out: every law's predictions of held-out samples, the empirical law's among them; none where the
            samples take a few values only.
        at_boundary: for each family whose fit ended at the boundary, what that means.
    """

    law: Law
    family: str
    reason: str
    fits: Mapping[str, Fit]
    goodness: Mapping[str, GoodnessOfFit]
    held_out: HeldOut
    at_boundary: Mapping[str, str]


def choose(samples: ArrayLike, *, seed: int, step: float = 0.0, independent: float | None = None) -> Choice:
    """Choose the law that stands for a device: the simplest that its samples do not contradict.

    Families are taken in the order of their numbers of parameters, the likelier first among equals. The first
    one is chosen for which

      - no other law, the empirical one included, predicts held-out samples better: no 95 % interval of the
        difference lies wholly on the other's side; and
      - neither the Kolmogorov–Smirnov nor the Anderson–Darling test rejects at the level 0.01, with 199
        replicates, or fewer where the rejection is plain before (`sequential_test`).

    Where there is none, the empirical law stands for the device. Of more than 20,000 samples the tests see a
    random 20,000 (`goodness_of_fit`), so that a misfit too small to show there does not count. Samples of no
    more than 12 values, or 15 of unknown step, show no shape: of two, the law is a bit with its bias, of more
    the empirical law, with each value spread over its step.

    Args:
        samples: one-dimensional, at least 100, in any unit; in order of time if `independent` is given.
        seed: of the split and of the bootstrap.
        step: that the samples were rounded to, in their unit; 0 for none.
        independent: how many independent samples would tell the mean as well; None for all.

    Raises: ValueError for samples that cannot be fitted, that are no multiples of the step apart, or whose
        tails have no variance; for a number of independent samples that is not between 2 and n; and for noise
        of unknown step of which one value is more than a quarter.
    """
    samples = checked(samples)
    step, independent = checked_step(step, samples), checked_independent(independent, len(samples))
    values, counts = np.unique(samples, return_counts=True)
    few = len(values) <= (FEW_VALUES if step else empirical_law.MINIMUM_DISTINCT_VALUES - 1)
    if not few:
        outliers = _outliers(samples)
        empirical = empirical_law.smoothed(samples) if step else laws.empirical(samples=samples)
    fits = {name: fit_readings(samples, family=name, step=step, independent=independent) for name in FAMILIES}
    edges = {name: explained(fitted, samples) for name, fitted in fits.items() if fitted.at_boundary}
    if few:
        law, reason = _of_levels(samples, values, counts)
        return Choice(law, law.name, reason, fits, {}, HeldOut({}), edges)
    # A fold short of the samples that an empirical law takes leaves it out of the comparison.
    enough = len(samples) * (FOLDS - 1) // FOLDS >= MINIMUM_SAMPLE_SIZE
    scores = predicted(samples, fits, empirical=enough, seed=seed, step=step, independent=independent)
    goodness: dict[str, GoodnessOfFit] = {}
    notes = outliers + _too_few(independent)
    for name in sorted(fits, key=lambda name: (FAMILIES[name].size, -fits[name].log_likelihood)):
        if any(scores.gain(other, name).low > 0 for other in scores.log_prob if other != name):
            continue
        test = goodness[name] = sequential_test(
            fits[name], samples, level=LEVEL, replicates=REPLICATES, seed=seed
        )
        if min(test.ks_p, test.ad_p) >= LEVEL:
            reason = (
                f"{WORDS[name]} fits: {_tested(test)} "
                f"({test.n} samples), and no other law predicts held-out samples better"
            )
            edge = f"; {edges[name]}" if name in edges else ""
            return Choice(fits[name].law, name, reason + edge + notes, fits, goodness, scores, edges)
    reason = f"{_shape(samples, fits)}: {_verdict(scores, goodness)}; the empirical law is used{notes}"
    return Choice(empirical, EMPIRICAL, reason, fits, goodness, scores, edges)


def _of_levels(samples: Array, values: Array, counts: NDArray[np.intp]) -> tuple[Law, str]:
    """The law of samples that take a few values only, and why."""
    shares = counts / len(samples)
    if len(values) == 2:
        law = laws.biased_two_point(probability=float(shares[1]))
        return law, (
            f"the samples take two values, {values[0]:g} in {shares[0]:.3g} and {values[1]:g} in "
            f"{shares[1]:.3g} of all: a bit with this bias is used, which has no density"
        )
    return empirical_law.smoothed(samples), (
        f"the samples take {len(values)} values only, from {values[0]:g} to {values[-1]:g}, and a law's "
        "shape does not show between so few; the empirical law is used, with each value spread over its step"
    )


def _outliers(samples: Array) -> str:
    """What stands apart from the samples, in words. Raises: ValueError for tails without a variance."""
    far = empirical_law.checked_tails(samples)
    if not far.outliers:
        return ""
    apart = samples[np.abs(samples - np.median(samples)) >= far.beyond * (1 - 1e-9)]
    furthest = apart[np.abs(apart - np.median(samples)).argmax()]
    distance = abs(furthest - samples.mean()) / samples.std()
    return (
        f"; {far.outliers} of {len(samples)} samples stand apart from all others, the furthest at "
        f"{furthest:g} ({distance:.2g} standard deviations from the mean): "
        "leave them out if they are glitches"
    )


def _too_few(independent: float | None) -> str:
    if independent is None or independent >= MINIMUM_SAMPLE_SIZE:
        return ""
    return (
        f"; but the samples count as no more than {independent:.3g} independent ones, and fewer than "
        f"{MINIMUM_SAMPLE_SIZE} do not tell one law from another: record for longer"
    )


def _shape(samples: Array, fits: Mapping[str, Fit]) -> str:
    """What a histogram of the samples shows, in words."""
    z = (samples - samples.mean()) / samples.std()
    skewness, kurtosis = (z**3).mean(), (z**4).mean() - 3
    first, median, third = np.quantile(z, (0.25, 0.5, 0.75))
    # Standard errors: of a skewness from its influence function, of the quartiles' skewness for a Gaussian.
    error = (z**3 - 3 * z - 1.5 * skewness * (z**2 - 1) - skewness).std() / len(z) ** 0.5
    quartiles = (first + third - 2 * median) / (third - first)
    pair = max(fits.values(), key=lambda fitted: fitted.log_likelihood)
    two_peaks = pair.family == "bimodal" and pair.law.mode is None
    words = []
    if abs(skewness) > max(3 * error, SKEWED) or (
        abs(quartiles) > max(5 / len(z) ** 0.5, SKEWED / 2) and not two_peaks
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
