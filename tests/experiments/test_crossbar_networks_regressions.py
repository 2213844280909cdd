"""The regression on arrays: a network whose error and calibration are known, and what trains it."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from noisyweights.experiments import mean_field_training, trained_weights
from noisyweights.experiments.crossbar.networks import regressions, settings, sweeps
from noisyweights.experiments.crossbar.networks.settings import LEVELS
from noisyweights.experiments.regression import experiment as regression
from noisyweights.networks.mean_field import layers
from noisyweights.noise import laws

CONFIG = replace(settings.PROFILES["smoke"], chips=2, draws=4)
SETTINGS = replace(regression.PROFILES["smoke"], depth=1, width=2, examples=100, tested=60)
CENTRE, WIDTH, NUMBER = 0.25, 0.5, 3


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(regression, "PROFILES", {"smoke": SETTINGS})
    monkeypatch.setattr(sweeps, "MEAN_FIELD", sweeps.MEAN_FIELD[:1])


def constant(log_scale=-20.0):
    """A network that predicts N(CENTRE, WIDTH²) everywhere: its kernels are as good as 0."""
    _, both = regression.make_network(SETTINGS, depth=1, width=2, seed=0)
    network = mean_field_training.regression_twin(
        both, config=SETTINGS, law=laws.gaussian(), examples=100, seed=0
    )
    for layer in network.layers:
        random = isinstance(layer, layers.MeanField)
        if random:
            layer.kernel_log_scale.assign(np.full(layer.kernel_log_scale.shape, log_scale))
        for weight in layer.weights:
            if weight.name in ("kernel", "kernel_loc"):
                weight.assign(np.full(weight.shape, 1e-6))  # converters refuse a range of 0
    network.get_layer("mean_1").bias.assign([CENTRE])
    network.get_layer("scale_1").bias.assign([np.log(np.expm1(WIDTH - 1e-3))])
    return network


def kept():
    return trained_weights.pack(constant(), "float32")


def known(centre=CENTRE):
    """Root mean square error and calibration curve of N(centre, WIDTH²) where |x| ≤ 1."""
    task = regression.make_task(SETTINGS, reading="magnitude", repeat=NUMBER)
    y = task.y_test[np.abs(task.x_test[:, 0]) <= 1]
    assert 0 < len(y) < 60
    below = stats.norm.cdf(y, centre, WIDTH)[:, np.newaxis] <= LEVELS
    return np.sqrt(np.mean((y - centre) ** 2)), below.mean(0)


def test_a_constant_prediction_is_the_same_on_every_chip():
    found = regressions.compute(CONFIG, NUMBER, law=laws.uniform(), weights=kept())
    rmse, curve = known()
    assert found["software_rmse"] == pytest.approx(rmse, rel=1e-5)
    np.testing.assert_allclose(found["software_curve"], curve)
    np.testing.assert_allclose(found["rmse"], [rmse] * 2, rtol=1e-4)
    np.testing.assert_allclose(found["curves"], [curve] * 2)
    np.testing.assert_allclose(found["adc_bits"], np.zeros((2, 2)), atol=1e-4)
    np.testing.assert_array_equal(found["weights"], kept())


def test_what_chips_do_is_told_chip_by_chip(monkeypatch):
    """Chips in place of arrays that move the mean by a tenth, and the second by three."""
    asked = []

    def deploy(network, chip, *, calibration, seed):
        asked.append((chip, len(calibration), seed))
        moved = regressions.twins.with_law(network, laws.gaussian())
        moved.get_layer("mean_1").bias.assign([CENTRE + (0.1, 0.3)[(seed - 8) // 1000]])
        return moved

    drawn, predict = [], regressions.array_draws.predict_draws

    def predicted(*arguments, draws, **settings):
        drawn.append(draws)
        return predict(*arguments, draws=draws, **settings)

    monkeypatch.setattr(regressions, "deploy", deploy)
    monkeypatch.setattr(regressions.array_draws, "predict_draws", predicted)
    found = regressions.compute(CONFIG, NUMBER, law=laws.uniform(), weights=kept())
    (rmse, curve), (first, moved), (second, farther) = (known(CENTRE + by) for by in (0, 0.1, 0.3))
    np.testing.assert_allclose(found["rmse"], [first, second], rtol=1e-5)
    np.testing.assert_allclose(found["curves"], [moved, farther])
    excess = [first / rmse - 1, np.abs(moved - curve).max()]
    np.testing.assert_allclose(found["adc_bits"], [excess] * 2, rtol=1e-4)
    # Forty times the classifier's draws in software and on both chips, four times for a sweep and its own.
    assert drawn == [40 * CONFIG.draws] * 3 + [4 * CONFIG.draws] * 3
    assert [seed for _, _, seed in asked] == [8, 1008, 8, 8]
    assert {count for _, count, _ in asked} == {CONFIG.calibrated}
    assert [chip.adc_bits for chip, _, _ in asked] == [8, 8, 2, 10]


def test_it_is_trained_with_gaussian_weights_as_in_chapter_5(monkeypatch):
    monkeypatch.setattr(sweeps, "MEAN_FIELD", ())
    config, given = replace(CONFIG, chips=1), []

    def train(mean, both, x, y, **settings):
        given.append((len(x), settings))
        return constant(-1.0)

    monkeypatch.setattr(mean_field_training, "train", train)
    first, other = (
        regressions.compute(config, 1, law=law, weights=None) for law in (laws.gaussian(), laws.two_point())
    )
    assert first["weights"].dtype == np.float32
    np.testing.assert_array_equal(first["weights"], other["weights"])
    assert first["software_rmse"] != other["software_rmse"]
    expected = {"config": SETTINGS, "law": laws.gaussian(), "epochs": SETTINGS.epochs, "seed": 6}
    assert given == [(100, expected)] * 2

    monkeypatch.setattr(mean_field_training, "train", None)  # no training from here on
    again = regressions.compute(config, 1, law=laws.two_point(), weights=other["weights"])
    assert again.keys() == other.keys()
    for name, array in other.items():
        np.testing.assert_array_equal(again[name], array, err_msg=name)
