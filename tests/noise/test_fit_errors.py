"""Standard errors keep their promises: coverage over replicas, correlations, and none at an edge."""

import functools
import math

import numpy as np
import pytest
from device_samples import ALARM, ECRAM, MTJ, draw
from scipy import stats

from noisyweights.noise import fitting, laws

REPLICATIONS = 60
# Eleven counts are compared with the limit that 0.95 coverage would break in one of them once in 10,000 runs.
LEAST_HITS = stats.binom.ppf(ALARM / 11, REPLICATIONS, 0.95)


@functools.cache
def replicas(law, known):
    """Fits to 60 data sets of a device of known law, range 7 ± 3."""
    place, fits = {"loc": 7.0, "half_width": 3.0}, [None]
    for r in range(REPLICATIONS):
        samples = draw(law, 5000, "replica", r, **place)
        fits.append(fitting.fit(samples, family=law.name, near=fits[-1], **(place if known else {})))
    return fits[1:]


@pytest.mark.parametrize(
    ("law", "known"), [(MTJ, True), (MTJ, False), (ECRAM, False)], ids=["eq3-range-known", "eq3", "eq13"]
)
def test_intervals_hold_the_truth_nineteen_times_in_twenty(law, known):
    truth = {"A": law.A, "B": law.B, "C": law.C} | ({} if known else {"half_width": 3.0})
    for key, value in truth.items():
        hits = sum(abs(f.params[key] - value) < 1.96 * f.standard_errors[key] for f in replicas(law, known))
        assert hits >= LEAST_HITS, key


def test_taking_the_largest_sample_for_the_half_width_spoils_the_intervals():
    """The negative control, and why half_width is estimated: a range drawn tight around samples is biased."""
    hits, fit = 0, None
    for r in range(REPLICATIONS):
        x = draw(MTJ, 5000, "replica", r)
        reach = np.abs(x).max() * (1 + 1e-4)
        fit = fitting.fit(x, family="bayes_mtj", loc=0.0, half_width=reach, near=fit)
        hits += abs(fit.params["C"] - MTJ.C) < 1.96 * fit.standard_errors["C"]
    assert hits < LEAST_HITS


def test_covariance_is_that_of_the_estimates():
    fits = replicas(MTJ, False)
    for i, j in ((0, 1), (1, 2), (2, 3)):
        names = [list(fits[0].params)[k] for k in (i, j)]
        found = np.corrcoef(*([fit.params[name] for fit in fits] for name in names))[0, 1]
        promised = fits[0].covariance[i, j] / math.sqrt(fits[0].covariance[i, i] * fits[0].covariance[j, j])
        # Fisher's z of a correlation over n pairs has the standard deviation 1/√(n − 3).
        apart = (math.atanh(found) - math.atanh(promised)) * math.sqrt(REPLICATIONS - 3)
        assert abs(apart) < stats.norm.isf(ALARM / 6), names
    errors = np.sqrt(np.diag(fits[0].covariance))
    assert tuple(fits[0].standard_errors.values()) == pytest.approx(errors)


def test_beginning_near_the_maximum_finds_the_same():
    searched = fitting.fit(draw(MTJ, 5000, "replica", 9, loc=7.0, half_width=3.0), family="bayes_mtj")
    begun = replicas(MTJ, False)[9]
    assert begun.log_likelihood == pytest.approx(searched.log_likelihood, abs=1e-6)
    assert begun.params == pytest.approx(searched.params, rel=1e-4)


@pytest.mark.parametrize(
    ("family", "samples"),
    [
        ("bimodal", draw(laws.gaussian(), 2000, "one peak")),  # two peaks coincide
        ("bayes_mtj", draw(laws.uniform(), 2000, "flat")),  # a density with a hole, as wide as allowed
        ("bayes_mtj", draw(laws.gaussian(), 20_000, "no edge")),  # a density without slope at its edges
    ],
)
def test_an_estimate_at_the_edge_says_so_and_gives_no_errors(family, samples):
    fit = fitting.fit(samples, family=family)
    assert fit.converged
    assert fit.at_boundary
    assert np.isnan(list(fit.standard_errors.values())).all()
    assert np.isnan(fit.covariance).any()
