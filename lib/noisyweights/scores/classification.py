"""Scores of predicted class probabilities, and what they say about a network's own doubt."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from noisyweights.scores.input_checks import finite, integer_labels, matching, point_weights, probabilities

__all__ = ["accuracy", "auroc", "brier_score", "class_nll", "entropy", "mutual_information"]

Array = NDArray[np.float64]
Unit = Literal["nats", "bits"]


def accuracy(p: ArrayLike, labels: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """Fraction of points whose most probable class (the first among equals) is the label.

    Args:
        p: mean class probabilities, shape (n, classes). labels: class numbers, shape (n,).

    Raises: ValueError for NaN, sums other than 1 and labels out of range.
    """
    p = probabilities(p, 2)
    return float(point_weights(weights, len(p)) @ (p.argmax(1) == integer_labels(labels, *p.shape)))


def brier_score(p: ArrayLike, labels: ArrayLike) -> Array:
    """Σ_k (p_k − 1[k = label])², in [0, 2], shape (n,). Arguments and errors as `accuracy`.

    Source: G. W. Brier, Mon. Weather Rev. 78, 1 (1950).
    """
    p = probabilities(p, 2)
    return np.sum((p - np.eye(p.shape[1])[integer_labels(labels, *p.shape)]) ** 2, axis=1)


def class_nll(p: ArrayLike, labels: ArrayLike) -> Array:
    """−log of the label's probability [nats], shape (n,), +∞ where that is 0. Arguments as `accuracy`.

    Raises: ValueError as `accuracy`.
    """
    p = probabilities(p, 2)
    chosen = p[np.arange(len(p)), integer_labels(labels, *p.shape)]
    return -np.log(chosen, out=np.full(len(p), -np.inf), where=chosen > 0)


def entropy(p: ArrayLike, *, unit: Unit) -> Array:
    """−Σ_k p_k log p_k of class probabilities (…, classes), shape (…).

    Raises: ValueError for NaN, sums other than 1 and a unit other than "nats" and "bits".
    """
    return special.entr(probabilities(p)).sum(-1) / _nats_in(unit)


def mutual_information(draws: ArrayLike, *, unit: Unit) -> Array:
    """Entropy of the mean over draws less the mean entropy of the draws, shape (n,).

    What the draw of the weights tells about the class: the part of the doubt that better-known weights
    would remove. Never negative.

    Args:
        draws: class probabilities, shape (draws, n, classes).

    Raises: ValueError as `entropy`.
    Source: N. Houlsby et al., arXiv:1112.5745 (2011), eq. 2.
    """
    p = probabilities(draws, 3)
    gap = special.entr(p.mean(0)).sum(-1) - special.entr(p).sum(-1).mean(0)
    return np.maximum(gap, 0) / _nats_in(unit)


def auroc(scores: ArrayLike, positive: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """Probability that a positive point scores higher than another one, ties counting half.

    Args:
        scores: what should be large for positive points, shape (n,). positive: booleans, shape (n,).

    Raises: ValueError for NaN, shapes that do not match, and where all points are of one kind.
    """
    from sklearn.metrics import roc_auc_score  # takes half a second to load

    score = finite("scores", scores, 1)
    truth = matching("positive", positive, "scores", score.shape)
    w = point_weights(weights, len(score))
    kinds = np.unique(truth[w > 0])
    if not np.array_equal(kinds, [0, 1]):
        raise ValueError(f"positive holds {kinds[:3]} alone: AUROC compares points of both kinds, 0 and 1")
    return float(roc_auc_score(truth, score, sample_weight=w))


def _nats_in(unit: str) -> float:
    if unit not in ("nats", "bits"):
        raise ValueError(f"unit is {unit!r}: choose 'nats' or 'bits'")
    return np.log(2) if unit == "bits" else 1.0
