"""What coins do to a network on average: means and variances of its outputs, and how to take the error off.

Votes average the noise of coins away, but not its bias: a ReLU cuts the noise of a sum near zero on one side,
so that the mean activation is larger than the activation of the mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from noisyweights.networks.coin_flips import kernel_swapping
from noisyweights.networks.coin_flips.rescaling import kernel_of

__all__ = ["OutputMoments", "compensate", "output_moments", "rectified"]

_LAST = tuple(map(keras.activations.get, ("linear", "softmax")))
_BEHIND = (keras.layers.Rescaling, keras.layers.Softmax)


@dataclass(frozen=True, eq=False)
class OutputMoments:
    """Sums of a network's last layer, (n, classes) each: without coins, and their mean and variance with."""

    exact: np.ndarray
    mean: np.ndarray
    variance: np.ndarray


def output_moments(model: keras.Model, x: ArrayLike, *, batch_size: int = 1000) -> OutputMoments:
    """Mean and variance of the last Dense layer's sums over the coins of all.

    For inputs of mean m and variance v, independent of each other, a unit's sum has the mean Σ w m + b and
    the variance Σ (m² + v)|w|(1 − |w|) + w² v. A sum of many coins is nearly normal, and a ReLU then has a
    known mean and variance. With one hidden layer this neglects nothing else; behind a second one, units
    share inputs, and are correlated.

    Args:
        model: a chain of layers that ends in Dense layers, all to be sampled, with ReLU and dropout between
            them; a softmax or a factor behind them has no part in it. Their weights lie in [−1, 1].
        x: inputs, (n, …).
        batch_size: inputs at once.

    Raises: ValueError for another model, weights out of range, or inputs that are none, NaN or infinite.
    Source: the coins are those of Aimone et al. (2023), §II-A; the moments of a rectified normal variable
        are elementary.
    """
    before, dense = _parts(model)
    x = np.asarray(x, np.float32)
    if not len(x) or not np.isfinite(x).all():
        raise ValueError(f"x must hold at least one input, all of them finite, got shape {x.shape}")
    given = before.predict(x, batch_size=batch_size, verbose=0)
    batches = [given[start : start + batch_size] for start in range(0, len(given), batch_size)]
    exact = [_through(dense, batch, coins=False)[0] for batch in batches]
    mean, variance = zip(*(_through(dense, batch, coins=True) for batch in batches), strict=True)
    return OutputMoments(*map(np.concatenate, (exact, mean, variance)))


def compensate(model: keras.Model, x: ArrayLike) -> keras.Model:
    """Return the network with biases of its last layer by which its mean sums over inputs x are right again.

    Of what coins add to the mean sums, the part that is the same for all inputs is subtracted. It takes no
    labels, no training and no hardware. Arguments and errors as `output_moments`; ValueError for a last
    layer without biases. The copy is not compiled.
    """
    _, dense = _parts(model)
    if not dense[-1].use_bias:
        raise ValueError(f"{dense[-1].name} has no biases, which could be corrected")
    found = output_moments(model, x)
    twin = keras.models.clone_model(model)
    twin.set_weights(model.get_weights())
    last = twin.get_layer(dense[-1].name)
    last.bias.assign(last.bias - (found.mean - found.exact).mean(0))
    return twin


def _parts(model: keras.Model) -> tuple[keras.Model, list[keras.layers.Dense]]:
    """What stands before the first Dense layer, and all Dense layers."""
    steps = kernel_swapping.chain(model)
    if steps is None:
        raise ValueError(f"{model.name} is no chain of layers, each of which takes what the one before gives")
    first = next((i for i, layer in enumerate(steps) if isinstance(layer, keras.layers.Dense)), len(steps))
    while steps and isinstance(steps[-1], _BEHIND):
        steps.pop()
    tail = [layer for layer in steps[first:] if not isinstance(layer, keras.layers.Dropout)]
    relu = keras.activations.relu
    if not tail or not all(isinstance(layer, keras.layers.Dense) for layer in tail):
        raise ValueError(f"{model.name} must end in Dense layers, with nothing but dropout between them")
    if any(layer.activation is not relu for layer in tail[:-1]) or tail[-1].activation not in _LAST:
        raise ValueError(f"{model.name} needs ReLU in its Dense layers, and a linear or softmax output")
    for layer in tail:
        if (largest := np.abs(kernel_of(layer)).max()) > 1:
            raise ValueError(f"{layer.name} has a weight of size {largest:.3g}: coins end at 1")
    return keras.Model(model.inputs[0], tail[0].input), tail


def _through(
    layers: list[keras.layers.Dense], given: np.ndarray, *, coins: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of the last layer's sums for inputs (n, …), with or without coins."""
    mean, variance = given, np.zeros_like(given)
    for layer in layers:
        kernel = layer.kernel.numpy()
        own = np.abs(kernel) * (1 - np.abs(kernel)) if coins else np.zeros_like(kernel)
        variance = (mean**2 + variance) @ own + variance @ kernel**2
        mean = mean @ kernel + (layer.bias.numpy() if layer.use_bias else 0)
        if layer is not layers[-1]:
            mean, variance = rectified(mean, variance)
    return mean, variance


def rectified(mean: np.ndarray, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of max(z, 0) for normal z of this mean and variance, all of one shape."""
    deviation = np.sqrt(np.maximum(variance, 1e-24))
    ratio = mean / deviation
    above, density = stats.norm.cdf(ratio), stats.norm.pdf(ratio)
    average = mean * above + deviation * density
    square = (mean**2 + variance) * above + mean * deviation * density
    return average, np.maximum(square - average**2, 0)
