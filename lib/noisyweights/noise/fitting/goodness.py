"""Goodness of fit with estimated parameters: Kolmogorov–Smirnov and Anderson–Darling by bootstrap."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from tqdm import tqdm

from noisyweights import seeds
from noisyweights.noise.distribution import LawDistribution
from noisyweights.noise.fitting.dependence import dependent_uniforms, lag_one
from noisyweights.noise.fitting.estimation import Fit
from noisyweights.noise.fitting.readings import ReadingsFit, bin_masses, refit_readings, rounded
from noisyweights.noise.samples import checked

__all__ = [
    "MOST_SAMPLES",
    "GoodnessOfFit",
    "bootstrap_statistics",
    "combine",
    "goodness_of_fit",
    "observed_statistics",
    "sequential_test",
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

    A test that ended early (`sequential_test`) has fewer replicates, and bounds in place of p-values where
    these are smaller.

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

    A fit by `fit_readings` says how the samples were read, and the replicates are read alike. Of readings
    with a step the statistics are those of F(low) + V (F(high) − F(low)), with the ends of each reading's bin
    and a uniform V, which are uniform for the true law. Of dependent ones, replicates are drawn from the
    autoregression of `dependence`, and of more than 20,000 every second, third, … is tested.
    Sources: W. Stute, W. González Manteiga and M. Presedo Quindimil, Metrika 40, 243 (1993); P. Dunn and
    G. Smyth, J. Comput. Graph. Stat. 5, 236 (1996), for rounded samples.

    Raises: ValueError for fewer than one replicate.
    """
    if replicates < 1:
        raise ValueError(f"a p-value needs replicates, got {replicates}; 199 resolve 0.005")
    observed = observed_statistics(fit, samples, seed=seed)
    return combine(fit, observed, [bootstrap_statistics(fit, replicates=range(replicates), seed=seed)])


def sequential_test(
    fit: Fit, samples: ArrayLike, *, level: float, replicates: int, seed: int
) -> GoodnessOfFit:
    """Test as `goodness_of_fit` does, and stop as soon as p must be below `level`.

    A statistic k standard deviations of its replicates above their mean has p ≤ 4/(9 (1 + k²)), whatever its
    distribution as long as that has one peak. After each 20 replicates the test ends if for either statistic
    this is below half the level: k is then 9.4 at 0.01, where 6.6 would do, since the deviation is itself
    estimated. Otherwise it is the same as the whole test. Where it takes long it shows its progress.
    Source: M. Mercadier and F. Strobel, Eur. J. Oper. Res. 295, 374 (2021), for the one-sided inequality of
    Vysochanskij and Petunin.
    """
    observed = observed_statistics(fit, samples, seed=seed)
    null = np.empty((0, 2))
    with tqdm(total=replicates, desc=f"testing {fit.family}", unit="", delay=5, leave=False) as bar:
        for start in range(0, replicates, BATCH):
            batch = range(start, min(start + BATCH, replicates))
            null = np.concatenate([null, bootstrap_statistics(fit, replicates=batch, seed=seed)])
            bar.update(len(batch))
            bound = _bounds(observed, null)
            if bound.min() < level / 2 and len(null) < replicates:
                test = combine(fit, observed, [null])
                ks_p, ad_p = (float(p) for p in np.minimum(bound, (test.ks_p, test.ad_p)))
                return replace(test, ks_p=ks_p, ad_p=ad_p)
    return combine(fit, observed, [null])


def _bounds(observed: Array, null: Array) -> Array:
    """Bounds on the p-values of statistics by mean and standard deviation of replicates."""
    finite = np.isfinite(null).all(axis=0) & (null.std(axis=0) > 0)
    k = (observed[finite] - null[:, finite].mean(axis=0)) / null[:, finite].std(axis=0, ddof=1)
    bounds = np.ones(len(observed))
    bounds[finite] = np.where(k > 2, 4 / (9 * (1 + k**2)), 1.0)
    return bounds


def observed_statistics(fit: Fit, samples: ArrayLike, *, seed: int) -> Array:
    """Return the Kolmogorov–Smirnov and Anderson–Darling statistics of samples and their fit, (2,)."""
    samples, fit = checked(samples), _as_read(fit)
    fitted, every = fit.distribution(), _stride(fit)
    if len(samples) > MOST_SAMPLES:
        if every > 1:
            samples = samples[::every]
        else:
            samples = seeds.generator(seed, "goodness", "part").choice(samples, MOST_SAMPLES, replace=False)
        (fitted,) = refit_readings(fit, [samples])
    return _statistics(samples, fitted, fit.step, seed, "observed")


