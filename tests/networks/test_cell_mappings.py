"""Cell mappings against their definitions in NumPy, and what the common mode can and cannot do."""

import json

import numpy as np
import pytest
import tensorflow as tf

from noisyweights.networks.mean_field import cell_mappings
from noisyweights.networks.mean_field.cell_mappings import COMMON_MODES, Pair, Single
from noisyweights.noise import scale_curves

LOW, HIGH, LARGEST = 2.0, 50.0, 0.6
CURVE = scale_curves.power(low_uS=LOW, high_uS=HIGH, top_uS=5.0, exponent=0.5)
FLAT = scale_curves.constant(low_uS=LOW, high_uS=HIGH, deviation_uS=3.0)
LOC = tf.constant(np.linspace(-LARGEST, LARGEST, 25).reshape(5, 5))
K = LARGEST / (HIGH - LOW)


def raw_of(cells, value=0.7):
    shape = cells.raw_shape(tuple(LOC.shape))
    return None if shape is None else tf.fill(shape, tf.constant(value, LOC.dtype))


def sigma(conductance):
    return np.sqrt(np.asarray(conductance) / 2)


@pytest.mark.parametrize("mode", COMMON_MODES)
@pytest.mark.parametrize("value", [-30.0, -1.0, 0.7, 30.0])
def test_a_pair_holds_its_weights_within_the_range(mode, value):
    cells = Pair(CURVE, mode)
    raw = raw_of(cells, value)
    plus, minus = (one.numpy() for one in cells.conductances_uS(LOC, raw, largest=LARGEST))
    np.testing.assert_allclose(K * (plus - minus), LOC, atol=1e-12)
    for one in (plus, minus):
        assert LOW - 1e-9 <= one.min() <= one.max() <= HIGH + 1e-9
    expected = K * np.sqrt(sigma(plus) ** 2 + sigma(minus) ** 2)
    np.testing.assert_allclose(cells.scale(LOC, raw, largest=LARGEST), expected, rtol=1e-12)


def test_the_lowest_common_mode_leaves_a_cell_at_the_bottom():
    plus, minus = Pair(CURVE, "lowest").conductances_uS(LOC, None, largest=LARGEST)
    np.testing.assert_allclose(np.minimum(plus, minus), LOW)
    np.testing.assert_allclose(np.maximum(plus, minus), LOW + np.abs(LOC) / K)


def test_a_layers_common_mode_is_one_wherever_a_weight_can_have_it():
    cells = Pair(CURVE, "layer")
    plus, minus = cells.conductances_uS(LOC, tf.constant(-1.0, LOC.dtype), largest=LARGEST)
    centre, wanted = ((plus + minus) / 2).numpy(), LOW + (HIGH - LOW) / (1 + np.exp(1))
    half = np.abs(LOC) / (2 * K)
    fits = (half <= wanted - LOW) & (half <= HIGH - wanted)
    assert fits.any()
    assert not fits.all()
    np.testing.assert_allclose(centre[fits], wanted)
    np.testing.assert_allclose(centre[~fits], (LOW + half)[~fits])  # those too large for it are pushed up


def test_a_weights_common_mode_reaches_both_ends():
    ends = [
        Pair(CURVE, "weight").scale(LOC, tf.fill(LOC.shape, tf.constant(end, LOC.dtype)), largest=LARGEST)
        for end in (-40.0, 40.0)
    ]
    np.testing.assert_allclose(ends[0], Pair(CURVE, "lowest").scale(LOC, None, largest=LARGEST))
    half = np.abs(LOC) / K
    np.testing.assert_allclose(ends[1], K * np.sqrt(sigma(HIGH) ** 2 + sigma(HIGH - half) ** 2))
    np.testing.assert_allclose(ends[0][0, 0], ends[1][0, 0])  # the largest weight has no choice


@pytest.mark.parametrize("mode", COMMON_MODES)
def test_noise_that_hangs_on_nothing_is_one_scale_for_all(mode):
    cells = Pair(FLAT, mode)
    found = cells.scale(LOC, raw_of(cells), largest=LARGEST)
    np.testing.assert_allclose(found, K * 3 * np.sqrt(2))


def test_a_single_cell_stands_about_the_middle():
    (found,) = Single(CURVE).conductances_uS(LOC, None, largest=LARGEST)
    np.testing.assert_allclose(found, 26 + np.asarray(LOC) * 24 / LARGEST)
    scale = Single(CURVE).scale(LOC, None, largest=LARGEST)
    np.testing.assert_allclose(scale, LARGEST / 24 * sigma(found))
    assert Single(CURVE).raw_shape((5, 5)) is None
    assert Single(CURVE).nearest(LOC, scale, largest=LARGEST) is None


def test_the_nearest_common_mode_of_each_weight_has_the_scale_that_is_wanted():
    cells = Pair(CURVE, "weight")
    low, high = (
        cells.scale(LOC, tf.fill(LOC.shape, tf.constant(end, LOC.dtype)), largest=LARGEST).numpy()
        for end in (-5.3, 5.3)
    )
    wanted = np.clip(0.07, low, high)
    raw = cells.nearest(LOC, tf.constant(wanted), largest=LARGEST)
    found = cells.scale(LOC, raw, largest=LARGEST)
    # Places are a quarter of a logit apart, so 6 % of c or less, and σ is as the root of it.
    np.testing.assert_allclose(found, wanted, rtol=0.035)
    beyond = cells.nearest(LOC, tf.constant(1e3, LOC.dtype), largest=LARGEST)
    np.testing.assert_allclose(cells.scale(LOC, beyond, largest=LARGEST), high)


def test_the_nearest_common_mode_of_a_layer_is_the_best_for_all():
    cells = Pair(CURVE, "layer")
    wanted = tf.constant(np.random.default_rng(0).uniform(0.03, 0.1, (5, 5)))

    def apart(raw):
        found = cells.scale(LOC, tf.constant(raw, LOC.dtype), largest=LARGEST)
        return np.mean(np.log(found / wanted) ** 2)

    raw = float(cells.nearest(LOC, wanted, largest=LARGEST))
    assert apart(raw) <= min(map(apart, np.linspace(-5.3, 5.3, 43))) + 1e-12
    assert apart(raw) < apart(raw + 1)
    assert apart(raw) < apart(raw - 1)


@pytest.mark.parametrize("cells", [*(Pair(CURVE, mode) for mode in COMMON_MODES), Single(FLAT)])
def test_a_configuration_makes_the_same_cells(cells):
    assert cell_mappings.from_config(json.loads(json.dumps(cells.get_config()))) == cells


def test_bad_cells():
    with pytest.raises(ValueError, match="one of lowest, layer, weight, got 'low'"):
        Pair(CURVE, "low")
    with pytest.raises(ValueError, match="no cell mapping is called 'Triple'; there are Pair, Single"):
        cell_mappings.from_config({"cells": "Triple"})
