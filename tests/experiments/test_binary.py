"""The experiment of chapter 7: its points, its scores on made-up predictions, and what they measure."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from noisyweights import seeds
from noisyweights.datasets.images import LabelledImages
from noisyweights.datasets.source import DataSource
from noisyweights.experiments.binary import experiment
from noisyweights.experiments.binary import storage as binary_storage
from noisyweights.experiments.binary.scores import Predictions, ensembles, score_shifts
from noisyweights.ledger.verdicts import verdict

SMOKE, QUICK, FULL = (experiment.PROFILES[name] for name in ("smoke", "quick", "full"))
STEPS, STORED, TESTED, SHIFTED = 3, np.array(experiment.STORED), 1000, 100
CHECKSUM = "ab" * 32
PRINTED = {
    "mnist": {"relu": 98.8, "tanh": 98.4, "dropout": 98.6, "irnet": 98.3, "proposed": 98.1},
    "fashion": {
        "relu": 92.0,
        "tanh": 91.8,
        "dropout": 91.7,
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
    return binary_storage.counted(FULL)


@pytest.fixture
def pictures(monkeypatch):
    counts = counted()

    def use(*, embedded=False, count=TESTED):
        def load(config, task, split):
            labels = np.arange(count) % 10
            images = seeds.generator(0, split).integers(0, 256, (count, 28, 28, 1)).astype(np.uint8)
            source = DataSource(task, split, CHECKSUM, embedded=embedded)
            return LabelledImages(images, labels, tuple("abcdefghij"), source)

        monkeypatch.setattr(experiment, "load", load)
        monkeypatch.setattr(experiment, "STEPS", STEPS)  # fewer, to take less time
        for name in ("ANGLES", "STRENGTHS"):
            monkeypatch.setattr(experiment, name, np.linspace(0, getattr(experiment, name)[-1], STEPS + 1))
        monkeypatch.setattr(experiment.binary_storage, "counted", lambda config: counts)

    use()
    return use


def predicted(accuracy, count, *, sure=0.9):
    """Probabilities (count, 10) of a network that is right on the first pictures, and sure of all."""
    labels = np.arange(count) % 10
    chosen = np.where(np.arange(count) < round(count * accuracy / 100), labels, (labels + 1) % 10)
    return np.where(np.arange(10) == chosen[:, None], sure, (1 - sure) / 9)


def made_up(config=FULL, *, falling=FALLING, spread=1e-4, loss=0.2, checksum=CHECKSUM):
    """Points of networks that reach the printed accuracies, a tenth of a per cent apart."""
    found = {}
    for name in experiment.points(config):
        task, method, block = name.split("-")
        jitter = int(block) % 3 - 1
        accuracy = PRINTED[task][method] + 0.1 * jitter
        point = {
            "probabilities": predicted(accuracy, TESTED)[None],
            "information": np.full((1, TESTED), 0.25),
            "source": np.frombuffer(bytes.fromhex(checksum), np.uint8),
            "trained": [7],
        }
        if task == "fashion":
            steps = [predicted(a + jitter, SHIFTED) for a in falling]
            point["shifted"] = np.array([[steps, steps]])
            point["shifted_information"] = np.full((1, 2, STEPS + 1, SHIFTED), 0.5)
        if method == "proposed":
            nll = 1 + 0.1 / STORED + jitter * spread
            point["by_stored"] = np.stack([np.full(len(STORED), accuracy), nll], -1)[None]
            point["by_passes"] = np.array([[[accuracy, 1.0]] * len(experiment.PASSES)])
            point["exact"] = np.array([[accuracy + loss, 1.0]])
            point |= {name: np.ones((1, 4)) for name in ("scale_loc", "scale_scale", "scale_layer", "clip")}
        found[name] = point
    return found


def measured(config=FULL, **changes):
    return experiment.measurements(experiment.collect(config, None, made_up(config, **changes)))


def verdicts(found):
    return {claim: verdict(claim, [m for m in found if m.claim == claim]).value for claim in CLAIMS}


def quantity(found, name, claim):
    return next((m.value, m.low, m.high) for m in found if (m.claim, m.quantity) == (claim, name))


def test_points_hold_every_training_once():
    full = experiment.points(FULL)
    assert len(full) == len(set(full)) == 5 * 3 + (15 + 5 * 3)
    assert full[15:30] == tuple(f"fashion-relu-{k}" for k in range(15))
    for config in (SMOKE, QUICK):
        assert len(experiment.points(config)) == 5 + 6
        assert config.ensembles * config.members <= config.together


def test_what_the_paper_prints_reproduces_its_claims(pictures):
    assert verdicts(measured()) == dict.fromkeys(CLAIMS, "reproduced")


def test_accuracies_and_gaps_are_those_put_in(pictures):
    found = measured()
    for method, accuracy in PRINTED["mnist"].items():
        assert quantity(found, f"accuracy_{method}", "A-mnist")[0] == pytest.approx(accuracy)
    value, low, high = quantity(found, "gap_to_best", "A-mnist")
    assert value == pytest.approx(98.8 - 98.1)
    width = 2.776 * 0.1 * np.sqrt(2 / 3)  # Student's with 4 degrees of freedom, from its table
    assert (low, high) == pytest.approx((value - width, value + width), abs=1e-4)
    assert quantity(found, "accuracy_ensemble", "A-fashion") == pytest.approx((92.0, 92.0, 92.0))
    assert quantity(found, "rank_correlation_accuracy", "A-noise") == pytest.approx((-1, -1, -1))
    assert quantity(found, "accuracy_drop", "A-rotation")[0] == pytest.approx(52, abs=0.5)
    assert quantity(found, "max_detection_rate", "A-ood")[0] == pytest.approx(60)
    assert quantity(found, "stored_vectors_needed", "A-samples") == (16, 16, 16)


@pytest.mark.parametrize(
    ("changes", "claims"),
    [
        ({"falling": FALLING[::-1]}, {"A-rotation", "A-noise", "A-ood"}),
        ({"falling": np.full(STEPS + 1, 92.0)}, {"A-rotation", "A-noise", "A-ood"}),
        ({"loss": 2.0}, {"A-scale-bits"}),
        ({"spread": 0.1}, {"A-samples"}),
    ],
)
def test_a_world_where_a_claim_is_wrong_does_not_reproduce_it(pictures, changes, claims):
    found = verdicts(measured(**changes))
    assert {claim for claim, one in found.items() if one != "reproduced"} == claims


def test_where_trainings_differ_too_much_any_number_of_vectors_may_be_enough(pictures):
    assert quantity(measured(spread=0.1), "stored_vectors_needed", "A-samples") == (16, 1, np.inf)


def test_a_part_or_a_sample_of_a_set_measures_no_accuracy(pictures):
    partly = measured(replace(FULL, tested=TESTED))
    pictures(embedded=True)
    for found in (partly, measured()):
        claims = {m.claim for m in found}
        assert claims >= {"A-rotation", "A-noise", "A-ood", "A-samples", "A-scale-bits", "A-memory"}
        assert not claims & {"A-mnist", "A-fashion"}


def test_one_training_of_each_kind_decides_nothing(pictures):
    """The negative control of all verdicts: they hang on the spread between trainings."""
    found = measured(replace(FULL, repeats=1, ensembles=1))
    assert "reproduced" not in verdicts(found).values()
    assert quantity(found, "gap_to_best", "A-fashion")[1:] == (-np.inf, np.inf)


def test_points_of_other_pictures_are_refused(pictures):
    with pytest.raises(ValueError, match=r"mnist-relu-0 was computed on other pictures.*NOISYWEIGHTS_DATA"):
        experiment.collect(FULL, None, made_up(checksum="cd" * 32))


def test_ensembles_average_their_members_and_count_their_disagreement():
    """Two pairs of networks: sure of different classes, which tells one bit; and sure of the same."""
    sure = np.eye(10)[[[0, 1], [2, 1], [3, 3], [3, 3]]]  # (trainings, pictures, classes)
    shifted = np.broadcast_to(sure[:, None, None], (4, 2, STEPS + 1, 2, 10))
    zeros = np.zeros((4, 2))
    found = ensembles(Predictions(sure, zeros, shifted, zeros), 2)
    assert found.probabilities.shape == (2, 2, 10)
    assert found.probabilities[0, 0, [0, 2]].tolist() == [0.5, 0.5]
    assert found.information.tolist() == [[1, 0], [0, 0]]
    np.testing.assert_allclose(
        found.shifted, np.broadcast_to(found.probabilities[:, None, None], found.shifted.shape)
    )
    assert (found.shifted_information == found.information[:, None, None]).all()


@pytest.mark.parametrize(("before", "after", "expected"), [(0.9, 0.5, 1.0), (0.5, 0.9, 0.0)])
def test_doubt_tells_shifted_pictures_from_others_as_it_was_made_to(before, after, expected):
    plain, shifted = predicted(92, 100, sure=before), predicted(92, 50, sure=after)
    shifted = np.broadcast_to(shifted, (1, 2, STEPS + 1, 50, 10))
    drawn = Predictions(plain[None], np.zeros((1, 100)), shifted, np.zeros(shifted.shape[:4]))
    found = score_shifts(drawn, np.arange(100) % 10)
    assert np.isnan(found.auroc["information"]).all()  # a single draw tells nothing
    for kind in ("entropy", "maximum probability"):
        assert np.isnan(found.auroc[kind][..., 0]).all()
        assert (found.auroc[kind][..., 1:] == expected).all()
    np.testing.assert_allclose(found.accuracy, 92)
    known = -np.log([after, (1 - after) / 9])  # of right and of wrong pictures
    np.testing.assert_allclose(found.nll, 0.92 * known[0] + 0.08 * known[1])
    threshold = -np.log([before, (1 - before) / 9]) @ [0.92, 0.08]
    np.testing.assert_allclose(found.detected, 100 * (known > threshold) @ [0.92, 0.08])


def test_a_proposed_network_is_trained_and_tested(pictures, monkeypatch):
    monkeypatch.setattr(experiment, "PASSES", (1, 3))
    monkeypatch.setattr(experiment, "STORED", (1, 2))
    pictures(count=60)
    config = replace(SMOKE, shifted=9, together=1, passes=3)
    found = experiment.compute(config, "fashion-proposed-0", None)
    assert found["probabilities"].shape == (1, 60, 10)
    assert found["shifted"].shape == (1, 2, STEPS + 1, 9, 10)
    for name in ("probabilities", "shifted"):
        np.testing.assert_allclose(found[name].sum(-1), 1, rtol=1e-5)
    for at in range(2):  # no turn and no noise
        np.testing.assert_allclose(found["shifted"][:, at, 0], found["probabilities"][:, :9], atol=1e-3)
        assert np.abs(found["shifted"][:, at, -1] - found["probabilities"][:, :9]).max() > 1e-3
    assert found["information"].min() >= 0 < found["information"].max()
    outputs = 6 + 16 + 120 + 84 + 10
    assert found["scale_loc"].shape == found["scale_layer"].shape == (1, outputs)
    assert np.bincount(found["scale_layer"][0]).tolist() == [6, 16, 120, 84, 10]
    assert found["by_passes"].shape == found["by_stored"].shape == (1, 2, 2)
    right = np.mean(found["probabilities"][0].argmax(1) == np.arange(60) % 10)
    assert found["by_passes"][0, 1, 0] == pytest.approx(100 * right, abs=100 / 60)  # the same three draws
    assert bytes(found["source"]).hex() == CHECKSUM
