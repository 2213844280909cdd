"""Networks on arrays: which points there are, what determines each, and what trainings together measure."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from noisyweights import datasets
from noisyweights.datasets.source import DataSource
from noisyweights.experiments import catalogue, image_inputs
from noisyweights.experiments.crossbar.networks import experiment as networks
from noisyweights.experiments.crossbar.networks import results
from noisyweights.experiments.crossbar.networks import sweeps as crossbar_sweeps
from noisyweights.experiments.crossbar.networks.experiment import CHIPS, METHODS, SWEEPS

SMOKE, QUICK, FULL = (networks.PROFILES[name] for name in ("smoke", "quick", "full"))
SOURCES = (datasets.fashion_mnist(split="test", dataset="sample").source, DataSource("", "", "22" * 32))
LAST = {"mean-field": 6}  # the largest number of a training; 3 of others
LOST = 0.5  # points on the array


def made_up(*, lost=LOST, gap=0.01):
    """Points 0, 1, 3 and, of random weights, 6: the array loses so much, doubles a regression's error.

    A training of number k reaches 90 + k % in software; those up to 3 went through the sweeps.
    """
    points = {}
    for method in METHODS:
        for number in (0, 1, 3, *((6,) if method == "mean-field" else ())):
            software = np.array([90.0 + number, 0.5, 0.02, 0.9])
            point = {"software": software} | {
                name: image_inputs.checksum(source)
                for name, source in zip(("source", "other_source"), SOURCES, strict=True)
            }
            array = software - [lost, 0, -gap, 0]
            if method in CHIPS:
                point["array"] = array
            if number <= 3:
                point |= {
                    one.name: np.stack([software - [5, 0, 0, 0], array]) for one in SWEEPS.get(method, ())
                }
            points[f"{method}-{number}"] = point
    for number, rmse in ((4, [0.2, 0.24]), (2, [0.2, 0.2])):
        software = np.linspace(0.1, 0.9, 19)
        sweep = {one.name: np.array([[1.0, 0.5], [0.02, 0.01]]) for one in crossbar_sweeps.MEAN_FIELD}
        curves = software + np.array([[0.3], [-0.1]]) * (np.arange(19) == 4)
        points[f"regression-{number}"] = {
            "software_rmse": np.array(0.1 if number == 2 else 0.11),
            "software_curve": software,
            "rmse": np.array(rmse),
            "curves": curves,
        } | sweep
    return dict(reversed(points.items()))  # in no order of theirs


def collected(**changes):
    return networks.collect(FULL, None, made_up(**changes))


def test_a_training_is_a_point():
    names = networks.points(FULL)
    assert len(names) == len(set(names)) == 5 * 3 + 12 + 5
    assert {"coins-2", "mean-field-11", "regression-4"} <= set(names)
    assert len(networks.points(SMOKE)) == 7


def test_a_point_is_determined_by_what_it_is_computed_from():
    """How many trainings there are says nothing of one, but for which of them are swept."""
    more = replace(FULL, repeats=4, classifications=20, regressions=9)
    for point in networks.points(FULL):
        same = networks.settings(FULL, point) == networks.settings(more, point)
        assert same == (point != "mean-field-3")
    assert networks.settings(FULL, "mean-field-2")["sweeps"] is True
    assert networks.settings(FULL, "mean-field-3")["sweeps"] is False
    changed = {
        "draws": {"plain-0", "mean-field-0", "ensemble-0", "regression-0"},
        "epochs": {"plain-0", "mean-field-0", "ensemble-0"},
        "members": {"ensemble-0"},
        "chips": {"regression-0"},
        "regression": {"regression-0"},
    }
    for name, points in changed.items():
        other = replace(FULL, **{name: "quick" if name == "regression" else 77})
        for point in ("plain-0", "mean-field-0", "ensemble-0", "regression-0"):
            moved = networks.settings(FULL, point) != networks.settings(other, point)
            assert moved == (point in points), (name, point)


def test_settings_of_the_regression_are_those_of_its_chapter(monkeypatch):
    before = catalogue.point_settings("crossbar.networks", "regression-1", config=FULL)
    profiles = networks.regression.PROFILES
    changed = profiles | {"full": replace(profiles["full"], tempering=7.0)}
    monkeypatch.setattr(networks.regression, "PROFILES", changed)
    after = catalogue.point_settings("crossbar.networks", "regression-1", config=FULL)
    assert before["regression"] | {"tempering": 7.0} == after["regression"]


def test_the_device_draws_random_weights_alone():
    asked = {point for point in networks.points(SMOKE) if networks.uses_device(point)}
    assert asked == {"mean-field-0", "regression-0"}


def test_kinds_are_computed_with_their_number_law_and_weights(monkeypatch):
    calls = []

    def called(*arguments, **settings):
        calls.append((arguments[1:], settings))
        return {}

    for module in (networks.classifiers, networks.regressions):
        monkeypatch.setattr(module, "compute", called)
    device, kept = SimpleNamespace(law="its law"), np.zeros(3)
    for point in ("mean-field-11", "regression-2", "coins-1"):
        networks.compute(FULL, point, device, kept)
    assert calls == [
        (("mean-field", 11), {"law": "its law", "weights": kept}),
        ((2,), {"law": "its law", "weights": kept}),
        (("coins", 1), {"law": None, "weights": kept}),
    ]


def test_trainings_are_those_there_are_in_their_order():
    result = collected()
    one = result.reached["mean-field"]
    assert one.software[:, 0].tolist() == [90, 91, 93, 96]
    assert one.array[:, 0].tolist() == [89.5, 90.5, 92.5, 95.5]
    (sweep, *_) = SWEEPS["mean-field"]
    assert one.sweeps[sweep.name].shape == (3, 2, 4)
    np.testing.assert_allclose(one.changes(sweep)[..., 0], [[-5, -0.5]] * 3)
    assert [result.reached[method].array is None for method in METHODS] == [True] * 3 + [False] * 3
    assert result.software_rmse.tolist() == [0.1, 0.11]
    assert result.rmse.tolist() == [[0.2, 0.2], [0.2, 0.24]]
    np.testing.assert_allclose(result.gap, [[0.3, 0.1]] * 2)
    assert result.regression_sweeps["wires"].shape == (2, 2, 2)
    assert result.sources["fashion_mnist"] == SOURCES[0]
    other = result.sources["mnist"]
    assert (other.name, other.sha256, other.embedded) == ("MNIST", SOURCES[1].sha256, False)


def test_trainings_with_sweeps_stand_before_those_without():
    """Where a number that was swept is larger than one that was not, changes are still of pairs."""
    points = made_up()
    points["mean-field-0"] = points["mean-field-0"].copy()
    for sweep in SWEEPS["mean-field"]:
        del points["mean-field-0"][sweep.name]
    one = networks.collect(FULL, None, points).reached["mean-field"]
    assert one.software[:, 0].tolist() == [91, 93, 90, 96]
    np.testing.assert_allclose(one.changes(SWEEPS["mean-field"][0])[..., 0], [[-5, -0.5]] * 2)


@pytest.mark.parametrize("kind", [*METHODS, "regression"])
def test_a_kind_without_a_training_is_named(kind):
    points = {name: point for name, point in made_up().items() if name.rpartition("-")[0] != kind}
    with pytest.raises(ValueError, match=f"no point of {kind} .* compute {kind}-0"):
        networks.collect(FULL, None, points)


def test_trainings_without_sweeps_are_not_enough():
    points = {
        name: point
        for name, point in made_up().items()
        if name not in ("mean-field-0", "mean-field-1", "mean-field-3")
    }
    with pytest.raises(ValueError, match="no training of mean-field went through its sweeps: mean-field-6"):
        networks.collect(FULL, None, points)


@pytest.mark.parametrize("source", ["source", "other_source"])
def test_points_of_different_pictures_are_refused(source):
    points = made_up()
    points["plain-1"][source] = np.zeros(32, np.uint8)
    with pytest.raises(ValueError, match=r"plain-.* computed on other pictures than"):
        networks.collect(FULL, None, points)


def test_differences_are_of_pairs():
    found = {one.quantity: one for one in networks.measurements(collected())}
    # The trainings differ by a point and more, and the differences between array and software do not.
    accuracy = found["accuracy_difference"]
    assert (accuracy.value, accuracy.low, accuracy.high) == pytest.approx((-0.5, -0.5, -0.5))
    assert found["ece_difference"].value == pytest.approx(0.01)
    # 0.2/0.1 and, over chips, 0.22/0.11; the gap is 0.3 on one chip of each and 0.1 on the other.
    assert found["rmse_difference"].value == pytest.approx(1.0)
    assert found["max_calibration_gap"].value == pytest.approx(0.2)
    assert [one.n for one in networks.measurements(collected())] == [4, 4, 2, 2]
    assert {one.claim for one in found.values()} == {"L-classify", "L-regress"}


@pytest.mark.parametrize(
    ("lost", "gap", "agree"),
    [(0.5, 0.01, [True, True]), (1.5, 0.01, [False, True]), (0.5, 0.03, [True, False])],
)
def test_agreement_is_within_the_margins_of_the_claims(lost, gap, agree):
    result, sweep = collected(lost=lost, gap=gap), crossbar_sweeps.MEAN_FIELD[0]
    assert results.agreement(result, "mean-field", sweep).tolist() == [[False, True], agree]
    assert results.agreement(result, "regression", sweep).tolist() == [[False, False], [True, True]]
