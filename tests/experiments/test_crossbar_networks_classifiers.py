"""The classifier of each method: one whose answers are known by hand, what is trained and what is kept."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from noisyweights.datasets.images import LabelledImages
from noisyweights.datasets.source import DataSource
from noisyweights.experiments import mean_field_training, trained_weights
from noisyweights.experiments.binary import recipes
from noisyweights.experiments.crossbar.networks import classifiers, settings, sweeps
from noisyweights.experiments.crossbar.networks.scores import scores
from noisyweights.networks.binary import stochastic_passes
from noisyweights.networks.mean_field import layers
from noisyweights.noise import laws

CONFIG = replace(
    settings.PROFILES["smoke"], hidden=10, calibrated=20, draws=4, dropout=0.0, initial_scale=1e-6
)
LABELS = np.arange(40) % 10
# Each class lights a row of pixels. Units of the hidden layer average one each, and a logit is six times
# as large, or 0; so a picture's own class has 97.8 %, and is the right one for the first 32.
FIRST = np.repeat(np.eye(14, 10) / 28, 56, axis=0)
FIRST[np.arange(784) % 56 >= 28] = 0
SECOND = 6 * np.eye(10)
SURE = np.exp(6) / (np.exp(6) + 9)
KNOWN = [80.0, -0.8 * np.log(SURE) - 0.2 * np.log((1 - SURE) / 9), SURE - 0.8, 1.0]


@pytest.fixture(autouse=True)
def pictures(monkeypatch):
    """Those pictures, and blank ones of another set, about which the network is as unsure as can be."""
    images = np.zeros((40, 28, 28, 1), np.uint8)
    images[np.arange(40), 2 * LABELS] = 255
    shown = np.where(np.arange(40) < 32, LABELS, (LABELS + 1) % 10)
    sets = [
        LabelledImages(pixels, labels, tuple("abcdefghij"), DataSource("", "", sha * 32))
        for pixels, labels, sha in ((images, LABELS, "00"), (images, shown, "11"), (0 * images, LABELS, "22"))
    ]
    monkeypatch.setattr(classifiers, "load", lambda config: sets)
    few = {method: all_of[:1] for method, all_of in settings.SWEEPS.items()}
    monkeypatch.setattr(
        classifiers, "SWEEPS", few | {"mean-field": (few["mean-field"][0], sweeps.CORRELATION)}
    )


@pytest.fixture
def by_hand(monkeypatch):
    """Training sets the weights to those above."""

    def assign(config, network, method, images, *, seed):
        dense = (layer for layer in network.layers if isinstance(layer, keras.layers.Dense))
        for layer, kernel in zip(dense, (FIRST, SECOND), strict=True):
            layer.kernel.assign(kernel)

    monkeypatch.setattr(recipes, "train", assign)


def kept(log_scale=-14.0):
    """The same weights as means of random ones."""
    network = classifiers.make_network(CONFIG, "mean-field", seed=0)
    twin = mean_field_training.classifier_twin(
        network, law=laws.gaussian(), examples=40, seed=0, **mean_field_training.KERNEL
    )
    random = (layer for layer in twin.layers if isinstance(layer, layers.MeanField))
    for layer, kernel in zip(random, (FIRST, SECOND), strict=True):
        layer.kernel_loc.assign(kernel)
        layer.kernel_log_scale.assign(np.full(kernel.shape, log_scale))
    return trained_weights.pack(twin, "float16")


def compute(method, number=0, *, config=CONFIG, law=None, weights=None):
    return classifiers.compute(config, method, number, law=law, weights=weights)


@pytest.mark.parametrize("method", ["plain", "dropout", "ensemble", "coins"])
def test_scores_are_those_of_the_network(by_hand, method):
    """Coins too: stretched to 1, each of these weights shows in every toss."""
    found = compute(method)
    np.testing.assert_allclose(found["software"], KNOWN, rtol=1e-5)
    assert bytes(found["source"]) == b"\x11" * 32
    assert bytes(found["other_source"]) == b"\x22" * 32
    assert set(found) - {"software", "source", "other_source"} == (
        {"array", "coin_bits"} if method == "coins" else set()
    )


def test_coins_that_all_show_stand_on_the_array_as_in_software(by_hand):
    found = compute("coins")
    np.testing.assert_allclose(found["array"], KNOWN, rtol=0.1)  # 8 bits of a converter
    # A single random bit shows a coin of odds 1 all the same, on a chip that is perfect else.
    assert found["coin_bits"].shape == (1, 4)
    np.testing.assert_allclose(found["coin_bits"][0, :3], KNOWN[:3], rtol=1e-3)
    assert np.isnan(found["coin_bits"][0, 3])


def test_random_weights_that_hardly_vary_are_those_kept():
    found = compute("mean-field", law=laws.uniform(), weights=kept())
    np.testing.assert_allclose(found["software"], KNOWN, rtol=1e-3)  # of weights in half precision
    np.testing.assert_allclose(found["array"], KNOWN, rtol=0.05)
    # Products are 0 or the largest, which converters of any bits tell.
    np.testing.assert_allclose(found["adc_bits"][:, :3], [KNOWN[:3]] * 2, rtol=0.01)
    np.testing.assert_allclose(found["correlation"][0, :3], KNOWN[:3], rtol=0.01)
    np.testing.assert_array_equal(found["weights"], kept())


def test_scales_that_hardly_vary_are_a_binary_network(monkeypatch):
    networks = []

    def train(config, network, method, images, *, seed):
        """Scales at one of the values that can be stored."""
        for layer in stochastic_passes.scaled_layers(network):
            layer.scale_loc.assign(np.full(layer.scale_loc.shape, 9 * layer.largest_scale() / 15))
        networks.append(network)

    monkeypatch.setattr(recipes, "train", train)
    found = compute("scales", config=replace(CONFIG, step=3))
    (network,) = networks
    stored = [layer.scale_loc.numpy()[np.newaxis] for layer in stochastic_passes.scaled_layers(network)]
    _, test, others = classifiers.load(CONFIG)
    p, q = (
        recipes.probabilities(
            stochastic_passes.predict_passes(network, one.images / np.float32(255), stored)[0]
        )
        for one in (test, others)
    )
    expected = scores(p, test.labels, q)
    np.testing.assert_allclose(found["software"], expected, rtol=1e-4)
    # However few vectors are stored, they are all the same.
    np.testing.assert_allclose(found["vectors"][1:, :3], found["vectors"][:2, :3], rtol=1e-6)


def test_an_ensemble_has_members_from_other_starts(monkeypatch):
    seeds = []
    monkeypatch.setattr(recipes, "train", lambda *arguments, seed, **settings: seeds.append(seed))
    trained = classifiers.train(replace(CONFIG, members=3), "ensemble", None, seed=2009)
    assert seeds == [2009, 2109, 2209]
    kernels = [network.layers[-1].kernel.numpy() for network in trained]
    assert np.abs(kernels[0] - kernels[1]).max() > 0.1
    x = np.zeros((2, 28, 28, 1), np.float32)
    for network, bias in zip(trained, (0, 1, 5), strict=True):
        network.layers[-1].bias.assign(bias * np.eye(10)[0])
    p = classifiers.software(CONFIG, "ensemble", trained, x, seed=0)
    shares = [np.exp(bias) / (np.exp(bias) + 9) for bias in (0, 1, 5)]
    np.testing.assert_allclose(p[:, 0], np.mean(shares), rtol=1e-5)


def test_trainings_start_from_their_number(monkeypatch, by_hand):
    seen = []
    train = classifiers.train
    monkeypatch.setattr(classifiers, "train", lambda *a, **b: (seen.append(b["seed"]), train(*a, **b))[1])
    compute("plain", 2)
    assert seen == [CONFIG.seed + 2000]


def test_random_weights_are_trained_as_gaussian_ones_and_kept(monkeypatch, by_hand):
    """Another law changes what is drawn, and no weight; kept weights give the same numbers to the bit."""
    given = []

    def train(network, x, labels, *, law, epochs, batch_size, seed, **kernel):
        """A twin whose weights half precision cannot hold."""
        given.append((law, epochs, batch_size, seed, kernel))
        twin = mean_field_training.classifier_twin(network, law=law, examples=len(x), seed=seed, **kernel)
        for layer in (one for one in twin.layers if isinstance(one, layers.MeanField)):
            layer.kernel_loc.assign_add(np.full(layer.kernel_loc.shape, 1e-5))
            layer.kernel_log_scale.assign(np.full(layer.kernel_loc.shape, -3.14159))
        return twin

    monkeypatch.setattr(mean_field_training, "mean_field_classifier", train)
    monkeypatch.setattr(classifiers, "SWEEPS", {"mean-field": ()})
    computed = {law: compute("mean-field", law=law) for law in (laws.gaussian(), laws.two_point())}
    first, other = computed.values()
    kernel = {"prior_scale": 1.0, "initial_scale": 0.02}
    assert given == 2 * [(laws.gaussian(), CONFIG.epochs, CONFIG.batch_size, CONFIG.seed, kernel)]
    assert first["weights"].dtype == np.float16
    assert first["weights"].shape == (2 * (7840 + 100) + 20 + 2,)
    np.testing.assert_array_equal(first["weights"], other["weights"])
    assert (first["software"] != other["software"]).any()

    for module, name in ((recipes, "train"), (mean_field_training, "mean_field_classifier")):
        monkeypatch.setattr(module, name, None)  # no training from here on
    for law, trained in computed.items():
        again = compute("mean-field", law=law, weights=trained["weights"])
        assert again.keys() == trained.keys()
        for name, array in trained.items():
            np.testing.assert_array_equal(again[name], array, err_msg=name)


def test_later_trainings_are_not_swept_and_keep_no_weights():
    assert CONFIG.repeats == 1
    found = compute("mean-field", 1, law=laws.gaussian(), weights=kept())
    assert set(found) == {"source", "other_source", "software", "array"}


def test_each_value_of_a_sweep_has_its_chip(monkeypatch):
    """With a correlation of 1 all draws are the same one."""
    chips, spreads = [], []
    deploy, successive = classifiers.deploy, classifiers.predict_successive

    def deployed(network, chip, *, calibration, seed):
        chips.append((chip.adc_bits, chip.dac_bits, len(calibration), seed))
        return deploy(network, chip, calibration=calibration, seed=seed)

    def read(*arguments, correlation, seed, **settings):
        found = successive(*arguments, correlation=correlation, seed=seed, **settings)
        spreads.append((correlation, seed, bool(np.ptp(found, axis=0).max() > 0.01)))
        return found

    monkeypatch.setattr(classifiers, "deploy", deployed)
    monkeypatch.setattr(classifiers, "predict_successive", read)
    compute("mean-field", law=laws.gaussian(), weights=kept(-4.0), config=replace(CONFIG, step=5))
    seed = CONFIG.seed
    on_all = [(8, 8, 20, seed), (2, None, 20, seed), (8, None, 20, seed)]
    assert chips == [*on_all, *[(None, None, 20, seed)] * 2]
    assert spreads == [(1, seed, False), (0, seed, True)]
