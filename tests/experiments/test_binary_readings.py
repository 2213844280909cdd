"""The readings of chapter 7: what each weighs, what is stored, and one small network from start to end."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from noisyweights.experiments import image_inputs
from noisyweights.experiments.binary import readings as binary_readings
from noisyweights.experiments.binary import recipes
from noisyweights.networks.binary import models, stochastic_passes
from noisyweights.scores import metrics

SMOKE = binary_readings.PROFILES["smoke"]


def test_each_reading_has_its_weight():
    config = replace(SMOKE, kl_weight=0.001)
    weights = [binary_readings.weight(config, reading, 500) for reading in binary_readings.READINGS]
    assert weights == [0.001, 1 / 500, 0.001 / 500]
    assert binary_readings.weight(config, "ends", 500) == 0.001


def test_shares_of_stored_values_are_those_of_many_draws():
    settings = replace(SMOKE, initial_scale=1.0)  # so that many draws end at both ends
    network = models.lenet5(recipes.recipe(settings, "proposed"), seed=1)
    found = binary_readings._stored(network, SMOKE.bits)
    drawn = stochastic_passes.stored_samples(network, 2000, seed=1)
    for at, layers in enumerate((drawn[:-1], drawn[-1:])):
        values = np.concatenate(layers, axis=1)
        margin = 5 * np.sqrt(0.25 / values.size)  # five standard errors of a share
        assert found["silent"][at] == pytest.approx((values == 0).mean(), abs=margin)
        assert found["largest"][at] == pytest.approx((values == values.max()).mean(), abs=margin)
    assert found["silent"][0] == pytest.approx(stats.norm.cdf(-1 + 1 / 15), abs=1e-6)  # a step is 2/15


def test_scales_that_stand_still_carry_no_doubt():
    found = binary_readings.compute(SMOKE, "picture", None)
    every, hidden, last = found["information"]
    assert every > 0
    assert hidden > 0
    assert last > 0
    network = models.lenet5(recipes.recipe(SMOKE, "proposed"), seed=1)
    still = binary_readings._still(network, 3)
    assert all((one == one[:1]).all() for one in still)
    test = binary_readings.load(SMOKE, "test")
    logits = stochastic_passes.predict_passes(network, image_inputs.scaled(test), still)
    doubt = metrics.mutual_information(recipes.probabilities(logits), unit="bits")
    np.testing.assert_allclose(doubt, 0, atol=1e-6)


def test_readings_are_stacked_in_order():
    names = binary_readings.points(SMOKE)
    test = binary_readings.load(SMOKE, "test")
    quantities = ("weight", "accuracy", "nll", "information", "silent", "largest", "divergence")
    points = {
        name: {quantity: np.full(3, at) for quantity in quantities}
        | {"source": image_inputs.checksum(test.source)}
        for at, name in enumerate(names)
    }
    result = binary_readings.collect(SMOKE, None, points)
    assert (result.accuracy[:, 0] == np.arange(len(names))).all()
    points["set"]["source"] = np.zeros(32, np.uint8)
    with pytest.raises(ValueError, match="the point set was computed on other pictures"):
        binary_readings.collect(SMOKE, None, points)
