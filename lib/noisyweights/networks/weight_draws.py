"""One draw is one chip: a value of every random weight of a network, kept while a block runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

import keras
import numpy as np
import tensorflow as tf

from noisyweights import seeds

__all__ = ["chip", "chip_seeds", "drawn", "holding", "random_layers"]

# Of the thread that runs or traces a call: others draw for themselves.
_DRAWN: ContextVar[Mapping[tuple[int, str], tf.Tensor]] = ContextVar("drawn", default=MappingProxyType({}))


def random_layers(model: keras.Model) -> list[keras.layers.Layer]:
    """Layers with random weights, each once, in an order that follows from the model's structure.

    Raises: ValueError for a model that has none, or whose weights are not made yet.
    """
    # Keras has no public way to the layers inside of layers.
    found = [layer for layer in model._flatten_layers() if getattr(layer, "random_weights", ())]
    if not found:
        raise ValueError(
            f"{model.name} has no random weights: build it of mean-field layers, "
            "or make its twin with twins.from_deterministic. Where nothing is random, predict() says all"
        )
    if unbuilt := [layer.name for layer in found if not layer.built]:
        raise ValueError(f"{', '.join(unbuilt)} of {model.name} has no weights yet: call the model once")
    return found


def chip_seeds(model: keras.Model, *, draws: int, seed: int) -> np.ndarray:
    """Seeds of `draws` chips: int32 of shape (draws, random weights, 2).

    They are named by the place of a layer in its model, not by its law: two networks that differ by their
    law alone are drawn from the same uniforms.

    Raises: ValueError for no draws, a number that is not whole, or a model without random weights.
    """
    if draws < 1 or draws != int(draws):
        raise ValueError(f"draws must be at least 1, and whole, got {draws}")
    names = [f"{place}/{weight}" for place, _, weight in _weights(model)]
    return np.array([[seeds.fold(seed, name, draw) for name in names] for draw in range(draws)])


@contextmanager
def chip(model: keras.Model, seeds: tf.Tensor, *, stack: int | None = None) -> Iterator[None]:
    """Within this block, calls of `model` use the weights of one chip, drawn on entry.

    Args:
        model: a network with random layers.
        seeds: int32 (random weights, 2), a row of `chip_seeds`.
        stack: draw this many chips at once: outputs then have a draw axis in front. For dense layers, and
            inputs of shape (n, features).

    Raises: ValueError for seeds of another shape, or a model without random weights.
    """
    weights = _weights(model)
    if seeds.shape != (len(weights), 2):
        raise ValueError(f"seeds must have shape {(len(weights), 2)}, a row of chip_seeds, got {seeds.shape}")
    shape = () if stack is None else (stack,)
    values = {
        (layer, weight): layer.sample(weight, seed, shape)
        for (_, layer, weight), seed in zip(weights, tf.unstack(seeds), strict=True)
    }
    with holding(values):
        yield


@contextmanager
def holding(values: Mapping[tuple[keras.layers.Layer, str], tf.Tensor]) -> Iterator[None]:
    """Within this block, calls use these values of layers' random weights, by layer and weight."""
    named = {(id(layer), weight): value for (layer, weight), value in values.items()}
    token = _DRAWN.set({**_DRAWN.get(), **named})  # a block around this one keeps its chip
    try:
        yield
    finally:
        _DRAWN.reset(token)


def drawn(layer: keras.layers.Layer, weight: str) -> tf.Tensor | None:
    """The weight's value on the chip in use; None outside of `chip`."""
    return _DRAWN.get().get((id(layer), weight))


def _weights(model: keras.Model) -> list[tuple[int, keras.layers.Layer, str]]:
    return [
        (place, layer, weight)
        for place, layer in enumerate(random_layers(model))
        for weight in layer.random_weights
    ]
