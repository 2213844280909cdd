"""Crossbars: an ideal one is the product, a random one has its law; converters and wires do as they do."""

from itertools import pairwise

import numpy as np
import pytest

from noisyweights import seeds
from noisyweights.hardware.array.crossbar import Crossbar, Readout, place
from noisyweights.hardware.array.wires import column_currents_uA
from noisyweights.hardware.cells import FOUR_PILLARS, domain_wall
from noisyweights.hardware.converters import Converter
from noisyweights.noise import laws

FINE = domain_wall(low_uS=5, high_uS=50, levels=100_001, spread=0.0)
IDEAL = Readout(dac=None, adc=None, rows=1000)


def weights(inputs=40, outputs=6):
    return seeds.generator(0, "weights").normal(0, 0.3, (inputs, outputs))


def inputs(n=7, size=40):
    return seeds.generator(0, "inputs").uniform(-1, 1, (n, size))


def test_an_ideal_crossbar_is_the_product():
    mean, x = weights(), inputs()
    crossbar = place(mean, None, cell=FINE, rng=None)
    np.testing.assert_allclose(crossbar.weights, mean, atol=np.abs(mean).max() / 100_000)
    np.testing.assert_allclose(crossbar.product(x, None, readout=IDEAL), x @ mean, atol=1e-4)
    for rows in (1, 7, 40):  # tiles change nothing but rounding
        found = crossbar.product(x, None, readout=Readout(None, None, rows))
        np.testing.assert_allclose(found, crossbar.product(x, None, readout=IDEAL), rtol=1e-10, atol=1e-12)
    assert crossbar.product(x[0], None, readout=IDEAL).shape == (6,)


def test_each_column_fills_the_range():
    mean = weights() * 10.0 ** np.arange(-3, 3)
    crossbar = place(mean, None, cell=FOUR_PILLARS, rng=None)
    assert (np.maximum(crossbar.positive_uS, crossbar.negative_uS).max(0) == 76.95).all()
    assert (np.minimum(crossbar.positive_uS, crossbar.negative_uS) == 37.84).all()
    # Five levels a cell: the error of a weight is at most half the largest step of its column.
    step = np.diff(FOUR_PILLARS.levels_uS).max() / crossbar.gain_uS
    assert (np.abs(crossbar.weights - mean) <= step / 2 * (1 + 1e-9)).all()


def test_a_column_of_zeros_is_zero():
    crossbar = place(np.zeros((4, 2)), None, cell=FOUR_PILLARS, rng=None)
    assert (crossbar.weights == 0).all()


def test_spread_between_cells_is_in_the_weights():
    mean = np.full((200, 200), 0.5)
    spread = domain_wall(low_uS=5, high_uS=50, levels=2, spread=0.04)
    crossbar = place(mean, None, cell=spread, rng=seeds.generator(0, "cells"))
    # The positive cell is at 50 µS and the negative at 5, both off by 4 %.
    expected = 0.04 * np.hypot(50, 5) / crossbar.gain_uS[0]
    assert np.std(crossbar.weights) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("law", [laws.gaussian(), laws.uniform(), laws.two_point()], ids=lambda law: law.name)
def test_reads_have_the_mean_and_deviation_of_theory(law):
    mean, deviation, x = weights(), np.abs(weights()) * 0.5, inputs()
    crossbar = place(mean, deviation, cell=FINE, rng=None)
    np.testing.assert_allclose(crossbar.deviations, deviation, rtol=1e-12)
    expected, width = crossbar.moments(x)
    noise = law.quantile(seeds.generator(0, "reads").uniform(size=(3000, *mean.shape))).numpy()
    reads = np.stack([crossbar.product(x, one, readout=IDEAL) for one in noise])
    np.testing.assert_allclose(reads.mean(0), expected, atol=5 * width.max() / np.sqrt(3000))
    np.testing.assert_allclose(reads.std(0), width, rtol=0.1)


def test_one_read_is_one_draw_for_all_inputs():
    crossbar = place(weights(), np.full((40, 6), 0.2), cell=FINE, rng=None)
    x, noise = inputs(), seeds.generator(0, "noise").normal(size=(40, 6))
    together = crossbar.product(x, noise, readout=IDEAL)
    np.testing.assert_allclose(together, [crossbar.product(one, noise, readout=IDEAL) for one in x])
    np.testing.assert_allclose(together, x @ (crossbar.weights + 0.2 * noise))


