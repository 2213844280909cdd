"""The tied scales: what is trained on which cells, scores that are known, and what the claims measure."""

from dataclasses import replace
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from noisyweights.datasets.images import LabelledImages
from noisyweights.datasets.source import DataSource
from noisyweights.experiments import catalogue, mean_field_training
from noisyweights.experiments.regression.problem import Task
from noisyweights.experiments.tied_scale import classifiers, experiment, regressions, weight_spreads
from noisyweights.ledger import verdicts
from noisyweights.networks.mean_field import tied_layers, variational
from noisyweights.networks.mean_field.cell_mappings import Pair
from noisyweights.networks.mean_field.tied_layers import TiedDense
from noisyweights.noise import laws

CONFIG = experiment.PROFILES["smoke"]
SHIFTS = {  # of the score that is judged, from that with free scales
    "free": 0.0, "proportional.lowest": 0.4, "proportional.layer": 0.15, "proportional.weight": 0.1,
}  # fmt: skip


def synthetic(*, trainings=(0, 1, 2), without=()):
    """Points whose judged score is 2 + 0.1·number, and SHIFTS above it; on cells untrained 1 above it."""
    found, cells = {}, CONFIG.conditions
    for task in experiment.TASKS:
        judged = experiment.SCORES[task].index(experiment.JUDGED[task])
        for condition in ("free", *cells):
            for number in trainings:
                scores = np.zeros(len(experiment.SCORES[task]))
                scores[judged] = 2 + 0.1 * number + SHIFTS[condition]
                arrays = {"scores": scores, "spreads": np.zeros((2, 10, 3)), "common_modes": np.zeros((2, 3))}
                if condition == "free":
                    arrays["deployed"] = scores + np.zeros((len(cells), 1))
                    arrays["deployed"][:, judged] += 1
                if task != "regression":
                    sets = [np.full(32, value, np.uint8) for value in (1, 2)]
                    own, other = sets if task == "digits" else sets[::-1]
                    arrays |= {"source": own, "other_source": other}
                found[f"{task}-{condition}-{number}"] = arrays
    return {name: arrays for name, arrays in found.items() if name not in without}


def test_claims_measure_what_was_put_in():
    result = experiment.collect(CONFIG, None, synthetic())
    found = {(one.claim, one.quantity): one for one in experiment.measurements(result)}
    for task in experiment.TASKS:
        expected = {  # over the mean free score, 2.1
            "T-lowest": ("excess", 0.4), "T-common-mode": ("beyond_half", 0.1 - 0.2),
            "T-layer": ("layer_excess", 0.05), "T-deployed": ("deployed_excess", 1 - 0.4),
        }  # fmt: skip
        for claim, (name, value) in expected.items():
            one = found[claim, f"{name}_{task}"]
            assert (one.value, one.n) == (pytest.approx(value / 2.1), 3)
            assert one.low == pytest.approx(one.high)  # differences are the same in every training
    for claim in ("T-lowest", "T-common-mode", "T-layer", "T-deployed"):
        assert len(verdicts.check_states(claim, list(found.values()))) == len(experiment.TASKS)


def test_trainings_are_paired_by_their_numbers():
    """One that a condition lacks is left out of all; none in common is an error."""
    result = experiment.collect(CONFIG, None, synthetic(without=("digits-proportional.layer-1",)))
    assert [result.trainings(task) for task in experiment.TASKS] == [3, 2, 3]
    np.testing.assert_allclose(result.score("digits", "free", "nll"), [2.0, 2.2])
    assert result.excess("digits", "proportional.weight", "nll").value == pytest.approx(0.1)
    gone = [f"digits-free-{number}" for number in (0, 2)] + ["digits-proportional.layer-1"]
    with pytest.raises(ValueError, match="no training of digits has every condition"):
        experiment.collect(CONFIG, None, synthetic(without=gone))


def test_pictures_of_both_tasks_are_held_against_each_other():
    points = synthetic()
    points["clothes-free-1"] |= {"other_source": np.full(32, 3, np.uint8)}
    with pytest.raises(ValueError, match="computed on other pictures"):
        experiment.collect(CONFIG, None, points)


