"""Networks and chips that do not go together, and what is said of them."""

from dataclasses import replace

import numpy as np
import pytest

from noisyweights.hardware import nonidealities
from noisyweights.hardware.cells import domain_wall
from noisyweights.hardware.chip import COINS, DOMAIN_WALL, IDEAL, SCALES, Chip, Junctions, ScaleStore
from noisyweights.hardware.deployment import deploy
from noisyweights.networks.mean_field import inference, twins
from noisyweights.noise import laws

import keras  # isort: skip  (the library loads TensorFlow quietly)
from deployable import CHOICES, binary_network, network, pixels, random_network

TWO = keras.initializers.Constant(2.0)


def deployed_network():
    return deploy(random_network(), IDEAL, calibration=pixels(), seed=0)


def recurrent_twin():
    model = keras.Sequential([keras.Input((3, 2)), keras.layers.GRU(2, name="rnn")])
    return twins.from_deterministic(
        model, law=laws.gaussian(), prior_scale=1.0, kl_weight=0.0, biases="fixed", initial_scale=0.1
    )


def test_what_is_no_chip():
    with pytest.raises(TypeError, match="cell must be a LevelCell, got None"):
        replace(IDEAL, cell=None)
    with pytest.raises(ValueError, match="rows and columns must be whole"):
        replace(IDEAL, rows=128.5)
    with pytest.raises(TypeError, match="adc_bits must be a number, got '6'"):
        replace(IDEAL, adc_bits="6")
    with pytest.raises(TypeError, match="row_ohm must be a number, got None"):
        replace(IDEAL, row_ohm=None)
    with pytest.raises(TypeError, match=r"a tuple of functions, such as \(one,\)"):
        replace(IDEAL, faults=nonidealities.program)
    assert isinstance(replace(IDEAL, rows=128.0).rows, int)


def _settings(**changed):
    return {name: getattr(IDEAL, name) for name in IDEAL.__dataclass_fields__} | changed


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: Chip(**_settings(rows=0)), "at least 1 row and 1 column, got 0"),
        (lambda: Chip(**_settings(read_noise=-1.0)), "read_noise must be finite and not negative"),
        (lambda: Chip(**_settings(adc_bits=2.5)), "adc_bits must be None or from 1 to 24"),
        (lambda: Chip(**_settings(coverage=0.0)), "coverage is a share"),
        (lambda: Junctions(ratio=0.5, levels=None, spread=0.0), "1 or more, got 0.5"),
        (lambda: Junctions(ratio=np.inf, levels=4, spread=0.0), "levels divide a finite ratio"),
        (lambda: Junctions(ratio=2.0, levels=4, spread=-1.0), "spread must be finite and not negative"),
        (lambda: ScaleStore(cell=IDEAL.cell, vectors=0), "vectors must be at least 1"),
        (lambda: deploy(random_network(), COINS, calibration=pixels(), seed=0), "the chip no junctions"),
        (lambda: deploy(binary_network(), COINS, calibration=pixels(), seed=0), "the chip no store"),
        (lambda: deploy(recurrent_twin(), IDEAL, calibration=np.ones((2, 3, 2)), seed=0), "rnn is a Mean"),
        (lambda: deploy(network(), IDEAL, calibration=pixels()[:, 1:], seed=0), r"shape \(n, 8, 8, 1\)"),
        (
            lambda: deploy(
                keras.Sequential([keras.Input((3, 2)), keras.layers.TimeDistributed(keras.layers.Dense(2))]),
                IDEAL, calibration=np.ones((2, 3, 2)), seed=0,
            ),
            "TimeDistributed with .*kernel",
        ),
        (lambda: twins.with_law(deployed_network(), laws.uniform()), "for a copy deploy the network"),
        (lambda: deploy(network(), IDEAL, calibration=pixels(0), seed=0), "finite inputs, at least one"),
        (
            lambda: deploy(
                keras.Sequential([keras.Input((3,)), keras.layers.ReLU()]),
                IDEAL, calibration=np.ones((2, 3)), seed=0,
            ),
            "no layer to put on arrays",
        ),
        (
            lambda: deploy(
                keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, kernel_initializer=TWO)]),
                COINS, calibration=np.ones((2, 3)), seed=0,
            ),
            r"a coin's weight lies in \[-1, 1\]",
        ),
        (
            lambda: deploy(
                twins.from_deterministic(network(), law=laws.gaussian(), **CHOICES | {"biases": "random"}),
                IDEAL, calibration=pixels(), seed=0,
            ),
            "has random biases",
        ),
        (
            lambda: deploy(
                keras.Sequential([keras.Input((5, 5, 1)), keras.layers.Conv2D(2, 2, dilation_rate=2)]),
                IDEAL, calibration=np.ones((2, 5, 5, 1)), seed=0,
            ),
            "one group, no dilation",
        ),
        (
            lambda: deploy(network(), DOMAIN_WALL, calibration=0 * pixels(), seed=0),
            "conv2d.*: calibration needs",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_deployed(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_a_chip_has_parts_for_each_kind():
    x = pixels()
    scaled = deploy(binary_network(), SCALES, calibration=x, seed=0)
    assert inference.predict_draws(scaled, x, draws=4, seed=0).std(0).max() > 0
    wide = replace(DOMAIN_WALL, cell=domain_wall(low_uS=1, high_uS=2, levels=4, spread=0.0))
    assert inference.predict_draws(
        deploy(random_network(), wide, calibration=x, seed=0), x, draws=2, seed=0
    ).shape == (2, 20, 4)
