"""Convolutions whose positions have reads of their own: their variance against the exact one."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from noisyweights.hardware import read_memory
from noisyweights.hardware.chip import DOMAIN_WALL, IDEAL, SCALES
from noisyweights.hardware.deployment import array_layers_of, deploy
from noisyweights.hardware.deployment.successive_reads import predict_successive
from noisyweights.networks.mean_field import inference, twins
from noisyweights.noise import laws

import keras  # isort: skip  (the library loads TensorFlow quietly)
from deployable import CHOICES, binary_network, network, pixels, random_network

DRAWS = 400


def convolution(law=None):
    """One convolution and the sum over its positions."""
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Conv2D(2, 3, use_bias=False), keras.layers.GlobalAveragePooling2D()]
    model = keras.Sequential([keras.Input((6, 6, 1)), *layers])
    return model if law is None else twins.from_deterministic(model, law=law, **CHOICES)


def patches(x):
    """(n, 16, 9), cut by hand."""
    return np.stack([x[:, i : i + 3, j : j + 3, 0].reshape(-1, 9) for i in range(4) for j in range(4)], 1)


@pytest.mark.parametrize("law", [laws.gaussian(), laws.two_point()], ids=lambda law: law.name)
def test_positions_that_share_a_draw_add_up_and_fresh_ones_average_out(law):
    model, x = convolution(law), pixels(3, (6, 6, 1))
    cut = patches(x)
    for positions in ("shared", "fresh"):
        deployed = deploy(model, IDEAL, calibration=x, seed=0, positions=positions)
        drawn = inference.predict_draws(deployed, x, draws=DRAWS, seed=1)
        sigma = array_layers_of(deployed)[0].crossbar.deviations
        # Of the mean over positions: of one sum of patches, or of 16 that have nothing in common.
        one = cut.mean(1) ** 2 if positions == "shared" else (cut**2).sum(1) / 16**2
        expected = np.sqrt(one @ sigma**2)
        # A standard deviation of 400 draws is known to 3.5 %, here of 6 numbers, a third of them independent.
        np.testing.assert_allclose(drawn.std(0) / expected, 1, atol=5 * 0.036)
        mean = deployed(x).numpy()
        assert (np.abs(drawn.mean(0) - mean) < 5 * expected / np.sqrt(DRAWS)).all()


def test_read_noise_is_fresh_too_with_tiles_and_converters():
    model, x = convolution(), pixels(3, (6, 6, 1))
    noisy = replace(DOMAIN_WALL, faults=(), rows=4, adc_bits=12, dac_bits=12, read_noise=0.05, coverage=1.0)
    spreads = []
    for positions in ("shared", "fresh"):
        deployed = deploy(model, noisy, calibration=x, seed=0, positions=positions)
        drawn = inference.predict_draws(deployed, x, draws=DRAWS, seed=1)
        layer = array_layers_of(deployed)[0]
        sigma = layer.read_uS / layer.crossbar.gain_uS
        cut = patches(x)
        one = cut.mean(1) ** 2 if positions == "shared" else (cut**2).sum(1) / 16**2
        np.testing.assert_allclose(drawn.std(0) / np.sqrt(one @ sigma**2), 1, atol=5 * 0.036)
        spreads.append(drawn.std(0).mean())
    assert spreads[1] < 0.5 * spreads[0]


def test_dense_layers_and_what_holds_are_as_before():
    model, x = random_network(), pixels(10)
    exact = replace(DOMAIN_WALL, dac_bits=None, adc_bits=None)  # ranges are those of the draws that are met
    shared, fresh = (
        deploy(model, exact, calibration=x, seed=0, positions=positions) for positions in ("shared", "fresh")
    )
    kinds = [layer.random_weights for layer in array_layers_of(fresh)]
    assert kinds == [("reads",), ("reads",), ("kernel",), ("kernel",)]
    np.testing.assert_allclose(fresh(x), shared(x), atol=1e-5)
    scales = deploy(binary_network(), SCALES, calibration=x, seed=0, positions="fresh")
    assert [layer.random_weights for layer in array_layers_of(scales)] == [
        ("reads", "scale"),
        ("reads", "scale"),
        ("kernel", "scale"),
    ]
    assert inference.predict_draws(scales, x, draws=2, seed=0).shape == (2, 10, 3)


def test_read_noise_that_remembers():
    """Telegraph noise that never jumps is one read, whatever is drawn."""
    model, x = network(), pixels(5)
    noisy = replace(IDEAL, read_noise=0.05)
    deployed = deploy(model, noisy, calibration=x, seed=0)
    settings = {"draws": 4, "correlation": 0.0, "seed": 0}
    frozen = partial(read_memory.autoregressive, correlation=1.0)
    held = predict_successive(deployed, x, **settings, read_noise=frozen)
    np.testing.assert_array_equal(held, np.repeat(held[:1], 4, 0))
    free = predict_successive(
        deployed, x, **settings, read_noise=partial(read_memory.autoregressive, correlation=0.0)
    )
    assert free.std(0).mean() > 0.01


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (
            lambda: deploy(network(), IDEAL, calibration=pixels(), seed=0, positions="new"),
            "positions must be \"shared\" or \"fresh\", got 'new'",
        ),
        (
            lambda: deploy(
                keras.Sequential([keras.Input((None, None, 1)), keras.layers.Conv2D(2, 3)]),
                IDEAL, calibration=pixels(), seed=0, positions="fresh",
            ),
            "takes inputs of any size",
        ),
        (
            lambda: predict_successive(
                deploy(random_network(), IDEAL, calibration=pixels(), seed=0, positions="fresh"),
                pixels(), draws=2, correlation=0.5, seed=0,
            ),
            "has a read for each position",
        ),
    ],
)  # fmt: skip
def test_positions_that_are_none(call, says):
    with pytest.raises(ValueError, match=says):
        call()
