"""Every law through the one harness, the harness through its negative controls, and bad input."""

import copy
import json
import math
import pickle

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from harness import ALARM, DRAWS, UNIT, check_law
from scipy import special, stats

from noisyweights.noise import laws
from noisyweights.noise.laws.gaussian_law import Gaussian
from noisyweights.noise.sampling import sampler

tfd = tfp.distributions
RNG = np.random.default_rng(20)

LAWS = [
    laws.gaussian(),
    laws.uniform(),
    laws.bimodal(separation=0.9),
    laws.bimodal(separation=0.99),
    laws.bimodal(separation=0.0),
    laws.bayes_mtj(A=1.8, B=0.2, C=0.3),
    laws.bayes_mtj(A=1.0, B=1e-3, C=0.0),
    laws.bayes_mtj(A=1.0, B=1e-3, C=1e-3),
    laws.bayes_mtj(A=1.0, B=1e3, C=0.0),
    laws.bayes_mtj(A=1.0, B=0.5, C=-math.exp(-2)),  # no slope at the edge
    laws.bayes_mtj(A=-1.0, B=0.3, C=-math.expm1(-1 / 0.3)),  # nothing at the centre
    laws.ecram(A=1.0, B=0.1, C=0.2),
    laws.ecram(A=1.0, B=1e-3, C=0.01),
    laws.ecram(A=1.0, B=1e3, C=0.0),
    laws.ecram(A=1.0, B=1.0, C=-math.exp(-1)),  # no slope at the edge
    laws.ecram(A=-1.0, B=0.1, C=-math.expm1(-10)),  # nothing at the centre
    laws.empirical(samples=RNG.normal(size=3000)),
    laws.empirical(samples=RNG.lognormal(size=3000)),
    laws.empirical(samples=RNG.standard_t(3, size=3000)),
]


@pytest.mark.parametrize("law", LAWS, ids=repr)
def test_law_keeps_its_contract(law):
    check_law(law)


class WrongDraws(Gaussian):
    """Draws 3 % too wide: a KS test on 20,000 of them would not see it, the u-error does."""

    def _lower(self, v):
        return 1.03 * special.ndtri(v)


class WrongCDF(Gaussian):
    def _cdf(self, z):
        return laws.bimodal(separation=0.2)._cdf(z)


class WrongDensity(Gaussian):
    def _log_prob(self, z):
        return super()._log_prob(z) + 1e-9


class WrongKurtosis(Gaussian):
    excess_kurtosis = 1e-9


class WrongEntropy(Gaussian):
    entropy = Gaussian.entropy + 1e-9


@pytest.mark.parametrize("wrong", [WrongDraws, WrongCDF, WrongDensity, WrongKurtosis, WrongEntropy])
def test_harness_rejects_a_wrong_law(wrong):
    with pytest.raises(AssertionError):
        check_law(wrong())


def test_harness_rejects_the_draws_of_another_law(monkeypatch):
    from harness import check_draws

    law = laws.bimodal(separation=0.8)
    check_draws(law)
    monkeypatch.setattr(law, "_quantile", laws.gaussian()._quantile)
    with pytest.raises(AssertionError, match="not of this law"):
        check_draws(law)


def test_gaussian_and_uniform_are_those_of_scipy():
    z = np.linspace(-1.7, 1.7, 41)
    for law, oracle in (
        (laws.gaussian(), stats.norm),
        (laws.uniform(), stats.uniform(-math.sqrt(3), math.sqrt(12))),
    ):
        np.testing.assert_allclose(law.log_prob(z), oracle.logpdf(z), rtol=1e-14)
        np.testing.assert_allclose(law.cdf(z), oracle.cdf(z), rtol=1e-14)
        # The table's u-error of 1e-13, over the density.
        np.testing.assert_allclose(law.quantile(UNIT), oracle.ppf(UNIT), rtol=2e-12, atol=2e-12)
        np.testing.assert_allclose(law.entropy, oracle.entropy(), rtol=1e-14)
    far = np.array([1e-300, 1e-100, 1e-30])
    np.testing.assert_allclose(laws.gaussian().quantile(far), stats.norm.ppf(far), rtol=1e-12)


def test_gaussian_is_the_bimodal_law_without_separation():
    z = np.linspace(-5, 5, 101)
    np.testing.assert_allclose(
        laws.bimodal(separation=0).log_prob(z), laws.gaussian().log_prob(z), rtol=1e-14
    )


