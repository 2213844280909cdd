"""Products of levels and coins against NumPy's, and which numbers count as levels."""

import numpy as np
import pytest
import tensorflow as tf

from noisyweights import seeds
from noisyweights.networks.coin_flips import integer_products


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 7, 3), (5, 784, 10), (130, 33, 65)])
def test_products_are_exact(shape):
    if not integer_products.available():
        pytest.skip("no exact product of integers here: products of float32 run in its place, tested alike")
    n, m, units = shape
    rng = seeds.generator(0, "products")
    levels = rng.integers(256, size=(n, m), dtype=np.uint8)
    levels[0] = 255  # the largest sums
    for coins in (rng.integers(-1, 2, (m, units), np.int8), np.ones((m, units), np.int8)):
        found = integer_products.product(tf.constant(levels), tf.constant(coins)).numpy()
        np.testing.assert_array_equal(found, levels.astype(int) @ coins.astype(int))


@pytest.mark.parametrize("step", [1.0, 1 / 255])
def test_levels_are_found(step):
    levels = np.arange(256).reshape(16, 16)
    for x in (np.float32(levels * step), np.float32(levels) * np.float32(step)):
        found, at = integer_products.as_levels(x)
        assert found.dtype == np.uint8
        np.testing.assert_array_equal(found, levels)
        assert at == step


@pytest.mark.parametrize(
    "x", [[[-1.0, 2.0]], [[256.0]], [[0.5, 1.0]], [[np.float32(1 / 255) * 1.00001]], [[300.5]]]
)
def test_other_numbers_are_no_levels(x):
    assert integer_products.as_levels(np.float32(x)) is None


def test_a_machine_with_a_gpu_or_without_the_product_goes_without(monkeypatch):
    plain = integer_products.available.__wrapped__  # asks again each time
    with monkeypatch.context() as patch:
        patch.setattr(tf.config, "list_physical_devices", lambda kind=None: ["GPU:0"])
        assert not plain()

    def refuses(*_, **__):
        raise tf.errors.NotFoundError(None, None, "no kernel")

    with monkeypatch.context() as patch:
        patch.setattr(tf.raw_ops, "QuantizedMatMulWithBias", refuses)
        assert not plain()

    def wrong(a, b, **_):
        return tf.bitcast(tf.zeros((a.shape[0], b.shape[1]), tf.int32), tf.qint32), 0, 0

    with monkeypatch.context() as patch:
        patch.setattr(tf.raw_ops, "QuantizedMatMulWithBias", wrong)
        assert not plain()
