"""Uniforms from seeds, and inverse CDFs from tables: the error in probability on all of (0, 1)."""

import numpy as np
import pytest
import tensorflow as tf
from harness import ALARM
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from noisyweights.noise import laws
from noisyweights.noise.sampling import sampler


@pytest.mark.parametrize(("dtype", "bits"), [(tf.float32, 24), (tf.float64, 53)])
def test_uniforms_lie_on_a_symmetric_lattice_without_its_ends(dtype, bits):
    u = sampler.uniforms((50_000,), (1, 2), dtype).numpy().astype(np.longdouble)
    odd = u * 2**bits
    np.testing.assert_array_equal(odd % 2, 1)
    assert 0 < u.min() < u.max() < 1
    assert stats.kstest(u.astype(float), "uniform").pvalue > ALARM


def test_a_seed_is_all_that_uniforms_depend_on():
    one = sampler.uniforms((3, 4), (1, 2))
    np.testing.assert_array_equal(one, tf.function(lambda: sampler.uniforms((3, 4), (1, 2)))())
    np.testing.assert_array_equal(one, sampler.uniforms(tf.constant([3, 4]), tf.constant([1, 2])))
    assert (one != sampler.uniforms((3, 4), (1, 3))).numpy().all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_and_small_tensors_give_the_same_draws(dtype):
    law = laws.bayes_mtj(A=1.8, B=0.2, C=0.3)
    u = sampler.uniforms((2 * sampler.FUSE_FROM,), (1, 2), dtype)
    pieces = tf.concat([law.quantile(piece) for piece in tf.split(u, 32)], axis=0)
    # The fused kernel may round a multiplication and an addition once where two kernels round twice.
    np.testing.assert_allclose(law.quantile(u), pieces, rtol=0, atol=4 * np.finfo(dtype).eps)
    np.testing.assert_array_equal(law.quantile(tf.reshape(u, [4, -1])), tf.reshape(law.quantile(u), [4, -1]))


def test_symmetric_laws_draw_exact_mirror_images():
    u = sampler.uniforms((1000,), (1, 2))
    for law in (laws.gaussian(), laws.ecram(A=1, B=0.1, C=0.2), laws.bimodal(separation=0.9), laws.uniform()):
        np.testing.assert_array_equal(law.quantile(1 - u), -law.quantile(u))


def test_quantile_works_where_graphs_put_it():
    law, u = laws.bimodal(separation=0.9), sampler.uniforms((4, 50), (1, 2))
    eager = law.quantile(u)
    np.testing.assert_array_equal(tf.map_fn(law.quantile, u), eager)
    np.testing.assert_array_equal(tf.function(lambda u: tf.map_fn(law.quantile, u))(u), eager)
    np.testing.assert_allclose(tf.function(law.quantile, jit_compile=True)(u), eager, rtol=1e-6)
    fresh = laws.bimodal(separation=0.91)  # its table is made while the graph is traced, and outlives it
    np.testing.assert_array_equal(tf.function(fresh.quantile)(u), fresh.quantile(u))


@st.composite
def device_laws(draw):
    """Any admissible law: a mixture of the densities without slope at the edge and zero in the centre."""
    make, power = draw(st.sampled_from([(laws.bayes_mtj, 1), (laws.ecram, 2)]))
    B = 10 ** draw(st.floats(-4, 4))
    weight = draw(st.one_of(st.just(0.0), st.just(1.0), st.floats(0, 1)))
    centre, edge = -np.expm1(-1 / B), power * np.exp(-1 / B) / (2 * B)
    return make(A=2 * weight - 1, B=B, C=(1 - weight) * centre - weight * edge)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(device_laws())
def test_error_in_probability_of_any_device_law(law):
    probe_error_in_probability(law)
    assert law.entropy < laws.gaussian().entropy  # the largest of all laws of unit variance


@settings(max_examples=8, deadline=None, derandomize=True)
@given(st.floats(0, 0.9999))
def test_error_in_probability_of_any_bimodal_law(separation):
    probe_error_in_probability(laws.bimodal(separation=separation))


def probe_error_in_probability(law):
    near = 2.0 ** -np.linspace(2, 53, 400)
    u = np.concatenate([near, 0.5 - near, 0.5 + near, 1 - near, np.random.default_rng(0).random(20_000)])
    u = u[(u > 0) & (u < 1)]
    for dtype, promised in ((np.float64, 1e-9), (np.float32, 1e-6)):
        z = law.quantile(u.astype(dtype)).numpy()[(u.astype(dtype) < 1)]
        exact = z.astype(float)
        rounding = law.prob(exact).numpy() * np.spacing(np.abs(z)) / 2
        error = np.abs(law.cdf(exact).numpy() - u.astype(dtype)[u.astype(dtype) < 1])
        assert (error <= promised + rounding).all(), f"{error.max():.1e} in {dtype} for {law}"


def test_a_corner_in_the_quantile_is_resolved():
    # Where the parabola ends and a peak of a ten thousandth of the width begins, at u = 1/8.
    law = laws.bayes_mtj(A=1.0, B=1e-4, C=5e-5)
    probe_error_in_probability(law)
    u = 0.125 + np.linspace(-1e-3, 1e-3, 10_001)
    assert np.abs(law.cdf(law.quantile(u)).numpy() - u).max() < 1e-9


def test_the_error_that_a_table_reports_is_the_one_it_has():
    law = laws.bayes_mtj(A=1.8, B=0.2, C=0.3)
    u = np.random.default_rng(1).random(100_000)
    error = np.abs(law.cdf(law.quantile(u)).numpy() - u).max()
    table = law._tables[tf.float64]
    # Both are maxima over some of the points, and the CDF is rounded to 1e-16.
    assert 0.2 * table.u_error < error < 2 * table.u_error + 4e-16
