"""Reads of arrays with random weights: products of columns against theory, and a small array to be drawn."""

from dataclasses import replace

import numpy as np
from scipy import stats

from noisyweights import seeds
from noisyweights.hardware.chip import DOMAIN_WALL, Chip
from noisyweights.hardware.deployment import array_layers_of, deploy
from noisyweights.networks.mean_field import array_draws, layers
from noisyweights.noise.law import Law

import keras  # isort: skip  (the library loads TensorFlow quietly)

__all__ = ["READINGS", "ROWS", "SHOWN", "SMALL", "picture", "products"]

ROWS = 128  # of a column, as L-mvm has it
READINGS = ("law", "read noise", "converters", "chip", "chip, wanted")  # of a column: see `products`
SMALL = (6, 3)  # inputs and outputs of the array that is drawn
SHOWN = 3  # reads of it
_CALIBRATED = 500  # inputs that set the converters' ranges


def products(*, columns: int, reads: int, law: Law, seed: int) -> dict[str, np.ndarray]:
    """Products of columns with weights at random, read so many times in each of `READINGS`.

    errors (readings, 3, columns): of the mean in deviations, of the deviation relative to itself, and
    Kolmogorov's distance to the Gaussian, against what the cells hold, and in the last reading against what
    was wanted. values, counts: what the chip makes of the first column, standardised by what its cells hold,
    and how often.
    """
    rng = seeds.generator(seed, "products")
    network = _random_layer(rng, rows=ROWS, columns=columns, law=law)
    x, calibration = rng.uniform(0, 1, ROWS), rng.uniform(0, 1, (_CALIBRATED, ROWS))

    def read(chip: Chip) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
        deployed = deploy(network, chip, calibration=calibration, seed=seed)
        drawn = array_draws.predict_draws(deployed, x[np.newaxis], draws=reads, seed=seed)
        (layer,) = array_layers_of(deployed)
        return drawn[:, 0].astype(float), layer.crossbar.moments(x)

    exact, quiet = {"dac_bits": None, "adc_bits": None}, {"read_noise": 0.0}
    # The same seed puts the same cells on all chips.
    changes = {"law": exact | quiet, "read noise": exact, "converters": quiet, "chip": {}}
    readings = {name: read(replace(DOMAIN_WALL, **changed)) for name, changed in changes.items()}
    readings["chip, wanted"] = readings["chip"][0], _wanted(network, x)
    standardised = [(found - centre) / width for found, (centre, width) in map(readings.get, READINGS)]
    errors = [
        (one.mean(0), one.std(0, ddof=1) - 1, [stats.kstest(column, "norm").statistic for column in one.T])
        for one in standardised
    ]
    # Products are steps of a converter, of which there are few.
    values, counts = np.unique(standardised[READINGS.index("chip")][:, 0], return_counts=True)
    return {"values": values, "counts": counts.astype(np.uint32), "errors": np.array(errors)}


def _random_layer(rng: np.random.Generator, *, rows: int, columns: int, law: Law) -> keras.Model:
    """A network of one layer, its means and deviations drawn at random."""
    settings = {"prior_scale": 1.0, "kl_weight": 0.0, "biases": "none", "initial_scale": 0.1, "seed": 0}
    layer = layers.MeanFieldDense(columns, law=law, **settings)
    network = keras.Sequential([keras.Input((rows,)), layer])
    layer.kernel_loc.assign(rng.normal(0, 0.5, (rows, columns)))
    layer.kernel_log_scale.assign(np.log(rng.uniform(0.02, 0.2, (rows, columns))))
    return network


def _wanted(network: keras.Model, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of the products that such a network stands for, (columns,) each."""
    kernel = network.layers[-1].distribution("kernel")
    return x @ kernel.mean().numpy(), np.sqrt(x**2 @ kernel.variance().numpy().astype(float))


def picture(*, law: Law, seed: int) -> dict[str, np.ndarray]:
    """A few reads of an array that is small enough to be drawn, with what its converters make of them."""
    rng = seeds.generator(seed, "picture")
    network = _random_layer(rng, rows=SMALL[0], columns=SMALL[1], law=law)
    x, calibration = rng.uniform(0, 1, SMALL[0]), rng.uniform(0, 1, (_CALIBRATED, SMALL[0]))
    deployed = deploy(network, DOMAIN_WALL, calibration=calibration, seed=seed)
    (layer,) = array_layers_of(deployed)
    array, dac, adc = layer.crossbar, layer.readout.dac, layer.readout.adc
    # All rows fit one array, so that a column is converted once, and its code tells its product.
    read = array_draws.predict_draws(deployed, x[np.newaxis], draws=SHOWN, seed=seed)[:, 0]
    codes = adc.codes(read * array.gain_uS) - adc.codes(0.0)
    mean, deviation = _wanted(network, x)
    return {
        "positive_uS": array.positive_uS,
        "negative_uS": array.negative_uS,
        "junction_uS": array.deviation_uS,
        "inputs": x,
        "input_codes": dac.codes(x),
        "output_codes": codes,
        "products": read,
        "wanted_mean": mean,
        "wanted_deviation": deviation,
    }
