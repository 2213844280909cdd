"""Predictions, targets and labels as metrics take them: checked once, at the boundary."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["finite", "gaussian_mixture", "integer_labels", "matching", "point_weights", "probabilities"]

Array = NDArray[np.float64]

# Float32 softmax sums to 1 within 1e-6; what misses by more than this was never normalised.
SUM_TOLERANCE = 1e-4


def finite(name: str, values: ArrayLike, *dimensions: int) -> Array:
    """Return `values` as an array of numbers.

    Raises: ValueError for an empty array, for NaN or infinite values, and for a number of axes that is none
        of `dimensions`.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{name} hold {array.dtype}: give real numbers")
    if dimensions and array.ndim not in dimensions:
        wanted = " or ".join(map(str, dimensions))
        raise ValueError(f"{name} have shape {array.shape}: give {wanted} axes")
    if array.size == 0:
        raise ValueError(f"{name} of shape {array.shape} are empty: give at least one")
    array = array.astype(np.float64, copy=False)
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        place = tuple(map(int, bad[0]))
        raise ValueError(
            f"{name} hold {len(bad)} values that are not finite, the first {array[place]} at {place}: "
            "drop these points, or mend what made them"
        )
    return array


def matching(name: str, values: ArrayLike, like: str, shape: tuple[int, ...]) -> Array:
    """Return `values` as finite numbers of the shape that `like` has. Raises: ValueError otherwise."""
    array = finite(name, values)
    if array.shape != shape:
        raise ValueError(f"{name} have shape {array.shape}, {like} ask for {shape}: give one to each point")
    return array


def gaussian_mixture(means: ArrayLike, scales: ArrayLike, targets: ArrayLike) -> tuple[Array, Array, Array]:
    """Return µ (draws, n), σ broadcast to it and y (n,), of a mixture of Gaussians with equal weights.

    Raises: ValueError for NaN, shapes that do not match and scales that are not positive.
    """
    mean, scale = finite("means", means, 2), finite("scales", scales)
    y = matching("targets", targets, "means", mean.shape[1:])
    if scale.min() <= 0:
        raise ValueError(f"a scale is {scale.min()}: a standard deviation is positive, add a floor")
    try:
        return mean, np.broadcast_to(scale, mean.shape), y
    except ValueError:
        raise ValueError(
            f"scales of shape {scale.shape} do not fit means of shape {mean.shape}: give (draws, n) or (n,)"
        ) from None


def probabilities(values: ArrayLike, *dimensions: int) -> Array:
    """Return class probabilities, classes on the last axis.

    Raises: ValueError for fewer than two classes, for values outside [0, 1] and for sums other than 1.
    """
    p = finite("probabilities", values, *dimensions)
    if p.shape[-1] < 2:
        raise ValueError(f"probabilities of shape {p.shape} have one class: put p and 1 − p side by side")
    if p.min() < 0 or p.max() > 1 + SUM_TOLERANCE:
        outside = p.min() if p.min() < 0 else p.max()
        raise ValueError(f"a probability is {outside}: apply softmax to logits first")
    sums = p.sum(-1)
    worst = float(sums.flat[np.argmax(np.abs(sums - 1))])
    if abs(worst - 1) > SUM_TOLERANCE:
        raise ValueError(f"probabilities of a point sum to {worst:.6g}: normalise them over the last axis")
    return p


def integer_labels(values: ArrayLike, n: int, classes: int) -> NDArray[np.intp]:
    """Return one class number to each of `n` points.

    Raises: ValueError for labels that are not whole numbers in [0, classes) or not `n` of them.
    """
    labels = matching("labels", values, "probabilities", (n,))
    wrong = labels[(labels < 0) | (labels >= classes) | (labels != np.floor(labels))]
    if len(wrong):
        raise ValueError(
            f"{len(wrong)} labels are no class, the first {wrong[0]:g}: "
            f"with {classes} columns of probabilities, classes are 0 to {classes - 1}"
        )
    return labels.astype(np.intp)


def point_weights(weights: ArrayLike | None, n: int) -> Array:
    """Return weights of `n` points that sum to 1, equal ones for None.

    Raises: ValueError for a negative weight or weights that are all 0.
    """
    if weights is None:
        return np.full(n, 1 / n)
    array = matching("weights", weights, "points", (n,))
    if array.min() < 0 or array.sum() == 0:
        raise ValueError(f"weights lie in [{array.min()}, {array.max()}]: give none below 0 and some above")
    return array / array.sum()
