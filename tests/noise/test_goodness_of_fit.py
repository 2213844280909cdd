"""Goodness of fit: p-values are uniform where the law is right, and small where it is wrong."""

import math

import numpy as np
import pytest
from device_samples import ALARM, ECRAM, MTJ, draw
from scipy import stats

from noisyweights import seeds
from noisyweights.noise import fitting, laws
from noisyweights.noise.fitting.families import FAMILIES


def fitted_and_tested(law, family, data_sets):
    """Fits to data sets of a law, their samples, and their tests with 19 replicates."""
    fit, found = None, []
    for r in range(data_sets):
        samples = draw(law, 250, "p-value", r)
        fit = fitting.fit(samples, family=family, near=fit)
        found.append((fit, samples, fitting.goodness_of_fit(fit, samples, replicates=19, seed=r)))
    return found


def uniformity(p, step):
    """p-value of the hypothesis that multiples of `step` are uniform, by spreading each over its step."""
    return stats.kstest(
        np.array(p) - step * seeds.generator(1, "spread").uniform(size=len(p)), "uniform"
    ).pvalue


@pytest.mark.parametrize(("law", "data_sets"), [(laws.gaussian(), 60), (MTJ, 8)], ids=["gaussian", "eq3"])
def test_p_values_are_uniform_under_the_null(law, data_sets):
    found = fitted_and_tested(law, law.name, data_sets)
    assert uniformity([test.ks_p for *_, test in found], 1 / 20) > ALARM / 4
    assert uniformity([test.ad_p for *_, test in found], 1 / 20) > ALARM / 4
    if data_sets == 60:
        # The negative control: textbook p-values, which take the fitted law for one given beforehand.
        textbook = [
            stats.kstest(x, lambda s, f=f: f.distribution().cdf(s).numpy()).pvalue for f, x, _ in found
        ]
        assert uniformity(textbook, 0) < ALARM / 4


def test_a_wrong_law_is_rejected_and_the_right_one_is_not():
    samples = draw(MTJ, 5000, "wrong law")
    right, wrong = (
        fitting.goodness_of_fit(fitting.fit(samples, family=f), samples, replicates=99, seed=1)
        for f in ("bayes_mtj", "gaussian")
    )
    assert min(right.ks_p, right.ad_p) > 0.02
    assert wrong.ks_p == wrong.ad_p == 0.01
    assert wrong.ks_p_error == pytest.approx(math.sqrt(0.01 * 0.99 / 100))


@pytest.mark.parametrize("family", FAMILIES)
def test_statistics_are_those_of_scipy(family):
    samples = draw(ECRAM, 1000, "statistics")
    fit = fitting.fit(samples, family=family)
    ks, ad = fitting.observed_statistics(fit, samples, seed=0)
    assert ks == pytest.approx(stats.kstest(samples, lambda s: fit.distribution().cdf(s).numpy()).statistic)
    u = np.sort(fit.distribution().cdf(samples).numpy())
    # A² is the integral of (Fₙ − F)²/(F (1 − F)) dF times n: exact on each step of the empirical CDF.
    knots, levels = np.concatenate([[0.0], u, [1.0]]), np.arange(1001) / 1000

    def antiderivative(p, level):
        low = level**2 * np.log(p) if level else 0.0
        high = (1 - level) ** 2 * np.log1p(-p) if level < 1 else 0.0
        return low - high - p

    total = sum(
        antiderivative(b, level) - antiderivative(a, level)
        for a, b, level in zip(knots[:-1], knots[1:], levels, strict=True)
        if b > a
    )
    assert ad == pytest.approx(1000 * total, rel=1e-6)


def test_replicates_can_be_shared_out():
    samples = draw(laws.gaussian(), 300, "share")
    fit = fitting.fit(samples, family="gaussian")
    whole = fitting.bootstrap_statistics(fit, replicates=range(30), seed=4)
    parts = [fitting.bootstrap_statistics(fit, replicates=r, seed=4) for r in (range(7), range(7, 30))]
    np.testing.assert_allclose(np.concatenate(parts), whole, rtol=1e-9)
    observed = fitting.observed_statistics(fit, samples, seed=4)
    assert fitting.combine(fit, observed, parts) == fitting.goodness_of_fit(
        fit, samples, replicates=30, seed=4
    )
    assert fitting.bootstrap_statistics(fit, replicates=range(0), seed=4).shape == (0, 2)


def test_only_part_of_a_large_sample_is_tested():
    samples = draw(laws.gaussian(), 50_000, "large")
    test = fitting.goodness_of_fit(fitting.fit(samples, family="gaussian"), samples, replicates=5, seed=0)
    assert test.n == 20_000


def test_a_bootstrap_has_replicates():
    fit = fitting.fit(draw(laws.gaussian(), 100, "none"), family="gaussian")
    with pytest.raises(ValueError, match="got 0"):
        fitting.goodness_of_fit(fit, np.arange(100.0), replicates=0, seed=0)
