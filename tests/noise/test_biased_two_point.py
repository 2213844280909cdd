"""A bit with a bias, against SciPy's Bernoulli law."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from noisyweights.noise import laws


@pytest.mark.parametrize("p", [0.5, 0.3, 0.999])
def test_it_is_a_standardised_bernoulli_law(p):
    law, bit = laws.biased_two_point(probability=p), stats.bernoulli(p)
    mean, variance, skewness, kurtosis = (float(x) for x in bit.stats("mvsk"))
    low, high = law.support
    np.testing.assert_allclose([mean + variance**0.5 * x for x in (low, high)], [0, 1], atol=1e-12)
    assert (law.skewness, law.excess_kurtosis) == pytest.approx((skewness, kurtosis), rel=1e-9, abs=1e-12)
    draws = law(np.float32(mean), np.float32(variance**0.5)).sample(20_000, seed=(1, 2)).numpy()
    assert draws.dtype == np.float32
    assert stats.binomtest(int((draws > 0.5).sum()), 20_000, p).pvalue > 1e-3
    np.testing.assert_allclose(law.cdf([low - 0.1, low, high - 1e-3, high]), [0, 1 - p, 1 - p, 1], rtol=1e-12)
    np.testing.assert_array_equal(law.quantile([0.0, (1 - p) * 0.99, 1.0]), [low, low, high])
    assert np.isnan(tf.function(law.quantile)(tf.constant([1.5])).numpy()).all()


def test_an_even_bit_is_the_two_point_law_by_another_name():
    even, plain, u = laws.biased_two_point(probability=0.5), laws.two_point(), np.linspace(0, 1, 101)
    np.testing.assert_array_equal(even.quantile(u), plain.quantile(u))
    assert (even.support, even.symmetric, even.excess_kurtosis) == ((-1, 1), True, -2)
    assert not laws.biased_two_point(probability=0.3).symmetric


def test_it_is_saved_and_has_no_density():
    law = laws.biased_two_point(probability=0.3)
    assert laws.from_config(law.get_config()) == law
    assert law != laws.two_point()
    with pytest.raises(NotImplementedError, match="no density"):
        law.log_prob(0.0)


@pytest.mark.parametrize("p", [0, 1, -0.1, float("nan")])
def test_a_bit_that_never_changes_is_refused(p):
    with pytest.raises(ValueError, match="between 0 and 1"):
        laws.biased_two_point(probability=p)
