"""The mean-field twin of Dense and Conv2D layers, which arrays of cells can hold."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from noisyweights import seeds
from noisyweights.networks.mean_field.cloning import cloned
from noisyweights.networks.mean_field.layers import MeanField, MeanFieldConv2D, MeanFieldDense
from noisyweights.noise.law import Law

__all__ = ["check_plain", "from_deterministic", "is_plain", "plain_twin"]


def from_deterministic(
    model: keras.Model,
    *,
    law: Law,
    prior_scale: float,
    kl_weight: float,
    biases: str,
    initial_scale: float,
    seed: int | None = None,
    convert: Callable[[keras.layers.Layer], bool] = lambda layer: True,
) -> keras.Model:
    """Return the mean-field twin of a network: its Dense and Conv2D kernels become random.

    Trained first, the twin starts at the maximum-likelihood estimate, which is how the device paper trains
    (App. C); there the biases stay fixed. Other layers are copied with their state.

    Args:
        model: sequential or functional. Layers inside of wrappers such as TimeDistributed stay as they are.
        law, prior_scale, kl_weight, initial_scale: as in `MeanField`.
        biases: "fixed", "learned" or "random", as in `MeanField`; a layer without bias stays so.
        seed: whole number from which every layer's own seed follows.
        convert: which of the Dense and Conv2D layers become random; all of them by default.

    Raises: ValueError for a model that Keras cannot clone, that has none of these layers, or whose kernels
        have a regularizer or constraint (the prior takes their place), groups, dilation or channels first.
    """
    settings = {
        "law": law,
        "prior_scale": prior_scale,
        "kl_weight": kl_weight,
        "initial_scale": initial_scale,
    }
    pairs: list[tuple[keras.layers.Layer, keras.layers.Layer]] = []
    places = itertools.count()

    def twin_of(layer):
        place = next(places)
        if type(layer) not in _TWINS or not convert(layer):
            return None
        if layer.use_bias and biases == "none":
            raise ValueError(f"{layer.name} has a bias, which biases='none' would lose: name another word")
        own = None if seed is None else int(seeds.fold(seed, place)[0]) & 0x7FFFFFFF
        kept = biases if layer.use_bias else "none"
        twin = _TWINS[type(layer)](layer, {**settings, "biases": kept, "seed": own})
        pairs.append((layer, twin))
        return twin

    copy = cloned(model, twin_of)
    if not pairs:
        raise ValueError(f"{model.name} has no Dense or Conv2D layer to make random")
    for layer, twin in pairs:
        twin.kernel_loc.assign(layer.kernel)
        if layer.use_bias:
            (twin.bias_loc if biases == "random" else twin.bias).assign(layer.bias)
    return copy


def _dense(layer: keras.layers.Dense, settings: dict[str, Any]) -> MeanFieldDense:
    return MeanFieldDense(layer.units, **_kept(layer), **settings)


def _convolution(layer: keras.layers.Conv2D, settings: dict[str, Any]) -> MeanFieldConv2D:
    check_plain(layer)
    shape = {"strides": layer.strides, "padding": layer.padding}
    return MeanFieldConv2D(layer.filters, layer.kernel_size, **shape, **_kept(layer), **settings)


def check_plain(layer: keras.layers.Conv2D) -> None:
    """Raise ValueError for a convolution with groups or dilation, or with channels first."""
    dilated = np.any(np.asarray(layer.dilation_rate) != 1)
    if layer.groups != 1 or dilated or layer.data_format != "channels_last":
        raise ValueError(
            f"only one group, no dilation and channels last have a twin: {layer.name} has {layer.groups}, "
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
    """Whether `plain_twin` takes a layer: Dense, or Conv2D of one group, undilated, with channels last."""
    if type(layer) is keras.layers.Conv2D:
        whole = layer.groups == 1 and not np.any(np.asarray(layer.dilation_rate) != 1)
        return whole and layer.data_format == "channels_last"
    return type(layer) is keras.layers.Dense


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
