"""Points of chapter 7 that are computed: networks whose answers are known, and tiny trainings."""

from dataclasses import replace

import numpy as np
import pytest
from binary_cases import CHECKSUM, SMOKE

from noisyweights.datasets.images import LabelledImages
from noisyweights.datasets.source import DataSource
from noisyweights.experiments import mean_field_training, trained_weights
from noisyweights.experiments.binary import experiment, networks, recipes, scale_study
from noisyweights.networks.binary import models, stochastic_passes
from noisyweights.noise import laws


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
