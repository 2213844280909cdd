"""Prediction of held-out samples: each fifth by laws that were fitted to the other four."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from noisyweights import seeds
from noisyweights.noise import laws
from noisyweights.noise.distribution import LawDistribution
from noisyweights.noise.fitting.dependence import checked_independent
from noisyweights.noise.fitting.readings import (
    ReadingsFit,
    bin_masses,
    checked_step,
    fit_readings,
    refit_readings,
)
from noisyweights.noise.laws import empirical_law
from noisyweights.noise.samples import checked
from noisyweights.scores.estimates import Interval

__all__ = ["EMPIRICAL", "FOLDS", "MOST_HELD_OUT", "HeldOut", "Interval", "held_out", "predicted"]

Array = NDArray[np.float64]

EMPIRICAL = "empirical"
FOLDS = 5
# Larger samples are compared on a random part of them: its interval is narrower than any that matters.
MOST_HELD_OUT = 1_000_000


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Log densities of samples under laws that were fitted to the other samples.

    Attributes:
        log_prob: for each law, the log density of every sample [nats, per unit of the samples], shape (n,);
            of rounded samples the log of their bin's mass over its width.
        independent: how many of the n samples count as independent; None for all.
    """

    log_prob: Mapping[str, Array]
    independent: float | None = None

    def mean(self, family: str) -> float:
        """Mean log density [nats a sample]; −∞ where a sample fell outside of a fitted support."""
        return float(self.log_prob[family].mean())

    def outside(self, family: str) -> int:
        """Number of samples that the law of the other samples called impossible."""
        return int(np.isneginf(self.log_prob[family]).sum())

    def gain(self, family: str, other: str = "gaussian") -> Interval:
        """Mean log density of `family` less that of `other`, over the same samples, with its 95 % interval.

        All −∞ or all +∞ where one of them called a sample impossible, NaN where both did. Of dependent
        samples the interval is Student's with their independent number, and covers more than 95 %: functions
        of the samples that are no straight lines are forgotten sooner than the samples.
        """
        with np.errstate(invalid="ignore"):
            difference = self.log_prob[family] - self.log_prob[other]
            mean = float(difference.mean())
        if not math.isfinite(mean):
            return Interval(mean, mean, mean)
        wide, count = 1.96, float(len(difference))
        if self.independent is not None:
            wide, count = float(stats.t.ppf(0.975, self.independent - 1)), self.independent
        half = wide * float(difference.std(ddof=1)) / math.sqrt(count)
        return Interval(mean, mean - half, mean + half)


def held_out(
    samples: ArrayLike,
    *,
    families: Iterable[str],
    seed: int,
    step: float = 0.0,
    independent: float | None = None,
) -> HeldOut:
    """Predict each fifth of the samples by laws whose shape was fitted to the other four.

    Laws are compared as shapes: loc and scale, or half width, are those of the fit to all samples. A support
    estimated from four fifths would call the largest sample of the last fifth impossible; a device's range is
    rather known beforehand, and what holds for the range must hold for every law's loc and scale, lest some
    gain by it. Of more than 10⁶ samples a random 10⁶ are used.

    Rounded samples are predicted by the mass of their bins, lest the empirical law gain by learning which
    values there are. Dependent samples are cut into five stretches of time, lest it gain by their neighbours.

    Args:
        samples: one-dimensional; at least 125 for "empirical".
        families: names of `families.FAMILIES`, or "empirical".
        seed: of the split.
        step, independent: as in `choose`.

    Raises: ValueError for samples that cannot be fitted or an unknown family.
    """
    samples, families = checked(samples), list(families)
    step, independent = checked_step(step, samples), checked_independent(independent, len(samples))
    fits = {
        name: fit_readings(samples, family=name, step=step, independent=independent)
        for name in families
        if name != EMPIRICAL
    }
    if EMPIRICAL in families:
        laws.empirical(samples=samples)  # says what it cannot take
    return predicted(
        samples, fits, empirical=EMPIRICAL in families, seed=seed, step=step, independent=independent
    )


def predicted(
    samples: Array,
    fits: Mapping[str, ReadingsFit],
    *,
    empirical: bool,
    seed: int,
    step: float,
    independent: float | None,
) -> HeldOut:
    """What `held_out` returns, for fits to all samples."""
    if independent is None:
        samples = samples[seeds.generator(seed, "held-out").permutation(len(samples))[:MOST_HELD_OUT]]
        held = [samples[k::FOLDS] for k in range(FOLDS)]
    else:
        samples = samples[:: -(-len(samples) // MOST_HELD_OUT)]
        held = np.array_split(samples, FOLDS)
    rest = [np.concatenate(held[:k] + held[k + 1 :]) for k in range(FOLDS)]
    fitted = {name: refit_readings(whole, rest, shape_only=True) for name, whole in fits.items()}
    if empirical:
        loc, scale = samples.mean(), samples.std()
        fitted[EMPIRICAL] = [empirical_law.smoothed(part)(loc, scale) for part in rest]
    return HeldOut(
        {name: _log_prob(folds, held, step) for name, folds in fitted.items()},
        independent,
    )


def _log_prob(folds: Sequence[LawDistribution], held: Sequence[Array], step: float) -> Array:
    if not step:
        return np.concatenate([law.log_prob(s).numpy() for law, s in zip(folds, held, strict=True)])
    masses = np.concatenate([bin_masses(law, s, step)[1] for law, s in zip(folds, held, strict=True)])
    with np.errstate(divide="ignore"):
        return np.log(masses / step)
