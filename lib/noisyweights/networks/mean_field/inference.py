"""Predictions of a mean-field network: draw by draw, and what part of their spread is whose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike
from scipy import special

from noisyweights.networks.mean_field import array_draws
from noisyweights.networks.mean_field.packed_models import prepared

__all__ = ["Decomposition", "decompose", "predict_draws", "predictive_quantiles"]


def predict_draws(model: keras.Model, x: Any, *, draws: int, seed: int, batch_size: int = 10_000) -> Any:
    """Predictions of `draws` networks, each with one set of weights for all inputs: shape (draws, n, …).

    One draw is one chip. The numbers are those of any other `batch_size`, to rounding, and networks that
    differ by their law alone are drawn from the same uniforms. A model with several outputs gives such an
    array for each, in its own structure. `running.summarise` does not keep the draws.

    Args:
        model: network with mean-field layers.
        x: inputs, (n, …), numbers as the model takes them; a dictionary, list or tuple of such for a model of
            several inputs. Or their batches, from a `tf.data.Dataset`, a `keras.utils.PyDataset` or a
            generator; of a tuple, (inputs, targets, …), the first is taken, as Keras does.
        draws: number of networks.
        seed: whole number from which the draws follow.
        batch_size: inputs that go through a network at once.

    Raises: ValueError for no inputs, NaN or infinite ones, a wrong rank, batches without end, no draws, a
        model without random weights, or outputs whose shape changes from batch to batch or draw to draw.
    """
    if (batches := _batches(x)) is not None:
        found = [predict_draws(model, one, draws=draws, seed=seed, batch_size=batch_size) for one in batches]
        if not found:
            raise ValueError("x must hold at least one batch of inputs, got none")
        return tf.nest.map_structure(_joined, *found)
    network, inputs, unpack = prepared(model, x)
    return unpack(array_draws.predict_draws(network, inputs, draws=draws, seed=seed, batch_size=batch_size))


def _batches(x: Any) -> Iterator[Any] | None:
    """The batches of inputs, in NumPy, of what gives them one by one; None for what holds all inputs."""
    if isinstance(x, tf.data.Dataset):
        if x.cardinality() == tf.data.INFINITE_CARDINALITY:
            raise ValueError("x repeats its batches without end: give x.take(n), or do not repeat()")
        batches = x.as_numpy_iterator()
    elif isinstance(x, keras.utils.PyDataset):
        batches = (x[place] for place in range(x.num_batches))
    elif isinstance(x, Iterator):
        batches = x
    else:
        return None
    return (keras.utils.unpack_x_y_sample_weight(one)[0] for one in batches)


def _joined(*parts: np.ndarray) -> np.ndarray:
    """Draws of batches (draws, n, …), as those of all inputs."""
    shapes = {part.shape[2:] for part in parts}
    if len(shapes) > 1:
        raise ValueError(
            f"outputs of the batches have the shapes {sorted(shapes)}, and go into no one array: give inputs "
            "of one length together, or each batch by itself"
        )
    return np.concatenate(parts, axis=1)


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
