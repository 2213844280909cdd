"""Fits and tests of rounded readings, against SciPy, exact masses, and what they were before rounding."""

import math

import numpy as np
import pytest
from scipy import optimize, stats

from noisyweights import seeds
from noisyweights.noise import fitting, laws
from noisyweights.noise.fitting.readings import bin_masses

MTJ = laws.bayes_mtj(A=1.5, B=0.25, C=0.4)


def gaussian_codes(n, sd, *names):
    """Codes of a converter whose step is 1."""
    return np.round(128 + sd * seeds.generator(3, *names).normal(size=n))


def mtj_codes(n, half_width, *names):
    u = seeds.generator(3, *names).uniform(size=n)
    return np.round(half_width * MTJ.raw_scale * MTJ.quantile(u).numpy())


def test_the_likelihood_of_a_reading_is_the_mass_of_its_bin():
    codes = gaussian_codes(3000, 2.5, "scipy")

    def cost(at):
        return -np.log(stats.norm(at[0], at[1]).cdf(codes + 0.5) - stats.norm(*at).cdf(codes - 0.5)).sum()

    best = optimize.minimize(cost, [codes.mean(), codes.std()], method="Nelder-Mead", options={"xatol": 1e-6})
    fit = fitting.fit_readings(codes, family="gaussian", step=1.0)
    assert (fit.loc, fit.scale) == pytest.approx(tuple(best.x), abs=1e-3)
    assert fit.log_likelihood == pytest.approx(-best.fun, abs=1e-4)
    assert fit.scale < fitting.fit(codes, family="gaussian").scale  # which takes rounding for noise


@pytest.mark.parametrize("half_width", [40.0, 10.0])
def test_a_bounded_law_is_recovered_through_a_coarse_step(half_width):
    codes = mtj_codes(20_000, half_width, "bounded")
    fit = fitting.fit_readings(codes, family="bayes_mtj", step=1.0)
    truth = {"A": MTJ.A, "B": MTJ.B, "C": MTJ.C, "half_width": half_width}
    off = [(fit.params[k] - truth[k]) / fit.standard_errors[k] for k in truth]
    assert np.abs(off).max() < stats.norm.isf(1e-4 / 8)
    if half_width == 10:  # the negative control: readings taken as they are pile up on their codes
        plain = fitting.fit(codes, family="bayes_mtj")
        assert abs(plain.params["B"] - MTJ.B) > 5 * fit.standard_errors["B"]


def test_masses_of_bins_keep_their_digits_in_both_tails():
    distribution = laws.gaussian()(np.float64(1.0), np.float64(2.0))
    readings = np.arange(-30.0, 33.0)
    below, mass, above = bin_masses(distribution, readings, 1.0)
    exact = stats.norm(1, 2)
    near = np.where(readings > 1, -1, 1) * (readings - 1) + 1  # the mirror image in the lower tail
    np.testing.assert_allclose(mass, exact.cdf(near + 0.5) - exact.cdf(near - 0.5), rtol=1e-9)
    np.testing.assert_allclose(below, exact.cdf(readings - 0.5), rtol=1e-9)
    np.testing.assert_allclose(above, exact.sf(readings + 0.5), rtol=1e-9)


def test_p_values_of_rounded_samples_are_those_of_the_law():
    found, plain = [], []
    for r in range(40):
        codes = gaussian_codes(300, 2.0, "uniform", r)
        fit = fitting.fit_readings(codes, family="gaussian", step=1.0)
        found.append(fitting.goodness_of_fit(fit, codes, replicates=19, seed=r).ks_p)
        unaware = fitting.fit(codes, family="gaussian")
        plain.append(fitting.goodness_of_fit(unaware, codes, replicates=19, seed=r).ks_p)
    spread = seeds.generator(3, "spread").uniform(size=40) / 20
    assert stats.kstest(np.array(found) - spread, "uniform").pvalue > 1e-3
    assert max(plain) == 0.05  # the negative control: rounding alone rejects the right law every time


def test_a_converter_of_eight_bits_does_not_hide_a_gaussian():
    codes = gaussian_codes(5000, 10, "eight bits")
    choice = fitting.choose(codes, seed=1, step=1.0)
    assert choice.family == "gaussian"
    assert choice.fits["gaussian"].scale == pytest.approx(10, abs=4 * 10 / math.sqrt(10_000))
    assert choice.held_out.gain("empirical").high < 0
    shape = fitting.held_out(codes, families=["gaussian", "empirical"], seed=1, step=1.0)
    assert shape.gain("empirical") == choice.held_out.gain("empirical")


def test_a_step_does_not_make_a_wrong_law_right():
    codes = np.round(20 * seeds.generator(3, "wrong").gamma(9, size=3000))
    assert fitting.choose(codes, seed=1, step=1.0).family == "empirical"
    fit = fitting.fit_readings(codes, family="gaussian", step=1.0)
    assert fitting.goodness_of_fit(fit, codes, replicates=19, seed=1).ad_p == 0.05


def test_few_codes_show_no_shape():
    codes = gaussian_codes(2000, 1.0, "few")
    choice = fitting.choose(codes, seed=1)
    count = len(np.unique(codes))
    assert choice.family == "empirical"
    assert f"take {count} values only" in choice.reason
    # Spread over its step each code keeps its share; ends of cells lie within a step, and hold 2√n samples.
    at = (np.unique(codes) + 0.5 - codes.mean()) / codes.std()
    shares = np.array([(codes <= code).mean() for code in np.unique(codes)])
    np.testing.assert_allclose(choice.law.cdf(at), shares, atol=2 / math.sqrt(2000))


def test_without_step_and_dependence_a_fit_is_the_plain_one():
    samples = seeds.generator(3, "plain").normal(size=500)
    plain, same = fitting.fit(samples, family="ecram"), fitting.fit_readings(samples, family="ecram")
    assert same.params == plain.params
    np.testing.assert_array_equal(same.covariance, plain.covariance)


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (-1.0, "step = -1.0: the step of readings is 0 or more"),
        (math.nan, "step = nan"),
        (0.7, "steps from its mul"),
    ],
)
def test_a_step_that_is_none_is_named(step, message):
    codes = gaussian_codes(200, 5, "bad")
    for call in (
        lambda: fitting.choose(codes, seed=1, step=step),
        lambda: fitting.held_out(codes, families=["gaussian"], seed=1, step=step),
        lambda: fitting.fit_readings(codes, family="gaussian", step=step),
    ):
        with pytest.raises(ValueError, match=message):
            call()
