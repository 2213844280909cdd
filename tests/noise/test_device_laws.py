"""Eqs. 3 and 13 against SciPy, mpmath and an exact sampler that share no formula with the library."""

import math

import mpmath
import numpy as np
import pytest
import tensorflow as tf
from harness import ALARM, DRAWS
from scipy import integrate, stats
from scipy.stats import sampling

from noisyweights.noise import laws

MTJ, ECRAM = laws.bayes_mtj(A=1.8, B=0.2, C=0.3), laws.ecram(A=1.0, B=0.1, C=0.2)


class Paper:
    """The density as the paper prints it, normalised by quadrature."""

    def __init__(self, law):
        self.A, self.B, self.C = (law.get_config()[key] for key in "ABC")
        self.power = {"bayes_mtj": 1, "ecram": 2}[law.name]
        self.mass = 1.0
        self.mass = 2 * integrate.quad(self.pdf, 0, 1, epsabs=0, epsrel=1e-13)[0]

    def pdf(self, x):
        bell = np.exp(-(np.abs(x) ** self.power) / self.B) - np.exp(-1 / self.B)
        return (self.A * bell + self.C * (1 - x**2)) / self.mass

    def cdf(self, x):
        """The CDF for x ≤ 0, to 40 digits."""
        with mpmath.workdps(60):
            A, B, C, x = (mpmath.mpf(v) for v in (self.A, self.B, self.C, x))

            def bell(t):
                return mpmath.exp(-(abs(t) ** self.power) / B) - mpmath.exp(-1 / B)

            def q(t):
                return A * bell(t) + C * (1 - t**2)

            return mpmath.quad(q, [-1, x]) / (2 * mpmath.quad(q, [0, 1]))


@pytest.mark.parametrize("law", [MTJ, ECRAM, laws.bayes_mtj(A=-0.3, B=0.5, C=1.0)], ids=repr)
def test_density_and_cdf_are_the_papers(law):
    paper, x = Paper(law), np.linspace(-0.999, 0, 12)
    np.testing.assert_allclose(law.raw_prob(x), paper.pdf(x), rtol=1e-12)
    np.testing.assert_allclose(law.raw_prob(-x), paper.pdf(x), rtol=1e-12)
    cdf = [float(paper.cdf(point)) for point in x]
    np.testing.assert_allclose(law.raw_cdf(x), cdf, rtol=1e-13)
    np.testing.assert_allclose(law.raw_cdf(-x), 1 - np.array(cdf), rtol=1e-13)
    np.testing.assert_array_equal(law.raw_prob([-1.0, 1.0, 2.0]), 0)
    np.testing.assert_array_equal(law.raw_cdf([-2.0, -1.0, 1.0, 2.0]), [0, 0, 1, 1])
    z = x / law.raw_scale
    np.testing.assert_allclose(law.prob(z), law.raw_scale * law.raw_prob(x), rtol=1e-12)
    assert law.support == (-1 / law.raw_scale, 1 / law.raw_scale)
    slope = 1e-6
    np.testing.assert_allclose(law.edge_slope, law.raw_prob(slope - 1) / slope, rtol=1e-4)


@pytest.mark.parametrize("make", [laws.bayes_mtj, laws.ecram])
@pytest.mark.parametrize("B", [1e-3, 0.05, 1.0, 1e3])
def test_cdf_keeps_its_relative_precision_at_the_edge(make, B):
    law = make(A=1.0, B=B, C=0.1)
    paper = Paper(law)
    for y in (2.0**-40, 2.0**-20, 2.0**-10, 2.0**-4):  # exact distances, so the argument is not rounded
        np.testing.assert_allclose(law.raw_cdf(y - 1), float(paper.cdf(y - 1)), rtol=1e-13)


@pytest.mark.parametrize("law", [MTJ, ECRAM], ids=repr)
@pytest.mark.parametrize("u", [1e-3, 1e-8, 1e-15, 1e-20])
def test_quantile_near_the_ends_is_that_of_mpmath(law, u):
    paper, x = Paper(law), law.raw_quantile(u).numpy()
    # The point is rounded near −1: one unit of that, over the distance to the edge, twice over.
    expected = float(paper.cdf(x)) / u - 1
    assert abs(expected) < 1e-11 + 4 * np.finfo(float).eps / (1 + x)


@pytest.mark.parametrize("law", [MTJ, ECRAM, laws.bayes_mtj(A=-0.3, B=0.5, C=1.0)], ids=repr)
def test_quantile_is_that_of_numerical_inversion(law):
    oracle = sampling.NumericalInversePolynomial(Paper(law), domain=(-1, 1), center=-0.5, u_resolution=1e-13)
    u = np.concatenate([np.geomspace(1e-10, 0.5, 500), np.random.default_rng(0).random(5000)])
    for dtype, promised in ((np.float64, 1e-9), (np.float32, 1e-6)):
        rounded = u.astype(dtype)
        difference = law.raw_quantile(rounded).numpy().astype(float) - oracle.ppf(rounded.astype(float))
        assert np.abs(difference * law.raw_prob(oracle.ppf(u))).max() < promised


