"""Cells and arrays: claims are measured on what was simulated, and a wrong array is found out."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from noisyweights.experiments.crossbar import cells as crossbar_cells
from noisyweights.noise import laws

SMOKE, QUICK = crossbar_cells.PROFILES["smoke"], crossbar_cells.PROFILES["quick"]


def computed(law, config=SMOKE):
    device = SimpleNamespace(law=law)
    points = {name: crossbar_cells.compute(config, name, device) for name in crossbar_cells.points(config)}
    return crossbar_cells.collect(config, device, points)


@pytest.fixture(scope="module")
def result():
    return computed(laws.uniform())


def found(result):
    return {(one.claim, one.quantity): one for one in crossbar_cells.measurements(result)}


def test_products_of_an_array_are_gaussian(result):
    measured = found(result)
    assert result.standardised.shape == (SMOKE.reads,)
    mean, sigma, distance = np.abs(result.errors[0]).max(-1)
    noise = 5 / np.sqrt(SMOKE.reads)
    assert mean < noise
    assert sigma < noise
    assert distance < 2 / np.sqrt(SMOKE.reads)
    # Programming moves the mean by more than reads vary by chance.
    by_name = dict(zip(crossbar_cells.READINGS, result.errors, strict=True))
    assert np.abs(by_name["chip, wanted"][0]).max() > mean
    assert measured["L-mvm", "mean_error"].value in by_name["chip"][0]
    # Converters give steps, and read noise widens.
    assert by_name["converters"][2].max() > distance
    assert by_name["read noise"][1].max() > by_name["law"][1].max()


def test_an_array_that_is_off_is_found_out(result):
    shifted = replace(result, errors=result.errors + np.reshape([0.5, 0, 0.3], (3, 1)))
    measured = found(shifted)
    assert measured["L-mvm", "mean_error"].low > 0.02
    assert measured["L-mvm", "ks_distance"].low > 0.02


def test_the_stray_field_moves_the_mean_less_where_the_plane_is_stiff(result):
    # To first order the shift is h/(2Δ) of the slope, and the deviation (2Δ)^−½ of it.
    shift = result.mean_uS - crossbar_cells.magnetics.conductance_uS(crossbar_cells.JUNCTION.junction, 0.0)
    ratio = shift / result.deviation_uS**2
    np.testing.assert_allclose(ratio, ratio.mean(), rtol=0.02)
    assert (np.diff(result.deviation_uS) < 0).all()


def test_levels_of_cells_and_of_two_in_tandem(result):
    measured = found(result)
    assert measured["A-levels", "levels"].value == 5
    assert measured["A-levels", "tandem_levels"].value == 25
    rate = measured["A-levels", "misread_rate"]
    assert rate.low < rate.value == rate.high


def test_wires_take_more_where_they_are_longer(result):
    exact = result.lost[:, 0]
    assert (np.diff(exact, axis=0) > 0).all()
    assert (exact[:, -1] > exact[:, 0]).all()
    # One cell changes what its junction adds far less than all cells change all currents.
    assert (np.diff(result.sigma_lost) > 0).all()
    assert 0 < result.sigma_lost[crossbar_cells.OHM.index(crossbar_cells.WIRE)] < result.sigma_lost_all / 10


def test_crosstalk_runs_from_the_best_circuit_to_the_worst(result):
    measured = found(result)
    mean, sigma = (measured["L-independent", f"{name}_crosstalk"] for name in ("mean", "sigma"))
    assert mean.low < mean.value == mean.high
    assert sigma.low < sigma.value == sigma.high
    # At a bias of twice that at which it halves the magnetoresistance is a fifth: 1.2 to 0.24.
    parallel = crossbar_cells.magnetics.conductance_uS(crossbar_cells.JUNCTION.junction, 1.0)
    expected = parallel * ((1 + 0.24 / 2) / 1.24 - (1 + 1.2 / 2) / 2.2)
    assert np.ptp(result.barrier_uS) == pytest.approx(expected)


def test_bits_come_as_often_as_wanted():
    plenty = replace(SMOKE, bits=50_000)
    streams = crossbar_cells.compute(plenty, "bits", None)
    error = 5 * np.sqrt(0.25 / 50_000)
    np.testing.assert_allclose(streams["frequency"], crossbar_cells.WANTED, atol=error + 1e-4)
    assert (np.abs(streams["correlation"]) < 5 / np.sqrt(50_000) + 1e-3).all()
