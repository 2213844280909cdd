"""The experiment of chapter 7: its points, and what trainings measure of its claims."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from binary_cases import CHECKSUM, FULL, LABELS, QUICK, SHIFTED, SMOKE, STEPS, STORED, TESTED, predicted
from scipy import stats

from noisyweights import datasets
from noisyweights.experiments import catalogue
from noisyweights.experiments.binary import experiment, measurements, stored_bits
from noisyweights.experiments.binary.scores import Predicted, Scores, ShiftScores, score, score_shifts
from noisyweights.experiments.binary.settings import KINDS
from noisyweights.ledger.verdicts import verdict

PRINTED = {
    "mnist": {"relu": 98.8, "tanh": 98.4, "dropout": 98.6, "irnet": 98.3, "proposed": 98.1},
    "fashion": {
        "relu": 92.0,
        "tanh": 91.8,
        "dropout": 91.7,
        "ensemble": 91.6,
        "irnet": 91.7,
        "proposed": 92.0,
        "variational": 92,
    },
}
FALLING = np.linspace(92, 40, STEPS + 1)  # accuracy at growing shifts, so that 60 % are wrong in the end
CLAIMS = ("A-mnist", "A-fashion", "A-rotation", "A-noise", "A-ood", "A-samples", "A-scale-bits")


@lru_cache(1)
def counted():
    """What is counted in networks of their full size, which takes a second to build them."""
    return stored_bits.counted(FULL)


@pytest.fixture
def few_steps(monkeypatch):
    """Fewer steps of each shift, and nothing counted anew."""
    counts = counted()
    for name in ("ANGLES", "STRENGTHS"):
        steps = np.linspace(0, getattr(experiment, name)[-1], STEPS + 1)
        for module in (experiment, measurements):
            monkeypatch.setattr(module, name, steps)
    monkeypatch.setattr(stored_bits, "counted", lambda config: counts)


def made_up(config=FULL, *, falling=FALLING, spread=1e-4, loss=0.2, checksum=CHECKSUM, numbers=(0, 1, 2)):
    """Points of networks that reach the printed accuracies, a tenth of a per cent apart.

    The trainings have these numbers, of which none but the place in the row counts.
    """
    found = {}
    for task, method in KINDS:
        for place, number in enumerate(numbers):
            jitter = place % 3 - 1
            accuracy = PRINTED[task][method] + 0.1 * jitter
            plain = Predicted(predicted(accuracy, TESTED), np.full(TESTED, 0.25))
            point = score(plain, LABELS) | {
                "source": np.frombuffer(bytes.fromhex(checksum), np.uint8),
                "trained": np.array(7),
                "tested": np.array(TESTED),
            }
            if task == "fashion":
                steps = np.array([[predicted(a + jitter, SHIFTED) for a in falling]] * 2)
                shifted = Predicted(steps, np.full(steps.shape[:3], 0.5))
                point |= score_shifts(plain, shifted, LABELS)
            if method == "proposed":
                nll = 1 + 0.1 / STORED + jitter * spread
                point["by_stored"] = np.stack([np.full(len(STORED), accuracy), nll], -1)
                point["by_passes"] = np.array([[accuracy, 1.0]] * len(experiment.PASSES))
                point["exact"] = np.array([accuracy + loss, 1.0])
                point |= {name: np.full(4, number) for name in ("scale_loc", "scale_scale", "clip")}
                point["scale_layer"] = np.array([0, 0, 1, 2], np.uint8)
            found[f"{task}-{method}-{number}"] = point
    return dict(reversed(found.items()))


def measured(config=FULL, **changes):
    return experiment.measurements(experiment.collect(config, None, made_up(config, **changes)))


def verdicts(found):
    return {claim: verdict(claim, [m for m in found if m.claim == claim]).value for claim in CLAIMS}


def quantity(found, name, claim):
    return next((m.value, m.low, m.high) for m in found if (m.claim, m.quantity) == (claim, name))


def test_a_training_is_a_point():
    full = experiment.points(FULL)
    assert len(full) == len(set(full)) == 5 * 3 + 7 * 3
    assert {"mnist-relu-2", "fashion-ensemble-2", "fashion-variational-2"} <= set(full)
    assert not {"mnist-ensemble-0", "mnist-variational-0", "fashion-relu-3"} & set(full)
    for config in (SMOKE, QUICK):
        assert len(experiment.points(config)) == 12 * config.repeats - (config.repeats - config.ensembles)


def test_a_point_is_determined_by_what_it_is_computed_from():
    more = replace(FULL, repeats=9, ensembles=9)
    kinds = {f"{task}-{method}-0" for task, method in KINDS}
    for point in kinds:
        assert experiment.settings(FULL, point) == experiment.settings(more, point)
        assert catalogue.point_settings("binary", point, config=FULL)["epochs"] == FULL.epochs
    mnist = {point for point in kinds if point.startswith("mnist")}
    changed = {
        "hidden": mnist,
        "shifted": kinds - mnist,
        "vi_epochs": {"fashion-variational-0"},
        "members": {"fashion-ensemble-0"},
        "seed": kinds,
    }
    for name, points in changed.items():
        other = replace(FULL, **{name: 77})
        moved = {p for p in kinds if experiment.settings(FULL, p) != experiment.settings(other, p)}
        assert moved == points, name


def test_the_device_draws_mean_field_networks_alone():
    asked = {point for point in experiment.points(SMOKE) if experiment.uses_device(point)}
    assert asked == {"fashion-variational-0"}


def test_what_the_paper_prints_reproduces_its_claims(few_steps):
    assert verdicts(measured()) == dict.fromkeys(CLAIMS, "reproduced")


def test_accuracies_and_gaps_are_those_put_in(few_steps):
    found = measured()
    for method, accuracy in PRINTED["mnist"].items():
        assert quantity(found, f"accuracy_{method}", "A-mnist")[0] == pytest.approx(accuracy)
    value, low, high = quantity(found, "gap_to_best", "A-mnist")
    assert value == pytest.approx(98.8 - 98.1)
    error = 0.1 * np.sqrt(2 / 3)  # of a difference, with 4 degrees of freedom
    assert high == pytest.approx(value + 2.776 * error, abs=1e-4)  # Student's, from its table
    rivals = len(PRINTED["mnist"]) - 1  # their lower ends share the tail
    assert low == pytest.approx(value - stats.t.isf(0.025 / rivals, 4) * error, abs=1e-4)
    ensemble = 4.303 * 0.1 / np.sqrt(3)  # and with 2
    expected = (91.6, 91.6 - ensemble, 91.6 + ensemble)
    assert quantity(found, "accuracy_ensemble", "A-fashion") == pytest.approx(expected, abs=1e-3)
    assert quantity(found, "rank_correlation_accuracy", "A-noise") == pytest.approx((-1, -1, -1))
    assert quantity(found, "accuracy_drop", "A-rotation")[0] == pytest.approx(52, abs=0.5)
    assert quantity(found, "max_detection_rate", "A-ood")[0] == pytest.approx(60)
    assert quantity(found, "stored_vectors_needed", "A-samples") == (16, 16, 16)
    assert quantity(found, "accuracy_loss", "A-scale-bits") == pytest.approx((0.2, 0.2, 0.2))


def test_counts_are_of_the_trainings_there_are(few_steps):
    points = made_up(numbers=(1, 2, 5, 11))
    del points["mnist-proposed-2"]
    found = experiment.measurements(experiment.collect(FULL, None, points))
    n = {(one.claim, one.quantity): one.n for one in found}
    assert n["A-mnist", "accuracy_proposed"] == n["A-mnist", "gap_to_best"] == 3
    assert n["A-fashion", "accuracy_proposed"] == n["A-noise", "nll_rise"] == 4
    assert n["A-samples", "stored_vectors_needed"] == n["A-scale-bits", "accuracy_loss"] == 3


def test_trainings_are_collected_in_their_order(few_steps):
    result = experiment.collect(FULL, None, made_up(numbers=(11, 2, 5)))
    # Places in the row of numbers count, so that 2, 5 and 11 are 0, 0.1 and -0.1 off what is printed.
    np.testing.assert_allclose(result.scores["fashion", "tanh"].accuracy, 91.8 + np.array([0, 0.1, -0.1]))
    assert result.scale_loc["mnist"][:, 0].tolist() == [2, 5, 11]
    assert result.scale_layer["fashion"].tolist() == [0, 0, 1, 2]
    np.testing.assert_allclose(result.by_passes["mnist"][:, 0, 0], 98.1 + np.array([0, 0.1, -0.1]))
    assert result.shifted["ensemble"].accuracy.shape == (3, 2, STEPS + 1)
    assert (result.trained, result.tested) == ({"mnist": 7, "fashion": 7}, {"mnist": 1000, "fashion": 1000})
    assert {source.sha256 for source in result.sources.values()} == {CHECKSUM}
    assert [source.name for source in result.sources.values()] == ["MNIST", "Fashion-MNIST"]


@pytest.mark.parametrize(
    ("changes", "claims"),
    [
        ({"falling": FALLING[::-1]}, {"A-rotation", "A-noise", "A-ood"}),
        ({"falling": np.full(STEPS + 1, 92.0)}, {"A-rotation", "A-noise", "A-ood"}),
        ({"loss": 2.0}, {"A-scale-bits"}),
        ({"spread": 0.1}, {"A-samples"}),
    ],
)
def test_a_world_where_a_claim_is_wrong_does_not_reproduce_it(few_steps, changes, claims):
    found = verdicts(measured(**changes))
    assert {claim for claim, one in found.items() if one != "reproduced"} == claims


def test_where_trainings_differ_too_much_any_number_of_vectors_may_be_enough(few_steps):
    assert quantity(measured(spread=0.1), "stored_vectors_needed", "A-samples") == (16, 1, np.inf)


def test_a_part_or_a_sample_of_a_set_measures_no_accuracy(few_steps):
    partly = measured(replace(FULL, tested=TESTED))
    points = made_up()
    for task, name in (("mnist", "mnist"), ("fashion", "fashion_mnist")):
        sample = bytes.fromhex(getattr(datasets, name)(split="test", dataset="sample").source.sha256)
        for point in (one for key, one in points.items() if key.startswith(task)):
            point["source"] = np.frombuffer(sample, np.uint8)
    sampled = experiment.measurements(experiment.collect(FULL, None, points))
    for found in (partly, sampled):
        claims = {m.claim for m in found}
        assert claims >= {"A-rotation", "A-noise", "A-ood", "A-samples", "A-scale-bits", "A-memory"}
        assert not claims & {"A-mnist", "A-fashion"}


def test_one_training_of_each_kind_decides_nothing(few_steps):
    """The negative control of all verdicts: they hang on the spread between trainings."""
    found = measured(numbers=(0,))
    assert "reproduced" not in verdicts(found).values()
    assert quantity(found, "gap_to_best", "A-fashion")[1:] == (-np.inf, np.inf)


def test_points_of_different_pictures_are_refused(few_steps):
    points = made_up()
    points["mnist-relu-1"] = points["mnist-relu-1"] | {"source": np.zeros(32, np.uint8)}
    with pytest.raises(ValueError, match=r"mnist-.* was computed on other pictures than mnist-"):
        experiment.collect(FULL, None, points)


def test_a_kind_without_a_training_is_named(few_steps):
    points = made_up(numbers=(0,))
    for task, method in KINDS:
        kind = f"{task}-{method}"
        others = {name: one for name, one in points.items() if not name.startswith(kind)}
        with pytest.raises(ValueError, match=f"no point of {kind} .* compute {kind}-0"):
            experiment.collect(FULL, None, others)


def test_results_hold_what_points_do():
    """Names of arrays are those that the scores are read by."""
    points = {name: one for name, one in made_up().items() if name.startswith("fashion-irnet")}
    scores, shifted = Scores.of(points, "fashion-irnet"), ShiftScores.of(points, "fashion-irnet")
    np.testing.assert_allclose(scores.accuracy, [91.6, 91.7, 91.8])
    np.testing.assert_allclose(scores.information, 0.25)
    np.testing.assert_allclose(shifted.information, 0.5)
    assert shifted.accuracy.shape == shifted.auroc["maximum probability"].shape == (3, 2, STEPS + 1)
    assert set(shifted.auroc) == {"entropy", "maximum probability", "information"}
