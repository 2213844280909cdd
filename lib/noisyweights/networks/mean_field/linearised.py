"""A network's outputs to first order in the noise of its weights: sums, of which `noise.sums` says the shape.

f(µ + σz) ≈ f(µ) + Σⱼ aⱼ zⱼ with aⱼ = σⱼ ∂f/∂wⱼ at the means µ. It is exact for a single layer, and good where
the noise does not carry activations far along their curves.
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from noisyweights.networks import weight_draws
from noisyweights.networks.mean_field.array_draws import inputs_of

__all__ = ["layer_inputs", "noise_factors"]


def noise_factors(model: keras.Model, x: ArrayLike) -> np.ndarray:
    """Factors aⱼ of every output at one input, (outputs, random weights), in the unit of the outputs.

    Args:
        model: network with mean-field layers and one output of shape (n, outputs).
        x: the one input, (1, …).

    Raises: ValueError for more than one input, NaN or infinite ones, or a model without random weights.
    """
    x = inputs_of(model, x)
    if len(x) != 1:
        raise ValueError(f"x must be one input, (1, …), got shape {x.shape}: take one after the other")
    means = _means(model)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(list(means.values()))
        with weight_draws.holding(means):
            outputs = tf.unstack(tf.reshape(model(x, training=False), [-1]))
    rows = []
    for output in outputs:
        slopes = tape.gradient(output, list(means.values()), unconnected_gradients="zero")
        scales = (layer.distribution(weight).stddev() for layer, weight in means)
        rows.append(np.concatenate([np.ravel(s * scale) for s, scale in zip(slopes, scales, strict=True)]))
    return np.stack(rows).astype(float)


def layer_inputs(model: keras.Model, x: ArrayLike) -> list[tuple[keras.layers.Layer, np.ndarray]]:
    """Every random layer with what it receives for these inputs where all weights are at their means.

    Args and errors as `noise_factors`, but for any number of inputs n: arrays (n, …).
    """
    x = inputs_of(model, x)
    layers = weight_draws.random_layers(model)
    before = keras.Model(model.inputs[0], [layer.input for layer in layers])
    with weight_draws.holding(_means(model)):
        found = tf.nest.flatten(before(x, training=False))
    return [(layer, one.numpy()) for layer, one in zip(layers, found, strict=True)]


def _means(model: keras.Model) -> dict[tuple[keras.layers.Layer, str], tf.Tensor]:
    return {
        (layer, weight): tf.convert_to_tensor(getattr(layer, f"{weight}_loc").value)
        for layer in weight_draws.random_layers(model)
        for weight in layer.random_weights
    }
