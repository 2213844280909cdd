"""Predictions draw by draw, of networks that take one array and give one."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike
from tqdm import tqdm

from noisyweights.networks import weight_draws

__all__ = ["blocks", "inputs_of", "predict_draws"]

_DRAWS_PER_CALL = 8  # of the graph: the step of the progress bar, and all that memory holds twice
_ROWS = "draws need a row of outputs for each input"
# Graphs that evaluate a block of draws, kept for as long as their model lives.
_PREDICTORS: weakref.WeakKeyDictionary[keras.Model, dict] = weakref.WeakKeyDictionary()


def predict_draws(
    model: keras.Model, x: ArrayLike, *, draws: int, seed: int, batch_size: int = 10_000
) -> np.ndarray:
    """Predictions of `draws` networks, each with one set of weights for all inputs: shape (draws, n, …).

    One draw is one chip. The numbers are those of any other `batch_size`, to rounding, and networks that
    differ by their law alone are drawn from the same uniforms.

    Args:
        model: network with mean-field layers and one output.
        x: inputs, (n, …), numbers as the model takes them.
        draws: number of networks.
        seed: whole number from which the draws follow.
        batch_size: inputs that go through a network at once.

    Raises: ValueError for no inputs, NaN or infinite ones, no draws, or a model without random weights,
        with several outputs, or without a row of outputs for each input.
    """
    x = inputs_of(model, x)
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    inputs = tf.constant(x)
    predict = _predictor(model, inputs, batch_size if batch_size < len(x) else None)
    at = weight_draws.chip_seeds(model, draws=draws, seed=seed)
    found = None
    with tqdm(total=draws, desc="draws", unit="", delay=5, leave=False) as bar:
        for start in range(0, draws, _DRAWS_PER_CALL):
            block = predict(tf.constant(at[start : start + _DRAWS_PER_CALL]), inputs).numpy()
            if found is None:
                found = np.empty((draws, *block.shape[1:]), block.dtype)
            found[start : start + len(block)] = block
            bar.update(len(block))
    return found


def blocks(
    model: keras.Model, x: ArrayLike, *, draws: int, seed: int, batch_size: int
) -> Iterator[np.ndarray]:
    """Yield what `predict_draws` returns, in blocks of at most 8 draws, (block, n, …): none but one is held.

    Arguments and errors as there.
    """
    inputs = tf.constant(inputs_of(model, x))
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    predict = _predictor(model, inputs, batch_size if batch_size < inputs.shape[0] else None)
    at = weight_draws.chip_seeds(model, draws=draws, seed=seed)
    for start in range(0, draws, _DRAWS_PER_CALL):
        yield predict(tf.constant(at[start : start + _DRAWS_PER_CALL]), inputs).numpy()


def inputs_of(model: keras.Model, x: ArrayLike) -> np.ndarray:
    """The inputs as a model takes them, (n, …); raises ValueError for none, and for NaN or infinite ones."""
    x = np.asarray(x, model.variable_dtype)
    if x.ndim < 2 or not len(x):
        raise ValueError(f"x must hold at least one input, (n, …), got shape {x.shape}")
    if not np.isfinite(x).all():
        raise ValueError(f"x has {np.sum(~np.isfinite(x))} NaN or infinite values: mend or leave them out")
    return x


def _predictor(model: keras.Model, x: tf.Tensor, size: int | None) -> Callable[..., tf.Tensor]:
    """The graph that evaluates a block of draws, (block, random weights, 2) and x → (block, n, …)."""
    if not model.built:
        model(x[:1])
    graphs = _PREDICTORS.setdefault(model, {})
    key = (x.dtype, x.shape[1:], size, *map(id, model.weights))  # a layer can be added to a model later
    if key not in graphs:  # the weights are kept too, or another could come to the same address
        graphs[key] = (_trace(weakref.ref(model), x, size), model.weights)
    return graphs[key][0]


def _trace(model: Callable[[], keras.Model], x: tf.Tensor, size: int | None) -> Callable[..., tf.Tensor]:
    at = weight_draws.chip_seeds(model(), draws=1, seed=0)
    probe = x[:2]
    with weight_draws.chip(model(), tf.constant(at[0])):
        output = model()(probe, training=False)
    if not tf.is_tensor(output):
        raise ValueError(
            f"{model().name} has outputs {tf.nest.map_structure(lambda one: tuple(one.shape), output)}, and "
            "draws are of one: make a model of each, keras.Model(model.inputs, output)"
        )
    if output.shape[:1] != probe.shape[:1]:
        raise ValueError(
            f"{model().name} gives outputs {tuple(output.shape)} for {len(probe)} inputs: {_ROWS}"
        )

    @tf.function(autograph=False)
    def predict(seeds: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
        return tf.map_fn(
            lambda at: _one_draw(model(), at, x, size, output.dtype),
            seeds,
            fn_output_signature=output.dtype,
            parallel_iterations=2,
        )

    # Traced here and now, since TensorFlow takes many models in turn for one that is traced too often.
    traced = predict.get_concrete_function(
        tf.TensorSpec([None, *at.shape[1:]], tf.int32), tf.TensorSpec([None, *x.shape[1:]], x.dtype)
    )

    def checked(seeds: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
        try:
            return traced(seeds, x)
        except tf.errors.InvalidArgumentError as error:
            if _ROWS not in str(error):
                raise
            raise ValueError(f"{model().name} gives outputs of changing shape: {_ROWS}") from error

    return checked


def _one_draw(
    model: keras.Model, seeds: tf.Tensor, x: tf.Tensor, size: int | None, dtype: tf.DType
) -> tf.Tensor:
    """Predictions of one chip, in batches of `size`, the last of which overlaps the one before."""
    with weight_draws.chip(model, seeds):
        if size is None:
            return _rows_kept(model, x)
        n = tf.shape(x)[0]
        batches = tf.map_fn(
            lambda start: _rows_kept(model, x[start : start + size]),
            tf.minimum(tf.range(0, n, size), n - size),
            fn_output_signature=dtype,
            parallel_iterations=1,
        )
        whole = tf.reshape(batches[:-1], tf.concat([[-1], tf.shape(batches)[2:]], 0))
        return tf.concat([whole, batches[-1, tf.shape(whole)[0] - n :]], 0)


def _rows_kept(model: keras.Model, x: tf.Tensor) -> tf.Tensor:
    output = model(x, training=False)
    rows = tf.debugging.assert_equal(tf.shape(output)[0], tf.shape(x)[0], message=_ROWS)
    with tf.control_dependencies([rows]):
        return tf.identity(output)