def test_two_point_has_moments_and_draws_but_no_density():
    law = laws.two_point()
    draws = law(0.0, 1.0).sample(DRAWS, seed=(0, 1)).numpy()
    assert set(draws.tolist()) == {-1.0, 1.0}
    heads = int((draws > 0).sum())
    assert stats.binomtest(heads, DRAWS).pvalue > ALARM
    np.testing.assert_array_equal(law.cdf([-2, -1, 0, 1]), [0, 0.5, 0.5, 1])
    assert (law.skewness, law.excess_kurtosis) == (0, -2)
    distribution = law(1.0, 3.0)
    assert (distribution.mean(), distribution.stddev()) == (1, 3)
    for missing in (
        lambda: law.prob(0.0),
        lambda: law.log_prob(0.0),
        lambda: law.entropy,
        distribution.entropy,
        lambda: tfd.kl_divergence(distribution, tfd.Normal(0.0, 1.0)),
    ):
        with pytest.raises(NotImplementedError, match="two-point law has no"):
            missing()


@pytest.mark.parametrize("law", [*LAWS, laws.two_point()], ids=repr)
def test_config_survives_json_pickle_and_copies(law):
    again = laws.from_config(json.loads(json.dumps(law.get_config())))
    assert again == law == pickle.loads(pickle.dumps(law)) == copy.deepcopy(law)
    assert len({again, law}) == 1
    assert law != laws.bimodal(separation=0.123)


@pytest.mark.parametrize("dtype", [tf.float32, tf.float64])
@pytest.mark.parametrize("law", LAWS[:6] + LAWS[-1:], ids=repr)
def test_dtype_and_shape_follow_the_argument_eagerly_and_traced(law, dtype):
    u = tf.constant([[0.1, 0.2, 0.3], [0.5, 0.7, 0.9]], dtype)
    for method in (law.prob, law.log_prob, law.cdf, law.quantile):
        eager = method(u)
        assert (eager.dtype, eager.shape) == (dtype, (2, 3))
        assert method(u[0, 0]).shape == ()
        # A graph multiplies by the reciprocal of a constant where eager code divides by it.
        rounding = 4 * np.finfo(dtype.as_numpy_dtype).eps
        np.testing.assert_allclose(tf.function(method)(u), eager, rtol=rounding, atol=rounding)
        unknown = tf.function(method, input_signature=[tf.TensorSpec(None, dtype)])
        np.testing.assert_allclose(unknown(u), eager, rtol=rounding, atol=rounding)


def test_python_numbers_and_numpy_arrays_keep_their_precision():
    law = laws.gaussian()
    assert law.cdf(0).dtype == law.cdf([0.0, 1.0]).dtype == law.cdf(np.zeros(3)).dtype == tf.float64
    assert law.cdf(np.zeros(3, np.float32)).dtype == tf.float32
    with pytest.raises(TypeError, match="float16; cast first"):
        law.cdf(np.zeros(3, np.float16))


@pytest.mark.parametrize("law", [*LAWS[:6], LAWS[-2], laws.two_point()], ids=repr)
def test_draws_are_reparameterized_and_coupled_through_their_uniforms(law):
    seed, shape = (3, 4), (7,)
    loc, scale = tf.Variable([0.5, -1.0]), tf.Variable([[2.0], [0.25]])
    with tf.GradientTape() as tape:
        draws = law(loc, scale).sample(shape, seed=seed)
        total = tf.reduce_sum(draws)
    z = law.quantile(sampler.uniforms((7, 2, 2), seed))
    np.testing.assert_array_equal(draws, loc + scale * z)
    by_loc, by_scale = tape.gradient(total, [loc, scale])
    np.testing.assert_array_equal(by_loc, [14, 14])
    np.testing.assert_allclose(by_scale, tf.reduce_sum(z, axis=(0, 2))[:, None], rtol=1e-5)


