"""Published cells: what is sampled has the statistics of the formulas, worked out by hand at some levels."""

from functools import partial

import numpy as np
import pytest

from noisyweights import seeds
from noisyweights.hardware import cell_fits, nonidealities, sonos_statistics
from noisyweights.hardware import published_cells as published
from noisyweights.hardware.chip import DOMAIN_WALL, IDEAL
from noisyweights.noise import scale_curves

DAY = 86_400.0
CELLS = 40_000  # so that a standard deviation is known to 0.35 %: 2 % is five standard errors and more


def aged(device, level_uS, seconds, seed=0):
    """Cells of one level after all that happens to them."""
    found = np.full(CELLS, level_uS)
    for place, fault in enumerate(device.on(IDEAL, seconds=seconds).faults):
        found = fault(found, rng=seeds.generator(seed, "cells", place))
    return found


@pytest.mark.parametrize(
    ("device", "level_uS", "seconds", "mean_uS", "deviation_uS"),
    [
        # g = 1: −1.1731 + 1.9650 + 0.2635; g = 0.5: −0.293275 + 0.9825 + 0.2635.
        (published.PCM_JOSHI, 25.0, 27.36, 25.0, 1.0554),
        (published.PCM_JOSHI, 12.5, 27.36, 12.5, 0.952725),
        # Of g = 0.5, from 0.348 + 8.015 − 10.96325 + 5.674125 − 1.0509375; later those of a day and of two.
        (published.RRAM_WAN, 20.0, 1.0, 20.0, 2.0229375),
        (published.RRAM_WAN, 20.0, DAY, 20.0, 0.701 + 11.043 - 12.69325 + 5.886875 - 1.028625),
        (published.RRAM_WAN, 20.0, 2 * DAY, 20.0, 0.782 + 10.137 - 10.87675 + 4.63275 - 0.745875),
        (published.RRAM_MILO, 50.0, 1.0, 50.0, 4.326971),
        (published.RRAM_MILO, 225.0, 1.0, 225.0, 2.733246),
        # 1600 nA: 19.88665 (1 − e^(−9.075)) nA; 800 nA after a day: the polynomial of the paper's Fig. 10b.
        (published.SONOS_AGRAWAL, 16.0, 0.0, 16.0, 0.1988437),
    ],
)
def test_sampled_cells_have_the_published_moments(device, level_uS, seconds, mean_uS, deviation_uS):
    found = aged(device, level_uS, seconds)
    assert found.std() == pytest.approx(deviation_uS, rel=0.02)
    assert found.mean() == pytest.approx(mean_uS, abs=5 * deviation_uS / np.sqrt(CELLS))


def test_phase_change_cells_drift_by_exponents_of_their_own():
    # g = 0.2: −0.0155 ln 0.2 + 0.0244 = 0.04935 and −0.0125 ln 0.2 − 0.0059 = 0.01422; at 1 both are held.
    assert published.pcm_exponent(np.array([5.0, 25.0, 1e-6])) == pytest.approx(
        [0.049347, 0.049, 0.1], abs=1e-5
    )
    assert published.pcm_exponent_spread(np.array([5.0, 25.0])) == pytest.approx([0.014218, 0.008], abs=1e-5)
    once, later = (
        nonidealities.drift_apart(
            np.full(CELLS, 5.0), seconds=seconds, after_s=20.0, exponent=published.pcm_exponent,
            spread=published.pcm_exponent_spread, rng=seeds.generator(0, "drift"),
        )
        for seconds in (200.0, 20_000.0)
    )  # fmt: skip
    own = -np.log10(once / 5)
    np.testing.assert_allclose(own.mean(), 0.049347, atol=5 * 0.0142 / np.sqrt(CELLS))
    np.testing.assert_allclose(own.std(), 0.014218, rtol=0.02)
    np.testing.assert_allclose(later, 5 * 1000**-own)  # each cell keeps its exponent
    # And the fit finds both again, in spite of readings that scatter by 1 %.
    seconds = np.geomspace(20, 2e5, 9)
    paths = 5 * (seconds / 20) ** -own[:2000, None]
    paths = paths * np.exp(0.01 * seeds.generator(0, "scatter").standard_normal(paths.shape))
    fit = cell_fits.drift_exponents(paths, seconds)
    assert fit.mean == pytest.approx(own[:2000].mean(), abs=5e-4)
    assert fit.spread == pytest.approx(own[:2000].std(), rel=0.03)
    assert fit.standard_error == pytest.approx(0.0142 / np.sqrt(2000), rel=0.1)


