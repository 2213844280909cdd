"""Training through a chip: what it computes is what the chip does, and its gradients are software's."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from noisyweights.hardware import nonidealities
from noisyweights.hardware.chip import COINS, DOMAIN_WALL, IDEAL, ScaleStore
from noisyweights.hardware.deployment import array_layers_of, deploy
from noisyweights.hardware.deployment.aware_training import NewChips, OnChip, in_software, through_chip
from noisyweights.networks.mean_field import inference
from noisyweights.networks.mean_field.variational import train
from noisyweights.noise import laws

import keras  # isort: skip  (the library loads TensorFlow quietly)
import tensorflow as tf  # isort: skip
from deployable import binary_network, network, pixels, random_network

FIXED = replace(DOMAIN_WALL, read_noise=0.0, adc_bits=4, dac_bits=3)  # nothing random but cells as written


def small(units=3, seed=0):
    keras.utils.set_random_seed(seed)
    return keras.Sequential([keras.Input((12,)), keras.layers.Dense(units, use_bias=False)])


def test_a_call_computes_what_the_chip_computes():
    """A convolution and dense layers, cells, faults and converters: exactly the deployed network."""
    model, x = network(), pixels()
    taught = through_chip(model, FIXED, calibration=x, seed=4)
    deployed = deploy(model, FIXED, calibration=x, seed=4)
    np.testing.assert_allclose(taught(x), deployed(x), atol=1e-5)
    assert np.abs(model(x) - deployed(x)).max() > 0.05


def test_gradients_are_those_of_software():
    model, x = small(), pixels(5, (12,))
    taught = through_chip(model, FIXED, calibration=x, seed=4)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(taught(x))
    (found,) = tape.gradient(loss, taught.trainable_variables)
    np.testing.assert_allclose(found, np.tile(x.sum(0)[:, None], (1, 3)), rtol=1e-5)


@pytest.mark.parametrize("law", [laws.gaussian(), laws.two_point()], ids=lambda law: law.name)
def test_on_a_perfect_chip_random_weights_are_those_of_software(law):
    """Draw by draw: the effect of the chip meets the same draw on both sides, and is nothing."""
    model, x = random_network(law), pixels()
    taught = through_chip(model, IDEAL, calibration=x, seed=0)
    settings = {"draws": 3, "seed": 3}
    found, software = (inference.predict_draws(one, x, **settings) for one in (taught, model))
    assert software.std(0).mean() > 0.05
    np.testing.assert_allclose(found, software, atol=2e-3)


def test_scales_on_a_perfect_chip_are_those_of_software():
    model, x = binary_network(), pixels()
    chip = replace(IDEAL, scales=ScaleStore(cell=IDEAL.cell, vectors=5))
    taught = through_chip(model, chip, calibration=x, seed=0)
    layer = next(one for one in taught.layers if isinstance(one, OnChip))
    assert np.abs(layer._effect(x)).max() < 2e-3


def test_coins_are_tossed_while_training():
    """Every call tosses anew; on average a call is the network in software."""
    model, x = small(), pixels(4, (12,))
    model.layers[0].kernel.assign(np.linspace(-1, 1, 36).reshape(12, 3))
    chip = replace(
        COINS,
        cell=replace(COINS.cell, spread=0.0),
        coin_bits=16,
        read_noise=0.0,
        dac_bits=None,
        adc_bits=None,
    )
    taught = through_chip(model, chip, calibration=x, seed=0)
    calls = np.stack([taught(x) for _ in range(400)])
    assert calls.std(0).min() > 0.1
    error = 5 * calls.std(0) / np.sqrt(len(calls))
    assert (np.abs(calls.mean(0) - model(x)) < error).all()


def test_training_learns_the_chip_it_meets():
    """A quarter of all cells is stuck: what no cell by itself mends, the others make up for."""
    model, x = small(2), pixels(200, (12,))
    rng = np.random.default_rng(2)
    model.layers[0].kernel.assign(rng.normal(size=(12, 2)))
    y = np.asarray(model(x))
    stuck = partial(nonidealities.stick, low=0.25, high=0.0, low_uS=1.0, high_uS=100.0)
    chip = replace(IDEAL, faults=(stuck,))
    taught = through_chip(model, chip, calibration=x, seed=6)

    def error(one):
        return float(np.square(one(x) - y).mean())

    before, kernel = error(taught), model.layers[0].kernel.numpy()
    train(taught, x, y, loss="mse", epochs=60, batch_size=20, seed=0, optimizer=keras.optimizers.Adam(0.02))
    assert before > 0.1
    assert error(taught) < 0.3 * before
    np.testing.assert_array_equal(model.layers[0].kernel, kernel)  # what was handed in stays
    back = in_software(taught)
    assert [type(layer) for layer in back.layers] == [keras.layers.Dense]
    np.testing.assert_array_equal(back.layers[0].kernel, taught.layers[0].layer.kernel)
    assert np.abs(back.layers[0].kernel.numpy() - kernel).max() > 0.05


def test_new_chips_come_every_so_many_epochs_and_with_the_weights_of_then():
    model, x = small(), pixels(40, (12,))
    taught = through_chip(model, FIXED, calibration=x, seed=4)
    seen = []
    effect = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(array_layers(taught)[0].crossbar.weights)
    )
    settings = {"epochs": 4, "batch_size": 40, "seed": 0, "optimizer": keras.optimizers.SGD(0.5)}
    chips = NewChips(FIXED, calibration=x, seed=9, every=2)
    train(taught, x, np.ones((40, 3)), loss="mse", callbacks=[chips, effect], **settings)
    assert np.array_equal(seen[0], seen[1])
    assert not np.array_equal(seen[1], seen[2])
    assert np.array_equal(seen[2], seen[3])
    near = np.abs(seen[3] - taught.layers[0].layer.kernel.numpy()).max()
    assert near < np.abs(seen[0] - taught.layers[0].layer.kernel.numpy()).max()


def array_layers(taught):
    return [layer._held[0].array for layer in taught.layers if isinstance(layer, OnChip)]


def test_the_first_chip_is_that_of_the_seed():
    model, x = small(), pixels(40, (12,))
    taught, deployed = (
        through_chip(model, FIXED, calibration=x, seed=4),
        deploy(model, FIXED, calibration=x, seed=4),
    )
    np.testing.assert_array_equal(
        array_layers(taught)[0].crossbar.weights, array_layers_of(deployed)[0].crossbar.weights
    )


def test_what_deploy_refuses_is_refused():
    with pytest.raises(ValueError, match="no junctions"):
        through_chip(random_network(), replace(DOMAIN_WALL, junctions=None), calibration=pixels(), seed=0)
    with pytest.raises(ValueError, match="no layers on a chip"):
        in_software(small())
    with pytest.raises(ValueError, match="at least 1 epoch"):
        NewChips(FIXED, calibration=pixels(), seed=0, every=0)
