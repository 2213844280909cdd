"""Fresh reads through converters and tiles, and those of one deviation, against NumPy."""

import numpy as np
import pytest

from noisyweights import seeds
from noisyweights.hardware.array.crossbar import Crossbar, Readout
from noisyweights.hardware.array.fresh_reads import fresh_reads
from noisyweights.hardware.converters import Converter
from noisyweights.noise import laws

INPUTS, OUTPUTS = 24, 5


def array(n=200):
    rng = seeds.generator(0, "array")
    return rng.uniform(0, 1, (n, INPUTS)), rng.normal(0, 0.3, (INPUTS, OUTPUTS))


@pytest.mark.parametrize("rows", [7, 24])
def test_without_noise_it_is_the_product_of_a_crossbar(rows):
    x, mean = array()
    readout = Readout(Converter(4, 0, 1), Converter(5, -2 * 16 / 15, 2), rows)
    crossbar = Crossbar(np.maximum(mean, 0), np.maximum(-mean, 0), 0 * mean, np.ones(OUTPUTS))
    expected = crossbar.product(x, None, readout=readout)
    found = fresh_reads(x, mean, 0 * mean, law=laws.gaussian(), seed=0, readout=readout)
    # In float32 a product between two codes may fall to either.
    assert np.mean(np.abs(found - expected) > 1e-5) < 0.01
    assert np.abs(found - expected).max() < 1.1 * readout.adc.step


@pytest.mark.parametrize("law", [laws.gaussian(), laws.uniform()], ids=lambda law: law.name)
def test_tiles_have_noise_of_their_own(law):
    n = 4000
    x, mean, deviation = np.ones((n, INPUTS)), np.zeros((INPUTS, 1)), np.full((INPUTS, 1), 0.1)
    found = fresh_reads(x, mean, deviation, law=law, seed=0, readout=Readout(None, None, 6))
    # Four tiles of six cells: a variance of 24 · 0.01, known to 2.2 %; 16 times 6 if they shared their draws.
    assert found.var() == pytest.approx(0.24, rel=0.11)
    coarse = Converter(2, -0.5, 0.5)
    told = np.unique(fresh_reads(x, mean, deviation, law=law, seed=0, readout=Readout(None, coarse, 24)))
    np.testing.assert_allclose(told, [-0.5, -1 / 6, 1 / 6, 0.5], atol=1e-6)


def test_one_deviation_for_all_inputs_is_a_special_case():
    x, mean = array()
    deviation = np.tile(seeds.generator(0, "columns").uniform(0.1, 0.5, OUTPUTS), (INPUTS, 1))
    apart = deviation.copy()
    apart[0, 0] *= 1 + 1e-5  # takes the product of squares, by the same draws
    short, long = (fresh_reads(x, mean, one, law=laws.gaussian(), seed=3) for one in (deviation, apart))
    assert (short != long).any()
    np.testing.assert_allclose(short, long, rtol=1e-4, atol=1e-4)