def test_phase_change_reads_grow_with_the_time_since_programming():
    # g = 0.5: Q = 0.0088 / 0.5^0.65 = 0.013808; after a second √ln(2·10⁶ + ½) = 3.80903.
    found = published.pcm_read_uS(np.array([12.5, 25.0]), seconds=1.0)
    np.testing.assert_allclose(found, [12.5 * 0.0138083 * 3.80903, 25 * 0.0088 * 3.80903], rtol=1e-4)
    assert published.pcm_read_uS(np.array([1e-3]), seconds=1.0) == pytest.approx(
        1e-3 * 0.2 * 3.80903, rel=1e-4
    )


def test_flash_cells_move_as_their_polynomials():
    # After a day at 100 nA, term by term in nA.
    terms = (0.683650, 0.651250, -4.03163, 3.37944, -1.87435, 0.588902, -0.107685, 0.0117751, -0.000760016,
             0.0000267255, -0.000000394954)  # fmt: skip
    one = sonos_statistics.sonos_aged(np.array([1.0]), seconds=DAY, rng=seeds.generator(0, "none"))
    assert one[0] == pytest.approx(1 + sum(terms) / 100, abs=1e-9)
    half = sonos_statistics.sonos_aged(np.array([1.0]), seconds=DAY / 2, rng=seeds.generator(0, "none"))
    assert half[0] == pytest.approx(1 + sum(terms) / 200, abs=1e-9)
    # 12.58037 (1 − e^(−200/215.36557)) nA.
    assert sonos_statistics.sonos_read_uS(np.array([2.0]))[0] == pytest.approx(0.07610, abs=1e-4)


def test_second_readings_of_the_same_figures():
    """CrossSim's own fits of the published figures, beside aihwkit's, which the presets hold."""
    level = np.array([5.0, 12.5, 25.0])
    other = -0.00178767 * level**2 + 0.07585724 * level + 0.28638599
    np.testing.assert_allclose(published.pcm_programming_uS(level), other, rtol=0.03)
    wan = [1.536e-4 * g**3 - 1.167e-2 * g**2 + 2.374e-1 * g + 1.053 for g in (20.0, 39.0)]
    ratio = np.array(wan) / published.rram_wan_uS(np.array([20.0, 39.0]), seconds=1.0)
    np.testing.assert_allclose(ratio, [1.17, 1.5], rtol=0.05)  # the readings differ: the preset says so


def test_a_curve_of_measured_levels_is_a_programming_error():
    rng = seeds.generator(0, "measured")
    target = np.repeat([5.0, 10.0, 20.0], 4000)
    made = target + 0.02 * target * rng.standard_normal(len(target)) + 0.3
    curve = cell_fits.programming_error(target_uS=target, conductance_uS=made)
    np.testing.assert_allclose(curve(np.array([5.0, 20.0])), np.hypot([0.1, 0.4], 0.3), rtol=0.06)
    error = partial(nonidealities.program, error_uS=curve)
    assert error(np.full(CELLS, 10.0), rng=rng).std() == pytest.approx(np.hypot(0.2, 0.3), rel=0.05)


