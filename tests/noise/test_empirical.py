"""The law of samples: what it keeps of them, and which samples have none."""

import json
import math

import numpy as np
import pytest
from harness import check_law
from scipy import stats

from noisyweights.noise import laws

RNG = np.random.default_rng(7)
N = 20_000
SAMPLES = {
    "normal": RNG.normal(size=N),
    "skewed": RNG.lognormal(sigma=0.8, size=N),
    "heavy": RNG.standard_t(3, size=N),
    "one-sided": RNG.exponential(size=N),
    "two peaks": np.concatenate([RNG.normal(-4, 1, N // 4), RNG.normal(4, 1, 3 * N // 4)]),
    "quantised": np.round(RNG.normal(size=N) * 20) / 20,
    "clipped": RNG.normal(size=N).clip(-2, 2),
}


@pytest.mark.parametrize("samples", SAMPLES.values(), ids=SAMPLES.keys())
def test_law_follows_the_samples(samples):
    law = laws.empirical(samples=1e-6 * samples + 3)  # whatever their unit and origin
    # Between knots the quantile is a line: at most a cell's probability away, and a cell holds √n samples, or
    # for ties what shares one value.
    standard = (samples - samples.mean()) / samples.std()
    share = np.unique(samples, return_counts=True)[1].max() / N
    assert stats.kstest(standard, lambda z: law.cdf(z).numpy()).statistic < 1.5 / math.sqrt(N) + share
    assert len(law.knots) <= 1024
    again = laws.from_config(json.loads(json.dumps(law.get_config())))
    np.testing.assert_array_equal(again.quantile([0.01, 0.5, 0.9]), law.quantile([0.01, 0.5, 0.9]))


def with_far_ones(n: int, far: float) -> np.ndarray:
    return np.append(RNG.normal(size=5000 - n), far + RNG.normal(size=n))


@pytest.mark.parametrize(
    "samples",
    [
        with_far_ones(1, 200),
        with_far_ones(10, 200),
        with_far_ones(1, 1e6),
        RNG.lognormal(sigma=2, size=5000),
        np.where(RNG.uniform(size=5000) < 0.2, -1, 1) + 1e-3 * RNG.normal(size=5000),
        RNG.normal(size=4096),
        RNG.standard_t(3, size=100),
    ],
    ids=["outlier", "ten outliers", "glitch", "lognormal", "narrow peaks", "power of two", "few"],
)
def test_mean_and_deviation_of_the_samples_give_their_distribution(samples):
    law = laws.empirical(samples=samples)
    distance = stats.kstest(
        (samples - samples.mean()) / samples.std(), lambda z: law.cdf(z).numpy()
    ).statistic
    assert distance < 0.7 / math.sqrt(len(samples))  # half of what samples are from their law 19 times in 20
    # The negative control: a deviation a tenth too large shows, where tails once made it 40 % too large.
    wide = stats.kstest(
        (samples - samples.mean()) / samples.std(), lambda z: law.cdf(z / 1.1).numpy()
    ).statistic
    assert wide > distance


@pytest.mark.parametrize("name", ["skewed", "two peaks", "quantised", "clipped"])
def test_law_keeps_its_contract(name):
    check_law(laws.empirical(samples=SAMPLES[name]))


@pytest.mark.parametrize("name", ["normal", "one-sided", "two peaks"])
def test_moments_are_those_of_the_samples(name):
    law, samples = laws.empirical(samples=SAMPLES[name]), SAMPLES[name]
    # Spreading samples over cells adds at most the squared width of a cell to the variance: some 1 %.
    np.testing.assert_allclose(law.skewness, stats.skew(samples), atol=0.05)
    np.testing.assert_allclose(law.excess_kurtosis, stats.kurtosis(samples), atol=0.2)


def test_entropy_approaches_that_of_the_source():
    # √n samples in a cell bias the entropy by 1/(2 √n), and it varies by √(0.5/n): 0.0016 and 0.0022 here.
    law = laws.empirical(samples=np.random.default_rng(1).normal(size=100_000))
    np.testing.assert_allclose(law.entropy, laws.gaussian().entropy, atol=0.01)


def test_tails_reach_beyond_the_samples_and_decay_like_them():
    samples = np.random.default_rng(2).exponential(size=N)
    law = laws.empirical(samples=samples)
    assert np.isfinite(law.log_prob([-30.0, 30.0])).all()
    # An exponential tail has a mean excess of one wherever it starts; 8 to 16 samples estimate it to a third.
    np.testing.assert_allclose(law.tails[1] * samples.std(), 1, atol=1)
    assert law.cdf(-samples.mean() / samples.std() - 0.01) < 2e-4  # nothing to speak of below zero


def test_a_value_far_commoner_than_float32_can_tell_from_its_neighbours():
    samples = np.random.default_rng(4).normal(size=N)
    samples[: N // 5] = 1 + 1e-12 * np.arange(N // 5)  # a fifth of all, within 4e-9 of each other
    law = laws.empirical(samples=samples)
    at = law.quantile((samples < 1 - 1e-6).mean() + 0.1).numpy()
    for dtype in (np.float32, np.float64):
        cdf = law.cdf(np.linspace(at - 1e-6, at + 1e-6, 1001).astype(dtype)).numpy()
        assert (np.diff(cdf) >= 0).all()
        # The two cells in which the fifth begins and ends are spread with their neighbours.
        assert 0.2 - 2 * np.diff(law.levels).max() < cdf[-1] - cdf[0] < 0.21


def test_knots_stay_few_and_reach_into_the_tails():
    law = laws.empirical(samples=np.random.default_rng(3).normal(size=10**6))
    assert len(law.knots) <= 1024
    assert law.levels[0] < 2e-5
    assert 1 - law.levels[-1] < 2e-5


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros((200, 2)), r"one row of at least 100 numbers, got shape \(200, 2\)"),
        (np.arange(99.0), r"at least 100 numbers, got shape \(99,\)"),
        ([], r"got shape \(0,\)"),
        (
            np.append(np.arange(200.0), [math.nan, math.inf]),
            "got 2 that are not, such as nan; drop these rows",
        ),
        (np.ones(200), "1 distinct values, the commonest, 1, 100% of the time"),
        (np.arange(200) % 2, "2 distinct values, the commonest, 0, 50% of the time.*two_point"),
        (np.append(np.zeros(100), np.arange(200.0)), "the commonest, 0, 34% of the time.*a finer step"),
        (stats.cauchy.rvs(size=N, random_state=1), r"has no variance.*logarithm"),
    ],
)
def test_samples_without_a_law(samples, message):
    with pytest.raises(ValueError, match=message):
        laws.empirical(samples=samples)


def test_corrupted_configuration():
    config = laws.empirical(samples=SAMPLES["normal"]).get_config()
    for key, value, message in (
        ("knots", config["knots"][:-1], "a level for each knot"),
        ("knots", config["knots"][::-1], "must increase strictly"),
        ("knots", [2 * knot for knot in config["knots"]], "mean 0 and variance 1"),
        ("tails", [-1.0, 1.0], "tails be positive"),
        ("levels", [math.nan] * len(config["levels"]), "must increase strictly"),
    ):
        with pytest.raises(ValueError, match=f"{message}.*make it from samples"):
            laws.from_config(config | {key: value})
