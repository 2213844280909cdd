"""One network evaluated again and again with other kernels: what they do not change is computed once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from noisyweights.networks.coin_flips import integer_products

__all__ = ["batches", "chain"]

_ROOM = 2**27  # bytes for the values of the widest layer
_UNKNOWN = 1000  # inputs at once where nobody says how wide the layers are

Kernels = Sequence[np.ndarray]
Evaluate = Callable[[Kernels], np.ndarray]


def batches(
    model: keras.Model,
    swapped: Sequence[keras.layers.Layer],
    x: np.ndarray,
    *,
    batch_size: int | None,
    reading: Callable[[Any], Any],
) -> Iterator[tuple[slice, Evaluate]]:
    """Yield, for each batch of inputs, its place in x and what evaluates it with given kernels.

    Where the network is a chain of layers, those in front of the first swapped kernel are evaluated once for
    a batch. If that kernel belongs to a Dense layer right after pixels, and has no values but −1, 0 and 1,
    the product is one of integers (see `integer_products`), without the pixels that are 0 in all of x.

    Args:
        model: network with one input and one output.
        swapped: layers whose kernels are given, as int8, in this order.
        x: inputs, (n, …).
        batch_size: None for as many inputs as the widest layer has room for.
        reading: what is wanted of the outputs (n, …), one row for each input, in keras.ops.
    """
    steps = chain(model) or [model]
    wanted = {id(layer) for layer in swapped}
    cut = next(i for i, layer in enumerate(steps) if wanted & {id(one) for one in layer._flatten_layers()})
    before, after = steps[:cut], steps[cut:]
    variables = [layer.kernel for layer in swapped]

    def outputs(layers, values, kernels):
        kernels = [ops.cast(new, old.dtype) for new, old in zip(kernels, variables, strict=True)]
        with keras.StatelessScope(state_mapping=list(zip(variables, kernels, strict=True))):
            return reading(_through(layers, values))

    def in_floats(values, *kernels):
        return outputs(after, values, kernels)

    def in_integers(levels, *kernels):
        layer = after[0]
        coins = ops.take(kernels[swapped.index(layer)], used, axis=0)
        summed = ops.cast(integer_products.product(levels, coins), layer.compute_dtype) * step
        summed = ops.add(summed, layer.bias) if layer.use_bias else summed
        return outputs(after[1:], layer.activation(summed), kernels)

    size = batch_size or _batch_size(steps, x)
    if found := _levels(before, after[0], x):
        levels, step = found
        used = np.flatnonzero(levels.any(0) | (np.arange(levels.shape[1]) == 0))  # at least one
        x, before, function = levels[:, used], [], in_integers
    else:
        function = in_floats
    run = None
    for rows, batch, count in _cut(x, size):
        values = _through(before, ops.convert_to_tensor(batch))
        run = run or _compiled(function, values, variables)
        yield rows, _evaluation(run, values, count)


def _evaluation(run: Callable, values: Any, count: int) -> Evaluate:
    def evaluate(kernels: Kernels) -> np.ndarray:
        return ops.convert_to_numpy(run(values, *map(ops.convert_to_tensor, kernels)))[:count]

    return evaluate


def chain(model: keras.Model) -> list[keras.layers.Layer] | None:
    """The layers of a network in which each takes what the one before gives; None for any other network."""
    if isinstance(model, keras.Sequential):
        return list(model.layers)
    steps = [one for one in getattr(model, "operations", []) if not isinstance(one, keras.layers.InputLayer)]
    try:
        value = model.input
        for step in steps:
            if not isinstance(step, keras.layers.Layer) or step.input is not value:
                return None
            value = step.output
    except (AttributeError, ValueError):  # a layer that is used twice
        return None
    return steps if steps and value is model.output else None


def _levels(before: list, first: keras.layers.Layer, x: np.ndarray) -> tuple[np.ndarray, float] | None:
    """What comes to the first swapped layer as levels of one byte and their step, if integers serve there."""
    if type(first) is not keras.layers.Dense or any(layer.weights for layer in before):
        return None
    if not integer_products.available():
        return None
    values = ops.convert_to_numpy(_through(before, ops.convert_to_tensor(x)))
    return integer_products.as_levels(values) if values.ndim == 2 else None


def _through(layers: Sequence[Any], values: Any) -> Any:
    for layer in layers:
        values = layer(values, training=False)
    return values


def _batch_size(steps: list, x: np.ndarray) -> int:
    if len(steps) == 1 and isinstance(steps[0], keras.Model):
        return _UNKNOWN
    values, widest = ops.convert_to_tensor(x[:1]), 1
    for layer in steps:
        widest = max(widest, math.prod(values.shape))
        values = layer(values, training=False)
    return max(1, _ROOM // (widest * x.itemsize))


def _cut(x: np.ndarray, size: int) -> Iterator[tuple[slice, np.ndarray, int]]:
    """Batches, their places, and how many inputs they hold.

    One alone is given twice: a matrix times a vector would be summed in another order.
    """
    for start in range(0, len(x), size):
        rows = slice(start, min(start + size, len(x)))
        count = rows.stop - start
        yield rows, x[rows] if count > 1 else np.repeat(x[rows], 2, axis=0), count


def _compiled(function: Callable, values: Any, variables: Sequence[Any]) -> Callable:
    """The function of values and kernels as Keras's own `predict` would run it, for batches of any size."""
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        return jax.jit(function)
    if backend != "tensorflow":
        return function
    import tensorflow as tf

    # Traced here and now, since TensorFlow takes many models in turn for one that is traced too often.
    return tf.function(function, autograph=False).get_concrete_function(
        tf.TensorSpec([None, *values.shape[1:]], values.dtype),
        *(tf.TensorSpec(variable.shape, tf.int8) for variable in variables),
    )
