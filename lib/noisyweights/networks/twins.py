"""The same network with other weights: its mean-field twin, and the twin under another law."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from noisyweights import seeds
from noisyweights.networks.layers import MeanField, MeanFieldConv2D, MeanFieldDense
from noisyweights.noise.law import Law

__all__ = ["from_deterministic", "with_law"]


def with_law(model: keras.Model, law: Law) -> keras.Model:
    """Return the same network with another base law and the same means and standard deviations.

    Nothing is trained and nothing is shared: the two can be changed independently. The copy is not compiled,
    and keeps all that the model's weights hold, statistics of BatchNormalization and kl_weight among them.

    Raises: TypeError when `law` is no law; ValueError for a model that Keras cannot clone (subclassed), or
        without mean-field layers.
    """
    changed = []

    def clone(layer):
        config = layer.get_config()
        if isinstance(layer, MeanField):
            config |= {"law": law}
            changed.append(layer.name)
        return type(layer).from_config(config)

    twin = _clone(model, clone)
    if not changed:
        raise ValueError(f"{model.name} has no mean-field layers, so no law to swap: see from_deterministic")
    _copy(model, twin)
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

    def clone(layer):
        twin = None
        if type(layer) in _TWINS and convert(layer):
            own = None if seed is None else int(seeds.fold(seed, len(pairs))[0]) & 0x7FFFFFFF
            if layer.use_bias and biases == "none":
                raise ValueError(
                    f"{layer.name} has a bias, which biases='none' would lose: name another word"
                )
            kept = biases if layer.use_bias else "none"
            twin = _TWINS[type(layer)](layer, {**settings, "biases": kept, "seed": own})
        twin = twin or type(layer).from_config(layer.get_config())
        pairs.append((layer, twin))
        return twin

    copy = _clone(model, clone)
    if all(type(twin) is type(layer) for layer, twin in pairs):
        raise ValueError(f"{model.name} has no Dense or Conv2D layer to make random")
    for layer, twin in pairs:
        if type(twin) is not type(layer):
            twin.kernel_loc.assign(layer.kernel)
            if layer.use_bias:
                (twin.bias_loc if biases == "random" else twin.bias).assign(layer.bias)
        elif isinstance(twin, keras.layers.Layer):  # and not a bare operation, such as a sum
            _copy(layer, twin)
    return copy


def _dense(layer: keras.layers.Dense, settings: dict[str, Any]) -> MeanFieldDense:
    return MeanFieldDense(layer.units, **_kept(layer), **settings)


def _convolution(layer: keras.layers.Conv2D, settings: dict[str, Any]) -> MeanFieldConv2D:
    if (
        layer.groups != 1
        or np.any(np.asarray(layer.dilation_rate) != 1)
        or layer.data_format != "channels_last"
    ):
        raise ValueError(f"{layer.name}: groups, dilation and channels first have no mean-field twin")
    shape = {"strides": layer.strides, "padding": layer.padding}
    return MeanFieldConv2D(layer.filters, layer.kernel_size, **shape, **_kept(layer), **settings)


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


def _copy(source: keras.layers.Layer, target: keras.layers.Layer) -> None:
    for old, new in zip(source.weights, target.weights, strict=True):
        new.assign(old)


def _clone(model: keras.Model, clone: Callable[[keras.layers.Layer], keras.layers.Layer]) -> keras.Model:
    if not isinstance(model, keras.Sequential) and not hasattr(model, "operations"):  # a graph of layers
        raise ValueError(
            f"{model.name} is a subclass of keras.Model, whose layers cannot be exchanged: "
            "build it as a sequential or functional model"
        )
    if not model.built:
        raise ValueError(f"{model.name} has no weights yet: give it an Input, or call it once")
    return keras.models.clone_model(model, clone_function=clone, recursive=True)
