"""Networks that age: drift that all cells share is taken back exactly, and costs what its reads cost."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from noisyweights.hardware import nonidealities
from noisyweights.hardware.chip import DOMAIN_WALL, IDEAL
from noisyweights.hardware.deployment import ageing, array_layers_of, deploy
from noisyweights.hardware.deployment.recalibration import recalibrate
from noisyweights.networks.mean_field import inference

import keras  # isort: skip  (the library loads TensorFlow quietly)
from deployable import pixels, random_network


def drifting(chip, seconds, *, exponent=0.05, spread=0.0):
    fault = partial(
        nonidealities.drift_apart, seconds=seconds, after_s=20.0, exponent=exponent, spread=spread
    )
    return replace(chip, faults=(fault,))


def plain(outputs=4):
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((12,)),
            keras.layers.Dense(6, activation="relu", use_bias=False),
            keras.layers.Dense(outputs, use_bias=False),
        ]
    )


@pytest.mark.parametrize("per", ["array", "column"])
def test_a_drift_that_cells_share_is_taken_back(per):
    model, x = plain(), pixels(40, (12,))
    chip = replace(IDEAL, rows=5)
    settings = {"calibration": x, "seed": 0}
    first = deploy(model, drifting(chip, 20.0), **settings)
    aged = ageing.age(model, first, drifting(chip, 2e4), **settings)
    np.testing.assert_allclose(aged(x), 1000**-0.1 * first(x).numpy(), rtol=1e-3)  # two layers, 0.05 each
    found = recalibrate(aged, first, x[:3], per=per, repeats=2, seed=0)
    np.testing.assert_allclose(aged(x), first(x), rtol=1e-3, atol=1e-5)
    for factor, outputs in zip(found.factors, (6, 4), strict=True):
        assert factor.shape == ((1,) if per == "array" else (outputs,))
        np.testing.assert_allclose(factor, 1000**0.05, rtol=1e-4)
    # Three inputs, twice: 12 rows are three tiles of six columns, and 6 rows two tiles of four.
    assert found.array_reads == 3 * 2 * (3 + 2)
    assert found.cell_reads == 3 * 2 * 2 * (12 * 6 + 6 * 4)
    assert found.conversions == 3 * 2 * (3 * 6 + 2 * 4)
    with pytest.raises(ValueError, match="exact converters have no price"):
        _ = found.energy_uJ


def test_columns_that_drift_apart_want_factors_of_their_own():
    model, x = plain(), pixels(60, (12,))
    settings = {"calibration": x, "seed": 0}
    chip = replace(IDEAL, adc_bits=14)

    def missed(per):
        first = deploy(model, drifting(chip, 20.0, spread=0.03), **settings)
        aged = ageing.age(model, first, drifting(chip, 2e5, spread=0.03), **settings)
        if per is not None:
            found = recalibrate(aged, first, x, per=per, repeats=1, seed=0)
            assert 0 < found.energy_uJ.low < found.energy_uJ.high
        return np.abs(aged(x).numpy() - first(x).numpy()).mean()

    nothing, array, column = (missed(per) for per in (None, "array", "column"))
    assert array < 0.7 * nothing
    assert column < array
    # And one without drift is left alone.
    first = deploy(model, drifting(chip, 20.0), **settings)
    again = ageing.age(model, first, drifting(chip, 20.0), **settings)
    np.testing.assert_allclose(recalibrate(again, first, x, per="array", repeats=1, seed=0).factors, 1)


def test_aged_arrays_keep_their_cells_and_converters():
    model, x = random_network(), pixels(30)
    settings = {"calibration": x, "seed": 3}
    first = deploy(model, drifting(DOMAIN_WALL, 20.0, spread=0.01), **settings)
    aged = ageing.age(model, first, drifting(DOMAIN_WALL, 2e3, spread=0.01), **settings)
    for old, new in zip(array_layers_of(first), array_layers_of(aged), strict=True):
        assert old.readout == new.readout
        own = -np.log(new.crossbar.positive_uS / old.crossbar.positive_uS) / np.log(100)
        assert own.mean() == pytest.approx(0.05, abs=0.01)
    recalibrate(aged, first, x[:5], per="column", repeats=4, seed=0)
    assert inference.predict_draws(aged, x, draws=2, seed=0).shape == (2, 30, 4)


def test_scores_follow_the_times_and_chips():
    model, x = plain(), pixels(20, (12,))
    target = deploy(model, IDEAL, calibration=x, seed=0)(x).numpy()

    def score(network):
        return float(np.abs(network(x).numpy() - target).mean() / np.abs(target).mean())

    settings = {"seconds": (20.0, 200.0, 2000.0), "calibration": x, "seeds": (0, 1)}
    chip_at = partial(drifting, IDEAL)
    left = ageing.scores_over_time(model, chip_at, score, **settings, compensate=None)
    # Both layers lose 10^−0.05 a decade.
    np.testing.assert_allclose(left, np.tile(1 - 10.0 ** -(0.1 * np.arange(3)), (2, 1)), atol=2e-3)
    mended = ageing.scores_over_time(
        model,
        chip_at,
        score,
        **settings,
        compensate=partial(recalibrate, inputs=x[:4], per="array", repeats=1, seed=0),
    )
    np.testing.assert_allclose(mended, 0, atol=2e-3)


def test_a_lifetime_is_the_median_crossing():
    seconds = np.array([1.0, 10.0, 100.0, 1000.0])
    slopes = np.array([0.5, 1.0, 2.0])
    scores = slopes[:, None] * np.log10(seconds)
    found = ageing.lifetime_s(seconds, scores, at_most=1.5, seed=0)
    assert found.value == pytest.approx(10**1.5)
    assert found.low == pytest.approx(10**0.75)
    assert found.high == pytest.approx(1000)  # a chip that holds to the end
    many = ageing.lifetime_s(seconds, np.repeat(scores[1:2], 9, 0), at_most=1.5, seed=0)
    assert many.low == many.high == pytest.approx(10**1.5)
    assert ageing.lifetime_s(seconds, scores + 9, at_most=1.5, seed=0).value == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (
            lambda: ageing.lifetime_s([1.0, 2.0], np.ones((3, 3)), at_most=1.0, seed=0),
            r"\(chips, times\), got",
        ),
        (lambda: ageing.lifetime_s([2.0, 1.0], np.ones((3, 2)), at_most=1.0, seed=0), "increasing"),
        (
            lambda: recalibrate(None, None, np.ones((1, 2)), per="chip", repeats=1, seed=0),
            'per must be "array" or "column", got \'chip\'',
        ),
        (
            lambda: recalibrate(None, None, np.ones((1, 2)), per="array", repeats=0, seed=0),
            "1 or more, got 0",
        ),
        (
            lambda: ageing.scores_over_time(
                None, None, None, seconds=(2.0, 1.0), calibration=None, seeds=(0,), compensate=None
            ),
            "times that increase",
        ),
    ],
)
def test_what_cannot_be_compensated(call, says):
    with pytest.raises(ValueError, match=says):
        call()
