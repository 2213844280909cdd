"""Mending: which networks are tested on which chips, with and without a temperature, and what they lose."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from noisyweights.datasets.images import LabelledImages
from noisyweights.datasets.source import DataSource
from noisyweights.experiments import catalogue
from noisyweights.experiments.crossbar import mending
from noisyweights.experiments.crossbar.networks import settings as networks_settings
from noisyweights.hardware.deployment import aware_training
from noisyweights.networks.mean_field import twins
from noisyweights.noise import laws

CONFIG = replace(mending.PROFILES["smoke"], chips=2, held_out=40)
LABELS = np.arange(100) % 10
SURE = 2.0  # logit of the class that each picture shows


def test_the_flaws_are_values_of_the_chapters_sweeps():
    values = {sweep.name: sweep.values for sweep in networks_settings.SWEEPS["mean-field"]}
    assert all(value in values[flaw] for flaw, value in mending.FLAWS.items())
    chips = mending._chips()
    assert list(chips) == [*mending.FLAWS, mending.WHOLE]
    assert (chips["adc_bits"].adc_bits, chips["adc_bits"].dac_bits) == (4, None)
    assert len(chips["levels"].cell.levels_uS) == 5
    assert chips[mending.WHOLE] is networks_settings.CHIPS["mean-field"]


def test_a_training_is_a_point_that_all_settings_but_their_number_determine():
    assert mending.points(replace(CONFIG, repeats=3)) == ("mean-field-0", "mean-field-1", "mean-field-2")

    def settings(**changes):
        return catalogue.point_settings("crossbar.mending", "mean-field-0", config=replace(CONFIG, **changes))

    assert settings() == settings(repeats=7)
    for name, value in {"epochs": 9, "chips": 9, "draws": 9, "held_out": 9, "rate": 0.5}.items():
        assert settings() != settings(**{name: value})
    assert settings() != settings(networks="quick")
    assert settings()["start"]["hidden"] == networks_settings.PROFILES["smoke"].hidden
    assert not mending.uses_device("mean-field-0")


def known_network():
    """A picture's class lights one pixel and has a logit of `SURE`; all others have 0, without any noise."""
    pixels = keras.Input((28, 28, 1))
    model = keras.Model(pixels, keras.layers.Dense(10)(keras.layers.Flatten()(pixels)))
    kernel = np.zeros((784, 10))
    kernel[np.arange(10), np.arange(10)] = SURE
    model.layers[-1].kernel.assign(kernel)
    return twins.from_deterministic(
        model, law=laws.gaussian(), prior_scale=1.0, kl_weight=0.0, biases="fixed", initial_scale=1e-6, seed=0
    )


@pytest.fixture
def trained_on(monkeypatch):
    """A start that is right 4 times in 5; training on doubles its logits, and triples them through a chip."""
    images = np.zeros((100, 28, 28, 1), np.uint8)
    shown = np.where(np.arange(100) % 5 == 0, (LABELS + 1) % 10, LABELS)
    images.reshape(100, 784)[np.arange(100), shown] = 255
    test = LabelledImages(images, LABELS, tuple("0123456789"), DataSource("", "", "ab" * 32))
    trainings = []

    def train_on(config, networks, network, images, *, seed, callbacks=()):
        trainings.append([type(one) for one in callbacks])
        layer = network.layers[-1]
        kernel = layer.layer.kernel_loc if callbacks else layer.kernel_loc
        kernel.assign(kernel * (3 if callbacks else 2))

    monkeypatch.setattr(mending.classifiers, "load", lambda config: (test, test, test))
    monkeypatch.setattr(mending.classifiers, "train", lambda *_, **__: known_network())
    monkeypatch.setattr(mending, "_train_on", train_on)
    perfect = mending.sweeps.perfected(networks_settings.CHIPS["mean-field"])
    monkeypatch.setattr(mending, "_chips", lambda: {"adc_bits": perfect})
    return trainings


def test_each_way_is_tested_as_read_and_with_a_temperature(trained_on):
    point = mending.compute(CONFIG, "mean-field-0", None)
    assert trained_on == [[], [aware_training.NewChips]]
    assert point["adc_bits"].shape == (3, 2, 2, 3)  # ways, chips, without and with temperature, scores
    accuracy, nll, _ = np.moveaxis(point["adc_bits"], -1, 0)
    np.testing.assert_allclose(accuracy, 80)

    def expected(logit):
        right = np.exp(logit) / (np.exp(logit) + 9)
        return -0.8 * np.log(right) - 0.2 * np.log((1 - right) / 9)

    for way, factor in enumerate((1, 2, 3)):
        np.testing.assert_allclose(nll[way, :, 0], expected(factor * SURE), atol=0.02)
    # With the temperature that fits, every way is as sure as it is right: 80 %.
    np.testing.assert_allclose(nll[:, :, 1], -0.8 * np.log(0.8) - 0.2 * np.log(0.2 / 9), atol=0.01)
    np.testing.assert_allclose(point["software"][:2], [80, expected(SURE)], atol=0.02)


def test_losses_are_means_over_chips_less_what_software_reaches():
    scores = np.zeros((3, 2, 2, 3))
    scores[:, 0], scores[:, 1] = 1.0, 3.0  # two chips
    names = (*mending.FLAWS, mending.WHOLE)
    points = {
        f"mean-field-{number}": {
            "software": np.array([0.0, 1.0, 2.0 + number]),
            "source": np.zeros(32, np.uint8),
        }
        | {name: scores + 10 * at for at, name in enumerate(names)}
        for number in range(2)
    }
    result = mending.collect(CONFIG, None, points)
    assert result.lost["dac_bits"].shape == (2, 3, 2, 3)
    np.testing.assert_allclose(result.lost["dac_bits"][1], np.broadcast_to([12, 11, 9], (3, 2, 3)))
    value, low, high = result.interval("adc_bits", mending.WAYS[0], "calibration_error")
    assert (value, low < -4, high > 3) == (-0.5, True, True)  # 0 and −1: t₁ is 12.7
    assert mending.measurements(result) == []


def test_the_gain_of_knowing_the_chip_is_paired_with_training_on_as_long():
    lost = np.zeros((3, 3, 2, 3))
    lost[:, 1, 0, 0], lost[:, 2, 0, 0] = (-5, -1, -3), (-3, 1, -1)
    result = mending.Result(CONFIG, np.zeros((3, 3)), {"stuck": lost}, None)
    assert tuple(result.gain("stuck", "accuracy")) == (2, 2, 2)
    assert tuple(result.gain("stuck", "nll")) == (0, 0, 0)
