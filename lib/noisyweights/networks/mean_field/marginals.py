"""Predictions for one input at a time, from draws of units in place of weights: fewer and cheaper draws.

Given what a dense layer receives, the sums of its units are independent, since no two share a weight, and the
sum z of each has mean Σ µ h + µ_b and variance Σ σ² h² + σ_b². With Gaussian weights it is normal, and a draw
of z says all that a draw of its weights would. A draw of the network then takes a number for each unit, not
one for each weight: few enough for points that fill space evenly (a scrambled Sobol' sequence), by which the
mean of a smooth function comes out far closer than by as many random points. What the last layer adds to
means and variances is known without any draw.

It holds for the prediction at each input alone. Predictions for two inputs come from two networks, so that
nothing follows for their correlation, nor for a convolution, whose places share weights: a convolution is
drawn by its weights. Under another law a unit's sum is nearly normal where many weights count in it
(`noise.sums`), and `tolerance` says how nearly it has to be for its layer to be drawn so.

Sources: D. P. Kingma, T. Salimans and M. Welling, "Variational dropout and the local reparameterization
trick" (2015), for draws of units; A. B. Owen, "Scrambled net variance for integrals of smooth functions",
Ann. Stat. 25, 1541 (1997), for scrambled points and errors by replicates.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike
from scipy.stats import qmc

from noisyweights import seeds
from noisyweights.networks.mean_field.array_draws import inputs_of
from noisyweights.networks.mean_field.unit_draws import UnitNetwork

__all__ = ["POINTS", "MarginalMoments", "marginal_moments", "predict_marginals"]

POINTS = ("sobol", "random")
_DIMENSIONS = qmc.Sobol.MAXDIM  # of the sequence; what is beyond is drawn at random


@dataclass(frozen=True, eq=False)
class MarginalMoments:
    """Mean and standard deviation of a prediction over networks, with standard errors: (n, outputs) each."""

    mean: np.ndarray
    deviation: np.ndarray
    mean_error: np.ndarray
    deviation_error: np.ndarray


def predict_marginals(
    model: keras.Model, x: ArrayLike, *, draws: int, seed: int, tolerance: float, points: str = "sobol"
) -> np.ndarray:
    """Draws from the predictive distribution of each input alone: shape (draws, n, …).

    Args:
        model: sequential or functional network with mean-field layers and one output. Dense ones that are
            used once are drawn by their units, all others by their weights.
        x: inputs, (n, …).
        draws: number of them; a power of 2 is best for "sobol".
        seed: whole number from which the draws follow.
        tolerance: largest divergence from the normal law, in nats, of a unit's sum in a layer that is drawn
            by its units; see `unit_draws.unit_divergence`. With 0 only layers of Gaussian weights are.
        points: "sobol" for scrambled Sobol' points, "random" for independent ones.

    Raises: ValueError for inputs, draws or models that `inference.predict_draws` refuses, other points, a
        negative tolerance, or a model that Keras cannot clone.
    """
    x = inputs_of(model, x)
    network = UnitNetwork(model, x, tolerance, whole=True)
    blocks = network.blocks(x, _uniforms(network.dimensions, draws, points, seed))
    return np.concatenate([block.numpy() for block in blocks])


def marginal_moments(
    model: keras.Model,
    x: ArrayLike,
    *,
    draws: int,
    seed: int,
    tolerance: float,
    replicates: int = 8,
    of: Callable[[tf.Tensor], tf.Tensor] | None = None,
    points: str = "sobol",
) -> MarginalMoments:
    """Mean and standard deviation of the prediction at each input, with errors from independent replicates.

    Args:
        model, x, seed, tolerance, points: as in `predict_marginals`.
        draws: in each replicate.
        replicates: independent sets of points, by whose differences the errors are told; 2 or more.
        of: function of the outputs, (…, outputs) to any shape (…, more), such as `tf.nn.softmax`; None for
            the outputs, where the noise of a linear last layer is integrated exactly, under any law.

    Raises: as `predict_marginals`; ValueError for fewer than 2 replicates.
    """
    if replicates < 2 or replicates != int(replicates):
        raise ValueError(f"errors need 2 replicates or more, and a whole number, got {replicates}")
    x = inputs_of(model, x)
    network = UnitNetwork(model, x, tolerance, whole=of is not None)
    means, squares = [], []
    for replicate in range(replicates):
        uniforms = _uniforms(network.dimensions, draws, points, seed, replicate)
        first = second = 0.0
        for block in network.blocks(x, uniforms):
            mean, variance = block if isinstance(block, tuple) else (block if of is None else of(block), 0.0)
            mean = tf.cast(mean, tf.float64)
            first += tf.reduce_sum(mean, 0).numpy()
            second += tf.reduce_sum(mean**2 + tf.cast(variance, tf.float64), 0).numpy()
        means.append(first / draws)
        squares.append(second / draws)
    return _moments(np.array(means), np.array(squares))


def _moments(means: np.ndarray, squares: np.ndarray) -> MarginalMoments:
    """Put replicates together, (replicates, …): of the mean and of the mean square."""
    count = len(means)
    error = means.std(0, ddof=1) / np.sqrt(count)
    variance = squares.mean(0) - means.mean(0) ** 2 + error**2  # the square of a mean is too large by this
    each = np.sqrt(np.maximum(squares - means**2, 0))
    return MarginalMoments(
        means.mean(0), np.sqrt(np.maximum(variance, 0)), error, each.std(0, ddof=1) / np.sqrt(count)
    )


def _uniforms(dimensions: int, draws: int, points: str, seed: int, replicate: int = 0) -> np.ndarray:
    """Points in the unit cube, none on its faces: (draws, dimensions)."""
    if draws < 1 or draws != int(draws):
        raise ValueError(f"draws must be at least 1, and whole, got {draws}")
    if points not in POINTS:
        raise ValueError(f"points must be one of {', '.join(POINTS)}, got {points!r}")
    rng = seeds.generator(seed, "marginals", replicate)
    even = min(dimensions, _DIMENSIONS) if points == "sobol" else 0
    found = [rng.random((draws, dimensions - even))]
    if even:
        whole = qmc.Sobol(even, scramble=True, rng=rng).random_base2(math.ceil(math.log2(draws)))
        found.insert(0, whole[:draws])
    return np.clip(np.concatenate(found, axis=1), 2.0**-24, 1 - 2.0**-24)
