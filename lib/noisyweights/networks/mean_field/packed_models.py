"""Networks with several inputs or outputs, as networks that take one array and give one."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from noisyweights.networks.mean_field.array_draws import inputs_of

__all__ = ["PackedModel", "prepared"]

# Kept for as long as their network lives, since each has a graph of its own.
_PACKED: weakref.WeakKeyDictionary[keras.Model, dict] = weakref.WeakKeyDictionary()


class PackedModel:
    """A network whose inputs stand side by side in one array (n, numbers), and its outputs too.

    `array_draws` takes it as it takes a model, and the draws are those of the network.

    Args:
        model: any network; it is held weakly.
        inputs: arrays (n, …) in the structure that it takes.
    """

    def __init__(self, model: keras.Model, inputs: Any):
        self._model = weakref.ref(model)
        self._structure = tf.nest.map_structure(lambda one: 0, inputs)
        self._kinds = [(one.shape[1:], one.dtype) for one in tf.nest.flatten(inputs)]
        self._given: tuple[Any, list[tuple[tuple[int, ...], tf.DType]]] | None = None

    def __getattr__(self, name: str) -> Any:
        if name in ("built", "name", "weights", "variable_dtype", "_flatten_layers"):
            return getattr(self._model(), name)
        raise AttributeError(f"a packed model has no {name}")

    def __call__(self, x: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        parts = tf.split(x, [int(np.prod(shape)) for shape, _ in self._kinds], axis=-1)
        leaves = [
            tf.cast(tf.reshape(part, (-1, *shape)), dtype if dtype.kind in "iub" else x.dtype)
            for part, (shape, dtype) in zip(parts, self._kinds, strict=True)
        ]
        outputs = self._model()(tf.nest.pack_sequence_as(self._structure, leaves), training=training)
        flat = tf.nest.flatten(outputs)
        if self._given is None:
            if any(one.shape[:1] != x.shape[:1] for one in flat):
                shapes = tf.nest.map_structure(lambda one: tuple(one.shape), outputs)
                raise ValueError(
                    f"{self.name} gives {shapes} for {len(x)} inputs: each output needs as many rows"
                )
            kinds = [(tuple(one.shape[1:]), one.dtype) for one in flat]
            self._given = tf.nest.map_structure(lambda one: 0, outputs), kinds
        return tf.concat([tf.cast(tf.reshape(one, (tf.shape(one)[0], -1)), x.dtype) for one in flat], -1)

    def pack(self, inputs: Any) -> np.ndarray:
        """Arrays (n, …) side by side: (n, numbers), in the precision of the network's weights.

        Raises: ValueError for whole numbers that this precision does not hold.
        """
        flat, precision = tf.nest.flatten(inputs), np.finfo(self.variable_dtype).nmant + 1
        for one in flat:
            if one.dtype.kind in "iu" and np.abs(one).max(initial=0) > 2**precision:
                raise ValueError(f"whole numbers up to 2^{precision} can go in, got {np.abs(one).max()}")
        return np.concatenate([one.reshape(len(one), -1).astype(self.variable_dtype) for one in flat], -1)

    def unpack(self, draws: np.ndarray) -> Any:
        """Outputs side by side, (…, numbers), in the structure that the network gives: (…, those of one)."""
        structure, kinds = self._given
        ends = np.cumsum([int(np.prod(shape)) for shape, _ in kinds])[:-1]
        parts = [
            part.reshape(*draws.shape[:-1], *shape).astype(dtype.as_numpy_dtype, copy=False)
            for part, (shape, dtype) in zip(np.split(draws, ends, axis=-1), kinds, strict=True)
        ]
        return tf.nest.pack_sequence_as(structure, parts)


def prepared(model: keras.Model, x: Any) -> tuple[Any, np.ndarray, Callable[[np.ndarray], Any]]:
    """What `array_draws` takes of a network and its inputs, and how to read what it gives.

    Args:
        model: any network.
        x: an array (n, …), or a dictionary, list or tuple of such, as the model takes them.

    Returns a network of one input and one output, its array (n, …), and a function from its outputs (…) to
    the structure of the model's outputs.

    Raises: ValueError for inputs of a wrong rank, of different lengths, none, or NaN or infinite ones.
    """
    takes, gives = _structures(model)
    several = isinstance(x, Mapping) or (isinstance(x, list | tuple) and _are_several(x, takes))
    if isinstance(x, Mapping):
        arrays: Any = {name: np.asarray(one) for name, one in x.items()}
    elif several:
        arrays = type(x)(np.asarray(one) for one in x)
    else:
        arrays = np.asarray(x)
    _check_ranks(model, arrays, takes)
    scalar = not several and arrays.ndim == 1 and takes is not None and len(takes.shape) == 1
    if not several and not scalar and (gives is None or not tf.nest.is_nested(gives)):
        return model, inputs_of(model, x), lambda outputs: outputs
    flat = tf.nest.flatten(arrays)
    for one in flat:
        inputs_of(model, np.atleast_2d(one.T).T)
    if len({len(one) for one in flat}) != 1:
        raise ValueError(f"all inputs must hold as many examples, got {[len(one) for one in flat]}")
    kinds = str(tf.nest.map_structure(lambda one: (one.shape[1:], one.dtype.str), arrays))
    known = _PACKED.setdefault(model, {})
    if kinds not in known:
        known[kinds] = PackedModel(model, arrays)
    return known[kinds], known[kinds].pack(arrays), known[kinds].unpack


def _structures(model: keras.Model) -> tuple[Any, Any]:
    """What a model takes and gives, in symbols; None where that is not known before it is called."""
    if isinstance(model, keras.Sequential) or not hasattr(model, "operations"):
        inputs, outputs = (getattr(model, part, None) or [None] for part in ("inputs", "outputs"))
        return inputs[0], outputs[0]
    return model.input, model.output


def _are_several(x: list | tuple, takes: Any) -> bool:
    """Whether a list is one of inputs, and not an array that is written as a list."""
    if takes is not None:
        return tf.nest.is_nested(takes)
    return all(hasattr(one, "shape") and len(one.shape) for one in x)


def _check_ranks(model: keras.Model, arrays: Any, takes: Any) -> None:
    if isinstance(arrays, Mapping) and isinstance(takes, Mapping):
        pairs = [(f"x[{name!r}]", one, takes[name]) for name, one in arrays.items() if name in takes]
    elif isinstance(arrays, list | tuple) and isinstance(takes, list | tuple):
        pairs = [(f"x[{i}]", *pair) for i, pair in enumerate(zip(arrays, takes, strict=False))]
    elif isinstance(arrays, np.ndarray) and takes is not None and not tf.nest.is_nested(takes):
        pairs = [("x", arrays, takes)]
    else:
        pairs = []
    for name, one, symbol in pairs:
        wanted = tuple(symbol.shape)
        if one.ndim == len(wanted) - 1 and wanted[-1] == 1:
            raise ValueError(
                f"{name} has shape {one.shape}, and {model.name} takes {('n', *wanted[1:])}: "
                f"give {name}[..., np.newaxis]"
            )