def test_cells_forget_by_their_barriers():
    rng = seeds.generator(0, "barriers")
    year = 3.15e7
    held = nonidealities.forget(
        np.full(CELLS, 50.0), seconds=year, stability_kT=40.0, spread_kT=0.0, lost_uS=20.0, rng=rng
    )
    # 1 − exp(−3.15·10⁷ s / (10⁻⁹ s · e⁴⁰)) = 0.125.
    assert np.mean(held == 20.0) == pytest.approx(0.1252, abs=5 * np.sqrt(0.11 / CELLS))
    apart = nonidealities.forget(
        np.full(CELLS, 50.0), seconds=year, stability_kT=50.0, spread_kT=5.0, lost_uS=20.0, rng=rng
    )
    barrier = 50 + 5 * np.linspace(-8, 8, 4001)
    weight = np.exp(-((barrier - 50) ** 2) / 50)
    expected = np.sum(weight * -np.expm1(-year * 1e9 * np.exp(-barrier))) / weight.sum()
    assert np.mean(apart == 20.0) == pytest.approx(expected, abs=5 * np.sqrt(expected / CELLS))


def test_a_chip_of_published_cells_has_their_range_and_reads():
    chip = published.PCM_JOSHI.on(DOMAIN_WALL, seconds=3600.0)
    assert (chip.cell.levels_uS[0], chip.cell.levels_uS[-1]) == (0.25, 25.0)
    assert chip.cell.on_off_ratio == pytest.approx(100)
    pair = np.array([12.5, 0.25]), np.array([0.25, 12.5])
    expected = np.hypot(*published.pcm_read_uS(np.array([12.5, 0.25]), seconds=3600.0))
    np.testing.assert_allclose(chip.read_deviation_uS(*pair), expected)
    assert "3600 s" in chip.source


def test_a_curve_that_is_proportional_is_the_number():
    ratio = scale_curves.proportional(low_uS=1.0, high_uS=100.0, ratio=0.03)
    cells = np.array([[5.0, 50.0]]), np.array([[70.0, 7.0]])
    from_curve, from_number = (
        type(IDEAL)(**vars(IDEAL) | {"read_noise": noise}).read_deviation_uS(*cells)
        for noise in (ratio, 0.03)
    )
    np.testing.assert_allclose(from_curve, from_number, rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (
            lambda: published.PCM_JOSHI.on(IDEAL, seconds=1.0),
            "from 27.36 to 3.2e.07 s after programming, and not",
        ),
        (lambda: published.RRAM_WAN.on(IDEAL, seconds=1e6), "not at 1e.06 s"),
        (
            lambda: nonidealities.drift_apart(
                [5.0], seconds=1.0, after_s=20.0, exponent=0.1, spread=0.0, rng=seeds.generator(0, "x")
            ),
            "got 20.0 and 1.0: count the time from programming, and ask for none before the first read",
        ),
        (
            lambda: nonidealities.program([5.0], error_uS=lambda g: -g, rng=seeds.generator(0, "x")),
            "error_uS must give a number, finite and not negative, for each cell",
        ),
        (lambda: cell_fits.drift_exponents(np.ones((3, 2)), [1.0, 2.0]), "three or more"),
        (lambda: cell_fits.drift_exponents(np.ones((3, 3)), [1.0, 2.0]), r"got \(3, 3\) and \(2,\)"),
        (lambda: cell_fits.drift_exponents(np.zeros((3, 3)), [1.0, 2.0, 3.0]), "positive and finite"),
        (
            lambda: cell_fits.drift_exponents(np.ones((3, 3)), [2.0, 2.0, 2.0]),
            "all readings are of the same time",
        ),
        (
            lambda: nonidealities.forget(
                [5.0], seconds=1.0, stability_kT=-1.0, spread_kT=0.0, lost_uS=1.0, rng=seeds.generator(0, "x")
            ),
            "barriers and lost_uS must be finite and not negative, got -1.0",
        ),
        (
            lambda: scale_curves.table(levels_uS=[5.0, 3.0], deviations_uS=[1.0, 1.0]),
            "that increase from above 0",
        ),
    ],
)
def test_what_is_no_cell(call, says):
    with pytest.raises(ValueError, match=says):
        call()
