"""The same graph of layers with other layers in it, and what these keep of the first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from noisyweights.networks.mean_field.layers import MeanField
from noisyweights.noise.law import Law

__all__ = ["cloned", "copied", "copy_weights", "with_law"]


def with_law(model: keras.Model, law: Law) -> keras.Model:
    """Return the same network with another base law and the same means and standard deviations.

    Nothing is trained and nothing is shared: the two can be changed independently. The copy is not compiled,
    and keeps all that the model's weights hold, statistics of BatchNormalization and kl_weight among them.

    Raises: TypeError when `law` is no law; ValueError for a model that Keras cannot clone (subclassed), or
        without mean-field layers.
    """
    if not isinstance(law, Law):
        raise TypeError(f"law must be one of noise.laws, got {law!r}")
    pairs: list[tuple[keras.layers.Layer, keras.layers.Layer]] = []

    def twin_of(layer):
        if not isinstance(layer, MeanField):
            return None
        twin = copied(layer, law=law)
        pairs.append((layer, twin))
        return twin

    twin = cloned(model, twin_of)
    if not pairs:
        raise ValueError(f"{model.name} has no mean-field layers, so no law to swap: see from_deterministic")
    for old, new in pairs:
        copy_weights(old, new)
    return twin


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
            f"{model.name} is a subclass of keras.Model, whose layers cannot be exchanged: build it as a "
            "sequential or functional model, or put it whole into one, keras.Model(given, model(given)) with "
            "given = keras.Input(…)"
        )
    if not model.built:
        raise ValueError(f"{model.name} has no weights yet: give it an Input, or call it once")
    kept: list[tuple[keras.layers.Layer, keras.layers.Layer]] = []

    def clone(layer):
        if (twin := twin_of(layer)) is not None:
            return twin
        twin = copied(layer)
        kept.append((layer, twin))
        return twin

    copy = keras.models.clone_model(model, clone_function=clone, recursive=True)
    for layer, twin in kept:
        if isinstance(twin, keras.layers.Layer):  # and not a bare operation, such as a sum
            copy_weights(layer, twin)
    return copy


def copied(layer: Any, **changes: Any) -> Any:
    """Return a layer, or a bare operation, of the same kind and configuration, with weights of its own.

    Classes of your own need not be registered with Keras for that, only to be loaded from a file.

    Args:
        layer: of any kind.
        **changes: settings that the copy has otherwise.

    Raises: ValueError for one that Keras cannot copy, such as a Lambda layer or one without `get_config`.
    """
    inside = layer._flatten_layers() if isinstance(layer, keras.layers.Layer) else ()
    own = {type(one).__name__: type(one) for one in inside if not type(one).__module__.startswith("keras.")}
    try:
        with keras.saving.custom_object_scope(own):
            return type(layer).from_config(layer.get_config() | changes)
    except (NotImplementedError, TypeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(
            f"{layer.name} is a {type(layer).__name__}, which Keras cannot copy: {reason}"
        ) from error


def copy_weights(source: keras.layers.Layer, target: keras.layers.Layer) -> None:
    """Give a layer all that the weights of another of its kind hold; raises ValueError where they differ."""
    for old, new in zip(source.weights, target.weights, strict=True):
        new.assign(old)
