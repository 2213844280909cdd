"""Weights of a trained network as one array, which a point keeps and from which the network comes back."""

import numpy as np
from numpy.typing import DTypeLike

from noisyweights.quiet_tensorflow import load_tensorflow

load_tensorflow()

import keras  # noqa: E402 isort: skip  (quietly)

__all__ = ["DTYPES", "pack", "unpack"]

DTYPES = (np.float16, np.float32)


def pack(network: keras.Model, dtype: DTypeLike) -> np.ndarray:
    """All weights of a network, random and other, in the order of `network.weights`: shape (size,).

    Args:
        network: any built Keras model.
        dtype: float32, or float16 to halve the file. A network that is evaluated with its rounded weights,
            `unpack(network, pack(network, "float16"))`, gives the numbers that one from the file will give.

    Raises: ValueError for a network without weights, for another dtype, and for weights that are NaN or
        infinite, or that float16 cannot hold.
    """
    if np.dtype(dtype) not in DTYPES:
        raise ValueError(f"dtype must be float16 or float32, got {np.dtype(dtype)}")
    if not network.weights:
        raise ValueError(f"{network.name} has no weights: call it once, or give it an Input")
    with np.errstate(over="ignore"):  # told below
        parts = [np.asarray(weight.numpy()).ravel().astype(dtype) for weight in network.weights]
    for weight, part in zip(network.weights, parts, strict=True):
        if not np.isfinite(part).all():
            raise ValueError(
                f"{weight.path} of {network.name} holds weights that are no finite {np.dtype(dtype)}: "
                "train it again, or keep it as float32"
            )
    return np.concatenate(parts)


def unpack(network: keras.Model, array: np.ndarray) -> None:
    """Give a network the weights that `pack` took from one of the same layers, in its own precision.

    Raises: ValueError for an array that is not of the network's size.
    """
    shapes = [tuple(weight.shape) for weight in network.weights]
    sizes = [int(np.prod(shape)) for shape in shapes]
    if np.shape(array) != (sum(sizes),):
        raise ValueError(
            f"{network.name} has {sum(sizes)} weights, in parts of {', '.join(map(str, sizes))}, and these "
            f"are {np.shape(array)}: they are of another network"
        )
    parts = np.split(np.asarray(array), np.cumsum(sizes)[:-1])
    for weight, part, shape in zip(network.weights, parts, shapes, strict=True):
        weight.assign(part.reshape(shape).astype(weight.dtype))
