"""Cells and arrays: claims are measured on what was simulated, and a wrong array is found out."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from noisyweights.experiments.crossbar import array_reads
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


def test_columns_are_held_against_their_own_moments(monkeypatch):
    """Reads that are known: at −1, 0 and 1 deviations of what the cells hold, in every column."""
    deploy = array_reads.deploy
    crossbars = []

    def watched(*arguments, **settings):
        deployed = deploy(*arguments, **settings)
        crossbars.append(array_reads.array_layers_of(deployed)[0].crossbar)
        return deployed

    def predict(deployed, x, *, draws, seed):
        centre, width = crossbars[-1].moments(x[0])
        return centre + np.reshape([-1, 0, 1] * 10, (30, 1, 1)) * width

    monkeypatch.setattr(array_reads, "deploy", watched)
    monkeypatch.setattr(array_reads.array_draws, "predict_draws", predict)
    found = array_reads.products(columns=2, reads=30, law=laws.gaussian(), seed=1)
    np.testing.assert_allclose(found["values"], [-1, 0, 1], atol=1e-9)
    assert found["counts"].tolist() == [10, 10, 10]
    mean, deviation, distance = np.moveaxis(found["errors"], 1, 0)
    np.testing.assert_allclose(mean[:4], 0, atol=1e-9)
    np.testing.assert_allclose(deviation[:4], np.sqrt(20 / 29) - 1)
    np.testing.assert_allclose(distance[:4], 1 / 3 - stats.norm.cdf(-1), rtol=1e-6)
    # Wanted was another mean, by what programming left undone.
    assert np.abs(mean[4]).min() > 1e-3
    chips = [(one.positive_uS == crossbars[0].positive_uS).all() for one in crossbars]
    assert chips == [True] * 4  # the same cells on all four


def test_parts_are_put_together(result):
    parts = {"products": ("errors",), "junctions": ("bias_V", "mean_uS", "deviation_uS", "barrier_uS")}
    parts |= {"bits": ("frequency", "correlation"), "wires": ("lost", "sigma_lost")}
    points = {
        point: {name: np.array([place, other]) for other, name in enumerate(names)}
        for place, (point, names) in enumerate(parts.items())
    }
    points["products"] |= {"values": np.array([-1.0, 2.0]), "counts": np.array([3, 1], np.uint32)}
    points["bits"]["bits"], points["wires"]["sigma_lost_all"] = np.array(64), np.array(0.5)
    points["picture"] = {"inputs": np.ones(2)}
    found = crossbar_cells.collect(SMOKE, None, points)
    assert found.standardised.tolist() == [-1, -1, -1, 2]
    assert (found.bits, found.sigma_lost_all, found.picture) == (64, 0.5, points["picture"])
    for point, names in parts.items():
        for name in names:
            assert getattr(found, name) is points[point][name]
    for point in points:
        without = {name: arrays for name, arrays in points.items() if name != point}
        with pytest.raises(ValueError, match=f"crossbar.cells lacks {point}: compute {point}"):
            crossbar_cells.collect(SMOKE, None, without)


def test_intervals_are_by_the_reads_and_bits_that_there_were(result):
    fewer = replace(result, config=replace(SMOKE, reads=7, bits=7))
    measured = found(fewer)
    assert {measured["L-mvm", name].n for name in ("mean_error", "sigma_error", "ks_distance")} == {400}
    # Of four columns the worst: 2.498 deviations for 95 % of all, from a table of the normal law.
    error = measured["L-mvm", "mean_error"]
    assert error.high - error.value == pytest.approx(2.4977 / np.sqrt(400), rel=1e-4)
    assert error.value - error.low == pytest.approx(2.4977 / np.sqrt(400), rel=1e-4)
    sigma = measured["L-mvm", "sigma_error"]
    assert sigma.high - sigma.value == pytest.approx(2.4977 / np.sqrt(800), rel=1e-4)
    lag = measured["A-sampler", "lag_one_correlation"]
    assert (lag.n, lag.high - lag.value) == (2000, pytest.approx(2.7729 / np.sqrt(2000), rel=1e-3))


def test_the_device_draws_where_junctions_are_read():
    asked = [point for point in crossbar_cells.points(SMOKE) if crossbar_cells.uses_device(point)]
    assert asked == ["products", "picture"]


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
    # Of five levels the outer ones have one neighbour: by steps of 8.25 µS at 3.3 and at 4.1 % of spread.
    cell = crossbar_cells.cells.FOUR_PILLARS
    for spread, end in zip(crossbar_cells.SPREADS, (rate.low, rate.high), strict=True):
        lower, upper = np.array([-np.inf, *cell.thresholds_uS]), np.array([*cell.thresholds_uS, np.inf])
        held = [
            stats.norm.cdf(b, level, spread * level) - stats.norm.cdf(a, level, spread * level)
            for a, level, b in zip(lower, cell.levels_uS, upper, strict=True)
        ]
        assert end == pytest.approx(1 - np.mean(held))
    assert rate.value == rate.high


def test_wires_take_more_where_they_are_longer(result):
    assert (np.diff(result.lost, axis=0) > 0).all()
    assert (result.lost[:, -1] > result.lost[:, 0]).all()
    # One cell changes what its junction adds far less than all cells change all currents.
    assert (np.diff(result.sigma_lost) > 0).all()
    assert 0 < result.sigma_lost[crossbar_cells.OHM.index(crossbar_cells.WIRE)] < result.sigma_lost_all / 10


def test_crosstalk_runs_from_the_best_circuit_to_the_worst(result):
    measured = found(result)
    mean, sigma = (measured["L-independent", f"{name}_crosstalk"] for name in ("mean", "sigma"))
    assert mean.low < mean.value == mean.high
    assert sigma.low < sigma.value == sigma.high
    tracked, plain = (
        [measured[f"L-independent-{circuit}", f"{name}_crosstalk"].value for name in ("mean", "sigma")]
        for circuit in ("tracked", "plain")
    )
    assert (tracked, plain) == ([mean.low, sigma.low], [mean.high, sigma.high])
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
