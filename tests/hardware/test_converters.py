"""Converters against tables worked out by hand."""

import numpy as np
import pytest

from noisyweights import seeds
from noisyweights.hardware.converters import Converter, calibrate


@pytest.mark.parametrize(
    ("converter", "table"),
    [
        # value: code
        (Converter(1, -1, 1), {-2: 0, -1: 0, -0.1: 0, 0.1: 1, 1: 1, 3: 1}),
        (Converter(2, 0, 3), {-1: 0, 0: 0, 0.4: 0, 0.6: 1, 1.4: 1, 1.6: 2, 2.4: 2, 2.6: 3, 3: 3, 9: 3}),
        (Converter(3, -3.5, 3.5), {-3.5: 0, -3.1: 0, -2.9: 1, -0.6: 3, 0.4: 4, 3.1: 7, 3.5: 7}),
        (Converter(2, 0, 3), {0.5: 0, 1.5: 2, 2.5: 2}),  # a half goes to the even code
    ],
)
def test_codes_are_those_of_the_table(converter, table):
    np.testing.assert_array_equal(converter.codes(list(table)), list(table.values()))


def test_what_a_code_stands_for_has_the_code():
    converter = Converter(5, -0.7, 1.3)
    values = converter.low + converter.step * np.arange(32)
    np.testing.assert_array_equal(converter.codes(values), np.arange(32))
    np.testing.assert_allclose(converter.quantised(values), values)
    assert values[-1] == pytest.approx(1.3)


def test_errors_are_at_most_half_a_step():
    values = seeds.generator(0, "values").uniform(-2, 2, 5000)
    for bits in (1, 4, 8):
        converter = Converter(bits, -2, 2)
        errors = np.abs(converter.quantised(values) - values)
        assert 0.95 * converter.step / 2 < errors.max() <= converter.step / 2 * (1 + 1e-12)
        assert len(np.unique(converter.quantised(values))) == 2**bits


def test_calibration_holds_the_share_it_is_told():
    values = seeds.generator(0, "values").normal(size=20_000)
    converter = calibrate(values, bits=6, coverage=0.99)
    assert converter.low == pytest.approx(-converter.high - converter.step)
    assert np.mean(np.abs(values) <= converter.high) == pytest.approx(0.99, abs=1e-3)
    assert calibrate(values, bits=6, coverage=1).high == np.abs(values).max()


@pytest.mark.parametrize("bits", [2, 3, 8, 12])
def test_nothing_has_a_code(bits):
    """Or else an array that nothing drives would read half a step, in every tile."""
    both = calibrate([-3.0, 2.0], bits=bits, coverage=1)
    assert both.quantised(0.0) == pytest.approx(0, abs=1e-12)
    assert both.quantised(3.0) == pytest.approx(3.0)
    one_side = calibrate([0.0, 2.0], bits=bits, coverage=1)
    assert (one_side.low, one_side.quantised(0.0), one_side.high) == (0, 0, 2)


def test_a_single_bit_has_two_sides():
    assert (calibrate([-3.0, 2.0], bits=1, coverage=1).quantised([-0.1, 0.1]) == [-3, 3]).all()


@pytest.mark.parametrize("bits", [0, -1, 25, 2.5])
def test_bits_that_no_converter_has(bits):
    with pytest.raises(ValueError, match="1 to 24 bits"):
        Converter(bits, 0, 1)


@pytest.mark.parametrize("ends", [(1, 1), (2, 1), (np.nan, 1), (0, np.inf)])
def test_ranges_that_are_none(ends):
    with pytest.raises(ValueError, match="range must be finite and not empty"):
        Converter(4, *ends)


def test_values_without_a_code():
    with pytest.raises(ValueError, match="1 values are NaN"):
        Converter(4, 0, 1).codes([0.5, np.nan])


@pytest.mark.parametrize(
    ("values", "coverage", "says"),
    [
        ([], 1, "needs values"),
        ([np.nan], 1, "needs values, all of them finite"),
        ([0.0, 0.0], 1, "values other than 0"),
        ([1.0], 0, "coverage is a share"),
        ([1.0], 1.1, "coverage is a share"),
    ],
)
def test_what_cannot_be_calibrated(values, coverage, says):
    with pytest.raises(ValueError, match=says):
        calibrate(values, bits=4, coverage=coverage)
