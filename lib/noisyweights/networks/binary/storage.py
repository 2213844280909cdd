"""Storage: the numbers that a network keeps and the bits they take, counted from the network itself."""

from __future__ import annotations

from collections.abc import Iterator

import keras
import numpy as np

from noisyweights.networks.binary.layers import BinaryConv2D, BinaryDense

__all__ = ["ROLES", "parameter_counts", "stored_bits"]

FLOAT = 32  # bits of an ordinary number
ROLES = ("weights", "scales", "biases", "statistics")
# What a variable of a layer is for. Of a random parameter the mean counts, and its width as a second number.
_ROLE = {
    **dict.fromkeys(("kernel", "kernel_loc"), "weights"),
    **dict.fromkeys(("scale", "scale_loc", "gamma"), "scales"),
    **dict.fromkeys(("bias", "bias_loc", "beta"), "biases"),
    **dict.fromkeys(("moving_mean", "moving_variance"), "statistics"),
}
# What training alone needs, or what belongs to a mean that is counted.
_NOT_STORED = ("kernel_log_scale", "bias_log_scale", "scale_log_scale", "log_clip", "sharpness", "kl_weight")


def parameter_counts(model: keras.Model) -> dict[str, int]:
    """Numbers of a network's weights, scales, biases and statistics of normalisation.

    The factor of a batch normalisation is a scale, its shift a bias. A random parameter counts once.

    Raises: ValueError for a model without weights, or a variable whose role is not known.
    """
    found = dict.fromkeys(ROLES, 0)
    for role, size, _ in _stored(model, vectors=1):
        found[role] += size
    return found


def stored_bits(model: keras.Model, *, vectors: int) -> dict[str, int]:
    """Bits in which a network is stored, for its weights, scales, biases and statistics.

    A sign takes 1 bit, a parameter with a mean and a width 64, a random scale its own few bits for each of
    `vectors` stored draws (eq. 4 of the scale paper), and all other numbers 32.

    Raises: ValueError for no vectors, a model without weights, or a variable whose role is not known.
    """
    if vectors < 1:
        raise ValueError(f"vectors must be at least 1, got {vectors}")
    found = dict.fromkeys(ROLES, 0)
    for role, size, bits in _stored(model, vectors=vectors):
        found[role] += size * bits
    return found


def _stored(model: keras.Model, *, vectors: int) -> Iterator[tuple[str, int, int]]:
    """Role, number and bits each of every variable that a prediction needs."""
    for layer in model._flatten_layers(include_self=False):
        if not layer.built:
            raise ValueError(f"{layer.name} of {model.name} has no weights yet: call the model once")
        names = {variable.name for variable in layer._trainable_variables + layer._non_trainable_variables}
        for variable in layer._trainable_variables + layer._non_trainable_variables:
            name = variable.name
            if name in _NOT_STORED:
                continue
            if name not in _ROLE:
                raise ValueError(f"{layer.name} keeps {name}, of which it is not known what it is for")
            bits = FLOAT
            if name == "kernel" and isinstance(layer, BinaryDense | BinaryConv2D):
                bits = 1
            elif name == "scale_loc":
                bits = layer.bits * vectors
            elif name.removesuffix("_loc") + "_log_scale" in names:
                bits = 2 * FLOAT
            yield _ROLE[name], int(np.prod(variable.shape)), bits
