"""Recorded networks: built again from the weights that a point keeps, and what they ask of a device."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from noisyweights.experiments import (
    catalogue,
    mean_field_training,
    points,
    record,
    trained_weights,
)
from noisyweights.experiments.coin_flips import settings as coin_settings
from noisyweights.experiments.coin_flips import tasks as coin_tasks
from noisyweights.experiments.crossbar.networks import classifiers
from noisyweights.experiments.crossbar.networks import settings as network_settings
from noisyweights.experiments.energy_distance import experiment as energy
from noisyweights.experiments.points import Point
from noisyweights.experiments.regression import experiment as regression
from noisyweights.experiments.swapped_networks import needs, recorded
from noisyweights.networks import weight_draws
from noisyweights.networks.mean_field import layers
from noisyweights.noise import laws

import keras  # isort: skip  (the library loads TensorFlow quietly)

FULL = energy.PROFILES["full"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(record, "FOLDER", tmp_path)
    return tmp_path


def keep(point: str, **changed) -> np.ndarray:
    """Put a network for the energy distance into the record, its weights at random."""
    reading, depth, width, number = point.split(".")
    network = energy.make_network(FULL, depth=int(depth), width=int(width), reading=reading, seed=int(number))
    weights = np.concatenate([trained_weights.pack(network, np.float32), np.zeros(100, np.float32)])
    settings = catalogue.point_settings("energy_distance", point, config=FULL) | changed
    one = Point("energy_distance", point, "full", settings, record.reference(), {"weights": weights}, 1.0)
    points.write_point(record.path("energy_distance", point), one)
    return weights[:-100]


def test_a_kept_network_comes_back_with_its_weights():
    weights = keep("learned.2.4.1")
    (one,) = recorded.kept("energy distance", trainings=3)
    assert (one.task, one.kind, one.number, one.point) == (
        "energy distance",
        "depth 2, width 4",
        1,
        "learned.2.4.1",
    )
    np.testing.assert_array_equal(trained_weights.pack(one.network, np.float32), weights)


def test_the_first_trainings_of_each_kind_are_taken_and_others_settings_left():
    for point in ("learned.1.2.0", "learned.1.2.2", "learned.1.2.10", "learned.1.4.1", "random.2.2.0"):
        keep(point)
    keep("learned.1.2.1", iterations=7)
    taken = [one.point for one in recorded.kept("energy distance", trainings=2)]
    assert taken == ["learned.1.2.0", "learned.1.2.2", "learned.1.4.1"]


def test_an_empty_record_has_no_networks():
    assert list(recorded.kept("regression", trainings=3)) == []
    with pytest.raises(ValueError, match="tasks are energy distance, regression, digits, clothes"):
        next(recorded.kept("faces", trainings=1))


def test_a_regression_and_its_mean_alone_predict_the_same():
    config = replace(regression.PROFILES["smoke"], depth=1, width=3)
    _, both = regression.make_network(config, depth=1, width=3, seed=3)
    twin = mean_field_training.regression_twin(both, config=config, law=laws.gaussian(), examples=9, seed=3)
    weights = np.random.default_rng(0).normal(0, 0.3, trained_weights.pack(twin, np.float32).shape)
    one = recorded.regression_network(config, "magnitude.0", weights.astype(np.float32))
    np.testing.assert_array_equal(trained_weights.pack(one.network, np.float32), weights.astype(np.float32))
    x, found = np.linspace(-1, 1, 7, dtype=np.float32)[:, np.newaxis], []
    for network in (one.network, recorded.mean_network(one)):
        with weight_draws.chip(network, tf.constant(weight_draws.chip_seeds(network, draws=1, seed=0)[0])):
            found.append(network(x, training=False).numpy()[:, 0])
    np.testing.assert_array_equal(*found)
    assert np.ptp(found[0]) > 0


def test_a_classifier_takes_its_weights_in_half_precision():
    config = network_settings.PROFILES["smoke"]
    network = classifiers.make_network(config, "mean-field", seed=0)
    twin = mean_field_training.classifier_twin(
        network, law=laws.gaussian(), examples=7, seed=5, **classifiers.KERNEL
    )
    weights = trained_weights.pack(twin, "float16")
    one = recorded.classifier(config, "mean-field-2", weights)
    np.testing.assert_array_equal(trained_weights.pack(one.network, "float16"), weights)
    assert (one.task, one.number) == ("clothes", 2)


def test_a_network_of_digits_takes_the_weights_that_its_training_keeps():
    config = coin_settings.PROFILES["smoke"]
    plain = coin_tasks.make_network(config, "mnist-bayes", seed=0)
    twin = mean_field_training.classifier_twin(
        plain, law=laws.gaussian(), examples=7, seed=5, **mean_field_training.KERNEL
    )
    weights = trained_weights.pack(twin, "float16")
    one = recorded.digits_network(config, "mnist-bayes-2", weights)
    np.testing.assert_array_equal(trained_weights.pack(one.network, "float16"), weights)
    assert (one.task, one.kind, one.number) == ("digits", "", 2)


def test_what_a_layer_asks_for_follows_from_its_weights():
    """Four equal deviations of 0.1, means up to 0.5, inputs 1: n = 4, width over range 0.1/0.5."""
    layer = layers.MeanFieldDense(
        1, law=laws.gaussian(), prior_scale=1.0, kl_weight=0.0, biases="none", initial_scale=0.1, seed=0
    )
    network = keras.Sequential([keras.Input((5,)), layer])
    layer.kernel_loc.assign([[0.5], [-0.2], [0.1], [0.0], [9.0]])
    x = np.array([[1.0, 1, 1, 1, 0]])  # the last input is never driven, so its mean takes no range
    numbers, ratios = needs.network_needs(network, x)
    np.testing.assert_allclose(numbers, [[4.0]], rtol=1e-6)
    np.testing.assert_allclose(ratios, [0.2], rtol=1e-6)
    layer.kernel_log_scale.assign(np.log([[0.2], [0.1], [0.1], [0.1], [5.0]]))
    numbers, ratios = needs.network_needs(network, x)
    np.testing.assert_allclose(numbers, [[0.07**2 / 0.0019]], rtol=1e-5)  # (Σσ²)²/Σσ⁴
    np.testing.assert_allclose(ratios, [np.sqrt(0.07 / 4) / 0.5], rtol=1e-6)


def test_needs_are_of_networks_that_predict_something():
    keep("learned.1.2.0")
    networks = list(recorded.kept("energy distance", trainings=1))
    assert needs.needs(networks) is None
    config = network_settings.PROFILES["smoke"]
    plain = classifiers.make_network(config, "mean-field", seed=0)
    twin = mean_field_training.classifier_twin(
        plain, law=laws.gaussian(), examples=7, seed=5, **classifiers.KERNEL
    )
    weights = trained_weights.pack(twin, "float16")
    networks.append(recorded.classifier(config, "mean-field-0", weights))
    found = needs.needs(networks)
    low, high = found.effective_weights
    assert found.networks == 1
    assert 1 < low < high < 28 * 28 * 12 + 12 * 10
    assert found.sigma_of_range[0] < found.typical_sigma_of_range < found.sigma_of_range[1]
