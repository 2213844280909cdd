"""Successive reads: each has the law of the junctions, and remembers the one before as it is told to."""

from dataclasses import replace

import numpy as np
import pytest

from noisyweights.hardware.chip import IDEAL
from noisyweights.hardware.deployment import deploy
from noisyweights.hardware.deployment.successive_reads import predict_successive
from noisyweights.networks.mean_field import twins
from noisyweights.networks.mean_field.inference import predict_draws
from noisyweights.noise import laws

import keras  # isort: skip  (the library loads TensorFlow quietly)


def one_weight(law, chip=IDEAL):
    """200 weights of mean 1 and deviation 0.5, each an output of its own."""
    layer = keras.layers.Dense(200, kernel_initializer="ones", use_bias=False)
    choices = {"prior_scale": 1.0, "kl_weight": 0.0, "biases": "none", "initial_scale": 0.5, "seed": 0}
    model = twins.from_deterministic(keras.Sequential([keras.Input((1,)), layer]), law=law, **choices)
    return deploy(model, chip, calibration=np.ones((1, 1)), seed=0)


@pytest.mark.parametrize("correlation", [0.0, 0.8])
@pytest.mark.parametrize("law", [laws.gaussian(), laws.uniform()], ids=lambda law: law.name)
def test_reads_have_the_law_and_the_memory(law, correlation):
    reads = predict_successive(one_weight(law), np.ones((1, 1)), draws=400, correlation=correlation, seed=1)[
        :, 0
    ]
    z = (reads - 1) / 0.5
    # 200 chains of 400 reads, of which (1 − c)/(1 + c) count as independent.
    n = 200 * 400 * (1 - correlation) / (1 + correlation)
    assert abs(z.mean()) < 5 / np.sqrt(n)
    assert z.var() == pytest.approx(1, abs=5 * np.sqrt((2 + law.excess_kurtosis) / n) + 0.001)
    # The quantile's bend lowers the correlation of uniform numbers: (6/π) arcsin(c/2).
    expected = correlation if law.name == "gaussian" else 6 / np.pi * np.arcsin(correlation / 2)
    assert np.mean(z[1:] * z[:-1]) == pytest.approx(expected, abs=5 / np.sqrt(n))


def test_what_never_forgets_repeats_itself():
    model = one_weight(laws.gaussian())
    reads = predict_successive(model, np.ones((1, 1)), draws=3, correlation=1.0, seed=0)
    np.testing.assert_array_equal(reads[0], reads[2])
    noisy = one_weight(laws.gaussian(), replace(IDEAL, read_noise=0.01))
    reads = predict_successive(noisy, np.ones((1, 1)), draws=2, correlation=1.0, seed=0)
    assert (reads[0] != reads[1]).all()


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"draws": 0}, "draws must be at least 1"),
        ({"correlation": 1.5}, r"must lie in \[0, 1\]"),
        ({"x": [[np.nan]]}, "1 NaN or infinite"),
    ],
)
def test_what_cannot_be_read(changed, says):
    settings = {"x": np.ones((1, 1)), "draws": 2, "correlation": 0.5, "seed": 0} | changed
    with pytest.raises(ValueError, match=says):
        predict_successive(one_weight(laws.gaussian()), **settings)


def test_a_network_without_junctions():
    plain = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2)])
    deployed = deploy(plain, IDEAL, calibration=np.ones((1, 1)), seed=0)
    with pytest.raises(ValueError, match="no junctions on arrays"):
        predict_successive(deployed, np.ones((1, 1)), draws=2, correlation=0.5, seed=0)


def test_layers_without_junctions_are_read_with_their_noise():
    """Of a random layer behind a plain one, which both have read noise."""
    x, seed = np.ones((1, 20)), 0
    keras.utils.set_random_seed(0)
    plain = keras.Sequential([keras.Input((20,)), keras.layers.Dense(20), keras.layers.Dense(50)])
    choices = {"prior_scale": 1.0, "kl_weight": 0.0, "biases": "fixed", "initial_scale": 0.01, "seed": 0}
    model = twins.from_deterministic(
        plain, law=laws.gaussian(), convert=lambda layer: layer.units == 50, **choices
    )
    deployed = deploy(model, replace(IDEAL, read_noise=0.2), calibration=x, seed=seed)
    found = predict_successive(deployed, x, draws=300, correlation=0.0, seed=seed)
    expected = predict_draws(deployed, x, draws=300, seed=seed)
    assert found.std(0).mean() == pytest.approx(expected.std(0).mean(), rel=0.05)