@pytest.mark.parametrize(
    ("A", "B", "C"), [(1.8, 0.2, 0.3), (1.0, 0.05, 0.0), (0.0, 1.0, 1.0), (2.0, 3.0, 0.1)]
)
def test_an_exact_sampler_of_eq_3_agrees(A, B, C):
    # The parabola is 2 Beta(2, 2) − 1; the peak is ±U Y with Y from Gamma(2, B) cut at 1.
    rng = np.random.default_rng(3)
    gamma = stats.gamma(2, scale=B)
    peak_mass, parabola_mass = 2 * A * B * gamma.cdf(1), 4 * C / 3
    peak = rng.random(DRAWS) < peak_mass / (peak_mass + parabola_mass)
    y = gamma.ppf(rng.random(DRAWS) * gamma.cdf(1)) * rng.random(DRAWS) * rng.choice([-1, 1], DRAWS)
    x = np.where(peak, y, 2 * rng.beta(2, 2, DRAWS) - 1)
    law = laws.bayes_mtj(A=A, B=B, C=C)
    assert stats.kstest(x, lambda x: law.raw_cdf(x).numpy()).pvalue > ALARM
    draws = law.raw_scale * law(0.0, 1.0).sample(DRAWS, seed=(0, 1)).numpy()
    assert stats.ks_2samp(x, draws).pvalue > ALARM


def test_only_the_ratio_of_A_and_C_matters():
    law = laws.bayes_mtj(A=18.0, B=0.2, C=3.0)
    assert law.get_config() == {"law": "bayes_mtj", "A": 18.0, "B": 0.2, "C": 3.0}
    np.testing.assert_allclose([law.A, law.B, law.C], [MTJ.A, MTJ.B, MTJ.C], rtol=1e-14)
    np.testing.assert_allclose(law.raw_prob(0.1), MTJ.raw_prob(0.1), rtol=1e-14)


def test_the_limits_of_B_are_the_laws_of_the_textbooks():
    # A narrow eq. 3 is a Laplace law, a narrow eq. 13 a Gaussian, and a wide eq. 3 a triangle.
    z = np.linspace(-3, 3, 13)
    laplace = stats.laplace(scale=math.sqrt(0.5))
    np.testing.assert_allclose(laws.bayes_mtj(A=1, B=1e-3, C=0).prob(z), laplace.pdf(z), rtol=1e-10)
    np.testing.assert_allclose(laws.ecram(A=1, B=1e-3, C=0).prob(z), stats.norm.pdf(z), rtol=1e-10)
    np.testing.assert_allclose(laws.bayes_mtj(A=1, B=1e4, C=0).excess_kurtosis, -0.6, rtol=1e-3)


@pytest.mark.parametrize("make", [laws.bayes_mtj, laws.ecram])
def test_float32_evaluates_what_float64_does(make):
    law = make(A=1.0, B=0.01, C=0.05)
    z = np.linspace(*law.support, 1001)[1:-1].astype(np.float32)
    # A point rounded by 6e-8 in a peak of width B/raw_scale moves the density by their ratio.
    np.testing.assert_allclose(law.prob(z), law.prob(z.astype(float)), rtol=1e-4)
    np.testing.assert_allclose(law.cdf(z), law.cdf(z.astype(float)), rtol=2e-5, atol=2e-7)
    assert law.prob(z).dtype == tf.float32


@pytest.mark.parametrize("make", [laws.bayes_mtj, laws.ecram])
@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"A": math.nan, "B": 0.2, "C": 0.3}, "A=nan.* must be finite"),
        ({"A": 1.0, "B": math.inf, "C": 0.3}, "B=inf.* must be finite"),
        ({"A": 1.0, "B": 0.0, "C": 0.3}, "B=0.0.* B sets the width"),
        ({"A": 1.0, "B": -0.2, "C": 0.3}, "B=-0.2.* B sets the width"),
        ({"A": 0.0, "B": 0.2, "C": 0.0}, "mass 0.0, which cannot be scaled to 1"),
        ({"A": 1.0, "B": 0.2, "C": -0.5}, "negative near x = ±1.*raise A or C"),
        ({"A": -1.0, "B": 0.2, "C": 0.5}, "negative at x = 0.*raise A or C"),
        ({"A": -1.0, "B": 0.2, "C": -0.5}, "negative"),
    ],
)
def test_parameters_without_a_density(make, bad, message):
    with pytest.raises(ValueError, match=message):
        make(**bad)
