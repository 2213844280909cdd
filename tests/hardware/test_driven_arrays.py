"""Arrays in steps and slices: exact ones are the whole-number product, others err as their parts say."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from noisyweights import seeds
from noisyweights.hardware import nonidealities
from noisyweights.hardware.array import slices as sliced
from noisyweights.hardware.cells import LevelCell
from noisyweights.hardware.chip import DOMAIN_WALL, IDEAL, SCALES
from noisyweights.hardware.converters import Converter, ConverterErrors
from noisyweights.hardware.deployment import array_layers_of, deploy
from noisyweights.hardware.drive import BIT_SERIAL_ANALOG, ISAAC, Drive
from noisyweights.networks import weight_draws
from noisyweights.networks.mean_field import inference
from noisyweights.noise import laws

import keras  # isort: skip  (the library loads TensorFlow quietly)
import tensorflow as tf  # isort: skip
from deployable import binary_network, network, pixels, random_network

SERIAL = Drive(
    step_bits=1, step_sums="digital", weight_bits=6, slice_bits=(2, 3), slice_sums="digital",
    encoding="pairs", ranges="worst_case", dac_errors=None, adc_errors=None, source="a test",
)  # fmt: skip
# Conductances that are whole numbers of µS, so that float32 is exact.
WHOLE = LevelCell(tuple(map(float, range(1, 9))), 0.0, "a test")
WHOLE_2 = LevelCell((1.0, 2.0, 3.0, 4.0), 0.0, "a test")


def whole_network(inputs=30, outputs=4, largest=31):
    """A dense layer of whole numbers, of which each column has the largest, whose gains are powers of two."""
    kernel = seeds.generator(0, "whole").integers(-largest, largest + 1, (inputs, outputs))
    kernel[0] = largest
    layer = keras.layers.Dense(outputs, use_bias=False)
    model = keras.Sequential([keras.Input((inputs,)), layer])
    layer.set_weights([kernel.astype(np.float32)])
    return model, kernel


def whole_inputs(low, n=40, inputs=30):
    """Codes of a converter of 5 bits whose step is 1."""
    x = seeds.generator(0, "codes").integers(low, 32 if low == 0 else 16, (n, inputs))
    x[0, 0] = 31 if low == 0 else 15
    return x


@pytest.mark.parametrize("low", [0, -15])
@pytest.mark.parametrize("step_bits", [None, 1, 3])
@pytest.mark.parametrize(
    ("encoding", "slices"), [("pairs", (2, 3)), ("offset", (3, 3)), ("offset", (1, 2, 3))]
)
def test_exact_steps_and_slices_are_the_product_of_whole_numbers(low, step_bits, encoding, slices):
    model, kernel = whole_network()
    x = whole_inputs(low)
    for sums in ("digital", "analog"):
        drive = replace(
            SERIAL, step_bits=step_bits, encoding=encoding, slice_bits=slices, step_sums=sums, slice_sums=sums
        )
        perfect = replace(IDEAL, cell=WHOLE, dac_bits=5, rows=7, columns=16, drive=drive)
        layer = array_layers_of(deploy(model, perfect, calibration=x, seed=0))[0]
        assert layer.slices == len(slices)
        found = layer.multiply(tf.constant(x, tf.float32))
        if sums == "digital":
            np.testing.assert_array_equal(found, x @ kernel)
        else:  # currents that are scaled before they are added are no whole numbers
            np.testing.assert_allclose(found, x @ kernel, atol=2e-3)


@pytest.mark.parametrize("low", [0, -15])
def test_slices_that_float32_holds_are_exact(low):
    model, kernel = whole_network(largest=127)
    x = whole_inputs(low)
    drive = replace(SERIAL, weight_bits=8, encoding="offset", slice_bits=(2, 2, 2, 2))
    perfect = replace(IDEAL, cell=WHOLE_2, dac_bits=5, rows=7, columns=16, drive=drive)
    layer = array_layers_of(deploy(model, perfect, calibration=x, seed=0))[0]
    np.testing.assert_array_equal(layer.multiply(tf.constant(x, tf.float32)), x @ kernel)
    # And an ADC with a code for every current of a tile changes nothing: ±7 rows of 3 µS take 43 codes.
    fine = replace(perfect, adc_bits=9)
    layer = array_layers_of(deploy(model, fine, calibration=x, seed=0))[0]
    step = layer.driven.adcs[0].step
    assert step < 0.5
    wide = 5 * 5 * (2**8) * step / 2  # tiles, steps, and what shifts do to half a code
    assert np.abs(layer.multiply(tf.constant(x, tf.float32)) - x @ kernel).max() < wide


def test_codes_are_converted_one_by_one():
    """Against a table of every tile, step and slice, worked out in whole numbers."""
    model, kernel = whole_network(inputs=6, outputs=2, largest=7)
    x = whole_inputs(0, n=12, inputs=6)
    drive = replace(SERIAL, weight_bits=4, slice_bits=(1, 2))
    two = LevelCell((1.0, 2.0, 3.0, 4.0), 0.0, "a test")
    chip = replace(IDEAL, cell=two, dac_bits=5, adc_bits=3, rows=3, columns=4, drive=drive)
    layer = array_layers_of(deploy(model, chip, calibration=x, seed=0))[0]
    expected = np.zeros((12, 2))
    high = 3 * 3.0 * 1.0  # rows, range of a cell in µS, one step of the input
    adc = Converter(3, -high * 4 / 3, high)
    for tile in (slice(0, 3), slice(3, 6)):
        for bit in range(5):
            driven = x[:, tile] >> bit & 1
            for place, width, shift in ((0, 1, 2), (1, 2, 0)):
                digit = np.sign(kernel[tile]) * (np.abs(kernel[tile]) >> shift & (2**width - 1))
                uS = 3.0 / (2**width - 1)
                read = adc.quantised(np.round(driven @ (digit * uS), 9))
                expected += 2.0**bit * read / uS * 2.0**shift
                assert layer.driven.adcs[place] == adc
    np.testing.assert_allclose(layer.multiply(tf.constant(x, tf.float32)), expected, rtol=1e-5)


def test_steps_and_slices_draw_as_levels_do():
    """Of the same converters and exact sums, within the half of a step of weights of 16 bits."""
    model, x = random_network(), pixels()
    by_levels = replace(IDEAL, dac_bits=6)
    drive = replace(SERIAL, step_bits=3, weight_bits=16, slice_bits=(7, 8), step_sums="analog")
    chips = (by_levels, replace(by_levels, drive=drive))
    expected, found = (
        inference.predict_draws(deploy(model, chip, calibration=x, seed=0), x, draws=2, seed=3)
        for chip in chips
    )
    assert expected.std(0).mean() > 0.05
    # Where a weight moves an input of the next layer over the edge of a code, it moves by 1/63 of its range.
    assert np.mean(np.abs(found - expected) > 2e-3) < 0.2
    np.testing.assert_allclose(found, expected, atol=0.1)


def test_junctions_stand_beside_the_first_slice():
    mean = seeds.generator(0, "mean").normal(size=(20, 3))
    placed = sliced.place_driven(mean, 0.1 + 0 * mean, cell=WHOLE, drive=SERIAL, rng=None)
    held = placed.deviations.reshape(20, 3, 2)
    np.testing.assert_allclose(held[..., 0], 0.1)
    assert (held[..., 1] == 0).all()
    unit = np.abs(mean).max(0) / 31
    np.testing.assert_allclose(placed.weights.reshape(20, 3, 2).sum(-1), mean, atol=unit.max() * 0.51)


def single_layer():
    layer = keras.layers.Dense(4, kernel_initializer=keras.initializers.RandomNormal(seed=0))
    return keras.Sequential([keras.Input((6,)), layer]), seeds.generator(0, "x").normal(size=(200, 6))


def erring(errors):
    """A layer whose ADC errs, in steps of its ADC, on a chip that is perfect but for 8-bit converters."""
    model, x = single_layer()
    drive = replace(BIT_SERIAL_ANALOG, step_bits=None, adc_errors=errors)
    chip = replace(IDEAL, dac_bits=8, adc_bits=8, drive=drive)
    layer = array_layers_of(deploy(model, chip, calibration=x, seed=0))[0]
    adc = layer.driven.adcs[0]
    given = tf.constant(x, tf.float32)
    return layer, lambda: (layer.multiply(given).numpy() * layer.crossbar.gain_uS - adc.low) / adc.step


def test_a_converter_has_the_noise_that_it_says():
    layer, codes = erring(ConverterErrors(noise_lsb=0.8, inl_lsb=()))
    quiet, exact = erring(None)
    assert quiet.random_weights == ()
    assert layer.random_weights == ("conversions",)
    np.testing.assert_array_equal(codes(), exact())  # outside of a draw
    reads = []
    for draw in range(300):
        with weight_draws.holding({(layer, "conversions"): tf.constant(seeds.fold(0, "read", draw))}):
            reads.append(codes())
    # All inputs of a read share the noise, and each rounds it by itself: 1/12 more, on average over inputs.
    inside = np.abs(np.mean(reads, 0) - 127.5) < 120
    assert np.sqrt(np.var(reads, 0)[inside].mean()) == pytest.approx(np.sqrt(0.8**2 + 1 / 12), rel=0.06)


def test_a_converter_is_as_bent_as_it_says():
    straight, bent = erring(None)[1](), erring(ConverterErrors(noise_lsb=0.0, inl_lsb=(0.0, 3.0, 0.0)))[1]()
    # A tent of 3 codes in the middle, clipped at the last; half a code from rounding each.
    tent = 3 - np.abs(straight / 127.5 - 1) * 3
    np.testing.assert_allclose(bent, np.minimum(straight + tent, 255), atol=1.01)
    assert np.max(bent - straight) > 2
    both = erring(ConverterErrors(noise_lsb=0.0, inl_lsb=(0.0, 0.0)))[1]()
    np.testing.assert_array_equal(both, straight)


@pytest.mark.parametrize("ranges", ["calibration", "statistics", "worst_case"])
def test_ranges_hold_what_they_promise(ranges):
    model, x = network(), pixels(300)
    drive = replace(BIT_SERIAL_ANALOG, step_bits=None, ranges=ranges)
    chip = replace(DOMAIN_WALL, faults=(), read_noise=0.0, coverage=0.99, rows=500, drive=drive)
    layer = array_layers_of(deploy(model, chip, calibration=x, seed=0))[-1]
    hidden = keras.Model(model.input, model.layers[-2].output)(x).numpy()
    difference = layer.crossbar.positive_uS - layer.crossbar.negative_uS
    currents = layer.driven.dac.quantised(hidden) @ difference
    high = layer.driven.adcs[0].high
    if ranges == "calibration":
        assert high == pytest.approx(np.quantile(np.abs(currents), 0.99), rel=0.1)
    elif ranges == "statistics":
        assert high == pytest.approx(np.abs(currents.mean()) + 2.5758 * currents.std(), rel=0.1)
    else:
        dac = layer.driven.dac
        assert high == pytest.approx(len(difference) * max(-dac.low, dac.high) * (76.95 - 37.84), rel=1e-5)


def test_an_offset_halves_the_cells():
    chip = replace(
        DOMAIN_WALL, faults=(), drive=replace(BIT_SERIAL_ANALOG, encoding="offset", step_bits=None)
    )
    layer = array_layers_of(deploy(network(), chip, calibration=pixels(), seed=0))[-1]
    reference = layer.crossbar.negative_uS
    assert (reference == (37.84 + 76.95) / 2).all()
    # Read noise is that of one cell.
    np.testing.assert_allclose(layer.read_uS, 0.01 * layer.crossbar.positive_uS)
    assert chip.drive.cells_per_weight == 1
    assert DOMAIN_WALL.drive is None


@pytest.mark.parametrize("slice_bits", [(), (3, 3)])
def test_a_reference_ages_with_its_cells(slice_bits):
    """Or else a drift that all cells share would add to every product what the inputs add up to."""
    bits = 6 if slice_bits else None
    drive = replace(SERIAL, step_bits=None, encoding="offset", weight_bits=bits, slice_bits=slice_bits)
    model, x = single_layer()
    fault = partial(nonidealities.drift_apart, seconds=100.0, after_s=1.0, exponent=0.05, spread=0.0)
    chips = (replace(IDEAL, drive=drive), replace(IDEAL, drive=drive, faults=(fault,)))
    fresh, aged = (deploy(model, chip, calibration=x, seed=0)(x).numpy() for chip in chips)
    np.testing.assert_allclose(aged, 100**-0.05 * fresh, rtol=1e-4, atol=1e-4)


def test_signs_beside_a_reference_age_too():
    fault = partial(nonidealities.drift_apart, seconds=100.0, after_s=1.0, exponent=0.05, spread=0.0)
    chips = (replace(SCALES, adc_bits=None, dac_bits=None), replace(SCALES, faults=(fault,)))
    fresh, aged = (
        array_layers_of(deploy(binary_network(), chip, calibration=pixels(), seed=0))[0] for chip in chips
    )
    np.testing.assert_allclose(aged.crossbar.weights, 100**-0.05 * fresh.crossbar.weights, rtol=1e-9)


def test_what_a_bill_asks_for():
    assert (ISAAC.steps(16), ISAAC.slices, ISAAC.conversions(16), ISAAC.cells_per_weight) == (16, 8, 128, 8)
    assert BIT_SERIAL_ANALOG.conversions(8) == 1
    assert replace(BIT_SERIAL_ANALOG, step_sums="digital", step_bits=3).conversions(8) == 3
    assert SERIAL.cells_per_weight == 4


def test_random_laws_survive_slices():
    """A junction's draw adds to the weight what its law and deviation say, whatever the slices."""
    model, x = random_network(laws.two_point()), pixels()
    drive = replace(SERIAL, weight_bits=13, slice_bits=(4, 4, 4))
    perfect = replace(IDEAL, dac_bits=12, drive=drive)
    layer = array_layers_of(deploy(model, perfect, calibration=x, seed=0))[-1]
    drawn = layer.sample("kernel", tf.constant(seeds.fold(0, "read"))).numpy()
    weights = (drawn / layer.crossbar.gain_uS).reshape(*drawn.shape[:1], -1, 3).sum(-1)
    mean = layer.crossbar.weights.reshape(*weights.shape, 3).sum(-1)
    np.testing.assert_allclose(np.abs(weights - mean), layer.crossbar.deviations[:, ::3], rtol=1e-3)
