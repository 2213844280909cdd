"""The mean-field twin of Dense and Conv2D layers, and which of these arrays of cells can hold."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from noisyweights.networks.mean_field.layers import MeanField, MeanFieldConv2D, MeanFieldDense

__all__ = ["check_plain", "is_plain", "plain_twin"]

_SHAPE = ("strides", "padding", "dilation_rate", "groups", "data_format")


def _dense(layer: keras.layers.Dense, settings: dict[str, Any]) -> MeanFieldDense:
    return MeanFieldDense(layer.units, **_kept(layer), **settings)


def _convolution(layer: keras.layers.Conv2D, settings: dict[str, Any]) -> MeanFieldConv2D:
    shape = {name: getattr(layer, name) for name in _SHAPE}
    return MeanFieldConv2D(layer.filters, layer.kernel_size, **shape, **_kept(layer), **settings)


def check_plain(layer: keras.layers.Conv2D | MeanFieldConv2D) -> None:
    """Raise ValueError for a convolution with groups or dilation, or with channels first."""
    dilated = np.any(np.asarray(layer.dilation_rate) != 1)
    if layer.groups != 1 or dilated or layer.data_format != "channels_last":
        raise ValueError(
            f"arrays take one group, no dilation and channels last: {layer.name} has {layer.groups}, "
            f"{layer.dilation_rate} and {layer.data_format}"
        )


def _kept(layer: keras.layers.Layer) -> dict[str, Any]:
    parts = ("kernel_regularizer", "kernel_constraint", "bias_regularizer", "bias_constraint")
    if found := [part for part in (*parts, "activity_regularizer") if getattr(layer, part) is not None]:
        raise ValueError(f"{layer.name} has a {found[0]}, which no mean-field twin keeps: train without it")
    return {
        "activation": layer.activation,
        "name": layer.name,
        "dtype": layer.dtype_policy,
        "trainable": layer.trainable,
    }


_TWINS = {keras.layers.Dense: _dense, keras.layers.Conv2D: _convolution}


def is_plain(layer: keras.layers.Layer) -> bool:
    """Whether `plain_twin` takes a layer: Dense or Conv2D, and no subclass of theirs."""
    return type(layer) in _TWINS


def plain_twin(layer: keras.layers.Layer, *, biases: str, **settings: Any) -> MeanField:
    """Return the mean-field twin of one layer for which `is_plain` holds, with weights of its own.

    Args:
        layer: Dense or Conv2D.
        biases, **settings: those of `MeanField`; a layer without bias stays so.

    Raises: ValueError for a regularizer or a constraint, and for a bias that biases="none" would lose.
    """
    if layer.use_bias and biases == "none":
        raise ValueError(f"{layer.name} has a bias, which biases='none' would lose: name another word")
    return _TWINS[type(layer)](layer, settings | {"biases": biases if layer.use_bias else "none"})
