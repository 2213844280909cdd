"""Passes: predictions of a binary network with one set of scales each, from stored draws or fresh ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from noisyweights import seeds
from noisyweights.networks.binary.given_values import Given, given
from noisyweights.networks.binary.layers import scaled_layers

__all__ = ["choose", "draw_scales", "predict_passes", "predictor", "stored_samples"]


def stored_samples(model: keras.Model, n: int, *, seed: int, rounded: bool = True) -> list[np.ndarray]:
    """Draw the set S of eq. 4: `n` vectors of scales for each random layer, float32 (n, outputs) each.

    Args:
        model: network with random scales.
        n: vectors that a layer stores.
        seed: whole number from which the draws follow.
        rounded: False cuts them to the range of the layer, but leaves them between its 2^bits values.

    Raises: ValueError for no vectors, or a model without random scales.
    """
    if n < 1:
        raise ValueError(f"n must be at least 1, got {n}")
    return [
        draw_scales(layer, n, seeds.generator(seed, "scales", place), rounded=rounded)
        for place, layer in enumerate(scaled_layers(model))
    ]


def draw_scales(
    layer: keras.layers.Layer, n: int, rng: np.random.Generator, *, rounded: bool = True
) -> np.ndarray:
    """Draw `n` vectors of the scales of a layer of `layers.scaled_layers`: float32 (n, outputs).

    `rounded` as in `stored_samples`.
    """
    loc, scale = layer.scale_distribution()
    drawn = loc + scale * rng.standard_normal((n, layer.outputs), np.float32)
    if rounded:
        return ops.convert_to_numpy(layer.quantised(ops.convert_to_tensor(drawn)))
    return np.clip(drawn, 0, layer.largest_scale())


def choose(samples: Sequence[np.ndarray], *, passes: int, seed: int) -> list[np.ndarray]:
    """For every pass and layer one of its stored vectors, each as likely: (passes, outputs) for each layer.

    Raises: ValueError for no passes, or a number that is not whole.
    """
    if passes < 1 or passes != int(passes):
        raise ValueError(f"passes must be at least 1, and whole, got {passes}")
    return [
        stored[seeds.generator(seed, "choice", place).integers(len(stored), size=passes)]
        for place, stored in enumerate(samples)
    ]


def predictor(
    model: keras.Model, *, passes: int, batch_size: int = 1000
) -> Callable[[ArrayLike, Sequence[ArrayLike]], np.ndarray]:
    """Return a function from inputs (n, …) and scales to predictions (passes, n, classes), compiled once.

    The scales are, for each random layer, those of every pass, (passes, outputs): `stored_samples` for fresh
    draws, or a choice among them by `choose`. What no scale bears on is computed once for all passes: all
    that comes before the first random scales, and the sums of products that these multiply.

    Args:
        model: functional or sequential network with random scales.
        passes: number of passes.
        batch_size: inputs that go through the network at once.

    Raises: ValueError for no passes or a model without random scales; the function, for scales of other
        shapes, negative or not finite, for NaN or infinite inputs, and for none.
    """
    if passes < 1 or batch_size < 1:
        raise ValueError(f"passes and batch_size must be at least 1, got {passes} and {batch_size}")
    layers = scaled_layers(model)
    wanted = [(passes, layer.outputs) for layer in layers]
    compiled = _Passes(model, layers, passes)

    def predict(x: ArrayLike, scales: Sequence[ArrayLike]) -> np.ndarray:
        x = np.asarray(x, np.float32)
        if not len(x):
            raise ValueError(f"x must hold at least one input, (n, …), got shape {x.shape}")
        if not np.isfinite(x).all():
            raise ValueError(f"x has {np.sum(~np.isfinite(x))} NaN or infinite values: leave them out")
        scales = [np.asarray(one, np.float32) for one in scales]
        if [one.shape for one in scales] != wanted:
            raise ValueError(f"scales must have the shapes {wanted}, got {[one.shape for one in scales]}")
        if not all(one.min() >= 0 and one.max() < np.inf for one in scales):
            raise ValueError(
                "scales must be finite and not negative, or the wrong products would have been pooled: "
                "quantise them, which ends at 0"
            )
        for variable, one in zip(compiled.scales, scales, strict=True):
            variable.assign(one)
        return np.moveaxis(compiled.predict(x, batch_size=batch_size, verbose=0), 1, 0)

    return predict


def predict_passes(
    model: keras.Model, x: ArrayLike, scales: Sequence[ArrayLike], *, batch_size: int = 1000
) -> np.ndarray:
    """Predictions of inputs (n, …) in passes with these scales: (passes, n, classes). See `predictor`."""
    passes = len(scales[0]) if len(scales) else 0
    return predictor(model, passes=passes, batch_size=batch_size)(x, scales)


class _Passes(keras.Model):
    """All passes of a batch at once: (n, …) to (n, passes, classes), since `predict` wants examples first."""

    def __init__(self, model: keras.Model, layers: Sequence[keras.layers.Layer], passes: int):
        super().__init__(name="passes")
        self.network, self.random = model, list(layers)
        self.before = [_inputs_of(model, layer) for layer in layers]
        self.scales = [
            self.add_weight(shape=(passes, layer.outputs), trainable=False, name=f"scale_{place}")
            for place, layer in enumerate(layers)
        ]

    def call(self, x):
        known = {
            layer: layer.product(before(x))
            for layer, before in zip(self.random, self.before, strict=True)
            if before is not None
        }

        def one_pass(scales):
            chosen = {
                layer: Given(scale, known.get(layer))
                for layer, scale in zip(self.random, scales, strict=True)
            }
            with given(chosen):
                return self.network(x, training=False)

        drawn = ops.map(one_pass, [ops.convert_to_tensor(one) for one in self.scales])
        return ops.moveaxis(drawn, 0, 1)


def _inputs_of(model: keras.Model, layer: keras.layers.Layer) -> keras.Model | None:
    """The part of the network that leads to a layer, if no random scale has a part in it."""
    try:
        part = keras.Model(model.inputs, layer.input)
    except (AttributeError, ValueError):  # not in the model's own graph, or used more than once there
        return None
    return None if any(one in part._flatten_layers() for one in scaled_layers(model)) else part
