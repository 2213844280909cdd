"""Predictions of a mean-field network: draw by draw, and what part of their spread is whose."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike
from scipy import special
from tqdm import tqdm

from noisyweights.networks import weight_draws

__all__ = ["Decomposition", "decompose", "inputs_of", "predict_draws", "predictive_quantiles"]

_DRAWS_PER_CALL = 8  # of the graph: the step of the progress bar, and all that memory holds twice
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

    Raises: ValueError for no inputs, NaN or infinite ones, no draws, or a model without random weights or
        with several outputs.
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
    with weight_draws.chip(model(), tf.constant(at[0])):
        output = model()(x[:1], training=False)
    if not tf.is_tensor(output):
        raise ValueError(
            f"{model().name} has outputs {tf.nest.map_structure(lambda one: tuple(one.shape), output)}, and "
            "draws are of one: make a model of each, keras.Model(model.inputs, output)"
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
    return predict.get_concrete_function(
        tf.TensorSpec([None, *at.shape[1:]], tf.int32), tf.TensorSpec([None, *x.shape[1:]], x.dtype)
    )


def _one_draw(
    model: keras.Model, seeds: tf.Tensor, x: tf.Tensor, size: int | None, dtype: tf.DType
) -> tf.Tensor:
    """Predictions of one chip, in batches of `size`, the last of which overlaps the one before."""
    with weight_draws.chip(model, seeds):
        if size is None:
            return model(x, training=False)
        n = tf.shape(x)[0]
        batches = tf.map_fn(
            lambda start: model(x[start : start + size], training=False),
            tf.minimum(tf.range(0, n, size), n - size),
            fn_output_signature=dtype,
            parallel_iterations=1,
        )
        whole = tf.reshape(batches[:-1], tf.concat([[-1], tf.shape(batches)[2:]], 0))
        return tf.concat([whole, batches[-1, tf.shape(whole)[0] - n :]], 0)


@dataclass(frozen=True)
class Decomposition:
    """A predictive distribution's mean, and the two parts of its standard deviation; each of shape (n,).

    `aleatoric` is the noise that the network predicts, the root of its mean square over draws; `epistemic`
    is the spread of the predicted means over draws. Their squares add up to the predictive variance.
    """

    mean: np.ndarray
    aleatoric: np.ndarray
    epistemic: np.ndarray

    @property
    def total(self) -> np.ndarray:
        """Standard deviation of the predictive distribution."""
        return np.hypot(self.aleatoric, self.epistemic)


def decompose(draws: np.ndarray) -> Decomposition:
    """Split the variance of a prediction: Var y = E σ² + Var μ (Kendall & Gal 2017, eq. 9).

    Args:
        draws: (draws, n, 2) of predicted mean μ and standard deviation σ; at least 2 draws.

    Raises: ValueError for another shape, fewer draws, NaN or infinite values, and σ that are not positive.
    """
    means, scales = _mixture(draws)
    return Decomposition(
        mean=means.mean(0),
        aleatoric=np.sqrt(np.square(scales).mean(0)),
        epistemic=means.std(0, ddof=1),
    )


def predictive_quantiles(draws: np.ndarray, levels: ArrayLike) -> np.ndarray:
    """Quantiles of the predictive distribution, the mixture of N(μ, σ²) over draws: shape (levels, n).

    Args:
        draws: (draws, n, 2) of predicted mean μ and standard deviation σ.
        levels: probabilities in (0, 1).

    The bisection ends below 1e-9 of the mixture's width.

    Raises: ValueError for levels outside of (0, 1), and for draws that `decompose` refuses.
    """
    means, scales = _mixture(draws)
    levels = np.atleast_1d(np.asarray(levels, float))
    if not ((levels > 0) & (levels < 1)).all():
        raise ValueError(f"levels are probabilities in (0, 1), got {levels}")
    found = []
    for level in levels:
        low, high = (
            (means + special.ndtri(level) * scales).min(0),
            (means + special.ndtri(level) * scales).max(0),
        )
        for _ in range(30):
            middle = (low + high) / 2
            below = special.ndtr((middle - means) / scales).mean(0) < level
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        found.append((low + high) / 2)
    return np.stack(found)


def _mixture(draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    draws = np.asarray(draws, float)
    if draws.ndim != 3 or draws.shape[-1] != 2 or len(draws) < 2:
        raise ValueError(f"draws must have shape (draws, n, 2) with 2 draws or more, got {draws.shape}")
    if bad := np.sum(~np.isfinite(draws)):
        raise ValueError(f"draws hold {bad} NaN or infinite values: leave out the inputs that make them")
    if not (draws[..., 1] > 0).all():
        raise ValueError(
            f"every predicted standard deviation draws[..., 1] must be positive, got {draws[..., 1].min()}: "
            "let the network add a floor"
        )
    return draws[..., 0], draws[..., 1]
