"""Outputs to first order in the noise of weights: against exact sums and finite differences."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from noisyweights.networks import weight_draws
from noisyweights.networks.mean_field import layers, linearised
from noisyweights.noise import laws

COMMON = {"law": laws.gaussian(), "prior_scale": 1.0, "kl_weight": 0.0, "initial_scale": 0.1}


def network(*sizes: int, biases: str = "learned") -> keras.Model:
    """Means as Glorot draws them, and deviations that differ from weight to weight."""
    model = keras.Sequential([keras.Input((sizes[0],))])
    for at, size in enumerate(sizes[1:]):
        activation = "elu" if at < len(sizes) - 2 else None
        model.add(layers.MeanFieldDense(size, activation=activation, biases=biases, seed=at, **COMMON))
    rng = np.random.default_rng(1)
    for layer in model.layers:
        layer.kernel_log_scale.assign(rng.normal(-2, 0.5, layer.kernel_log_scale.shape))
    return model


def test_a_single_layer_is_a_sum_of_its_inputs_times_deviations():
    model, x = network(3, 2), np.array([[1.0, -2.0, 0.5]])
    scale = np.exp(model.layers[0].kernel_log_scale.numpy())
    expected = np.zeros((2, 3, 2))
    for output in range(2):
        expected[output, :, output] = x[0] * scale[:, output]
    np.testing.assert_allclose(linearised.noise_factors(model, x), expected.reshape(2, -1), rtol=1e-6)


@pytest.mark.parametrize("biases", ["learned", "random"])
def test_factors_are_finite_differences(biases):
    """Move one weight after the other by a hundredth of its deviation: the output follows, to rounding."""
    model, x = network(2, 4, 1, biases=biases), np.array([[0.7, -0.4]], np.float32)
    step, rows = 1e-2, []
    names = [(layer, weight) for layer in model.layers for weight in layer.random_weights]
    means = {(layer, weight): getattr(layer, f"{weight}_loc").value for layer, weight in names}
    for key in names:
        scale = key[0].distribution(key[1]).stddev().numpy()
        for at in np.ndindex(*means[key].shape):
            ends = []
            for sign in (-1, 1):
                moved = means[key].numpy()
                moved[at] += sign * step * scale[at]
                with weight_draws.holding(means | {key: tf.constant(moved)}):
                    ends.append(model(x, training=False).numpy()[0, 0])
            rows.append((ends[1] - ends[0]) / (2 * step))
    found = linearised.noise_factors(model, x)[0]
    np.testing.assert_allclose(found, rows, atol=2e-5)  # float32 rounds 1e-7 to 1e-5 of a step
    assert np.abs(found).max() > 0.05


def test_inputs_of_layers_are_those_of_the_mean_network():
    model, x = network(3, 4, 2), np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    (first, given), (last, hidden) = linearised.layer_inputs(model, x)
    assert (first, last) == tuple(model.layers)
    np.testing.assert_array_equal(given, x)
    raw = x @ first.kernel_loc.numpy() + first.bias.numpy()
    np.testing.assert_allclose(hidden, np.where(raw > 0, raw, np.expm1(raw)), atol=1e-6)


def test_one_input_at_a_time():
    with pytest.raises(ValueError, match="one input"):
        linearised.noise_factors(network(2, 1), np.zeros((2, 2)))
    with pytest.raises(ValueError, match="no random weights"):
        linearised.noise_factors(
            keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]), np.zeros((1, 2))
        )
