"""Scale curves: formulas by hand, tables against SciPy, and gradients against differences."""

import json

import numpy as np
import pytest
import tensorflow as tf
from scipy.interpolate import PchipInterpolator

from noisyweights.noise import scale_curves

RANGE = {"low_uS": 2.0, "high_uS": 50.0}
LEVELS, DEVIATIONS = (2.0, 5.0, 10.0, 20.0, 50.0), (0.4, 0.9, 1.6, 1.2, 1.5)
CURVES = {
    "constant": (scale_curves.constant(**RANGE, deviation_uS=3.0), lambda g: 3 + 0 * g),
    "proportional": (scale_curves.proportional(**RANGE, ratio=0.1), lambda g: 0.1 * g),
    "power": (scale_curves.power(**RANGE, top_uS=5.0, exponent=0.5), lambda g: np.sqrt(g / 2)),
    "falling": (scale_curves.power(**RANGE, top_uS=5.0, exponent=-1.0), lambda g: 250 / g),
    "affine": (scale_curves.affine(**RANGE, floor_uS=0.5, ratio=0.04), lambda g: 0.5 + 0.04 * g),
    "table": (
        scale_curves.table(levels_uS=LEVELS, deviations_uS=DEVIATIONS),
        PchipInterpolator(LEVELS, DEVIATIONS),
    ),
}
G = np.linspace(2, 50, 97)  # on levels and between them
every_curve = pytest.mark.parametrize(("curve", "true"), CURVES.values(), ids=CURVES.keys())


@every_curve
def test_values_of_arrays_and_tensors(curve, true):
    np.testing.assert_allclose(curve(G), true(G), rtol=1e-12)
    found = curve(tf.constant(G.reshape(97, 1), tf.float32))
    assert (found.dtype, found.shape) == (tf.float32, (97, 1))
    np.testing.assert_allclose(found.numpy()[:, 0], true(G), rtol=1e-5)  # float32
    assert isinstance(curve(3.0), np.floating | np.ndarray)


@every_curve
def test_gradients_flow_through(curve, true):
    between = tf.constant(G[1:-1] + 0.05, tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(between)
        total = tf.reduce_sum(curve(between))
    slope = (true(between.numpy() + 1e-6) - true(between.numpy() - 1e-6)) / 2e-6
    np.testing.assert_allclose(tape.gradient(total, between), slope, rtol=1e-5, atol=1e-7)


def test_a_table_does_not_overshoot():
    """A cubic spline through these would; that is why it is monotone between levels."""
    curve, _ = CURVES["table"]
    assert curve(G).min() >= min(DEVIATIONS)
    assert curve(G).max() <= max(DEVIATIONS)


@every_curve
def test_a_configuration_makes_the_same_curve(curve, true):
    again = scale_curves.from_config(json.loads(json.dumps(curve.get_config())))
    np.testing.assert_array_equal(again(G), curve(G))
    assert (again.low_uS, again.high_uS, again.width_uS) == (2, 50, 48)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: scale_curves.constant(low_uS=0, high_uS=5, deviation_uS=1), "0 < low < high, got 0 to 5"),
        (lambda: scale_curves.constant(low_uS=5, high_uS=5, deviation_uS=1), "got 5 to 5"),
        (lambda: scale_curves.constant(**RANGE, deviation_uS=0), "0 µS at 2 µS and 0 at 50"),
        (lambda: scale_curves.affine(**RANGE, floor_uS=-1, ratio=0.1), "-0.8 µS at 2 µS and 4 at 50"),
        (lambda: scale_curves.table(levels_uS=[1], deviations_uS=[1]), "two or more that increase"),
        (lambda: scale_curves.table(levels_uS=[1, 1], deviations_uS=[1, 1]), "two or more that increase"),
        (lambda: scale_curves.table(levels_uS=[1, 2], deviations_uS=[1, 0]), "positive and finite"),
        (lambda: scale_curves.table(levels_uS=[1, 2], deviations_uS=[1]), "one for each of 2 levels"),
        (lambda: scale_curves.from_config({"curve": "spline"}), "no scale curve is called 'spline'"),
    ],
)
def test_bad_curves(make, message):
    with pytest.raises(ValueError, match=message):
        make()