def test_converters_against_a_table_worked_out_by_hand():
    """Two rows a tile. Gains of one, so that currents are products: x · (3, 1, −2)."""
    crossbar = Crossbar(
        np.array([[3.0], [1], [0]]), np.array([[0.0], [0], [2]]), np.zeros((3, 1)), np.ones(1)
    )
    readout = Readout(dac=Converter(2, 0, 3), adc=Converter(3, -7, 7), rows=2)  # steps of 1 and of 2
    x = [[1.2, 2.6, 0.4], [0.6, 0.4, 2.9]]
    # Driven 1, 3, 0: products 6 and 0. The codes are −7, −5, …, 7: 6 is half way, at 6.5 steps, and goes to
    # the even code 6, which is 5; 0 is at 3.5 steps, code 4, which is 1.
    # Driven 1, 0, 3: 3 is code 5, which is 3; −6 is half a step, code 0, which is −7.
    np.testing.assert_array_equal(crossbar.product(x, None, readout=readout), [[5 + 1], [3 - 7]])


def test_more_bits_come_closer():
    mean, x = weights(), inputs()
    crossbar = place(mean, None, cell=FINE, rng=None)
    ideal = crossbar.product(x, None, readout=IDEAL)
    high = np.abs(ideal * crossbar.gain_uS).max()
    errors = [
        np.abs(
            crossbar.product(
                x, None, readout=Readout(Converter(bits, -1, 1), Converter(bits, -high, high), 1000)
            )
            - ideal
        ).max()
        for bits in (4, 6, 8, 10)
    ]
    assert all(one > 2.5 * other for one, other in pairwise(errors))


def test_wires_are_seen_as_conductances():
    crossbar = place(weights(12, 4), np.full((12, 4), 0.1), cell=FINE, rng=None)
    seen = crossbar.wired(rows=6, columns=4, row_ohm=3.0, column_ohm=5.0)
    x = inputs(3, 12)
    expected = sum(
        column_currents_uA(crossbar.positive_uS[tile], x[:, tile], row_ohm=3.0, column_ohm=5.0)
        - column_currents_uA(crossbar.negative_uS[tile], x[:, tile], row_ohm=3.0, column_ohm=5.0)
        for tile in (slice(0, 6), slice(6, 12))
    )
    found = seen.product(x, None, readout=Readout(None, None, 6)) * crossbar.gain_uS
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert (seen.deviation_uS < crossbar.deviation_uS).all()
    perfect = crossbar.wired(rows=6, columns=4, row_ohm=0, column_ohm=0)
    np.testing.assert_array_equal(perfect.positive_uS, crossbar.positive_uS)
    np.testing.assert_array_equal(perfect.deviation_uS, crossbar.deviation_uS)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: place([1.0, 2.0], None, cell=FINE, rng=None), "must be a finite matrix"),
        (lambda: place([[np.nan]], None, cell=FINE, rng=None), "must be a finite matrix"),
        (lambda: place([[1.0]], [[1.0, 2.0]], cell=FINE, rng=None), "deviations must be finite"),
        (lambda: place([[1.0]], [[-1.0]], cell=FINE, rng=None), "deviations must be finite, 0 or more"),
        (lambda: Readout(None, None, 0), "at least 1 row, got 0"),
        (
            lambda: place(weights(), None, cell=FINE, rng=None).product(
                np.zeros((2, 3)), None, readout=IDEAL
            ),
            r"inputs must have shape \(…, 40\), got \(2, 3\)",
        ),
        (
            lambda: place(weights(), None, cell=FINE, rng=None).product(
                np.full(40, np.inf), None, readout=IDEAL
            ),
            "40 inputs are NaN or infinite",
        ),
        (
            lambda: place(weights(), None, cell=FINE, rng=None).product(
                np.zeros(40), np.zeros(40), readout=IDEAL
            ),
            r"noise must be finite, of shape \(40, 6\)",
        ),
    ],
)
def test_what_cannot_be_placed_or_read(call, says):
    with pytest.raises(ValueError, match=says):
        call()
