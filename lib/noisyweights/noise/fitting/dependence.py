"""Samples that remember one another: a first-order autoregression of their normal scores stands for them.

What is known of the dependence is how many independent samples would tell the mean as well: n_eff of n, so
that τ = n/n_eff samples count as one. A stationary Gaussian autoregression with lag-one correlation
φ = (τ − 1)/(τ + 1) has this τ; put through Φ and a law's quantile it has that law (a Gaussian copula).

How often it holds was measured on autoregressions, with the number of independent samples that a report
counts on: `dynamics.correlation` finds it in the samples themselves, fewer than they are worth, as it is
uncertain (`Correlation.counted`). Of 2000 Gaussian sets tests at 5 % rejected the true law, and intervals of
95 % held the truth, in per cent; each share is known to ± 1, those below 93 to ± 1.5:

    φ      samples   independent   KS     AD     mean   σ
    0      1000      1000          5.7    5.7    95.0   94.8
    0.5    1000      333           5.0    5.1    94.3   95.5
    0.9    1000      53            4.0    4.6    94.0   92.5
    0.98   5000      51            4.2    4.2    94.5   92.6
    0.98   1000      10            4.7    4.5    91.2   87.2

With the number that they are worth, 6 to 10 % are rejected from φ = 0.9 on. Below some 50 independent samples
errors still come out too small: the deviation itself is then too small. The numbers are from
`python -m benchmarks.true_laws --law gaussian --repeats 2000` (data/benchmarks/true_laws.json).

Of eq. 3 60 sets for each of the first four rows are measured (`--law bayes_mtj --repeats 60`): of all 240, KS
rejected 6.2 % (3.5 to 10.1) and AD 7.1 % (4.2 to 11.1); intervals held A in 98 % and the half width in 90 %.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import signal, special

__all__ = ["checked_independent", "dependent_uniforms", "excess_covariance", "lag_one"]

Array = NDArray[np.float64]

# Orders of the Hermite expansion, nodes of its integrals, and the normal score beyond which nothing weighs.
ORDERS, NODES, FURTHEST = 60, 200, 7.0


def checked_independent(independent: float | None, n: int) -> float | None:
    """Return the effective number of samples. Raises: ValueError unless 2 ≤ independent ≤ n."""
    if independent is not None and not 2 <= independent <= n:
        raise ValueError(
            f"independent = {independent} of {n} samples: the number of independent reads lies between 2 and "
            "the number of samples; leave it out where no sample remembers another"
        )
    return independent


def lag_one(n: int, independent: float | None) -> float:
    """Correlation φ of neighbours for which n samples tell a mean as well as `independent` ones do."""
    if independent is None:
        return 0.0
    tau = n / independent
    return (tau - 1) / (tau + 1)


def dependent_uniforms(generator: np.random.Generator, n: int, phi: float) -> Array:
    """Uniforms in (0, 1), shape (n,), whose normal scores are a stationary autoregression."""
    shocks = generator.standard_normal(n)
    shocks[1:] *= math.sqrt((1 - phi) * (1 + phi))
    scores = signal.lfilter([1.0], [1.0, -phi], shocks)
    return special.ndtr(scores).clip(2.0**-54, 1 - 2.0**-53)


def nodes() -> tuple[Array, Array]:
    """Normal scores and weights, (M,), by which an expectation over a standard Gaussian is a sum."""
    scores, weights = np.polynomial.hermite_e.hermegauss(NODES)
    return scores.clip(-FURTHEST, FURTHEST), weights / weights.sum()


def excess_covariance(values: Array, phi: float) -> Array:
    """What dependence adds to the covariance of √n times a mean of functions of the samples, (p, p).

    With Hermite coefficients cₖ of the functions of the normal score, Σₖ cₖcₖᵀ 2φᵏ/(1 − φᵏ) from k = 1 on.

    Args:
        values: the functions at `nodes`, shape (M, p).
        phi: correlation of neighbours.
    """
    scores, weights = nodes()
    total = np.zeros((values.shape[1],) * 2)
    before, now = np.zeros_like(scores), np.ones_like(scores)
    for k in range(1, ORDERS + 1):  # orthonormal polynomials, by their recurrence
        before, now = now, (scores * now - math.sqrt(k - 1) * before) / math.sqrt(k)
        c = (weights * now) @ values
        total += np.outer(c, c) * 2 * phi**k / (1 - phi**k)
    return total