@pytest.mark.parametrize("law", [*LAWS[:6], LAWS[11], LAWS[-2]], ids=repr)
def test_gradients_are_finite_differences(law):
    step = 1e-6

    def value(loc, scale):
        d = law(loc, scale)
        return (
            d.log_prob(0.7)
            + d.cdf(0.7)
            + d.entropy()
            + tfd.kl_divergence(d, tfd.Normal(loc * 0, scale * 0 + 1))
        )

    loc, scale = tf.Variable(0.2, dtype=tf.float64), tf.Variable(0.9, dtype=tf.float64)
    with tf.GradientTape() as tape:
        y = value(loc, scale)
    by_loc, by_scale = tape.gradient(y, [loc, scale])
    a, b = loc.numpy(), scale.numpy()
    # Values of order one, rounded to 1e-15, differ over 1e-6: good to 1e-9, and a tenth of that in curvature.
    np.testing.assert_allclose(by_loc, (value(a + step, b) - value(a - step, b)) / (2 * step), atol=1e-8)
    np.testing.assert_allclose(by_scale, (value(a, b + step) - value(a, b - step)) / (2 * step), atol=1e-8)
    u = tf.constant([0.01, 0.3, 0.77], tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(u)
        z = law.quantile(u)
    slope = (law.quantile(u + step) - law.quantile(u - step)) / (2 * step)
    np.testing.assert_allclose(tape.gradient(z, u), slope, rtol=1e-5)


def test_gradients_outside_the_support_are_zero_not_nan():
    z = tf.constant([-9.0, 0.0, 9.0])
    for law in (laws.uniform(), laws.bayes_mtj(A=1.8, B=0.2, C=0.3), laws.ecram(A=1.0, B=0.1, C=0.2)):
        with tf.GradientTape() as tape:
            tape.watch(z)
            y = tf.where(tf.abs(z) < 2, law.log_prob(z), 0)
        assert np.isfinite(tape.gradient(y, z)).all()


def test_distribution_is_one_that_tfp_can_slice_copy_and_follow():
    law, scale = laws.bayes_mtj(A=1.8, B=0.2, C=0.3), tf.Variable([1.0, 2.0])
    d = law(0.0, scale, name="weights")
    assert d.name.startswith("weights")
    assert d.law == law
    assert d.reparameterization_type == tfd.FULLY_REPARAMETERIZED
    assert d[1].stddev() == 2
    np.testing.assert_array_equal(d.copy(loc=5.0).mean(), [5, 5])
    np.testing.assert_array_equal(d.mode(), [0, 0])
    scale.assign([3.0, 4.0])
    np.testing.assert_array_equal(d.stddev(), [3, 4])
    joint = tfd.Independent(d, 1)
    assert joint.log_prob(joint.sample(seed=(1, 1))).shape == ()
    inside = d.experimental_default_event_space_bijector()(tf.constant([-50.0, 50.0]))
    np.testing.assert_allclose(inside, np.array(law.support) * [3, 4], rtol=1e-6)


def test_laws_that_differ_only_in_shape_draw_together():
    draws = [law(0.0, 1.0).sample(DRAWS, seed=(5, 6)).numpy() for law in (laws.gaussian(), laws.uniform())]
    assert np.corrcoef(draws)[0, 1] > 0.97  # √(3/π) for a Gaussian and a uniform draw of one uniform


def test_the_number_of_modes_is_known():
    assert laws.gaussian().mode == laws.bayes_mtj(A=1, B=0.2, C=-1e-4).mode == 0
    # A parabola may fall faster than a hole rises, and peaks within two of their widths are one: 0.7² < 0.5.
    assert laws.ecram(A=-0.05, B=0.1, C=1).mode == laws.bimodal(separation=0.7).mode == 0
    for law in (laws.bimodal(separation=0.72), laws.uniform(), laws.ecram(A=-1, B=0.1, C=1)):
        with pytest.raises(NotImplementedError, match="no single mode"):
            law(0.0, 1.0).mode()


def test_scale_must_be_positive_where_asked_to_validate():
    law = laws.gaussian()
    for scale in (0.0, -1.0, [1.0, -1.0]):
        with pytest.raises(tf.errors.InvalidArgumentError, match="must be positive"):
            law(0.0, scale, validate_args=True)
    scale = tf.Variable(1.0)
    d = law(0.0, scale, validate_args=True)
    scale.assign(-1.0)
    with pytest.raises(tf.errors.InvalidArgumentError, match="must be positive"):
        d.sample(seed=(0, 0))


@pytest.mark.parametrize(
    "law", [laws.gaussian(), laws.uniform(), laws.two_point(), LAWS[5], LAWS[-1]], ids=repr
)
@pytest.mark.parametrize("u", [-1e-9, 1.5, math.nan, math.inf])
def test_quantile_outside_the_unit_interval(law, u):
    with pytest.raises(ValueError, match=rf"\[0, 1\], got {u}; clip u"):
        law.quantile([0.5, u])
    traced = tf.function(law.quantile)(tf.constant([0.5, u], tf.float64))
    np.testing.assert_array_equal(np.isnan(traced), [False, True])
    checked = tf.function(law(np.float64(0), 1.0, validate_args=True).quantile)
    with pytest.raises(tf.errors.InvalidArgumentError, match="`value` must be"):
        checked(tf.constant(u, tf.float64))


@pytest.mark.parametrize("separation", [-0.1, 1.0, 3, math.nan])
def test_bimodal_without_room_for_its_peaks(separation):
    with pytest.raises(ValueError, match=rf"\[0, 1\), got {separation}; for 1 use two_point"):
        laws.bimodal(separation=separation)


def test_unknown_law():
    with pytest.raises(ValueError, match="no law is called 'laplace'; the laws are bayes_mtj, biased_two"):
        laws.from_config({"law": "laplace"})
    with pytest.raises(ValueError, match="no law is called None"):
        laws.from_config({})
