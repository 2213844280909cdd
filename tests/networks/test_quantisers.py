"""Quantisers: exact values forward, and backward the gradient of the smooth function that each stands for."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from noisyweights import seeds
from noisyweights.networks.binary import quantisers

STEP = 1e-6  # of central differences in float64, whose error is about STEP² and rounding over STEP
TOLERANCE = {"rtol": 1e-6, "atol": 1e-8}

# TensorFlow has processors take the smallest numbers for 0, which Hypothesis then cannot make.
finite = st.floats(width=32, allow_nan=False, allow_infinity=False, allow_subnormal=False)
every_float = hnp.arrays(np.float32, st.integers(1, 8), elements=finite)


def slopes(function, x):
    """Gradient of the sum of a function by central differences, of x's shape; no automatic one has a part."""
    found = np.empty_like(x)
    for at in np.ndindex(*x.shape):
        ends = []
        for step in (-STEP, STEP):
            moved = x.copy()
            moved[at] += step
            ends.append(np.sum(function(moved)))
        found[at] = (ends[1] - ends[0]) / (2 * STEP)
    return found


def gradient(function, x):
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = tf.reduce_sum(function(x))
    return tape.gradient(total, x, unconnected_gradients="zero").numpy()


@pytest.fixture
def points():
    return seeds.generator(0, "points").normal(scale=1.5, size=40)


@settings(deadline=None)  # the first call takes as long as the machine is busy
@example(np.float32([0.0, -0.0, 1e-45, -1e-45, 3.4e38, -3.4e38]))
@given(every_float)
def test_signs_are_exact_for_every_float(x):
    for sharpness in (None, 0.1, 10.0):
        found = quantisers.sign(tf.constant(x), sharpness=sharpness).numpy()
        assert found.dtype == np.float32
        assert set(found) <= {-1.0, 1.0}
        visible = np.abs(x) >= np.finfo(np.float32).tiny  # and not taken for 0
        np.testing.assert_array_equal(found[visible], np.copysign(1, x[visible]))
        assert (found[x.view(np.int32) << 1 == 0] == 1).all()  # of 0 and −0


@pytest.mark.parametrize("t", [0.1, 0.5, 1.0, 3.0, 10.0])
def test_gradient_of_a_sign_is_that_of_its_surrogate(points, t):
    k = 1 / t if t < 1 else 1.0

    def surrogate(x):
        return k * np.tanh(t * x)

    found = gradient(lambda x: quantisers.sign(x, sharpness=t), points)
    np.testing.assert_allclose(found, slopes(surrogate, points), **TOLERANCE)
    wrong = slopes(lambda x: np.tanh(1.1 * t * x), points)  # the harness sees a tenth more sharpness
    assert not np.allclose(found, wrong, rtol=1e-3)


def test_a_sign_without_a_sharpness_has_no_gradient(points):
    assert (gradient(quantisers.sign, points) == 0).all()


@settings(deadline=None)
@given(every_float.filter(lambda x: np.abs(x).max() < 1e30), st.integers(0, 2**20))
def test_straight_through_keeps_hard_values_to_the_last_bit(soft, seed):
    hard = seeds.generator(seed, "hard").normal(size=soft.shape).astype(np.float32)
    assert (quantisers.straight_through(hard, soft).numpy() == hard).all()


