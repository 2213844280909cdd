"""Estimates against exact answers and SciPy, at the edge of what is possible, and of large samples."""

import functools
import math

import numpy as np
import pytest
from device_samples import ALARM, ECRAM, MTJ, draw
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from noisyweights.noise import fitting, laws
from noisyweights.noise.fitting.binning import compress
from noisyweights.noise.fitting.families import FAMILIES

BOUNDED = pytest.mark.parametrize("law", [MTJ, ECRAM], ids=["eq3", "eq13"])


def paper_density(family, x, A, B, C):
    """Eq. 3 or eq. 13 on [−1, 1], divided by its integral."""
    power = 1 if family == "bayes_mtj" else 2
    x_grid = np.linspace(0, 1, 20_001)
    q, grid = (
        A * (np.exp(-(np.abs(t) ** power) / B) - math.exp(-1 / B)) + C * (1 - t**2) for t in (x, x_grid)
    )
    return q / (2 * np.trapezoid(grid, x_grid))


# Estimates -------------------------------------------------------------------------------------------------


def test_gaussian_fit_is_mean_and_standard_deviation():
    samples = draw(laws.gaussian(), 400, "gaussian", loc=3.0)
    fit = fitting.fit(samples, family="gaussian")
    assert (fit.loc, fit.scale) == pytest.approx((samples.mean(), samples.std()), rel=1e-7)
    assert fit.log_likelihood == pytest.approx(stats.norm.logpdf(samples, *stats.norm.fit(samples)).sum())
    errors = samples.std() / math.sqrt(400), samples.std() / math.sqrt(800)
    assert tuple(fit.standard_errors.values()) == pytest.approx(errors, rel=1e-6)
    assert fit.half_width == math.inf


@BOUNDED
def test_no_other_parameters_are_likelier(law):
    """SciPy's global search over A : C and B, with the density as the paper writes it, finds no better."""
    x = draw(law, 500, "oracle")
    fit = fitting.fit(x, family=law.name, loc=0.0, half_width=1.0)

    def cost(parameters):
        angle, log_B = parameters
        q = paper_density(law.name, x, math.cos(angle), math.exp(log_B), math.sin(angle))
        return -np.log(q).sum() if (q > 0).all() else 1e6

    best = optimize.differential_evolution(
        cost, [(-math.pi, math.pi), (-3.5, 4.5)], rng=1, tol=1e-10, popsize=20
    )
    # The oracle sums its integral by trapezia and may use densities that are negative between samples.
    assert fit.log_likelihood >= -best.fun - 1e-4
    p = fit.params
    direct = np.log(paper_density(law.name, x, p["A"], p["B"], p["C"])).sum()
    assert fit.log_likelihood == pytest.approx(direct, abs=1e-3)


@BOUNDED
def test_fit_is_a_maximum_in_its_half_width_too(law):
    x = draw(law, 3000, "maximum", loc=5.0, half_width=2.0)
    fit = fitting.fit(x, family=law.name)
    assert fit.converged
    for factor in (0.999, 1.001):
        wrong = fitting.fit(x, family=law.name, loc=fit.loc, half_width=fit.half_width * factor)
        assert wrong.log_likelihood < fit.log_likelihood


def test_fit_reports_a_normalised_law_in_the_unit_of_the_samples():
    x = draw(MTJ, 2000, "unit", loc=-40.0, half_width=25.0)
    fit = fitting.fit(x, family="bayes_mtj")
    grid = np.linspace(fit.loc - fit.half_width, fit.loc + fit.half_width, 20_001)
    density = np.exp(fit.log_prob(grid))
    assert np.trapezoid(density, grid) == pytest.approx(1, abs=1e-6)
    assert fit.log_likelihood == pytest.approx(fit.log_prob(x).sum())
    assert fit.log_likelihood == pytest.approx(fit.distribution().log_prob(x).numpy().sum())
    assert fit.log_prob(np.array([[fit.loc + 1.01 * fit.half_width]])) == -math.inf
    assert fit.half_width > np.abs(x - fit.loc).max()
    np.testing.assert_allclose([getattr(fit.law, key) for key in "ABC"], [fit.params[key] for key in "ABC"])


@functools.cache
def plain(family):
    return fitting.fit(draw(ECRAM, 400, "units"), family=family)


@given(loc=st.floats(-1e3, 1e3), log_unit=st.floats(-9, 9))
@settings(max_examples=5, deadline=None)
@pytest.mark.parametrize("family", FAMILIES)
def test_fits_do_not_depend_on_origin_and_unit(family, loc, log_unit):
    x, unit = draw(ECRAM, 400, "units"), math.exp(log_unit)
    loc *= unit  # further off, the samples' own digits run out
    fit, moved = plain(family), fitting.fit(loc + unit * x, family=family)
    assert moved.log_likelihood == pytest.approx(fit.log_likelihood - 400 * log_unit, abs=1e-3)
    assert moved.scale == pytest.approx(unit * fit.scale, rel=1e-3)
    assert moved.at_boundary == fit.at_boundary


@pytest.mark.parametrize("separation", [0.75, 0.95, 0.999])
def test_pair_of_gaussians_is_recovered(separation):
    fit = fitting.fit(draw(laws.bimodal(separation=separation), 4000, "pair", loc=2.0), family="bimodal")
    truth = {"loc": 2.0, "scale": 1.0, "separation": separation}
    z = [(fit.params[k] - truth[k]) / fit.standard_errors[k] for k in truth]
    assert np.abs(z).max() < stats.norm.isf(ALARM / 18)


# Large samples ---------------------------------------------------------------------------------------------


@BOUNDED
def test_the_weighted_grid_changes_nothing_that_matters(law, monkeypatch):
    samples = draw(law, 30_000, "grid")
    coarse = fitting.fit(samples, family=law.name)
    monkeypatch.setattr("noisyweights.noise.fitting.estimation.compress", all_samples)
    exact = fitting.fit(samples, family=law.name)
    moved = [(coarse.params[k] - exact.params[k]) / exact.standard_errors[k] for k in exact.params]
    assert np.abs(moved).max() < 0.01
    assert coarse.log_likelihood == pytest.approx(exact.log_likelihood, abs=1e-3)


def all_samples(sets, *, bins=None, **known):
    return compress(sets, bins=bins or 1 << 20, **known)


@given(st.integers(100, 3000), st.integers(1, 400))
@settings(max_examples=25, deadline=None)
def test_bins_keep_number_mean_and_extremes(n, bins):
    x = np.random.default_rng(n).standard_t(3, size=n)
    grid = compress([x, x[:50]], folded=False, bins=bins)
    assert grid.counts.sum(axis=1) == pytest.approx([n, 50])
    assert grid.points.shape[1] <= max(bins, min(n, bins), 50)
    np.testing.assert_allclose((grid.counts * grid.points).sum(axis=1), 0, atol=1e-9 * n)
    if bins > 20:
        largest = x[np.abs(x).argmax()]
        distance = np.abs(grid.origin[0] + grid.unit[0] * grid.points[0] - largest).min()
        assert distance < 1e-9 * abs(largest) or grid.counts[0].max() > 1


def test_ten_million_rows_are_a_matter_of_seconds():
    samples = np.random.default_rng(3).normal(size=10_000_000)
    fit = fitting.fit(samples, family="ecram")
    assert fit.converged
    assert fit.scale == pytest.approx(1, abs=0.01)
