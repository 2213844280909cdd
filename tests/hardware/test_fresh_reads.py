"""Fresh reads: moments, the whole law of a sum by numerical integration and by simulation, independence."""

import numpy as np
import pytest
from scipy import stats

from noisyweights import seeds
from noisyweights.hardware.array import fresh_reads as reads
from noisyweights.hardware.array.fresh_reads import fresh_reads
from noisyweights.noise import laws

SAMPLES = np.random.default_rng(0).gamma(2.0, size=20_000)
LAWS = {
    "gaussian": laws.gaussian(),
    "uniform": laws.uniform(),
    "two_point": laws.two_point(),
    "bimodal": laws.bimodal(separation=0.9),
    "bayes_mtj": laws.bayes_mtj(A=1.8, B=0.2, C=0.3),
    "ecram": laws.ecram(A=1.0, B=0.1, C=0.2),
    "empirical": laws.empirical(samples=SAMPLES),
}
# Chance that a right law fails a test by KS or by an interval.
ALARM = 1e-4


def array(inputs=20, outputs=3):
    rng = seeds.generator(0, "array", inputs, outputs)
    return rng.normal(0, 0.3, (inputs, outputs)), rng.uniform(0.05, 0.4, (inputs, outputs))


def repeated(x, count):
    return np.broadcast_to(np.float32(x), (count, len(x)))


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_moments_are_those_of_the_sum(law):
    mean, deviation = array()
    x = seeds.generator(0, "x").normal(size=20)
    x[::3] = 0
    n = 40_000
    found = fresh_reads(repeated(x, n), mean, deviation, law=law, seed=1)
    assert found.shape == (n, 3)
    assert found.dtype == np.float32
    part = x[:, None] * deviation  # of every input, a standard deviation
    variance = np.square(part).sum(0)
    z = (found - x @ mean) / np.sqrt(variance)
    # Cumulants of a sum add up: third and fourth of the law, weighed.
    third = law.skewness * (part**3).sum(0) / variance**1.5
    fourth = law.excess_kurtosis * (part**4).sum(0) / variance**2
    wide = stats.norm.isf(ALARM / 2) / np.sqrt(n)
    assert (np.abs(z.mean(0)) < wide).all()
    assert (np.abs((z**2).mean(0) - 1) < wide * np.sqrt(fourth + 2)).all()
    # The variances of z³ and z⁴ are those of a normal number, 15 and 96, or a few times as much with tails.
    assert (np.abs((z**3).mean(0) - third) < wide * np.sqrt(4 * 15)).all()
    assert (np.abs((z**4).mean(0) - 3 - fourth) < wide * np.sqrt(8 * 96)).all()


def kolmogorov_smirnov(law, drawn_by):
    """p-value that 0.3 − 0.8 z + 0.5 z', drawn by one law, is that of another, by integration over z'."""
    x = repeated([1, -2, 0, 1], 20_000)
    found = fresh_reads(x, [[0.3], [0], [7], [0]], [[0], [0.4], [9], [0.5]], law=drawn_by, seed=2)
    # Midpoints of 2000 equal shares of z', which suit a CDF with corners: far closer than KS can see.
    z = law.quantile((np.arange(2000) + 0.5) / 2000).numpy()
    y = np.linspace(-8, 8, 801)
    below = 1 - law.cdf(-(y[:, None] - 0.5 * z) / 0.8).numpy().mean(1)
    return stats.kstest(found[:, 0] - 0.3, lambda at: np.interp(at, y, below)).pvalue


@pytest.mark.parametrize("name", ["gaussian", "uniform", "bimodal", "bayes_mtj", "ecram"])
def test_the_law_of_a_short_sum_is_that_by_integration(name):
    assert kolmogorov_smirnov(LAWS[name], LAWS[name]) > ALARM


def test_another_law_of_the_same_variance_is_told_apart():
    assert kolmogorov_smirnov(LAWS["gaussian"], LAWS["bimodal"]) < ALARM
    assert kolmogorov_smirnov(LAWS["bayes_mtj"], LAWS["gaussian"]) < ALARM


def test_a_sum_of_signs_is_counted():
    n = 20_000
    found = fresh_reads(
        repeated(np.ones(5), n), np.zeros((5, 1)), np.ones((5, 1)), law=LAWS["two_point"], seed=3
    )
    ups, counts = np.unique((found[:, 0] + 5) / 2, return_counts=True)
    np.testing.assert_array_equal(ups, np.arange(6))
    assert stats.chisquare(counts, n * stats.binom.pmf(np.arange(6), 5, 0.5)).pvalue > ALARM


