"""Fits against exact answers, SciPy and their own promises: coverage of errors, uniformity of p-values."""

import functools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from noisyweights import seeds
from noisyweights.noise import fitting, laws
from noisyweights.noise.fitting.binning import compress
from noisyweights.noise.fitting.families import FAMILIES

MTJ = laws.bayes_mtj(A=1.5, B=0.25, C=0.4)
ECRAM = laws.ecram(A=1.5, B=0.1, C=0.2)
PAIR = laws.bimodal(separation=0.9)
BOUNDED = pytest.mark.parametrize("law", [MTJ, ECRAM], ids=["eq3", "eq13"])

# A check that is made of random numbers and would fail by chance raises a false alarm with this probability;
# seeds are fixed, so that it does so once or never.
ALARM = 1e-4


def draw(law, n, *names, loc=0.0, half_width=1.0):
    """Samples of a device: `law` put on loc ± half_width, or with loc and scale where it is unbounded."""
    scale = half_width * getattr(law, "raw_scale", 1.0)
    return loc + scale * law.quantile(seeds.generator(7, *names).uniform(size=n)).numpy()


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


# Standard errors ------------------------------------------------------------------------------------------


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


# Goodness of fit -------------------------------------------------------------------------------------------


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


# Held-out prediction and the choice ------------------------------------------------------------------------


def test_held_out_gain_is_the_divergence_between_the_laws():
    samples = draw(MTJ, 20_000, "held out")
    scores = fitting.held_out(samples, families=["gaussian", "bayes_mtj", "empirical"], seed=0)
    gain = scores.gain("bayes_mtj")
    divergence = -MTJ.entropy + 0.5 * math.log(2 * math.pi) + 0.5
    assert gain.low < divergence < gain.high
    # Fitting three parameters to n costs 3/2n nats; the empirical law has hundreds to fit.
    assert scores.gain("empirical", "bayes_mtj").high < 0
    assert scores.gain("gaussian") == (0, 0, 0)
    assert scores.mean("bayes_mtj") - scores.mean("gaussian") == pytest.approx(gain.value)
    assert scores.outside("bayes_mtj") == 0
    assert len(scores.log_prob["empirical"]) == 20_000


def test_an_impossible_sample_counts_as_such():
    scores = fitting.HeldOut({"gaussian": np.array([-1.0, -2.0]), "bayes_mtj": np.array([-1.0, -math.inf])})
    assert scores.outside("bayes_mtj") == 1
    assert scores.mean("bayes_mtj") == -math.inf
    assert scores.gain("bayes_mtj") == (-math.inf, -math.inf, -math.inf)


def skewed(n):
    return seeds.generator(7, "skewed").lognormal(size=n)


def unequal_peaks(n):
    g = seeds.generator(7, "unequal")
    return np.where(g.uniform(size=n) < 0.2, -3.0, 3.0) + g.normal(size=n)


@pytest.mark.parametrize(
    ("samples", "family", "words"),
    [
        (draw(laws.gaussian(), 2000, "choice"), "gaussian", "the Gaussian fits"),
        (draw(PAIR, 2000, "choice"), "bimodal", "the pair of Gaussians fits"),
        (draw(MTJ, 5000, "choice"), "bayes_mtj", "the Bayes-MTJ law (eq. 3) fits"),
        (draw(ECRAM, 6000, "choice"), "ecram", "the ECRAM law (eq. 13) fits"),
        (skewed(2000), "empirical", "heavy-tailed (excess kurtosis"),
        (skewed(2000), "empirical", "skewed (skewness"),
        (unequal_peaks(3000), "empirical", "two peaks"),
        (draw(laws.gaussian(), 100, "choice"), "gaussian", "(100 samples)"),
    ],
    ids=["gaussian", "pair", "eq3", "eq13", "heavy", "skewed", "unequal", "few"],
)
def test_choice_and_its_reason(samples, family, words):
    choice = fitting.choose(samples, seed=1)
    assert choice.law.name == choice.family
    assert choice.family == family
    assert words in choice.reason
    assert set(choice.fits) == set(FAMILIES)
    if choice.family in choice.goodness:
        assert min(choice.goodness[choice.family].ks_p, choice.goodness[choice.family].ad_p) >= 0.01


@pytest.mark.parametrize("share", [0.5, 0.3])
def test_telegraph_noise_is_a_bit_with_its_bias(share):
    choice = fitting.choose(np.where(np.arange(1000) < 1000 * share, 0.25, 1.5), seed=1)
    assert choice.law == laws.biased_two_point(probability=1 - share)
    assert f"0.25 in {share:g} and 1.5 in {1 - share:g}" in choice.reason
    assert "0 at the centre" in choice.at_boundary["bayes_mtj"]


def test_noise_read_with_a_coarse_step_still_gets_a_law():
    samples = np.round(4 * draw(laws.gaussian(), 3000, "coarse"))
    assert fitting.choose(samples, seed=1).family == "empirical"


# Bad input --------------------------------------------------------------------------------------------------


GOOD = np.linspace(-1, 1, 101) ** 3


@pytest.mark.parametrize("call", [fitting.fit, fitting.choose, fitting.held_out])
@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (
            np.where(np.arange(101) % 50 == 3, np.nan, GOOD),
            r"2 of 101 samples are NaN or infinite, the first at 3",
        ),
        (np.append(GOOD, np.inf), "1 of 102"),
        (np.full(200, 4.5), "all 200 samples equal 4.5"),
        (GOOD[:99], "got 99 samples.*100 or more"),
        ([], "got 0 samples"),
        (np.ones((100, 2)), r"one column, got shape \(100, 2\)"),
        (["a", "b"] * 60, "must be numbers"),
    ],
    ids=["nan", "infinite", "constant", "short", "empty", "table", "text"],
)
def test_samples_that_cannot_be_fitted_are_named(call, samples, message):
    keywords = {
        "fit": {"family": "bayes_mtj"},
        "choose": {"seed": 0},
        "held_out": {"families": [], "seed": 0},
    }
    with pytest.raises(ValueError, match=message):
        call(samples, **keywords[call.__name__])


def test_what_is_asked_for_must_exist():
    with pytest.raises(ValueError, match="no family is called 'weibull'; the families are gaussian"):
        fitting.fit(GOOD, family="weibull")
    with pytest.raises(ValueError, match=r"gaussian is unbounded.*leave out loc"):
        fitting.fit(GOOD, family="gaussian", loc=0.0)
    with pytest.raises(ValueError, match=r"half_width = 2.0 bounds the distance from loc"):
        fitting.fit(GOOD, family="ecram", half_width=2.0)
    with pytest.raises(
        ValueError, match=r"half_width = 0.5 does not hold all samples: one lies 1.0 from the centre"
    ):
        fitting.fit(GOOD, family="ecram", loc=0.0, half_width=0.5)
