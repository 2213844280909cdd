"""Quantiles and parts of the variance of drawn predictions against exact mixtures."""

import re

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from noisyweights import seeds
from noisyweights.networks.mean_field import inference


def two_normals(n=4, draws=7):
    generator = seeds.generator(2, "mixture")
    return np.stack([generator.normal(size=(draws, n)), generator.uniform(0.1, 2, size=(draws, n))], -1)


def test_quantiles_are_those_of_the_mixture():
    draws, levels = two_normals(), [0.001, 0.25, 0.5, 0.999]
    found = inference.predictive_quantiles(draws, levels)
    assert found.shape == (4, 4)
    for i, level in enumerate(levels):
        for j in range(4):
            mixture = stats.norm(draws[:, j, 0], draws[:, j, 1])
            exact = optimize.brentq(lambda y, m=mixture, p=level: m.cdf(y).mean() - p, -20, 20, xtol=1e-13)
            assert found[i, j] == pytest.approx(exact, abs=1e-7)
    assert inference.predictive_quantiles(draws, 0.5).shape == (1, 4)


def test_quantiles_of_equal_draws_are_those_of_one_normal():
    draws = np.broadcast_to([1.0, 2.0], (3, 1, 2))
    exact = stats.norm(1, 2).ppf([0.1, 0.9])
    np.testing.assert_allclose(inference.predictive_quantiles(draws, [0.1, 0.9])[:, 0], exact, rtol=1e-12)


def test_parts_of_the_variance_add_up_to_that_of_the_mixture():
    draws = two_normals(n=2, draws=400)
    found = inference.decompose(draws)
    for j in range(2):
        mixture = stats.norm(draws[:, j, 0], draws[:, j, 1])
        mean, square = (
            integrate.quad(lambda y, p=power, m=mixture: y**p * m.pdf(y).mean(), -12, 12, limit=200)[0]
            for power in (1, 2)
        )
        assert found.mean[j] == pytest.approx(mean, abs=1e-6)  # of the quadrature
        # The variance of the means is unbiased, and that of the mixture is not.
        assert found.total[j] ** 2 == pytest.approx(square - mean**2, rel=2 / 400)
    np.testing.assert_allclose(found.aleatoric**2 + found.epistemic**2, found.total**2)


@pytest.mark.parametrize(
    ("draws", "message"),
    [
        (np.ones((5, 3)), "shape (draws, n, 2) with 2 draws or more, got (5, 3)"),
        (np.ones((1, 3, 2)), "got (1, 3, 2)"),
        (np.ones((5, 3, 1)), "got (5, 3, 1)"),
        (np.zeros((5, 3, 2)), "must be positive, got 0.0"),
        (np.where(np.arange(2) == 0, np.nan, np.ones((5, 3, 2))), "hold 15 NaN or infinite values"),
        (np.where(np.arange(2) == 1, np.inf, np.ones((5, 3, 2))), "hold 15 NaN or infinite values"),
    ],
)
def test_bad_draws(draws, message):
    for read in (inference.decompose, lambda draws: inference.predictive_quantiles(draws, [0.5])):
        with pytest.raises(ValueError, match=re.escape(message)):
            read(draws)


@pytest.mark.parametrize("level", [0, 1, 1.5, np.nan])
def test_bad_levels(level):
    with pytest.raises(ValueError, match=r"levels are probabilities in \(0, 1\)"):
        inference.predictive_quantiles(two_normals(), [0.5, level])
