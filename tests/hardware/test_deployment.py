"""Deployment: on a perfect chip a network predicts as in software, draw by draw; on others as parts say."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from noisyweights import seeds
from noisyweights.hardware import nonidealities
from noisyweights.hardware.chip import COINS, DOMAIN_WALL, IDEAL, Junctions, ScaleStore
from noisyweights.hardware.deployment import array_layers_of, deploy
from noisyweights.networks import weight_draws
from noisyweights.networks.binary import stochastic_passes
from noisyweights.networks.mean_field import inference
from noisyweights.noise import laws
from noisyweights.noise.simulation import magnetics

import keras  # isort: skip  (the library loads TensorFlow quietly)
import tensorflow as tf  # isort: skip
from deployable import binary_network, coin_network, network, pixels, random_network

QUIET = {"faults": (), "read_noise": 0.0, "row_ohm": 0.0, "column_ohm": 0.0}


@pytest.mark.parametrize("law", [laws.gaussian(), laws.two_point()], ids=lambda law: law.name)
def test_a_perfect_chip_draws_as_software_does(law):
    model, x = random_network(law), pixels()
    deployed = deploy(model, IDEAL, calibration=x, seed=0)
    settings = {"draws": 5, "seed": 3}
    software, hardware = (inference.predict_draws(one, x, **settings) for one in (model, deployed))
    assert software.std(0).mean() > 0.05
    # Half a step of 65,536 levels in each weight, and float32.
    np.testing.assert_allclose(hardware, software, atol=2e-4)
    other = deploy(random_network(laws.uniform()), IDEAL, calibration=x, seed=0)
    assert np.abs(inference.predict_draws(other, x, **settings) - software).max() > 0.01


def test_a_perfect_chip_computes_a_network_without_noise():
    model, x = network(), pixels()
    deployed = deploy(model, IDEAL, calibration=x, seed=0)
    np.testing.assert_allclose(deployed(x), model(x), atol=2e-4)
    with pytest.raises(ValueError, match="no random weights"):
        inference.predict_draws(deployed, x, draws=2, seed=0)


def test_a_read_draws_the_junctions_about_the_cells():
    model, x = random_network(), pixels()
    quiet = replace(DOMAIN_WALL, **QUIET, rows=7)
    layer = array_layers_of(deploy(model, quiet, calibration=x, seed=0))[-1]
    assert layer.readout.dac.bits == layer.readout.adc.bits == 8
    assert layer.readout.rows == 7
    at = seeds.fold(0, "read")
    crossbar, deviation = layer.crossbar, layer.crossbar.deviation_uS
    z = laws.uniform()(np.zeros(deviation.shape, np.float32), np.ones(deviation.shape, np.float32))
    conductance = layer.sample("kernel", tf.constant(at))
    np.testing.assert_allclose(
        conductance, crossbar.positive_uS - crossbar.negative_uS + deviation * z.sample(seed=at), rtol=1e-5
    )


def test_tiles_and_converters_are_those_of_the_crossbar():
    """The layers are TensorFlow, `Crossbar.product` is NumPy: they differ where a number is between codes."""
    model, x = network(), pixels(100)
    layers = array_layers_of(deploy(model, replace(DOMAIN_WALL, **QUIET, rows=7), calibration=x, seed=0))
    for layer in layers:
        given = seeds.generator(0, layer.name).normal(size=(200, len(layer.crossbar.weights)))
        expected = layer.crossbar.product(given, None, readout=layer.readout)
        found = layer.multiply(tf.constant(given, tf.float32)).numpy()
        step = layer.readout.adc.step / layer.crossbar.gain_uS
        assert np.mean(np.abs(found - expected) > step / 2) < 0.01
        assert (np.abs(found - expected) <= 3 * step).all()


def test_patches_make_a_convolution():
    for padding in ("same", "valid"):
        keras.utils.set_random_seed(0)
        layer = keras.layers.Conv2D(3, (3, 2), strides=(2, 1), padding=padding)
        model, x = keras.Sequential([keras.Input((7, 6, 2)), layer]), pixels(4, (7, 6, 2))
        deployed = deploy(model, IDEAL, calibration=x, seed=0)
        assert deployed.output_shape == model.output_shape
        np.testing.assert_allclose(deployed(x), model(x), atol=2e-4)


def test_scales_of_a_pass_are_one_of_those_stored():
    model, x = binary_network(), pixels()
    perfect = replace(IDEAL, scales=ScaleStore(cell=IDEAL.cell, vectors=5))
    deployed = deploy(model, perfect, calibration=x, seed=0)
    found = inference.predict_draws(deployed, x, draws=6, seed=2)
    seeds_of = weight_draws.chip_seeds(deployed, draws=6, seed=2)
    layers = array_layers_of(deployed)
    assert all(layer.random_weights == ("scale",) and layer.scales.shape[0] == 5 for layer in layers)
    scales = [
        np.stack([layer.sample("scale", tf.constant(at[place])) for at in seeds_of])
        for place, layer in enumerate(layers)
    ]
    assert len(np.unique(scales[0], axis=0)) > 1
    np.testing.assert_allclose(found, stochastic_passes.predict_passes(model, x, scales), atol=2e-3)


def test_scales_of_a_binary_network_without_draws_stay_numbers():
    model, x = binary_network(None), pixels()
    np.testing.assert_allclose(deploy(model, IDEAL, calibration=x, seed=0)(x), model(x), atol=1e-4)


def test_coins_show_the_sign_with_the_probability_of_the_weight():
    model, x = coin_network(), pixels(10, (12,))
    deployed = deploy(model, replace(COINS, **QUIET, dac_bits=None, adc_bits=None), calibration=x, seed=0)
    kernel = model.layers[0].kernel.numpy()
    flat = replace(COINS, **QUIET, cell=replace(COINS.cell, spread=0.0), dac_bits=None, adc_bits=None)
    layer = array_layers_of(deploy(model, flat, calibration=x, seed=0))[0]
    draws = np.stack([layer.sample("kernel", seeds.fold(1, "coin", at)) for at in range(2000)])
    shown = draws / layer.crossbar.gain_uS
    np.testing.assert_allclose(np.unique(np.rint(shown)), [-1, 0, 1])
    np.testing.assert_allclose(shown, np.rint(shown), atol=1e-5)
    error = 5 * np.sqrt(np.abs(kernel) * (1 - np.abs(kernel)) / 2000) + 2.0**-9
    assert (np.abs(shown.mean(0) - kernel) < error).all()
    assert inference.predict_draws(deployed, x, draws=3, seed=0).shape == (3, 10, 3)


def test_the_same_seed_is_the_same_chip():
    model, x = random_network(), pixels()
    settings = {"draws": 3, "seed": 0}
    first, again, other = (
        inference.predict_draws(deploy(model, DOMAIN_WALL, calibration=x, seed=seed), x, **settings)
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0
    deployed = deploy(model, DOMAIN_WALL, calibration=x, seed=0)
    small = inference.predict_draws(deployed, x, batch_size=3, **settings)
    # Float32 sums differ by batch, and a current between two codes can then fall to either.
    assert np.mean(np.abs(small - first) > 1e-5) < 0.1


def test_faults_noise_and_wires_reach_the_cells():
    model, x = random_network(), pixels()
    stuck = partial(nonidealities.stick, low=1.0, high=0.0, low_uS=20.0, high_uS=90.0)
    layer = array_layers_of(deploy(model, replace(IDEAL, faults=(stuck,)), calibration=x, seed=0))[0]
    assert (layer.crossbar.positive_uS == 20).all()
    assert (layer.crossbar.negative_uS == 20).all()
    noisy = replace(DOMAIN_WALL, **QUIET | {"read_noise": 0.1})
    layer = array_layers_of(deploy(network(), noisy, calibration=x, seed=0))[-1]
    draws = np.stack([layer.sample("kernel", seeds.fold(1, "read", at)) for at in range(3000)])
    expected = 0.1 * np.hypot(layer.crossbar.positive_uS, layer.crossbar.negative_uS)
    np.testing.assert_allclose(draws.std(0), expected, rtol=0.1)
    lossy = replace(DOMAIN_WALL, **QUIET | {"row_ohm": 50.0})
    weak = array_layers_of(deploy(network(), lossy, calibration=x, seed=0))[-1]
    assert (weak.crossbar.positive_uS < layer.crossbar.positive_uS).all()


@pytest.mark.parametrize("shrunk", [1e-2, 1e-4, 0.0])
def test_a_unit_that_means_nothing_does_not_drown_the_others(shrunk):
    """Converters are common to all columns: one with tiny means must not ask for their whole range."""
    model, x = random_network(laws.gaussian()), pixels(200)
    last = model.layers[-1]
    last.kernel_loc.assign(last.kernel_loc.numpy() * [1, 1, 1, shrunk])
    quiet = replace(DOMAIN_WALL, **QUIET, junctions=IDEAL.junctions, cell=IDEAL.cell, adc_bits=10)
    deployed = deploy(model, quiet, calibration=x, seed=0)
    settings = {"draws": 50, "seed": 0}
    software, hardware = (inference.predict_draws(one, x, **settings) for one in (model, deployed))
    ratios = hardware.std(0).mean(0) / software.std(0).mean(0)
    np.testing.assert_allclose(ratios[:3], 1, atol=0.05)
    assert ratios[3] == pytest.approx(1, abs=0.2)


def test_junctions_are_set_as_near_as_can_be():
    deviation = np.geomspace(0.01, 1, 50)[:, None] * [1.0, 30.0, 0.0]
    rng = seeds.generator(0, "junctions")
    exact = Junctions(ratio=np.inf, levels=None, spread=0.0).set_to(deviation, power=None, rng=rng)
    np.testing.assert_allclose(exact, deviation)
    for ratio in (1.0, 2.0, 10.0, 200.0):
        held = Junctions(ratio=ratio, levels=None, spread=0.0).set_to(deviation, power=None, rng=rng)
        # Each column apart: no more than the range, the variance kept, and those inside as they are.
        np.testing.assert_allclose(np.sum(held**2, 0), np.sum(deviation**2, 0))
        np.testing.assert_allclose(held[:, 1], 30 * held[:, 0])
        one = held[:, 0]
        assert one.max() / one.min() == pytest.approx(min(ratio, 100))
        inside = (one > one.min() * (1 + 1e-9)) & (one < one.max() * (1 - 1e-9))
        np.testing.assert_allclose(one[inside], deviation[inside, 0])
    found = Junctions(ratio=10.0, levels=5, spread=0.0).set_to(deviation, power=None, rng=rng)[:, 0]
    np.testing.assert_allclose(np.unique(np.round(found / found.max(), 9)), np.geomspace(0.1, 1, 5))
    assert np.sum(found**2) == pytest.approx(np.sum(deviation[:, 0] ** 2))
    spread = Junctions(ratio=np.inf, levels=None, spread=0.2).set_to(np.ones((100, 100)), power=None, rng=rng)
    assert np.log(spread).std() == pytest.approx(0.2, rel=0.03)
    assert np.mean(spread**2) == pytest.approx(1, rel=0.03)


def test_rows_that_are_never_driven_have_no_say():
    """Weights that meet nothing but dark pixels stay as wide as their prior, and no product shows it."""
    rng = seeds.generator(0, "junctions")
    deviation = np.r_[np.full(30, 0.02), np.full(20, 1.0)][:, None]
    power = np.r_[np.ones(30), np.zeros(20)]
    held = Junctions(ratio=1.5, levels=None, spread=0.0).set_to(deviation, power=power, rng=rng)
    np.testing.assert_allclose(held[:30], 0.02)
    assert 0.02 <= held.max() <= 0.03
    model, x = random_network(laws.gaussian()), pixels(200)
    x[:, :4] = 0
    first = model.layers[1]
    logs = first.kernel_log_scale.numpy()
    quiet = replace(IDEAL, junctions=Junctions(ratio=1.5, levels=None, spread=0.0))
    software = inference.predict_draws(model, x, draws=100, seed=0).std(0).mean()
    hardware = inference.predict_draws(deploy(model, quiet, calibration=x, seed=0), x, draws=100, seed=0)
    assert hardware.std(0).mean() == pytest.approx(software, rel=0.05)
    np.testing.assert_array_equal(first.kernel_log_scale.numpy(), logs)
    assert "call" not in vars(first)


def test_the_chip_of_random_weights_has_the_junctions_of_the_book():
    """Of which cells differ, at half a volt, as the chip's junctions do."""
    array = magnetics.vary(
        replace(magnetics.BAYES_MTJ, bias_V=0.5), spread=magnetics.BAYES_MTJ_SPREAD, cells=4000, seed=0
    )
    # Of a stiff easy plane the deviation goes as the root of the stiffness.
    stiffness = magnetics.anisotropy_kT(array)
    slope = magnetics.conductance_uS(array, 1.0) - magnetics.conductance_uS(array, 0.0)
    deviation = slope[stiffness > 1] / np.sqrt(2 * stiffness[stiffness > 1])
    assert np.log(deviation).std() == pytest.approx(DOMAIN_WALL.junctions.spread, abs=0.02)