def test_what_determines_a_point():
    def own(point, **changes):
        return catalogue.point_settings("tied_scale", point, config=replace(CONFIG, **changes))

    for point, (mine, others) in {
        "digits-free-0": ({"hidden": 3}, {"examples": 3}),
        "regression-free-0": ({"examples": 3}, {"hidden": 3}),
        "regression-proportional.layer-2": ({"prior_scale": 3.0}, {"conditions": ("constant.lowest",)}),
    }.items():
        assert own(point, **mine) != own(point)
        assert own(point, trainings=9, **others) == own(point)
    # A network with free scales is put on the cells of all conditions.
    assert own("digits-free-0", conditions=("constant.lowest",)) != own("digits-free-0")
    cells = own("digits-proportional.layer-0")["cells"]
    assert cells["proportional.layer"]["common_mode"] == "layer"


# --- a classifier that is known: each class lights a row of pixels, see test_crossbar_classifiers

LABELS = np.arange(40) % 10
FIRST = np.repeat(np.eye(14, 10) / 28, 56, axis=0)
FIRST[np.arange(784) % 56 >= 28] = 0
SECOND = 6 * np.eye(10)
SURE = np.exp(6) / (np.exp(6) + 9)
KNOWN = [80.0, -0.8 * np.log(SURE) - 0.2 * np.log((1 - SURE) / 9), SURE - 0.8, 1.0]


def pictures():
    images = np.zeros((40, 28, 28, 1), np.uint8)
    images[np.arange(40), 2 * LABELS] = 255
    shown = np.where(np.arange(40) < 32, LABELS, (LABELS + 1) % 10)
    return [
        LabelledImages(pixels, labels, tuple("abcdefghij"), DataSource("", "", sha * 32))
        for pixels, labels, sha in ((images, LABELS, "00"), (images, shown, "11"), (0 * images, LABELS, "22"))
    ]


def by_hand(log_scale=-14.0):
    dense = keras.layers.Dense
    plain = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), dense(10, "relu"), dense(10)])
    for layer, kernel in zip(plain.layers[1:], (FIRST, SECOND), strict=True):
        layer.kernel.assign(kernel)
    return mean_field_training.classifier_twin(
        plain, law=laws.gaussian(), examples=40, prior_scale=1.0, initial_scale=np.exp(log_scale), seed=0
    )


def test_a_free_network_and_what_it_becomes_on_cells(monkeypatch):
    monkeypatch.setattr(classifiers, "load", lambda config, task: pictures())
    monkeypatch.setattr(classifiers, "train", lambda config, images, cells, *, seed: by_hand())
    config = replace(CONFIG, conditions=("proportional.lowest",), draws=40)
    found = experiment.compute(config, "digits-free-0", None)
    np.testing.assert_allclose(found["scores"], KNOWN, rtol=1e-4)
    # A tenth of a large weight, 28 of which are added: each logit keeps its place, and its mean.
    np.testing.assert_allclose(found["deployed"][0, [0, 3]], [80.0, 1.0])
    np.testing.assert_allclose(found["deployed"][0, [1, 2]], KNOWN[1:3], rtol=0.2)
    assert (bytes(found["source"]), bytes(found["other_source"])) == (b"\x11" * 32, b"\x22" * 32)
    assert np.isnan(found["common_modes"]).all()
    np.testing.assert_allclose(found["spreads"][0, 0], np.exp(-14) * 28, rtol=1e-4)


def test_spreads_and_common_modes_of_cells_by_hand():
    """Weights are 0 or the largest: on proportional cells from 2 to 50 µS with σ of a tenth."""
    tied = tied_layers.with_cells(by_hand(), experiment.TIED["proportional.lowest"])
    found = weight_spreads.spreads(tied)
    np.testing.assert_allclose(found[:, 0], 0.1 * 2 * np.sqrt(2) / 48, rtol=1e-5)
    np.testing.assert_allclose(found[:, -1], 0.1 * np.hypot(50, 2) / 48, rtol=1e-5)
    assert np.isnan(found[:, 1:-1]).all()
    places = weight_spreads.common_modes(tied)  # at the bottom, and of the largest in the middle
    np.testing.assert_allclose(places[:, :2], 0, atol=1e-6)
    single = tied_layers.with_cells(by_hand(), experiment.TIED["proportional.single"])
    np.testing.assert_allclose(weight_spreads.common_modes(single)[:, 1], 0.5, atol=1e-6)


