"""Figures: ranges in order, each with its source; the published numbers that they are made of come out."""

import math
import re

import pytest

from noisyweights.hardware.cells import BINARY_SOT, FOUR_PILLARS
from noisyweights.hardware.costs import figures
from noisyweights.hardware.costs.figures import conversion_pJ, read_pJ
from noisyweights.hardware.costs.ranges import Figure, between, ratio, within_factor

ALL = {name: value for name, value in vars(figures).items() if isinstance(value, Figure)} | {
    f"{name} {key}": value
    for name in ("COIN_pJ", "PRINTED_uJ", "OWN_uJ")
    for key, value in getattr(figures, name).items()
}


@pytest.mark.parametrize("name", ALL)
def test_every_figure_says_where_it_is_from(name):
    figure = ALL[name]
    assert figure.low <= figure.typical <= figure.high
    assert re.search(r"(19|20)\d\d|assumed", figure.source)
    # The unit in the name is that of the figure.
    assert name.split()[0].rpartition("_")[2].replace("u", "µ") == figure.unit


@pytest.mark.parametrize(
    "range_", [(0, 1, 2), (-1, 1, 2), (2, 1, 3), (1, 3, 2), (1, 2, math.inf), (math.nan, 1, 2)]
)
def test_a_range_out_of_order_is_refused(range_):
    with pytest.raises(ValueError, match="low ≤ typical ≤ high"):
        Figure(*range_, "pJ", "nobody")


def test_ranges_of_two_ends_and_of_one_number():
    assert between(1, 100, unit="pJ", source="two").typical == pytest.approx(10)
    one = within_factor(6, 3, unit="pJ", source="one")
    assert (one.low, one.typical, one.high) == (2, 6, 18)
    assert one.times(1e-6, unit="µJ").unit == "µJ"
    with pytest.raises(ValueError, match="low ≤ typical"):
        within_factor(6, 0.5, unit="pJ", source="a factor below 1 turns the range round")


def test_a_ratio_is_as_wide_as_both_ranges():
    found = ratio(Figure(1, 2, 4, "pJ", "a"), Figure(10, 20, 50, "pJ", "b"))
    assert (found.low, found.typical, found.high) == (0.02, 0.1, 0.4)
    with pytest.raises(ValueError, match="one unit"):
        ratio(ALL["READ_V"], ALL["READ_ns"])


def test_a_read_is_ohms_law():
    """At 0.25 V a cell of 40 µS draws 10 µA; 2.5 µW for 2.8 ns are 7 fJ."""
    cell = Figure(40, 40, 40, "µS", "made up")
    assert read_pJ(cell, figures.READ_V).typical == pytest.approx(7e-3)
    assert read_pJ(cell, figures.READ_V).low == pytest.approx(0.1**2 * 40e-6 * 1e-9 * 1e12)
    assert read_pJ(cell, figures.READ_V).high == pytest.approx(0.4**2 * 40e-6 * 10e-9 * 1e12)


def test_cells_are_those_of_the_arrays():
    levels = FOUR_PILLARS.levels_uS
    assert (figures.LEVEL_CELL_uS.low, figures.LEVEL_CELL_uS.high) == (min(levels), max(levels))
    # A binary cell lies between one of four pillars, antiparallel, and NVSim's cell, parallel.
    assert levels[0] / 4 < figures.BINARY_CELL_uS.low < figures.BINARY_CELL_uS.high < BINARY_SOT.levels_uS[1]


def test_converters_cost_what_is_published():
    """ISAAC's 2 mW at 1.28 GS/s is 1.5625 pJ, FORMS's 0.475 mW at 2.1 GS/s 0.226 pJ; a bit doubles it."""
    assert conversion_pJ(figures.SAR_ADC_fJ, bits=8).typical == pytest.approx(1.5625)
    assert conversion_pJ(figures.FLASH_ADC_fJ, bits=4).low == pytest.approx(0.2262, rel=1e-3)
    kull = 3.1e-3 / 1.2e9 * 1e12  # a measured converter, 8 bits: its figures are in the title of the paper
    eight = conversion_pJ(figures.SAR_ADC_fJ, bits=8)
    assert eight.low < kull < eight.high
    for bits in range(1, 16):
        one, more = (conversion_pJ(figures.DAC_fJ, bits=b) for b in (bits, bits + 1))
        assert more.typical == pytest.approx(2 * one.typical)


@pytest.mark.parametrize("bits", [0, 17, 4.5])
def test_converters_have_so_many_bits(bits):
    with pytest.raises(ValueError, match="1 to 16 bits"):
        conversion_pJ(figures.SAR_ADC_fJ, bits=bits)


def test_the_rivals_are_as_printed():
    """70 and 31 times are what the table's own numbers give; of 2.63 it is the quotient too."""
    ours = figures.PRINTED_uJ["LeNet-5"].typical
    times = {name: figures.PRINTED_uJ[name].typical / ours for name in ("FPGA", "RRAM", "domain wall")}
    assert times == {
        "FPGA": pytest.approx(70.3),
        "RRAM": pytest.approx(31.0),
        "domain wall": pytest.approx(2.633, abs=1e-3),
    }
    # The FPGA's authors themselves say a little more.
    assert figures.OWN_uJ["FPGA"].typical == pytest.approx(22.37, abs=0.01)
