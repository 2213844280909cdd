"""One check for every law: what it says of itself against integrals of its density, and against its draws."""

import math

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import stats

from noisyweights.noise import laws

tfd = tfp.distributions

# A seed is fixed, so a test either always passes or never does. For the choice of seed itself:
ALARM = 1e-3  # p-value below which correct draws are declared wrong, once in a thousand seeds
DRAWS = 20_000

# Integrals are sums of some thousand terms, each rounded to 1e-16 of a total of order one.
INTEGRAL = 1e-12

# Probabilities down to 2⁻⁶⁰ of either end and of the middle, where inverse CDFs are singular.
NEAR = 2.0 ** -np.arange(2, 61)
UNIT = np.unique(
    np.concatenate([[0, 0.5, 1], np.arange(1, 500) / 500, NEAR, 1 - NEAR, 0.5 - NEAR, 0.5 + NEAR])
)


def check_law(law: laws.Law) -> None:
    """Assert everything that the contract of `Law` promises."""
    check_integrals(law)
    check_cdf(law)
    check_symmetry(law)
    check_quantile(law)
    check_draws(law)
    check_distribution(law)
    check_divergence(law)
    assert laws.from_config(law.get_config()) == law
    assert hash(laws.from_config(law.get_config())) == hash(law)


def check_symmetry(law: laws.Law) -> None:
    """A law says whether it is its own mirror image: quadrature then looks at one half only."""
    z = law.quantile(np.arange(1, 500) / 500).numpy()
    assert np.allclose(law.prob(z), law.prob(-z), rtol=1e-12) == law.symmetric


def panels(law: laws.Law) -> np.ndarray:
    """Ends of intervals on which the density is smooth; an integral does not depend on where they lie."""
    near = 2.0 ** -np.arange(2, 53)
    levels = [2.0 ** -np.arange(53, 200), near, 0.5 - near, 0.5 + near, 1 - near, np.arange(1, 256) / 256]
    inner = law.quantile(np.concatenate(levels)).numpy()
    # Where u has no more digits the tail goes on, in steps of its distance.
    beyond = 1.08 ** np.arange(60)
    ends = np.concatenate([law.support, law.breakpoints, inner.min() * beyond, inner.max() * beyond])
    ends = np.concatenate([inner, ends[np.isfinite(ends)]])
    return np.unique(ends.clip(*law.support))


def integrals(law: laws.Law, f) -> np.ndarray:
    """∫ f(z, p(z)) over each panel, by Gauss-Legendre."""
    ends = panels(law)
    nodes, weights = np.polynomial.legendre.leggauss(16)
    half = np.diff(ends) / 2
    z = (ends[:-1] + half)[:, None] + half[:, None] * nodes
    return (f(z, law.prob(z).numpy()) * weights).sum(axis=1) * half


def check_integrals(law: laws.Law) -> None:
    powers = [integrals(law, lambda z, p, k=k: z**k * p).sum() for k in range(5)]
    expected = [1, 0, 1, law.skewness, law.excess_kurtosis + 3]
    scale = np.array([1, 1, 1, 1, expected[4]])
    np.testing.assert_allclose(powers / scale, expected / scale, rtol=0, atol=INTEGRAL)
    entropy = integrals(law, lambda z, p: -p * np.log(np.where(p > 0, p, 1))).sum()
    np.testing.assert_allclose(law.entropy, entropy, rtol=0, atol=10 * INTEGRAL)
    z = panels(law)
    z = z[law.prob(z).numpy() > 0]
    np.testing.assert_allclose(law.log_prob(z), np.log(law.prob(z)), rtol=1e-12, atol=1e-12)


def check_cdf(law: laws.Law) -> None:
    ends = panels(law)
    mass = np.cumsum(integrals(law, lambda z, p: p))
    np.testing.assert_allclose(law.cdf(ends[1:]) - law.cdf(ends[0]), mass, rtol=0, atol=INTEGRAL)
    # The lower tail keeps its relative precision, as far as the rounding of its points allows.
    lower = (mass > 2.0**-180) & (mass < 1e-3)
    tail, expected = ends[1:][lower], mass[lower]
    rounding = law.prob(tail).numpy() * np.spacing(np.abs(tail))
    assert (np.abs(law.cdf(tail).numpy() - expected) <= 1e-9 * expected + 2 * rounding).all()
    low, high = law.support
    for outside in (low - 1, high + 1):
        if math.isfinite(outside):
            assert law.prob(outside) == 0
            assert law.log_prob(outside) == -math.inf
            assert law.cdf(outside) == float(outside > 0)
    for nan in (law.prob(math.nan), law.log_prob(math.nan), law.cdf(math.nan)):
        assert math.isnan(nan)