@pytest.mark.parametrize("shape", [(50, 3), (3, 3, 4, 5)])
def test_libra_balances_and_standardises_each_output(shape):
    kernel = seeds.generator(0, "kernel").gamma(1.0, size=shape).astype(np.float32)  # skewed, and not at 0
    found = quantisers.libra(tf.constant(kernel)).numpy().reshape(-1, shape[-1]).astype(np.float64)
    np.testing.assert_allclose(found.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(found.std(0), 1, rtol=1e-5)
    for one, other in zip(found.T, kernel.reshape(-1, shape[-1]).T, strict=True):
        assert np.corrcoef(one, other)[0, 1] == pytest.approx(1)


@pytest.mark.parametrize("shape", [(1, 2), (25, 2), (5, 5, 2, 2)])
@pytest.mark.parametrize("value", [0.0, 0.1, -1e30])
def test_a_kernel_of_equal_weights_becomes_0_with_finite_gradients(shape, value):
    """Also where the mean of equal numbers is rounded, as it is of 25 times 0.1."""
    kernel, factors = np.full(shape, value, np.float32), np.arange(np.prod(shape), dtype=np.float32)
    assert (quantisers.libra(tf.constant(kernel)).numpy() == 0).all()
    for by in (quantisers.libra, lambda x: quantisers.sign(quantisers.libra(x), sharpness=10.0)):
        found = gradient(lambda x, by=by: by(x) * factors.reshape(shape), kernel)
        assert np.isfinite(found).all()


def test_gradient_of_libra():
    generator = seeds.generator(0, "libra")
    kernel, factors = generator.normal(size=(2, 6, 4, 3))

    def standardised(w):
        flat = w.reshape(-1, 3)
        return factors.reshape(-1, 3) * (flat - flat.mean(0)) / flat.std(0)

    found = gradient(lambda x: factors * quantisers.libra(x), kernel)
    np.testing.assert_allclose(found, slopes(standardised, kernel), **TOLERANCE)


clips = st.floats(1 / 64, 100, width=32)


@settings(deadline=None)
@given(
    hnp.arrays(np.float32, 50, elements=st.floats(-3, 3, width=32, allow_subnormal=False)),
    clips,
    st.integers(1, 8),
    st.booleans(),
)
def test_pact_takes_the_nearest_of_few_values(parts, clip, bits, far):
    """Against a search of all values there are; `parts` of the range, at times a thousand times as far."""
    x = parts * np.float32(clip) * np.float32(1000 if far else 1)
    found = quantisers.pact(tf.constant(x), clip=tf.constant(clip, tf.float32), bits=bits).numpy()
    grid = np.linspace(0, np.float64(clip), 2**bits)
    assert len(np.unique(found)) <= 2**bits
    assert np.abs(found[:, None] - grid).min(1).max() <= 1e-6 * clip  # a few roundings of float32
    inside = np.clip(x.astype(np.float64), 0, clip)
    above = np.clip(np.searchsorted(grid, inside), 1, len(grid) - 1)
    nearest = np.minimum(inside - grid[above - 1], grid[above] - inside)
    assert (np.abs(found - inside) <= nearest + (2e-4 if far else 1e-6) * clip).all()
    again = quantisers.pact(tf.constant(found), clip=tf.constant(clip, tf.float32), bits=bits).numpy()
    np.testing.assert_array_equal(again, found)


def test_the_search_for_the_nearest_value_sees_one_that_is_cut_off():
    """The negative control of the test above: rounding down is no rounding to the nearest."""
    grid = np.linspace(0, 1, 16)
    x = np.linspace(0, 1, 101)
    down = np.floor(x * 15) / 15
    nearest = np.abs(x[:, None] - grid).min(1)
    assert (np.abs(down - x) > nearest + 1e-5).any()


def test_gradients_of_pact_are_those_of_a_clip(points):
    clip = 1.25
    assert ((points > clip).any(), (points < 0).any()) == (True, True)
    found = gradient(lambda x: quantisers.pact(x, clip=clip, bits=4), points)
    np.testing.assert_allclose(found, slopes(lambda x: np.clip(x, 0, clip), points), **TOLERANCE)
    found = gradient(lambda end: quantisers.pact(tf.constant(points), clip=end, bits=4), np.array(clip))
    expected = slopes(lambda end: np.clip(points, 0, end), np.array(clip))
    np.testing.assert_allclose(found, expected, **TOLERANCE)
    assert expected > 1  # so that something was tested
