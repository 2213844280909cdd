"""Drives: what does not fit is refused with the mend, and chips without one are as they were."""

from dataclasses import replace

import numpy as np
import pytest

from noisyweights.hardware.cells import FOUR_PILLARS, LevelCell
from noisyweights.hardware.chip import COINS, DOMAIN_WALL, IDEAL, SCALES
from noisyweights.hardware.converters import ConverterErrors
from noisyweights.hardware.deployment import deploy
from noisyweights.hardware.drive import BIT_SERIAL_ANALOG, ISAAC
from noisyweights.networks.mean_field import inference

import keras  # isort: skip  (the library loads TensorFlow quietly)
from deployable import binary_network, pixels, random_network

BENT = ConverterErrors(noise_lsb=0.0, inl_lsb=(0.0, 9.0, 0.0, 9.0))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (
            lambda: replace(ISAAC, slice_bits=(2,) * 7),
            r"hold 14 bits, and weights of 16 bits .* as offset have 16 to hold: give slices that add up",
        ),
        (lambda: replace(ISAAC, slice_bits=(2,) * 9), "the first is never used for 16: leave it out"),
        (lambda: replace(ISAAC, weight_bits=1, slice_bits=(1,)), r"weights of 1 bits \(2 or more\)"),
        (lambda: replace(ISAAC, weight_bits=None), "need weight_bits, and it is None: give it"),
        (lambda: replace(ISAAC, slice_bits=(2, 0, 14)), "whole numbers of at least 1"),
        (lambda: replace(ISAAC, step_bits=0), "step_bits must be None or whole, and at least 1, got 0"),
        (lambda: replace(ISAAC, ranges="best"), "ranges must be one of calibration, statistics, worst_case"),
        (lambda: replace(ISAAC, encoding="pair"), "encoding must be one of pairs, offset, got 'pair'"),
        (
            lambda: replace(DOMAIN_WALL, drive=ISAAC, columns=4),
            "an array of 4 columns is smaller than the 8 slices of one weight: make it wider",
        ),
        (
            lambda: replace(DOMAIN_WALL, cell=FOUR_PILLARS, drive=replace(ISAAC, slice_bits=(4,) * 4)),
            "a slice of 4 bits takes 16 levels, and the cell has 5: make slices of 2 bits or less",
        ),
        (lambda: replace(IDEAL, drive=ISAAC), "exact converters have no bits to be driven step by step"),
        (
            lambda: replace(DOMAIN_WALL, adc_bits=None, drive=replace(BIT_SERIAL_ANALOG, adc_errors=BENT)),
            "adc_errors are those of a converter, and this one is exact: give it bits",
        ),
        (
            lambda: replace(DOMAIN_WALL, adc_bits=4, drive=replace(BIT_SERIAL_ANALOG, adc_errors=BENT)),
            "an inl_lsb that falls by 9 over 5 codes is not monotonic",
        ),
        (lambda: ConverterErrors(noise_lsb=-1.0, inl_lsb=()), "noise_lsb must be finite and not negative"),
        (lambda: ConverterErrors(noise_lsb=0.0, inl_lsb=(1.0,)), "at two codes or more, or"),
        (lambda: LevelCell((1.0, 3.0, 2.0), 0.0, "a test"), "two or more that increase from above 0"),
        (
            lambda: deploy(
                random_network(),
                replace(DOMAIN_WALL, coverage=1.0, drive=replace(BIT_SERIAL_ANALOG, ranges="statistics")),
                calibration=pixels(), seed=0,
            ),
            "give a coverage below 1, or ranges by calibration",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_another_kind_of_drive():
    with pytest.raises(TypeError, match="drive must be a Drive, got 'ISAAC'"):
        replace(DOMAIN_WALL, drive="ISAAC")
    with pytest.raises(TypeError, match="read_noise must be a number, got 'small'"):
        replace(DOMAIN_WALL, read_noise="small")


def test_an_inl_that_rises_as_fast_as_it_likes_is_monotonic():
    wide = replace(DOMAIN_WALL, adc_bits=8, drive=replace(BIT_SERIAL_ANALOG, adc_errors=BENT))
    assert wide.drive.adc_errors is BENT


def coin_network():
    starts = (keras.initializers.RandomUniform(-1, 1, seed=seed) for seed in (0, 1))
    layers = [
        keras.layers.Dense(units, kernel_initializer=start)
        for units, start in zip((5, 3), starts, strict=True)
    ]
    return keras.Sequential([keras.Input((12,)), *layers])


@pytest.mark.parametrize(
    ("make", "chip", "shape", "expected"),
    [
        (random_network, DOMAIN_WALL, (8, 8, 1), (0.34015542, -0.23372138, 2.801733, 2.1715324)),
        (binary_network, SCALES, (8, 8, 1), (-3.8786213, 0.83818686, -4.369654)),
        (coin_network, COINS, (12,), (-0.970099, -0.5616361, 1.5317351)),
    ],
    ids=["levels", "scales", "coins"],
)
def test_chips_without_a_drive_predict_as_they_did(make, chip, shape, expected):
    """Printed by the code before there were drives; to the bit where the processor is the same."""
    keras.utils.clear_session()  # statistics of the binary network follow from its layers' names
    n = 30 if make is coin_network else 50
    x = pixels(n, shape)
    found = inference.predict_draws(deploy(make(), chip, calibration=x, seed=0), x, draws=1, seed=1)
    # A sum in float32 that lies between two codes may be rounded to either on another processor.
    np.testing.assert_allclose(found[0, 0], expected, rtol=0.05)
