"""Intervals over repeated trainings: against SciPy, and by how often they hold."""

from functools import partial

import numpy as np
import pytest
from scipy import stats

from noisyweights import seeds
from noisyweights.scores.replicates import difference_interval, largest, mean_interval, ratio_interval


def test_mean_interval_is_students():
    values = np.array([1.0, 2.0, 4.0, 4.5])
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert mean_interval(values) == pytest.approx((values.mean(), expected.low, expected.high))


def test_one_training_says_nothing_of_the_spread():
    assert mean_interval([3.0]) == (3.0, -np.inf, np.inf)


def test_difference_interval_is_welchs():
    values, others = np.array([1.0, 2.0, 4.0, 4.5]), np.array([0.5, 3.0])
    expected = stats.ttest_ind(values, others, equal_var=False).confidence_interval(0.95)
    found = difference_interval(values, others)
    assert found == pytest.approx((values.mean() - others.mean(), expected.low, expected.high))
    pooled = stats.ttest_ind(values, others).confidence_interval(0.95)
    assert abs(found.low - pooled.low) > 0.1  # so that the two can be told apart


def test_differences_of_equal_and_of_single_trainings():
    assert difference_interval([2.0, 2.0, 2.0], [1.5, 1.5]) == (0.5, 0.5, 0.5)
    assert difference_interval([2.0, 2.5], [1.0]) == (1.25, -np.inf, np.inf)
    assert difference_interval([1.0, 2.0, 3.0], [1.5, 1.5]) == pytest.approx(
        tuple(bound - 1.5 for bound in mean_interval([1.0, 2.0, 3.0]))
    )  # where one side does not vary, Student's interval of the other


def test_the_largest_has_the_largest_upper_end_and_shares_the_tail_of_the_lower_ones():
    values, others = np.array([1.0, 2.0, 4.0]), np.array([2.0, 2.5, 2.9])
    found = largest([partial(mean_interval, values), partial(mean_interval, others)])
    quarter = [stats.ttest_1samp(one, 0).confidence_interval(0.975).low for one in (values, others)]
    assert found.value == pytest.approx(others.mean())
    assert found.low == pytest.approx(max(quarter))
    assert found.high == pytest.approx(stats.ttest_1samp(values, 0).confidence_interval(0.95).high)
    assert largest([partial(mean_interval, values)]) == mean_interval(values)


@pytest.mark.parametrize("count", [2, 9])
def test_the_interval_of_a_largest_mean_of_three_trainings_holds(count: int):
    """All means are alike, the worst case: each end is missed in 1 of 40 at most."""
    generator, runs = np.random.default_rng(count), 2000
    below = above = alone = 0
    for _ in range(runs):
        repeats = generator.standard_normal((count, 3))
        estimators = [partial(mean_interval, one) for one in repeats]
        _, low, high = largest(estimators)
        below, above = below + (high < 0), above + (low > 0)
        alone += max(estimator().low for estimator in estimators) > 0
    allowed = stats.binom.ppf(1 - 1e-4, runs, 0.025)
    assert below <= allowed
    assert above <= allowed
    assert alone > allowed, "ends that do not share the tail are too high too often"


def test_ratio_intervals_hold_the_ratio_as_often_as_they_say():
    rng = seeds.generator(0, "ratios")
    values, others = rng.normal(2, 0.5, (4000, 5)), rng.normal(4, 1.0, (4000, 5))
    found = np.array([ratio_interval(a, b) for a, b in zip(values, others, strict=True)])
    np.testing.assert_allclose(found[:, 0], values.mean(1) / others.mean(1))
    held = np.mean((found[:, 1] <= 0.5) & (found[:, 2] >= 0.5))
    assert 0.945 < held < 0.99  # few degrees of freedom are on the safe side


def test_ratios_that_are_not_told():
    assert ratio_interval([1.0, 2.0], [-1.0, 1.5]) == (6.0, -np.inf, np.inf)
    assert ratio_interval([1.0, 2.0], [3.0]) == (0.5, -np.inf, np.inf)
    assert ratio_interval([1.0, 2.0], [1.0, -1.0]) == (np.inf, -np.inf, np.inf)
    assert ratio_interval([2.0, 2.0], [4.0, 4.0]) == (0.5, 0.5, 0.5)