def check_quantile(law: laws.Law) -> None:
    for dtype, promised in ((np.float64, 1e-9), (np.float32, 1e-6)):
        u = np.unique(UNIT.astype(dtype))
        z = law.quantile(u).numpy()
        assert z.dtype == dtype
        exact = z.astype(float)
        inner = np.isfinite(exact)
        rounding = law.prob(exact[inner]).numpy() * np.spacing(np.abs(z[inner])) / 2
        error = np.abs(law.cdf(exact).numpy() - u)
        assert (error[inner] <= promised + rounding).all(), f"u-error {error[inner].max():.1e} in {dtype}"
        assert (error[~inner] == 0).all()
        np.testing.assert_allclose(z[[0, -1]], np.array(law.support, dtype), rtol=4 * np.finfo(dtype).eps)
        assert (np.diff(exact[inner]) >= -16 * np.spacing(np.abs(z[inner]).max())).all(), "not increasing"
    # In double precision the error is small against the probability of the lower tail, not only against 1:
    # but for some roundings of the point, u lies where it should.
    z = law.quantile(NEAR).numpy()
    assert (law.cdf(z - 4 * np.spacing(np.abs(z))).numpy() <= NEAR * (1 + 1e-10)).all()
    assert (law.cdf(z + 4 * np.spacing(np.abs(z))).numpy() >= NEAR * (1 - 1e-10)).all()


def check_draws(law: laws.Law) -> None:
    x = law(3.0, 2.0).sample(DRAWS, seed=(1, 2)).numpy()
    assert x.dtype == np.float32
    standard = (x.astype(float) - 3) / 2
    p_value = stats.kstest(standard, lambda z: law.cdf(z).numpy()).pvalue
    assert p_value > ALARM, f"the draws are not of this law: KS p-value {p_value:.1e}"


def check_distribution(law: laws.Law) -> None:
    loc, scale = np.array([0.5, -1.0]), np.array([[2.0], [0.25], [1.0]])
    d = law(loc, scale)
    assert d.dtype == tf.float64
    assert d.batch_shape == (3, 2)
    assert d.event_shape == ()
    np.testing.assert_array_equal(d.mean(), np.broadcast_to(loc, (3, 2)))
    np.testing.assert_array_equal(d.stddev(), np.broadcast_to(scale, (3, 2)))
    np.testing.assert_array_equal(d.variance(), np.broadcast_to(scale**2, (3, 2)))
    np.testing.assert_allclose(d.entropy(), np.broadcast_to(law.entropy + np.log(scale), (3, 2)))
    x = loc + scale * 0.3
    np.testing.assert_allclose(d.prob(x), law.prob(0.3) / np.broadcast_to(scale, (3, 2)))
    np.testing.assert_allclose(d.log_prob(x), np.log(d.prob(x)))
    np.testing.assert_allclose(d.cdf(x), np.full((3, 2), law.cdf(0.3)))
    np.testing.assert_allclose(d.quantile(np.full((3, 2), law.cdf(0.3))), x, rtol=1e-6, atol=1e-7)
    draws = d.sample((4, 5), seed=(0, 1))
    assert draws.shape == (4, 5, 3, 2)
    traced = tf.function(lambda: d.sample((4, 5), seed=(0, 1)))
    np.testing.assert_array_equal(traced(), draws)
    inside = d.experimental_default_event_space_bijector()(
        tf.constant([-1.0, -0.3, 0.2, 1.0], tf.float64)[:, None, None]
    )
    assert np.isfinite(d.log_prob(inside)).all()


def check_divergence(law: laws.Law) -> None:
    loc, scale, prior = 0.3, 0.7, tfd.Normal(np.float64(-0.2), np.float64(1.5))

    def integrand(z, p):
        log_ratio = np.log(np.where(p > 0, p, 1) / scale) - prior.log_prob(loc + scale * z).numpy()
        return p * log_ratio

    divergence = tfd.kl_divergence(law(np.float64(loc), np.float64(scale)), prior)
    np.testing.assert_allclose(divergence, integrals(law, integrand).sum(), rtol=0, atol=10 * INTEGRAL)
