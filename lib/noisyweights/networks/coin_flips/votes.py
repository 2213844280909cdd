"""What votes say: the first and the second choice, and how much they doubt."""

import numpy as np
from numpy.typing import ArrayLike

from noisyweights.scores import metrics

__all__ = ["count", "first_choice", "second_choice", "vote_entropy", "vote_information"]


def count(choices: ArrayLike, classes: int) -> np.ndarray:
    """How many draws chose each class: choices (draws, …) → votes (…, classes).

    Raises: ValueError for no draws, or a choice that is no class.
    """
    chosen = np.asarray(choices)
    if chosen.ndim < 1 or not len(chosen):
        raise ValueError(f"choices must have shape (draws, …), at least one draw, got {chosen.shape}")
    if chosen.dtype.kind not in "iu" or (chosen.size and not 0 <= chosen.min() <= chosen.max() < classes):
        raise ValueError(f"choices must be whole numbers from 0 to {classes - 1}")
    return np.stack([(chosen == one).sum(0) for one in range(classes)], axis=-1)


def first_choice(votes: ArrayLike) -> np.ndarray:
    """Class with the most votes (…, classes), the first among equals: shape (…). Source: §II-A."""
    return _counts(votes).argmax(-1)


def second_choice(votes: ArrayLike) -> np.ndarray:
    """Class with the most votes but for the first choice, −1 where no other has any: shape (…).

    Source: Aimone et al. (2023), §II-A.
    """
    counts = _counts(votes).copy()
    np.put_along_axis(counts, counts.argmax(-1)[..., None], 0, axis=-1)
    return np.where(counts.max(-1) > 0, counts.argmax(-1), -1)


def vote_entropy(votes: ArrayLike) -> np.ndarray:
    """H = −Σ_c y_c log₂ y_c [bits] of the shares of votes y (…, classes): shape (…).

    Source: Aimone et al. (2023), eq. 4.
    """
    counts = _counts(votes)
    return metrics.entropy(counts / counts.sum(-1, keepdims=True), unit="bits")


def vote_information(votes: ArrayLike) -> np.ndarray:
    """log₂(classes) − H [bits], what the votes tell of the class: shape (…).

    Source: Aimone et al. (2023), eq. 5.
    """
    return -vote_entropy(votes) + np.log2(np.shape(votes)[-1])


def _counts(votes: ArrayLike) -> np.ndarray:
    counts = np.asarray(votes)
    if counts.ndim < 1 or counts.shape[-1] < 2:
        raise ValueError(f"votes must have shape (…, classes), two or more, got {counts.shape}")
    if not ((counts >= 0).all() and (counts.sum(-1) > 0).all()):
        raise ValueError("votes must not be negative, and every input needs at least one")
    return counts
