"""The same graph of layers with other layers in it, and what these keep of the first."""

from __future__ import annotations

from collections.abc import Callable

import keras

from noisyweights.networks.mean_field.layers import MeanField
from noisyweights.noise.law import Law

__all__ = ["cloned", "copy_weights", "with_law"]


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
            copy_weights(layer, twin)
    return copy


def copy_weights(source: keras.layers.Layer, target: keras.layers.Layer) -> None:
    """Give a layer all that the weights of another of its kind hold; raises ValueError where they differ."""
    for old, new in zip(source.weights, target.weights, strict=True):
        new.assign(old)
