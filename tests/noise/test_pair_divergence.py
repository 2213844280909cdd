"""The divergence between two laws against exact formulas, SciPy, and the quadrature of unit laws."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import integrate

from noisyweights import seeds
from noisyweights.noise import laws, pair_divergence, quadrature

tfd = tfp.distributions
LAWS = {
    "gaussian": laws.gaussian(),
    "device": laws.bayes_mtj(A=1.8, B=0.2, C=0.3),
    "ecram": laws.ecram(A=1.0, B=0.1, C=0.2),
    "uniform": laws.uniform(),
    "bimodal": laws.bimodal(separation=0.9),
    "empirical": laws.empirical(samples=seeds.generator(0, "samples").gamma(3, size=400)),
}
every_law = pytest.mark.parametrize("law", LAWS.values(), ids=LAWS.keys())


def at(law, loc, scale):
    return law(np.float64(loc), np.float64(scale))


@every_law
def test_to_a_gaussian_law_it_is_the_exact_formula_of_the_normal_distribution(law):
    p = at(law, 0.3, 0.2)
    found = tfd.kl_divergence(p, at(laws.gaussian(), 0.1, 0.7)).numpy()
    assert found == pytest.approx(tfd.kl_divergence(p, tfd.Normal(np.float64(0.1), 0.7)).numpy(), abs=1e-11)


@every_law
def test_a_law_has_no_divergence_from_itself_and_has_one_from_the_others(law):
    p = at(law, 0.3, 0.2)
    assert tfd.kl_divergence(p, p).numpy() == pytest.approx(0, abs=1e-12)
    assert tfd.kl_divergence(p, at(law, 0.31, 0.2)).numpy() > 1e-4


@pytest.mark.parametrize("q", ["bimodal", "gaussian"])
@pytest.mark.parametrize("p", ["device", "uniform", "ecram"])
def test_against_an_integral_of_scipy(p, q):
    p, q = at(LAWS[p], 0.3, 0.2), at(LAWS[q], 0.1, 0.5)

    def integrand(x):
        log_p = p.log_prob(x).numpy()
        return np.where(log_p > -700, np.exp(log_p) * (np.maximum(log_p, -700) - q.log_prob(x).numpy()), 0)

    ends = np.array([0.3 + 0.2 * p.law.support[0], 0.3, 0.3 + 0.2 * p.law.support[1]])
    expected = integrate.tanhsinh(integrand, ends[:-1], ends[1:], rtol=1e-11).integral.sum()
    assert pair_divergence.kl_between(p, q).numpy() == pytest.approx(expected, abs=1e-9)


def test_of_unit_laws_it_is_the_quadrature_of_unit_laws():
    device, ecram = LAWS["device"], LAWS["ecram"]
    for p, q in ((device, laws.gaussian()), (ecram, LAWS["bimodal"])):
        expected = quadrature.kl(p, q)
        assert tfd.kl_divergence(at(p, 0, 1), at(q, 0, 1)).numpy() == pytest.approx(expected, abs=1e-10)


def test_mass_that_the_other_law_lacks_makes_it_infinite():
    wide, narrow = at(laws.gaussian(), 0, 1), at(laws.uniform(), 0, 1)
    assert np.isinf(tfd.kl_divergence(wide, narrow))
    assert np.isinf(tfd.kl_divergence(at(laws.uniform(), 0, 1.01), narrow))
    assert tfd.kl_divergence(at(laws.uniform(), 0, 0.5), narrow).numpy() == pytest.approx(np.log(2))


def test_peaks_that_the_nodes_miss_are_not_made_up():
    sharp = at(laws.bimodal(separation=0.9999999999), 0, 1)
    assert np.isnan(tfd.kl_divergence(sharp, at(laws.gaussian(), 0, 1)))


def test_batches_precision_graphs_and_gradients():
    device, bimodal = LAWS["device"], LAWS["bimodal"]
    loc, scale = tf.constant([[0.1], [0.4]]), tf.constant([0.2, 0.3, 0.5])
    prior = bimodal(tf.constant(0.0), tf.constant(1.0))
    found = tf.function(lambda: tfd.kl_divergence(device(loc, scale), prior))()
    assert found.dtype == tf.float32
    assert found.shape == (2, 3)
    one = tfd.kl_divergence(at(device, np.float32(0.4), np.float32(0.3)), at(bimodal, 0, 1))
    assert found[1, 1].numpy() == pytest.approx(one.numpy(), rel=1e-6)
    sigma, step = tf.constant(0.3, tf.float64), 1e-4
    with tf.GradientTape() as tape:
        tape.watch(sigma)
        value = tfd.kl_divergence(device(tf.constant(0.4, tf.float64), sigma), at(bimodal, 0, 1))
    up, down = (
        tfd.kl_divergence(at(device, 0.4, 0.3 + side), at(bimodal, 0, 1)).numpy() for side in (step, -step)
    )
    assert tape.gradient(value, sigma).numpy() == pytest.approx((up - down) / (2 * step), rel=1e-6)


def test_a_law_without_density_is_refused():
    with pytest.raises(NotImplementedError):
        tfd.kl_divergence(at(laws.two_point(), 0, 1), at(laws.gaussian(), 0, 1))
