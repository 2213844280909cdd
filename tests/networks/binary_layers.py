"""Binary layers and networks that several tests share, and what they compute in plain NumPy."""

import keras
import numpy as np
from scipy import signal

from noisyweights import seeds
from noisyweights.networks.binary import layers as binary

SCALE = {"prior_loc": 1.0, "prior_scale": 0.7, "kl_weight": 0.01, "bits": 4, "initial_scale": 0.3}


def settings(kind, **changes):
    """Arguments of a layer: those of a random scale for the kinds that have one."""
    common = SCALE if kind.__name__.startswith("Scaled") else {}
    return common | {"binary_inputs": True, "seed": 3} | changes


def pictures(*shape):
    return seeds.generator(0, "pictures").normal(size=shape).astype(np.float32)


def scramble(model, seed=0):
    """Give all numbers but kernels other values than those at the start, so that each of them counts."""
    generator = seeds.generator(seed, "scramble")
    for layer in model._flatten_layers():
        for variable in layer._trainable_variables + layer._non_trainable_variables:
            noise = generator.normal(size=variable.shape)
            if variable.name in ("moving_variance", "scale", "gamma"):
                variable.assign(0.5 + np.abs(noise))
            elif variable.name in ("bias", "beta", "moving_mean"):
                variable.assign(noise)
            elif variable.name == "scale_loc":
                variable.assign(1 + 0.3 * noise)
    return model


def small(kind=binary.ScaledBinaryDense, features=6, units=3, **changes):
    """A network of two binary layers, the first of which takes numbers as they are."""
    model = keras.Sequential(
        [
            keras.Input((features,)),
            kind(8, **settings(kind, **({"binary_inputs": False} | changes))),
            kind(units, **settings(kind, **({"seed": 4} | changes))),
        ]
    )
    return scramble(model)


def signs(x):
    return np.where(np.asarray(x) >= 0, 1.0, -1.0)


def kernel_signs(kernel):
    """Signs about the mean of each output, whose spread does not matter to them."""
    kernel = np.asarray(kernel, np.float64)
    return signs(kernel - kernel.mean(tuple(range(kernel.ndim - 1))))


def normalised(layer, product, scale):
    """(product − mean)/√(variance + 0.001) times the scale plus bias, by the numbers that a layer keeps."""
    mean, variance, bias = (np.asarray(v) for v in (layer.moving_mean, layer.moving_variance, layer.bias))
    return (product - mean) / np.sqrt(variance + 1e-3) * scale + bias


def dense(layer, x, scale):
    x = signs(x) if layer.binary_inputs else np.asarray(x, np.float64)
    return normalised(layer, x @ kernel_signs(layer.kernel), scale)


def convolution(layer, x, scale):
    """Correlation by SciPy, zeros around it as Keras lays them, then the largest of each pool."""
    x = signs(x) if layer.binary_inputs else np.asarray(x, np.float64)
    kernel = kernel_signs(layer.kernel)
    if layer.padding == "same":
        around = [(0, 0)]
        for n, k, stride in zip(x.shape[1:3], layer.kernel_size, layer.strides, strict=True):
            total = max((-(-n // stride) - 1) * stride + k - n, 0)
            around.append((total // 2, total - total // 2))
        x = np.pad(x, [*around, (0, 0)])

    def sums(image, weights):
        pairs = zip(np.moveaxis(image, -1, 0), np.moveaxis(weights, -1, 0), strict=True)
        return sum(signal.correlate2d(plane, weight, mode="valid") for plane, weight in pairs)

    found = np.stack([[sums(one, weights) for one in x] for weights in np.moveaxis(kernel, -1, 0)], axis=-1)
    found = found[:, :: layer.strides[0], :: layer.strides[1]]
    pool = layer.pool_size
    n, rows, columns, filters = found.shape
    rows, columns = rows // pool, columns // pool
    blocks = found[:, : rows * pool, : columns * pool].reshape(n, rows, pool, columns, pool, filters)
    return normalised(layer, blocks.max((2, 4)), scale)
