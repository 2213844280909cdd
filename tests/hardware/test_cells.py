"""Cells: levels, misreads and widths against counts, and a bit stream against its law."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from noisyweights import seeds
from noisyweights.hardware.cells import (
    BINARY_SOT,
    FOUR_PILLARS,
    FluctuatingJunction,
    LevelCell,
    SwitchingBit,
    domain_wall,
)
from noisyweights.noise.simulation import magnetics

BIT = SwitchingBit(centre_uA=50, width_uA=4, reset_failure=0.0)
JUNCTION = FluctuatingJunction(magnetics.BAYES_MTJ, low_V=-0.1, high_V=0.5)


def test_levels_and_what_is_nearest_to_them():
    assert len(FOUR_PILLARS.levels_uS) == 5
    levels = np.asarray(FOUR_PILLARS.levels_uS)
    np.testing.assert_array_equal(FOUR_PILLARS.nearest(levels + np.array([1, -1, 4, -4, 2])), range(5))
    for outside in (30.0, 90.0, np.nan):
        with pytest.raises(ValueError, match=r"holds 37.84 to 76.95 µS, and targets reach from"):
            FOUR_PILLARS.nearest([50.0, outside])


def test_misreads_are_those_of_cells_that_were_written():
    rng = seeds.generator(0, "cells")
    for cell in (FOUR_PILLARS, BINARY_SOT, LevelCell((10, 12, 20), 0.08, "made up")):
        levels = np.repeat(np.arange(len(cell.levels_uS)), 100_000)
        read = np.searchsorted(cell.thresholds_uS, cell.written(levels, rng))
        found = (read != levels).reshape(-1, 100_000).mean(1)
        np.testing.assert_allclose(found, cell.misread_rate, atol=5 * np.sqrt(0.25 / 100_000))
    assert LevelCell((10, 12), 0.0, "").misread_rate.tolist() == [0, 0]


def test_two_in_tandem_have_as_many_levels_as_the_ratio_tells_apart():
    even = domain_wall(low_uS=10, high_uS=50, levels=5, spread=0.01)
    assert len(even.tandem(1).levels_uS) == 9  # sums of two of 0 … 4
    assert len(even.tandem(5).levels_uS) == 25
    np.testing.assert_allclose(np.diff(even.tandem(5).levels_uS), 10)
    assert len(FOUR_PILLARS.tandem(5).levels_uS) == 25
    # By sampling: the spread of a pair is that of its sum.
    rng = seeds.generator(0, "pairs")
    pair = even.written(np.full(50_000, 4), rng) + 5 * even.written(np.full(50_000, 4), rng)
    assert np.std(pair) / np.mean(pair) <= even.tandem(5).spread * 1.02


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: LevelCell((10,), 0.1, ""), "two or more that increase"),
        (lambda: LevelCell((10, 10), 0.1, ""), "two or more that increase"),
        (lambda: LevelCell((0, 10), 0.1, ""), "from above 0"),
        (lambda: LevelCell((10, 20), -0.1, ""), "spread is a relative standard deviation"),
        (lambda: LevelCell((10, 20), 3, ""), "0.03 for 3 %"),
        (lambda: FOUR_PILLARS.tandem(0), "ratio of the read voltages must be positive"),
        (lambda: domain_wall(low_uS=1, high_uS=2, levels=1, spread=0), "2 levels or more"),
        (lambda: domain_wall(low_uS=3, high_uS=2, levels=4, spread=0), "0 < low < high"),
        (lambda: FluctuatingJunction(magnetics.BAYES_MTJ, 0.5, 0.5), "bias must range"),
        (lambda: JUNCTION.moments_uS(0.6), "lies outside of -0.1 to 0.5 V"),
        (lambda: JUNCTION.bias_V(1e4), "reads of this junction vary by"),
        (lambda: SwitchingBit(0, 1, 0), "currents must be positive"),
        (lambda: SwitchingBit(1, 1, 1), "reset_failure is a probability below 1"),
        (lambda: BIT.current_uA([0.5, 1]), "between 0 and 1"),
        (lambda: BIT.bits(50, 0, seeds.generator(0, "none")), "count must be at least 1"),
        (lambda: BIT.bits(np.nan, 1, seeds.generator(0, "none")), "set pulse is NaN"),
        (lambda: FOUR_PILLARS.written([-1], seeds.generator(0, "none")), "from 0 to 4, got -1"),
        (lambda: FOUR_PILLARS.written([5], seeds.generator(0, "none")), "from 0 to 4, got 5"),
    ],
)
def test_cells_that_are_none(make, says):
    with pytest.raises(ValueError, match=says):
        make()


def test_the_width_of_reads_follows_the_bias_and_the_mean_does_not():
    means, deviations = zip(*(JUNCTION.moments_uS(bias) for bias in (-0.1, 0.1, 0.3, 0.5)), strict=True)
    assert np.ptp(means) == 0
    assert (np.diff(deviations) < 0).all()
    for deviation in deviations[1:3]:
        assert JUNCTION.moments_uS(JUNCTION.bias_V(deviation))[1] == pytest.approx(deviation, rel=1e-6)
    # A stiff plane: a Gaussian of width (2Δ)^−½ in m_z, here against the integral.
    stiff = FluctuatingJunction(magnetics.BAYES_MTJ, 0.5, 3.0)
    biased = replace(magnetics.BAYES_MTJ, bias_V=3.0)
    slope = magnetics.conductance_uS(biased, 1.0) - magnetics.conductance_uS(biased, 0.0)
    expected = slope / np.sqrt(2 * magnetics.anisotropy_kT(biased))
    assert stiff.moments_uS(3.0)[1] == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("wanted", [0.1, 0.5, 0.9])
def test_bits_have_the_wanted_probability_and_no_memory(wanted):
    current = float(BIT.current_uA(wanted))
    assert BIT.probability(current) == pytest.approx(wanted)
    bits = BIT.bits(current, 100_000, seeds.generator(0, "bits"))
    assert stats.binomtest(int(bits.sum()), len(bits), wanted).pvalue > 1e-4
    assert abs(np.corrcoef(bits[1:], bits[:-1])[0, 1]) < 5 / np.sqrt(len(bits))


def test_a_reset_that_fails_leaves_a_one():
    """A Markov chain: after a one that stays, a one; the share of ones is p / (1 − f(1 − p))."""
    failing = SwitchingBit(50, 4, reset_failure=0.2)
    bits = failing.bits(50, 200_000, seeds.generator(0, "bits"))
    assert bits.mean() == pytest.approx(0.5 / (1 - 0.2 * 0.5), abs=0.01)
    assert np.mean(bits[1:][bits[:-1]]) == pytest.approx(0.5 + 0.2 * 0.5, abs=0.01)
    assert np.mean(bits[1:][~bits[:-1]]) == pytest.approx(0.5, abs=0.01)