def bootstrap_statistics(fit: Fit, *, replicates: range, seed: int) -> Array:
    """Return both statistics of data sets drawn from `fit` and refitted, shape (len(replicates), 2).

    Replicate i is the same whatever range it is computed in, so that ranges can be shared out and joined.
    """
    fit, batches = _as_read(fit), range(0, len(replicates), BATCH)
    n, phi = _size(fit), lag_one(fit.n, fit.independent) ** _stride(fit)
    rows = [np.empty((0, 2))]
    for batch in (replicates[i : i + BATCH] for i in batches):
        drawn = (seeds.generator(seed, "bootstrap", i) for i in batch)
        if phi:
            u = np.stack([dependent_uniforms(generator, n, phi) for generator in drawn])
        else:
            # Odd multiples of 2⁻⁵⁴: neither 0 nor 1, where a quantile may be infinite.
            u = np.stack([generator.random(n) for generator in drawn]) + 2.0**-54
        sets = fit.loc + fit.scale * fit.law.quantile(u).numpy()
        if fit.step:
            sets = rounded(sets, fit.first, fit.step)
        rows.append(
            [
                _statistics(s, refitted, fit.step, seed, i)
                for i, s, refitted in zip(batch, sets, refit_readings(fit, sets), strict=True)
            ]
        )
    return np.concatenate(rows)


def _as_read(fit: Fit) -> ReadingsFit:
    return fit if isinstance(fit, ReadingsFit) else ReadingsFit(**vars(fit))


def _stride(fit: ReadingsFit) -> int:
    """One of how many dependent samples is tested, all others 1."""
    return 1 if fit.independent is None else -(-fit.n // MOST_SAMPLES)


def combine(fit: Fit, observed: Array, bootstrapped: Sequence[Array]) -> GoodnessOfFit:
    """Return the test that `observed_statistics` and the chunks of `bootstrap_statistics` make."""
    null = np.concatenate(bootstrapped)
    size = len(null)
    p = (1 + (null >= observed).sum(axis=0)) / (1 + size)
    error = np.sqrt(p * (1 - p) / (1 + size))
    return GoodnessOfFit(
        family=fit.family,
        n=_size(_as_read(fit)),
        replicates=size,
        ks=float(observed[0]),
        ad=float(observed[1]),
        ks_p=float(p[0]),
        ad_p=float(p[1]),
        ks_p_error=float(error[0]),
        ad_p_error=float(error[1]),
    )


def _size(fit: ReadingsFit) -> int:
    """How many samples are tested."""
    return min(fit.n, MOST_SAMPLES) if fit.independent is None else -(-fit.n // _stride(fit))


def _statistics(samples: Array, fitted: LawDistribution, step: float, seed: int, name: str | int) -> Array:
    """Both statistics; `seed` and `name` are those of the spread of readings over their bins."""
    if step:
        below, mass, above = bin_masses(fitted, samples, step)
        share = seeds.generator(seed, "spread", name).random(len(samples))
        order = np.argsort(below + share * mass)
        return _distances((below + share * mass)[order], (above + (1 - share) * mass)[order])
    z = np.sort((samples - float(fitted.loc)) / float(fitted.scale))
    # The families are symmetric: the smaller of the two tail probabilities gives both, with all its digits.
    tail = fitted.law.cdf(-np.abs(z)).numpy()
    return _distances(np.where(z < 0, tail, 1 - tail), np.where(z < 0, 1 - tail, tail))


def _distances(below: Array, above: Array) -> Array:
    """Both statistics of ordered probabilities below and above the samples."""
    n = len(below)
    rank = np.arange(1, n + 1)
    ks = max((rank / n - below).max(), (below - (rank - 1) / n).max())
    with np.errstate(divide="ignore"):  # a sample outside the support is infinitely far
        logs = np.log(below) + np.log(above[::-1])
    ad = -n - ((2 * rank - 1) * logs).mean()
    return np.array([ks, ad if math.isfinite(ad) else math.inf])
