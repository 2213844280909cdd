"""The same network with other weights: its mean-field twin, and the twin under another law."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from noisyweights import seeds
from noisyweights.networks.mean_field.layers import MeanField, MeanFieldConv2D, MeanFieldDense
from noisyweights.noise.law import Law

__all__ = ["check_plain", "cloned", "from_deterministic", "with_law"]


def with_law(model: keras.Model, law: Law) -> keras.Model:
    """Return the same network with another base law and the same means and standard deviations.

    Nothing is trained and nothing is shared: the two can be changed independently. The copy is not compiled,
    and keeps all that the model's weights hold, statistics of BatchNormalization and kl_weight among them.

    Raises: TypeError when `law` is no law; ValueError for a model that Keras cannot clone (subclassed), or
        without mean-field layers.
    """
    pairs: list[tuple[keras.layers.Layer, keras.layers.Layer]] = []

    def twin_of(layer):
        if not isinstance(layer, MeanField):
            return None
        twin = type(layer).from_config(layer.get_config() | {"law": law})
        pairs.append((layer, twin))
        return twin

    twin = cloned(model, twin_of)
    if not pairs:
        raise ValueError(f"{model.name} has no mean-field layers, so no law to swap: see from_deterministic")
    for old, new in pairs:
        _copy(old, new)
    return twin


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


def cloned(
    model: keras.Model, twin_of: Callable[[keras.layers.Layer], keras.layers.Layer | None]
) -> keras.Model:
    """Return a network of the same graph with other layers in it.

    Args:
        model: sequential or functional.
        twin_of: of each layer what takes its place; None for a copy with the same state.

    Raises: ValueError for a model that Keras cannot clone (subclassed), or that is not built.
    """
    if not isinstance(model, keras.Sequential) and not hasattr(model, "operations"):  # a graph of layers
        raise ValueError(
            f"{model.name} is a subclass of keras.Model, whose layers cannot be exchanged: "
            "build it as a sequential or functional model"
        )
    if not model.built:
        raise ValueError(f"{model.name} has no weights yet: give it an Input, or call it once")
    kept: list[tuple[keras.layers.Layer, keras.layers.Layer]] = []

    def clone(layer):
        if (twin := twin_of(layer)) is not None:
            return twin
        twin = type(layer).from_config(layer.get_config())
        kept.append((layer, twin))
        return twin

    copy = keras.models.clone_model(model, clone_function=clone, recursive=True)
    for layer, twin in kept:
        if isinstance(twin, keras.layers.Layer):  # and not a bare operation, such as a sum
            _copy(layer, twin)
    return copy


def _copy(source: keras.layers.Layer, target: keras.layers.Layer) -> None:
    for old, new in zip(source.weights, target.weights, strict=True):
        new.assign(old)
