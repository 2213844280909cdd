"""Weights as one array: what is packed comes back, and what does not fit is refused by its size."""

import keras
import numpy as np
import pytest

from noisyweights.experiments.trained_weights import pack, unpack
from noisyweights.networks.mean_field import inference, twins
from noisyweights.noise import laws


def network(units=3, *, seed=0):
    """Two dense layers with a normalisation between them, of which the first is random."""
    layers = keras.layers
    x = keras.Input((2,))
    h = layers.Dense(units, name="first", kernel_initializer=keras.initializers.GlorotUniform(seed))(x)
    plain = keras.Model(x, layers.Dense(1, name="last")(layers.BatchNormalization()(h)))
    return twins.from_deterministic(
        plain,
        law=laws.gaussian(),
        prior_scale=1.0,
        kl_weight=0.5,
        biases="fixed",
        initial_scale=0.125,
        seed=seed,
        convert=lambda layer: layer.name == "first",
    )


def test_weights_stand_in_the_order_of_the_network():
    one = network()
    for at, weight in enumerate(one.weights):
        weight.assign(np.arange(np.prod(weight.shape), dtype=np.float32).reshape(weight.shape) + 100 * at)
    # The random layer: 6 means, 6 log scales, 3 biases, the weight of its divergence; scale, shift, mean
    # and variance of the normalisation; 3 weights and a bias.
    sizes = [6, 6, 3, 1, 3, 3, 3, 3, 3, 1]
    expected = np.concatenate([100 * at + np.arange(size) for at, size in enumerate(sizes)])
    packed = pack(one, "float32")
    assert packed.dtype == np.float32
    np.testing.assert_array_equal(packed, expected)


@pytest.mark.parametrize("dtype", [np.float16, "float32"])
def test_a_network_from_packed_weights_predicts_the_same_to_the_bit(dtype):
    one, other = network(seed=1), network(seed=2)
    packed = pack(one, dtype)
    unpack(one, packed)
    unpack(other, packed)
    assert packed.dtype == dtype
    np.testing.assert_array_equal(pack(other, dtype), packed)
    x = np.linspace(-1, 1, 10, dtype=np.float32).reshape(5, 2)
    drawn = [inference.predict_draws(each, x, draws=3, seed=4) for each in (one, other)]
    np.testing.assert_array_equal(*drawn)


def test_half_precision_rounds_to_eleven_bits():
    one = network()
    one.layers[-1].bias.assign([1 + 2**-12])
    assert pack(one, "float16")[-1] == 1
    assert pack(one, "float32")[-1] == 1 + 2**-12


@pytest.mark.parametrize("size", [31, 33, 0])
def test_weights_of_another_network_are_refused_by_their_sizes(size):
    with pytest.raises(ValueError, match=rf"has 32 weights, in parts of 6, 6, 3, .* are \({size},\)"):
        unpack(network(), np.zeros(size, np.float32))
    with pytest.raises(ValueError, match=r"are \(1, 32\)"):
        unpack(network(), np.zeros((1, 32), np.float32))


@pytest.mark.parametrize(("value", "dtype"), [(1e5, "float16"), (np.nan, "float32")])
def test_weights_that_no_number_holds_are_refused(value, dtype):
    one = network()
    one.layers[-1].bias.assign([value])
    with pytest.raises(ValueError, match=f"last/bias of .* no finite {dtype}"):
        pack(one, dtype)


def test_other_types_and_networks_without_weights_are_refused():
    with pytest.raises(ValueError, match="dtype must be float16 or float32, got int8"):
        pack(network(), "int8")
    with pytest.raises(ValueError, match="has no weights"):
        pack(keras.Sequential(name="empty"), "float32")
