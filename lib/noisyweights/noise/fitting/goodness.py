"""Goodness of fit with estimated parameters: Kolmogorov–Smirnov and Anderson–Darling by bootstrap."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from noisyweights import seeds
from noisyweights.noise.distribution import LawDistribution
from noisyweights.noise.fitting.estimation import Fit, checked, refit

__all__ = [
    "MOST_SAMPLES",
    "GoodnessOfFit",
    "bootstrap_statistics",
    "combine",
    "goodness_of_fit",
    "observed_statistics",
]

Array = NDArray[np.float64]

# Larger samples are tested by a random part of them: with enough rows every parametric law is rejected, by
# deviations too small to matter.
MOST_SAMPLES = 20_000
# Replicates refitted at a time.
BATCH = 20


@dataclass(frozen=True)
class GoodnessOfFit:
    """Distances of samples from a fitted law, and how often the law's own samples lie further away.

    Attributes:
        family: name of the law.
        n: number of samples tested.
        replicates: number of bootstrap data sets.
        ks: Kolmogorov–Smirnov distance, sup |empirical CDF − fitted CDF|.
        ad: Anderson–Darling statistic, which weighs the tails more.
        ks_p, ad_p: (1 + replicates at least as far) / (1 + replicates).
        ks_p_error, ad_p_error: Monte Carlo standard errors of the p-values.
    """

    family: str
    n: int
    replicates: int
    ks: float
    ad: float
    ks_p: float
    ad_p: float
    ks_p_error: float
    ad_p_error: float


def goodness_of_fit(fit: Fit, samples: ArrayLike, *, replicates: int, seed: int) -> GoodnessOfFit:
    """Test whether `samples` could come from the family of `fit`, the fit to them.

    Estimated parameters follow the samples, so that the textbook critical values are far too lenient. The
    null distribution is that of data sets drawn from `fit` and fitted in their turn. Of more than 20,000
    samples a random 20,000 are tested, against replicates of that size.
    Source: W. Stute, W. González Manteiga and M. Presedo Quindimil, Metrika 40, 243 (1993).

    Raises: ValueError for fewer than one replicate.
    """
    if replicates < 1:
        raise ValueError(f"a p-value needs replicates, got {replicates}; 199 resolve 0.005")
    observed = observed_statistics(fit, samples, seed=seed)
    return combine(fit, observed, [bootstrap_statistics(fit, replicates=range(replicates), seed=seed)])


def observed_statistics(fit: Fit, samples: ArrayLike, *, seed: int) -> Array:
    """Return the Kolmogorov–Smirnov and Anderson–Darling statistics of samples and their fit, (2,)."""
    samples = checked(samples)
    if len(samples) <= MOST_SAMPLES:
        return _statistics(samples, fit.distribution())
    part = seeds.generator(seed, "goodness", "part").choice(samples, MOST_SAMPLES, replace=False)
    return _statistics(part, refit(fit, [part])[0])


def bootstrap_statistics(fit: Fit, *, replicates: range, seed: int) -> Array:
    """Return both statistics of data sets drawn from `fit` and refitted, shape (len(replicates), 2).

    Replicate i is the same whatever range it is computed in, so that ranges can be shared out and joined.
    """
    n, batches = min(fit.n, MOST_SAMPLES), range(0, len(replicates), BATCH)
    rows = [np.empty((0, 2))]
    for batch in (replicates[i : i + BATCH] for i in batches):
        # Odd multiples of 2⁻⁵⁴: neither 0 nor 1, where a quantile may be infinite.
        u = np.stack([seeds.generator(seed, "bootstrap", i).random(n) for i in batch]) + 2.0**-54
        sets = fit.loc + fit.scale * fit.law.quantile(u).numpy()
        rows.append([_statistics(s, refitted) for s, refitted in zip(sets, refit(fit, sets), strict=True)])
    return np.concatenate(rows)


def combine(fit: Fit, observed: Array, bootstrapped: Sequence[Array]) -> GoodnessOfFit:
    """Return the test that `observed_statistics` and the chunks of `bootstrap_statistics` make."""
    null = np.concatenate(bootstrapped)
    size = len(null)
    p = (1 + (null >= observed).sum(axis=0)) / (1 + size)
    error = np.sqrt(p * (1 - p) / (1 + size))
    return GoodnessOfFit(
        family=fit.family,
        n=min(fit.n, MOST_SAMPLES),
        replicates=size,
        ks=float(observed[0]),
        ad=float(observed[1]),
        ks_p=float(p[0]),
        ad_p=float(p[1]),
        ks_p_error=float(error[0]),
        ad_p_error=float(error[1]),
    )


def _statistics(samples: Array, fitted: LawDistribution) -> Array:
    z = np.sort((samples - float(fitted.loc)) / float(fitted.scale))
    # The families are symmetric: the smaller of the two tail probabilities gives both, with all its digits.
    tail = fitted.law.cdf(-np.abs(z)).numpy()
    below, above = np.where(z < 0, tail, 1 - tail), np.where(z < 0, 1 - tail, tail)
    n = len(z)
    rank = np.arange(1, n + 1)
    ks = max((rank / n - below).max(), (below - (rank - 1) / n).max())
    with np.errstate(divide="ignore"):  # a sample outside the support is infinitely far
        logs = np.log(below) + np.log(above[::-1])
    ad = -n - ((2 * rank - 1) * logs).mean()
    return np.array([ks, ad if math.isfinite(ad) else math.inf])