# --- what is trained


@pytest.fixture
def calls(monkeypatch):
    """What `variational.train` is called with, in place of training."""
    found = []
    monkeypatch.setattr(
        variational, "train", lambda model, x, y, **settings: found.append((model, len(x), settings))
    )
    return found


@pytest.mark.parametrize("condition", ["free", "proportional.weight"])
def test_a_classifier_is_trained_with_its_tie(monkeypatch, calls, condition):
    starts = []
    monkeypatch.setattr(classifiers.classifiers, "train", lambda *_, **settings: starts.append(settings))
    cells = experiment.TIED.get(condition)
    network = classifiers.train(CONFIG, pictures()[0], cells, seed=5)
    ((trained, n, own),) = calls
    assert trained is network
    kinds = [layer for layer in network.layers if hasattr(layer, "kernel_loc")]
    assert [isinstance(layer, TiedDense) for layer in kinds] == [cells is not None] * 2
    for layer in kinds:
        assert (float(layer.kl_weight), layer.prior_scale, layer.biases) == (
            pytest.approx(1 / 40), 1.0, "fixed",
        )  # fmt: skip
    assert (n, own["epochs"], own["batch_size"], own["seed"]) == (40, CONFIG.epochs, CONFIG.batch_size, 5)
    assert float(own["optimizer"].learning_rate) == pytest.approx(CONFIG.rate)  # at its first step
    assert starts[0]["epochs"] == CONFIG.start_epochs


@pytest.mark.parametrize("condition", ["free", "proportional.lowest"])
def test_the_mean_of_a_regression_is_tied(calls, condition):
    cells = experiment.TIED.get(condition)
    network = regressions.train(CONFIG, regressions.task(CONFIG, number=0), cells, seed=5)
    (_, n, start), (trained, _, own) = calls
    assert trained is network
    tied = [layer.name for layer in network.layers if isinstance(layer, TiedDense)]
    assert len(tied) == (0 if cells is None else 5)
    assert all(name.startswith("mean") for name in tied)
    assert (n, start["loss"], own["tempering"]) == (CONFIG.examples, "mse", 1000.0)


def test_scores_of_a_regression_that_is_known(monkeypatch):
    """Every draw says N(0, 1): inside targets are 0, and beyond they are 2."""
    x = np.linspace(-1.5, 1.5, 61, dtype=np.float32)[:, np.newaxis]
    y = np.where(np.abs(x[:, 0]) <= 1, 0.0, 2.0)
    draws = np.zeros((4, 61, 2))
    draws[..., 1] = 1
    monkeypatch.setattr(regressions.array_draws, "predict_draws", lambda *_, **__: draws)
    data = Task(x, y, x, y)
    rmse, nll, crps, calibration, beyond = regressions.scores(CONFIG, SimpleNamespace(), data, seed=0)
    assert (rmse, nll) == (0, pytest.approx(np.log(2 * np.pi) / 2))
    # The closed form of the CRPS of N(0, 1): y (2Φ(y) − 1) + 2φ(y) − 1/√π.
    assert crps == pytest.approx(0.79788 - 0.56419, abs=1e-4)
    assert beyond == pytest.approx(2 * 0.9545 + 2 * 0.05399 - 0.56419, abs=1e-4)
    # All targets are at the median: below it the curve is 0, and from it on 1.
    assert calibration == pytest.approx(np.mean(np.minimum(regressions.LEVELS, 1 - regressions.LEVELS)))


def test_widths_on_cells_follow_from_their_conductances():
    """A pair of proportional noise at its lowest common mode: k²·(0.1)²·(G₊² + G₋²), with k = 1/(50 − 2)."""
    mean = np.array([-1.0, 0.0, 0.5])
    upper, lower = 2 + 48 * np.abs(mean), np.full(3, 2.0)
    expected = 0.1 * np.hypot(upper, lower) / 48
    curve = experiment.CURVES["proportional"]
    np.testing.assert_allclose(weight_spreads.scales(Pair(curve, "lowest"), mean), expected, rtol=1e-6)
    middle = weight_spreads.scales(Pair(curve, "weight"), np.zeros(1), raw=0.0)
    np.testing.assert_allclose(middle, 0.1 * 26 * np.sqrt(2) / 48, rtol=1e-6)  # both cells half-way up
