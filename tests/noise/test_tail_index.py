"""What the far ends of samples say, against laws whose tails are known."""

import numpy as np
import pytest
from scipy import stats

from noisyweights.noise.laws.spread_samples import SpreadSamples
from noisyweights.noise.laws.tail_index import tails

LAWS = {
    "normal": (stats.norm(), 0.0),
    "exponential": (stats.expon(), 0.0),
    "t3": (stats.t(3), 1 / 3),
    "cauchy": (stats.cauchy(), 1.0),
    "pareto": (stats.pareto(1.25), 0.8),
}


def found(law, n, seed):
    return tails(SpreadSamples.of(law.rvs(size=n, random_state=seed)))


@pytest.mark.parametrize("name", LAWS)
def test_the_index_is_that_of_the_law(name):
    law, index = LAWS[name]
    shapes = np.array([found(law, 20_000, seed).shape for seed in range(20)])
    # The mean of 20 has a standard error of 0.03; an index of 0 is approached from below, as 1/log n.
    assert shapes.mean() == pytest.approx(index, abs=0.15)


@pytest.mark.parametrize(("name", "least", "most"), [("t3", 0, 2), ("normal", 0, 0), ("cauchy", 38, 40)])
def test_a_law_without_a_variance_is_told(name, least, most):
    refused = sum(not found(LAWS[name][0], 20_000, seed).has_variance for seed in range(40))
    assert least <= refused <= most


@pytest.mark.parametrize("count", [1, 10])
def test_samples_that_stand_apart_are_counted(count):
    x = np.append(stats.norm.rvs(size=5000 - count, random_state=1), 200 + np.arange(count))
    far = tails(SpreadSamples.of(x))
    assert far.outliers == count
    assert far.beyond == pytest.approx(200, abs=1)
    assert far.has_variance  # whatever stands apart, the others have one


@pytest.mark.parametrize("name", LAWS)
def test_seldom_is_a_tail_taken_for_an_outlier(name):
    said = sum(found(LAWS[name][0], 5000, seed).outliers > 0 for seed in range(100))
    assert said <= 6  # 1 expected; 7 or more of 100 1 time in 10,000


def test_readings_of_a_converter_hold_no_outliers():
    x = np.round(10 * stats.norm.rvs(size=5000, random_state=2))
    assert tails(SpreadSamples.of(x)).outliers == 0


def test_spread_samples_keep_every_mean():
    x = stats.lognorm(1).rvs(size=3001, random_state=3)
    spread, order = SpreadSamples.of(x), np.sort(x)
    assert spread.mean(0, 1) == pytest.approx(x.mean(), rel=1e-12)
    assert spread.mean(0, 300 / 3001) == pytest.approx(order[:300].mean(), rel=1e-10)
    assert spread.quantile((np.arange(3001) + 0.5) / 3001) == pytest.approx(order, rel=1e-12)
    mean, square = spread.excess(300 / 3001, order[299])
    assert mean == pytest.approx((order[299] - order[:300]).mean(), rel=1e-9)
    assert square == pytest.approx(((order[299] - order[:300]) ** 2).mean(), rel=1e-3)