@pytest.mark.parametrize("name", ["gaussian", "bayes_mtj", "empirical"])
def test_reads_are_those_of_a_loop_that_redraws_the_matrix(name):
    mean, deviation = array(12, 2)
    x, law, n = seeds.generator(0, "x").normal(size=12), LAWS[name], 4000
    z = law.quantile(seeds.generator(0, "loop", name).random((n, *mean.shape))).numpy()
    simulated = np.array([x @ (mean + deviation * matrix) for matrix in z])
    found = fresh_reads(repeated(x, n), mean, deviation, law=law, seed=4)
    for output in range(2):
        assert stats.ks_2samp(found[:, output], simulated[:, output]).pvalue > ALARM


@pytest.mark.parametrize("name", ["gaussian", "ecram"])
def test_inputs_and_outputs_are_independent(name):
    n = 2 * reads.INPUTS * 60
    found = fresh_reads(repeated(np.ones(4), n), np.zeros((4, 5)), np.ones((4, 5)), law=LAWS[name], seed=5)
    apart = [
        *(found[:, [0, k]] for k in range(1, 5)),
        *(np.stack([found[:-lag, 0], found[lag:, 0]], 1) for lag in (1, 2, reads.INPUTS, 2 * reads.INPUTS)),
    ]
    for pair in apart:
        # Squares too: the same z with another sign would leave no correlation.
        for power in (1, 2):
            assert stats.pearsonr(*(pair**power).T).pvalue > ALARM / 10


@pytest.mark.parametrize("name", ["gaussian", "ecram"])
def test_the_first_reads_are_the_same_however_many_follow(name):
    mean, deviation = array(40, 3)
    n = 2 * reads.INPUTS + 10
    x = seeds.generator(0, "x").normal(size=(n, 40)).clip(0)  # half of them 0, another half for every row
    read = {"mean": mean, "deviation": deviation, "law": LAWS[name]}
    found = fresh_reads(x, **read, seed=6)
    for few in (1, 7, reads.INPUTS, reads.INPUTS + 1):
        # A product in float32 is rounded by the number of its rows.
        np.testing.assert_allclose(fresh_reads(x[:few], **read, seed=6), found[:few], rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(fresh_reads(x, **read, seed=6), found)
    assert (fresh_reads(x, **read, seed=7) != found).any(1).all()


@pytest.mark.parametrize("name", ["gaussian", "uniform"])
def test_without_noise_it_is_the_product(name):
    mean, deviation = array()
    x = np.vstack([np.zeros(20), np.ones(20), np.eye(20)])
    found = fresh_reads(x, mean, 0 * deviation, law=LAWS[name], seed=8)
    np.testing.assert_allclose(found, x @ mean, rtol=1e-5, atol=1e-6)
    dark = fresh_reads(np.zeros((3, 20)), mean, deviation, law=LAWS[name], seed=8)
    np.testing.assert_array_equal(dark, np.zeros((3, 3)))


def test_more_outputs_than_a_kernel_holds():
    outputs = reads.DRAWS // reads.CELLS + 3
    found = fresh_reads(
        np.ones((2, 3)), np.zeros((3, outputs)), np.ones((3, outputs)), law=LAWS["uniform"], seed=9
    )
    assert np.abs(found).max() <= 3 * np.sqrt(3)
    assert found.var() == pytest.approx(3, rel=0.05)  # of 65 000 numbers: nine standard errors


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"x": np.ones((0, 2))}, ValueError, r"at least one input, \(n, 2\), got shape \(0, 2\)"),
        ({"x": [1.0, 2.0]}, ValueError, r"got shape \(2,\)"),
        ({"x": [[1.0, 2.0, 3.0]]}, ValueError, r"got shape \(1, 3\)"),
        ({"x": [[1.0, np.nan]]}, ValueError, "x has 1 values that are NaN or infinite"),
        ({"x": [[1.0, 1e300]]}, ValueError, "x has 1 values that are NaN or infinite in float32"),
        ({"mean": [[np.inf], [1.0]]}, ValueError, "mean has 1 values"),
        ({"mean": [1.0, 1.0]}, ValueError, r"must both have shape \(inputs, outputs\), got \(2,\)"),
        ({"deviation": [[1.0, 1.0]]}, ValueError, r"got \(2, 1\) and \(1, 2\)"),
        ({"deviation": [[1.0], [np.nan]]}, ValueError, "deviation has 1 values"),
        ({"deviation": [[1.0], [-0.5]]}, ValueError, "0 or more, got -0.5"),
        ({"law": "gaussian"}, TypeError, "one of noise.laws, got 'gaussian'"),
    ],
)
def test_reads_that_are_none(changes, error, says):
    read = {"x": [[1.0, 2.0]], "mean": [[1.0], [1.0]], "deviation": [[1.0], [1.0]], "law": LAWS["uniform"]}
    with pytest.raises(error, match=says):
        fresh_reads(**read | changes, seed=0)
