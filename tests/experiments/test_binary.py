"""The experiment of chapter 7: its points, networks whose answers are known, and what trainings measure."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest

from noisyweights import datasets
from noisyweights.datasets.images import LabelledImages
from noisyweights.datasets.source import DataSource
from noisyweights.experiments import catalogue, mean_field_training, trained_weights
from noisyweights.experiments.binary import experiment, measurements, networks, recipes, scale_study
from noisyweights.experiments.binary import storage as binary_storage
from noisyweights.experiments.binary.scores import Predicted, Scores, ShiftScores, score, score_shifts
from noisyweights.experiments.binary.settings import KINDS
from noisyweights.ledger.verdicts import verdict
from noisyweights.networks.binary import models, stochastic_passes
from noisyweights.noise import laws

SMOKE, QUICK, FULL = (experiment.PROFILES[name] for name in ("smoke", "quick", "full"))
STEPS, STORED, TESTED, SHIFTED = 3, np.array(experiment.STORED), 1000, 100
LABELS = np.arange(TESTED) % 10
CHECKSUM = "ab" * 32
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
    return binary_storage.counted(FULL)


@pytest.fixture
def few_steps(monkeypatch):
    """Fewer steps of each shift, and nothing counted anew."""
    counts = counted()
    for name in ("ANGLES", "STRENGTHS"):
        steps = np.linspace(0, getattr(experiment, name)[-1], STEPS + 1)
        for module in (experiment, measurements):
            monkeypatch.setattr(module, name, steps)
    monkeypatch.setattr(binary_storage, "counted", lambda config: counts)


def predicted(accuracy, count, *, sure=0.9):
    """Probabilities (count, 10) of a network that is right on the first pictures, and sure of all."""
    labels = LABELS[:count]
    chosen = np.where(np.arange(count) < round(count * accuracy / 100), labels, (labels + 1) % 10)
    return np.where(np.arange(10) == chosen[:, None], sure, (1 - sure) / 9)


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
    width = 2.776 * 0.1 * np.sqrt(2 / 3)  # Student's with 4 degrees of freedom, from its table
    assert (low, high) == pytest.approx((value - width, value + width), abs=1e-4)
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


@pytest.mark.parametrize(("before", "after", "expected"), [(0.9, 0.5, 1.0), (0.5, 0.9, 0.0), (0.9, 0.8, 1.0)])
def test_doubt_tells_shifted_pictures_from_others_as_it_was_made_to(before, after, expected):
    plain, shifted = predicted(92, 100, sure=before), predicted(92, 50, sure=after)
    shifted = np.broadcast_to(shifted, (2, STEPS + 1, 50, 10))
    found = score_shifts(
        Predicted(plain, np.zeros(100)), Predicted(shifted, np.zeros(shifted.shape[:3])), LABELS[:100]
    )
    assert np.isnan(found["auroc_information"]).all()  # a single draw tells nothing
    for kind in ("entropy", "maximum_probability"):
        assert np.isnan(found[f"auroc_{kind}"][:, 0]).all()
        assert (found[f"auroc_{kind}"][:, 1:] == expected).all()
    np.testing.assert_allclose(found["shifted_accuracy"], 92)
    known = -np.log([after, (1 - after) / 9])  # of right and of wrong pictures
    np.testing.assert_allclose(found["shifted_nll"], 0.92 * known[0] + 0.08 * known[1])
    threshold = -np.log([before, (1 - before) / 9]) @ [0.92, 0.08]
    np.testing.assert_allclose(found["shifted_detected"], 100 * (known > threshold) @ [0.92, 0.08])


def test_information_is_that_of_the_pictures_compared():
    """Draws agree on half of the plain pictures, on none of those shifted first, on all of the last."""
    p = np.tile(predicted(90, 4), (2, 2, 1, 1))
    plain = Predicted(predicted(90, 8), np.array([0, 0, 1, 1, 9, 9, 9, 9]))
    information = np.stack([np.full((2, 4), 1.0), np.array([[2.0] * 4, [0.0] * 4])])
    found = score_shifts(plain, Predicted(p, information), LABELS[:8])
    np.testing.assert_allclose(found["shifted_information"], [[1, 1], [2, 0]])
    # Against 0, 0, 1, 1: what is 1 wins half and ties half; what is 0 loses half and ties half.
    np.testing.assert_allclose(found["auroc_information"][:, 1], [0.75, 0.25])


def test_scores_are_of_the_mean_probabilities():
    draws = np.eye(4)[[[0, 1], [2, 1]]]  # two draws of two pictures: sure of different classes, and of one
    draws = np.concatenate([draws, [[[0.25] * 4] * 2] * 2])  # and two draws that know nothing
    found = score(experiment.predicted(draws), np.array([2, 1]))
    mean = np.array([[3, 1, 3, 1], [1, 5, 1, 1]]) / 8
    assert found["accuracy"] == 50  # the first among equals is wrong
    assert found["nll"] == pytest.approx(-np.log([3 / 8, 5 / 8]).mean())
    assert found["calibration_error"] == pytest.approx((3 / 8 + 3 / 8) / 2)
    entropy = -(mean * np.log2(mean)).sum(1)
    assert found["entropy"] == pytest.approx(entropy.mean())
    assert found["information"] == pytest.approx(entropy.mean() - 1)  # half of the draws have 2 bits


class Known:
    """A network that reads its class in the middle of a picture, and may be a class off."""

    def __init__(self, off=0):
        self.off, self.calls = off, 0

    def predict(self, x, **settings):
        self.calls += 1
        return 4.0 * np.eye(10)[(np.rint(10 * x[:, 14, 14, 0]).astype(int) + self.off) % 10]


@pytest.fixture
def told(monkeypatch):
    """Pictures that tell their class in every pixel, and shifts that leave the middle, or add to it.

    The last fifth of the pictures is labelled by the next class.
    """
    labels = np.arange(50) % 10
    images = np.broadcast_to((25.5 * labels)[:, None, None, None].astype(np.uint8), (50, 28, 28, 1)).copy()
    shown = np.where(np.arange(50) < 40, labels, (labels + 1) % 10)
    pictures = LabelledImages(images, shown, tuple("abcdefghij"), DataSource("", "", CHECKSUM))
    monkeypatch.setattr(experiment, "load", lambda config, task, split: pictures)
    monkeypatch.setattr(
        experiment.shifts, "add_uniform_noise", lambda x, strength, *, seed: x + np.rint(12 * strength) / 10
    )
    return pictures


SURE = np.exp(4) / (np.exp(4) + 9)
RIGHT, WRONG = -np.log(SURE), -np.log((1 - SURE) / 9)


@pytest.mark.parametrize("method", ["relu", "dropout"])
def test_a_network_is_scored_on_pictures_and_on_shifted_ones(told, monkeypatch, method):
    network, given = Known(), []

    def train(config, task, kind, images, *, number, weights):
        given.append((task, kind, images, number, weights))
        return network

    monkeypatch.setattr(networks, "train", train)
    found = experiment.compute(replace(SMOKE, shifted=45, passes=3), f"fashion-{method}-4", None)
    assert given == [("fashion", method, told, 4, None)]
    assert network.calls == 2 * (3 if method == "dropout" else 1)
    assert found["accuracy"] == pytest.approx(80)
    assert found["nll"] == pytest.approx(0.8 * RIGHT + 0.2 * WRONG)
    assert found["calibration_error"] == pytest.approx(SURE - 0.8)
    assert found["information"] == pytest.approx(0, abs=1e-9)
    # Of the first 45 pictures 40 are right, turned or not; noise of step 1 makes the other 5 right, of step
    # 10 all as at first.
    right = np.zeros((2, 13))
    right[0], right[1, [0, 10]], right[1, [1, 11]] = 40, 40, 5
    np.testing.assert_allclose(found["shifted_accuracy"], 100 * right / 45)
    np.testing.assert_allclose(found["shifted_detected"], 100 * (1 - right / 45))
    np.testing.assert_allclose(found["shifted_nll"], (right * RIGHT + (45 - right) * WRONG) / 45)
    assert np.isnan(found["auroc_information"]).all()
    assert (int(found["trained"]), int(found["tested"]), bytes(found["source"]).hex()) == (50, 50, CHECKSUM)


def test_digits_are_not_shifted(told, monkeypatch):
    monkeypatch.setattr(networks, "train", lambda *arguments, **settings: Known())
    found = experiment.compute(SMOKE, "mnist-tanh-0", None)
    assert set(found) == {
        *("accuracy", "nll", "calibration_error", "entropy", "information"),
        *("source", "trained", "tested"),
    }


def test_members_of_an_ensemble_are_averaged(told, monkeypatch):
    """Of each two members one is a class off, so that half of their doubt is between them."""
    seeds = []

    def make_network(config, task, method, *, seed):
        return Known(off=seed // 1000 % 2)

    def train(config, network, method, images, *, seed):
        seeds.append((seed, method))

    monkeypatch.setattr(networks, "make_network", make_network)
    monkeypatch.setattr(recipes, "train", train)
    found = experiment.compute(replace(SMOKE, members=2, shifted=5), "fashion-ensemble-3", None)
    assert seeds == [(SMOKE.seed + 6000, "relu"), (SMOKE.seed + 7000, "relu")]
    both, rest = (SURE + (1 - SURE) / 9) / 2, (1 - SURE) / 9
    assert found["nll"] == pytest.approx(-np.log(both))  # of either label
    entropy = -2 * both * np.log2(both) - 8 * rest * np.log2(rest)
    single = -SURE * np.log2(SURE) - 9 * rest * np.log2(rest)
    assert found["entropy"] == pytest.approx(entropy)
    assert found["information"] == pytest.approx(entropy - single)
    np.testing.assert_allclose(found["shifted_information"], entropy - single)


def test_mean_field_networks_are_trained_as_gaussian_ones_and_kept(told, monkeypatch):
    """Another law changes what is drawn, and no weight; kept weights give the same numbers to the bit."""
    given = []

    def train(network, x, labels, *, law, epochs, batch_size, seed, **kernel):
        """A twin whose weights half precision cannot hold."""
        given.append((law, epochs, batch_size, seed, kernel))
        twin = mean_field_training.classifier_twin(network, law=law, examples=len(x), seed=seed, **kernel)
        for layer in (one for one in twin.layers if hasattr(one, "kernel_loc")):
            layer.kernel_loc.assign_add(np.full(layer.kernel_loc.shape, 1e-5))
            layer.kernel_log_scale.assign(np.full(layer.kernel_loc.shape, -2.14159))
        return twin

    monkeypatch.setattr(recipes, "train", lambda *arguments, **settings: None)
    monkeypatch.setattr(mean_field_training, "mean_field_classifier", train)
    config = replace(SMOKE, shifted=1, passes=2)

    class Device:
        law = laws.gaussian()

    class Other:
        law = laws.two_point()

    computed = {one: experiment.compute(config, "fashion-variational-1", one) for one in (Device, Other)}
    first, other = computed.values()
    kernel = {"prior_scale": 1.0, "initial_scale": 0.01}
    assert given == 2 * [(laws.gaussian(), config.vi_epochs, config.batch_size, config.seed + 1000, kernel)]
    assert first["weights"].dtype == np.float16
    np.testing.assert_array_equal(first["weights"], other["weights"])
    assert first["nll"] != other["nll"]

    for module, name in ((recipes, "train"), (mean_field_training, "mean_field_classifier")):
        monkeypatch.setattr(module, name, None)  # no training from here on
    again = experiment.compute(config, "fashion-variational-1", Other, other["weights"])
    assert again.keys() == other.keys()
    for name, array in other.items():
        np.testing.assert_array_equal(again[name], array, err_msg=name)
    twin = networks.train(config, "fashion", "variational", told, number=1, weights=first["weights"])
    np.testing.assert_array_equal(trained_weights.pack(twin, "float16"), first["weights"])


def test_scales_that_hardly_vary_need_one_vector_and_no_more_passes(monkeypatch):
    """At a value that can be stored, rounding takes nothing either."""
    settings = replace(SMOKE, initial_scale=1e-6)
    network = models.mlp(recipes.recipe(settings, "proposed"), hidden=8, seed=1)
    for layer in stochastic_passes.scaled_layers(network):
        layer.scale_loc.assign(np.full(layer.scale_loc.shape, 9 * layer.largest_scale() / 15))
    rng = np.random.default_rng(0)
    x, labels = rng.uniform(0, 1, (30, 28, 28, 1)).astype(np.float32), np.arange(30) % 10
    calls = []
    stored, choose = stochastic_passes.stored_samples, stochastic_passes.choose

    def stored_samples(network, n, *, seed, rounded=True):
        calls.append((n, seed, rounded))
        return stored(network, n, seed=seed, rounded=rounded)

    def chosen(samples, *, passes, seed):
        calls.append(("chosen", passes, seed))
        return choose(samples, passes=passes, seed=seed)

    monkeypatch.setattr(stochastic_passes, "stored_samples", stored_samples)
    monkeypatch.setattr(stochastic_passes, "choose", chosen)
    for name, value in (("PASSES", (1, 4)), ("STORED", (1, 2))):
        monkeypatch.setattr(scale_study, name, value)
    found = scale_study.studied(network, x, labels, seed=5)
    # Fresh draws and stored ones are independent of each other.
    assert calls == [
        (4, 5, True),
        (4, 5, False),
        (1, 6, True),
        ("chosen", 4, 5),
        (2, 6, True),
        ("chosen", 4, 5),
    ]
    assert np.ptp(found["by_passes"], axis=0) == pytest.approx([0, 0], abs=1e-6)
    for name in ("by_stored", "exact"):  # where two classes are alike, rounding says which is first
        np.testing.assert_allclose(found[name][..., 1], found["by_passes"][0, 1], rtol=1e-5)
    sizes = [8, 8, 8, 10]
    assert np.bincount(found["scale_layer"]).tolist() == sizes
    assert found["scale_layer"].dtype == np.uint8
    np.testing.assert_allclose(found["scale_loc"], 0.6 * found["clip"][found["scale_layer"]], rtol=1e-6)
    np.testing.assert_allclose(found["scale_scale"], 1e-6, rtol=1e-3)


def test_a_proposed_network_is_trained_and_tested(told, monkeypatch):
    monkeypatch.setattr(scale_study, "PASSES", (1, 3))
    monkeypatch.setattr(scale_study, "STORED", (1, 2))
    config = replace(SMOKE, shifted=9, passes=3, hidden=8)
    trained = []
    monkeypatch.setattr(
        recipes, "train", lambda *given, seed: trained.append((given[2], seed, len(given[3].labels)))
    )
    found = experiment.compute(config, "fashion-proposed-1", None)
    assert trained == [("proposed", SMOKE.seed + 1000, 50)]
    assert np.bincount(found["scale_layer"]).tolist() == [6, 16, 120, 84, 10]
    # The same three draws.
    np.testing.assert_allclose(found["by_passes"][1], [found["accuracy"], found["nll"]], rtol=1e-5)
    assert found["by_passes"].shape == found["by_stored"].shape == (2, 2)
    assert found["information"] > 0
    # Step 0 is no shift, so that its pictures are the first nine.
    assert found["shifted_accuracy"][0, 0] == found["shifted_accuracy"][1, 0]
    assert found["shifted_nll"][0, 0] == pytest.approx(found["shifted_nll"][1, 0], rel=1e-5)


@pytest.mark.parametrize(
    ("method", "kind"),
    [("variational", models.FullPrecision), ("ensemble", models.FullPrecision), ("irnet", models.Binary)],
)
def test_methods_have_their_layers(monkeypatch, method, kind):
    made = []
    monkeypatch.setattr(models, "lenet5", lambda recipe, *, seed: made.append((recipe, seed)))
    networks.make_network(SMOKE, "fashion", method, seed=3)
    ((recipe, seed),) = made
    assert isinstance(recipe, kind)
    assert seed == 3
    with pytest.raises(ValueError, match="task must be one of mnist, fashion, got 'cifar'"):
        networks.make_network(SMOKE, "cifar", method, seed=3)


def test_results_hold_what_points_do():
    """Names of arrays are those that the scores are read by."""
    points = {name: one for name, one in made_up().items() if name.startswith("fashion-irnet")}
    scores, shifted = Scores.of(points, "fashion-irnet"), ShiftScores.of(points, "fashion-irnet")
    np.testing.assert_allclose(scores.accuracy, [91.6, 91.7, 91.8])
    np.testing.assert_allclose(scores.information, 0.25)
    np.testing.assert_allclose(shifted.information, 0.5)
    assert shifted.accuracy.shape == shifted.auroc["maximum probability"].shape == (3, 2, STEPS + 1)
    assert set(shifted.auroc) == {"entropy", "maximum probability", "information"}
