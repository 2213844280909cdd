"""What votes and choices are scored by, whoever makes them: coins, outputs, a Bayesian network."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from noisyweights.networks.coin_flips import votes
from noisyweights.scores import metrics

__all__ = ["ChoiceScores", "choice_matrix", "entropy_auroc", "runner_up_correlation", "score_choices"]


@dataclass(frozen=True)
class ChoiceScores:
    """How good first and second choices are, in % of pictures.

    wrong: whose first choice is wrong. right_after: of those, whose second choice is right; NaN if there are
    none. either: whose first or second choice is right.
    """

    wrong: float
    right_after: float
    either: float


def score_choices(first: np.ndarray, second: np.ndarray, labels: np.ndarray) -> ChoiceScores:
    """Score choices (n,) by the labels (n,); a second choice may be −1 for none."""
    wrong, right_after = first != labels, second == labels
    return ChoiceScores(
        100 * float(wrong.mean()),
        100 * float(right_after[wrong].mean()) if wrong.any() else np.nan,
        100 * float((~wrong | right_after).mean()),
    )


def entropy_auroc(ballots: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How well the entropy of votes (trainings, n, classes) tells wrong from right first choices.

    Returns: areas under the curve, (trainings,).
    """
    wrong = votes.first_choice(ballots) != labels
    pairs = zip(votes.vote_entropy(ballots), wrong, strict=True)
    return np.array([metrics.auroc(entropy, of) for entropy, of in pairs])


def choice_matrix(of: ArrayLike, called: ArrayLike, *, classes: int) -> np.ndarray:
    """How often each class (row) is called each class: (classes, classes); calls of −1 are left out."""
    of, called = np.asarray(of), np.asarray(called)
    matrix = np.zeros((classes, classes))
    np.add.at(matrix, (of[called >= 0], called[called >= 0]), 1)
    return matrix


def runner_up_correlation(
    one: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray], *, classes: int
) -> float:
    """Correlation of who is second to whom, by two series of (first, second) choices, (n,) each.

    Over all pairs of different classes; NaN where one of the two never has a second choice.
    """
    apart = ~np.eye(classes, dtype=bool)
    counts = [choice_matrix(first, second, classes=classes)[apart] for first, second in (one, other)]
    if not all(np.ptp(count) for count in counts):
        return np.nan
    return float(np.corrcoef(*counts)[0, 1])
