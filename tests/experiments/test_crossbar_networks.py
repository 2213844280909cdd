"""Networks on arrays: sweeps change what they say, scores are differences of pairs, and two small points."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from noisyweights.experiments.crossbar import networks as crossbar_networks
from noisyweights.experiments.crossbar import sweeps as crossbar_sweeps
from noisyweights.experiments.crossbar.networks import CHIPS, METHODS, SWEEPS, Reached, Result
from noisyweights.experiments.crossbar.sweeps import CORRELATION, limit, perfected, tolerated
from noisyweights.hardware.array import crossbar
from noisyweights.noise import laws

SMOKE, FULL = crossbar_networks.PROFILES["smoke"], crossbar_networks.PROFILES["full"]
# The field of a chip that a sweep of another name changes.
PARTS = {
    **dict.fromkeys(("levels", "sign_spread", "coin_spread"), "cell"),
    **dict.fromkeys(("programming", "stuck"), "faults"),
    **dict.fromkeys(("sigma_ratio", "sigma_levels", "sigma_spread"), "junctions"),
}
DEVICE = SimpleNamespace(law=laws.gaussian())


@pytest.mark.parametrize(
    ("method", "sweep"),
    [(method, sweep) for method, all_of in SWEEPS.items() for sweep in all_of if sweep is not CORRELATION],
    ids=lambda one: getattr(one, "name", one),
)
def test_a_sweep_changes_one_thing_of_a_perfect_chip(method, sweep):
    perfect = perfected(CHIPS[method])
    assert perfect.dac_bits is None
    assert perfect.adc_bits is None
    assert perfect.read_noise == 0
    assert perfect.faults == ()
    fields = {name for name in perfect.__dataclass_fields__ if name != "source"}
    of_part = {"vectors": "scales", "scale_spread": "scales", "coin_bits": "coin_bits"}
    part = of_part.get(sweep.name, sweep.name if sweep.name in fields else PARTS.get(sweep.name))
    expected = {"row_ohm", "column_ohm"} if sweep.name == "wires" else {part}
    found = set()
    for value in sweep.values:
        changed = sweep.changed(perfect, value)
        found |= {name for name in fields if getattr(changed, name) != getattr(perfect, name)}
    assert found == expected


@pytest.mark.parametrize("sweep", crossbar_sweeps.MEAN_FIELD, ids=lambda sweep: sweep.name)
def test_values_of_a_sweep_go_from_bad_to_good(sweep):
    """By how far weights on the worst, the middle and the best chip are from those wanted."""
    if sweep.name in {"adc_bits", "dac_bits"}:
        assert np.all(np.diff(sweep.values) > 0)
        return
    rng = np.random.default_rng(0)
    mean, deviation = rng.normal(0, 1, (60, 20)), np.exp(rng.normal(-2, 1, (60, 20)))
    errors = []
    for value in sweep.values[::5]:
        chip = sweep.changed(perfected(CHIPS["mean-field"]), value)
        placed = crossbar.place(mean, deviation, cell=chip.cell, rng=np.random.default_rng(1))
        placed = replace(
            placed,
            deviation_uS=chip.junctions.set_to(placed.deviation_uS, power=None, rng=np.random.default_rng(2)),
        )
        for fault in chip.faults:
            placed = replace(placed, positive_uS=fault(placed.positive_uS, rng=np.random.default_rng(3)))
        wires = {"row_ohm": chip.row_ohm, "column_ohm": chip.column_ohm}
        placed = placed.wired(rows=chip.rows, columns=chip.columns, **wires)
        noise = chip.read_noise * np.hypot(placed.positive_uS, placed.negative_uS) / placed.gain_uS
        errors.append(
            np.abs(placed.weights - mean).sum() + np.abs(placed.deviations - deviation).sum() + noise.sum()
        )
    assert errors[0] > 2 * errors[1]


@pytest.mark.parametrize(
    ("holds", "first"), [("1111", 4), ("0011", 2), ("1011", 2), ("0001", 1), ("1110", None), ("0000", None)]
)
def test_tolerated_is_the_worst_from_which_on_all_hold(holds, first):
    assert tolerated((4, 3, 2, 1), [one == "1" for one in holds]) == first


def test_limits_are_said_in_words():
    assert limit((10, 1, 0), [False, True, True]) == "1"
    assert limit((10, 1, 0), [False, False, True]) == "below 1"
    assert limit((2, 4, 8), [False, False, False]) == "better than tried"


def made_up(lost=0.5, gap=0.01):
    """Results in which the array loses so many points, and doubles the error of the regression."""
    software = np.tile([90.0, 0.5, 0.02, 0.9], (3, 1)) + np.arange(3)[:, None] * [1, 0, 0, 0]
    array = software - [lost, 0, -gap, 0]
    sweep = np.stack([software - [5, 0, 0, 0], array], 1)
    reached = {
        method: Reached(software, array, {one.name: sweep for one in SWEEPS.get(method, ())})
        for method in METHODS
    }
    rmse = np.array([[0.2, 0.2], [0.2, 0.24]])
    worse = np.tile([[1.0, 0.5], [0.02, 0.01]], (2, 1, 1))
    sweeps = {one.name: worse for one in crossbar_sweeps.MEAN_FIELD}
    return Result(FULL, reached, np.array([0.1, 0.11]), rmse, np.full((2, 2), 0.3), sweeps, {})


def test_differences_are_of_pairs():
    found = {one.quantity: one for one in crossbar_networks.measurements(made_up())}
    # The trainings differ by a point, and the differences between array and software do not.
    accuracy = found["accuracy_difference"]
    assert (accuracy.low, accuracy.high) == (pytest.approx(-0.5), pytest.approx(-0.5))
    assert found["ece_difference"].value == pytest.approx(0.01)
    assert found["rmse_difference"].value == pytest.approx(1.0)
    assert found["max_calibration_gap"].value == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("lost", "gap", "agree"),
    [(0.5, 0.01, [True, True]), (1.5, 0.01, [False, True]), (0.5, 0.03, [True, False])],
)
def test_agreement_is_within_the_margins_of_the_claims(lost, gap, agree):
    result, sweep = made_up(lost, gap), crossbar_sweeps.MEAN_FIELD[0]
    assert crossbar_networks.agreement(result, "mean-field", sweep).tolist() == [[False, True], agree]
    assert crossbar_networks.agreement(result, "regression", sweep).tolist() == [[False, False], [True, True]]


def test_points_are_trained_deployed_and_collected(monkeypatch):
    few = {method: all_of[:1] for method, all_of in SWEEPS.items()}
    monkeypatch.setattr(crossbar_networks, "SWEEPS", few)
    monkeypatch.setattr(crossbar_sweeps, "MEAN_FIELD", crossbar_sweeps.MEAN_FIELD[:1])
    names = crossbar_networks.points(SMOKE)
    assert len(names) == len(METHODS) + 1
    points = {name: crossbar_networks.compute(SMOKE, name, DEVICE) for name in names}
    result = crossbar_networks.collect(SMOKE, DEVICE, points)
    for method, reached in result.reached.items():
        assert reached.software.shape == (1, 4)
        assert np.isfinite(reached.software).all()
        assert (reached.array is None) == (method not in CHIPS)
        for sweep in few.get(method, ()):
            assert reached.sweeps[sweep.name].shape == (1, len(crossbar_networks.swept(SMOKE, sweep)), 4)
    assert result.rmse.shape == result.gap.shape == (1, SMOKE.chips)
    assert {one.claim for one in crossbar_networks.measurements(result)} == {"L-classify", "L-regress"}
    for source in ("source", "other_source"):
        strange = points | {"plain-0": points["plain-0"] | {source: np.zeros(32, np.uint8)}}
        with pytest.raises(ValueError, match="computed on other pictures"):
            crossbar_networks.collect(SMOKE, DEVICE, strange)
