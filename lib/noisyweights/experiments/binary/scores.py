"""Scores of the binary experiments: what predictions reach on the test set and say of shifted pictures."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np

from noisyweights.experiments import trainings
from noisyweights.scores import metrics

__all__ = [
    "DOUBTS",
    "Predicted",
    "Scores",
    "ShiftScores",
    "predicted",
    "score",
    "score_shifts",
]

DOUBTS = ("entropy", "maximum probability", "information")  # that need no label

Arrays = dict[str, np.ndarray]
Points = Mapping[str, Mapping[str, np.ndarray]]


class Predicted(NamedTuple):
    """Mean probabilities over draws (…, n, classes), and what the draw tells of the class, (…, n) [bits]."""

    probabilities: np.ndarray
    information: np.ndarray


@dataclass(frozen=True)
class Scores:
    """What one method reached on one task: an entry for each training, by the mean probabilities.

    accuracy [%], nll [nats], calibration_error: (trainings,). entropy, information [bits], (trainings,): mean
    over test pictures of the prediction's entropy, and of what the draw of the network tells of the class.
    """

    accuracy: np.ndarray
    nll: np.ndarray
    calibration_error: np.ndarray
    entropy: np.ndarray
    information: np.ndarray

    @classmethod
    def of(cls, points: Points, kind: str) -> "Scores":
        """Of all trainings of a kind, from the arrays that `score` gives of each."""
        return cls(*(trainings.stacked(points, kind, one.name) for one in fields(cls)))


@dataclass(frozen=True)
class ShiftScores:
    """What one method says of shifted pictures: (trainings, shifts, steps + 1), step 0 being no shift.

    accuracy [%], nll [nats], information [bits] as in `Scores`. detected [%]: pictures whose NLL exceeds its
    mean on the test set. auroc: by score, how well it tells shifted pictures from unshifted ones; by
    "information" for methods with several draws alone.
    """

    accuracy: np.ndarray
    nll: np.ndarray
    information: np.ndarray
    detected: np.ndarray
    auroc: Mapping[str, np.ndarray]

    @classmethod
    def of(cls, points: Points, kind: str) -> "ShiftScores":
        """Of all trainings of a kind, from the arrays that `score_shifts` gives of each."""
        names = (one.name for one in fields(cls) if one.name != "auroc")
        auroc = {doubt: trainings.stacked(points, kind, _area(doubt)) for doubt in DOUBTS}
        return cls(*(trainings.stacked(points, kind, f"shifted_{name}") for name in names), auroc)


def predicted(draws: np.ndarray) -> Predicted:
    """What draws of probabilities (draws, n, classes) say together."""
    return Predicted(draws.mean(0), metrics.mutual_information(draws, unit="bits"))


def score(found: Predicted, labels: np.ndarray) -> Arrays:
    """Arrays of `Scores` of one training, numbers, from its predictions for the test set, (n, classes)."""
    p = found.probabilities
    return {
        "accuracy": np.array(100 * metrics.accuracy(p, labels)),
        "nll": np.array(metrics.class_nll(p, labels).mean()),
        "calibration_error": np.array(metrics.expected_calibration_error(p, labels, bins=15)),
        "entropy": np.array(metrics.entropy(p, unit="bits").mean()),
        "information": np.array(found.information.mean()),
    }


def score_shifts(plain: Predicted, shifted: Predicted, labels: np.ndarray) -> Arrays:
    """Arrays of `ShiftScores` of one training, (shifts, steps + 1).

    Args:
        plain: predictions for the test set, (n, classes).
        shifted: for its first pictures, (shifts, steps + 1, some, classes).
        labels: of the test set, (n,).
    """
    shape, some = shifted.probabilities.shape[:2], shifted.probabilities.shape[2]
    threshold = metrics.class_nll(plain.probabilities, labels).mean()
    accuracy, nll, detected = np.empty((3, *shape))
    auroc = {doubt: np.full(shape, np.nan) for doubt in DOUBTS}
    before = _doubts(Predicted(plain.probabilities[:some], plain.information[:some]))
    for at in np.ndindex(*shape):
        p = shifted.probabilities[at]
        losses = metrics.class_nll(p, labels[:some])
        accuracy[at], nll[at] = 100 * metrics.accuracy(p, labels[:some]), losses.mean()
        detected[at] = 100 * np.mean(losses > threshold)
        after = _doubts(Predicted(p, shifted.information[at]))
        for doubt in DOUBTS if at[1] else ():
            pair = np.concatenate([before[doubt], after[doubt]])
            if np.ptp(pair) > 0:
                auroc[doubt][at] = metrics.auroc(pair, np.repeat([0, 1], some))
    return {
        "shifted_accuracy": accuracy,
        "shifted_nll": nll,
        "shifted_information": shifted.information.mean(-1),
        "shifted_detected": detected,
        **{_area(doubt): area for doubt, area in auroc.items()},
    }


def _doubts(of: Predicted) -> Arrays:
    """Each of `DOUBTS` for each picture, large where in doubt."""
    p = of.probabilities
    return dict(zip(DOUBTS, (metrics.entropy(p, unit="bits"), -p.max(-1), of.information), strict=True))


def _area(doubt: str) -> str:
    """Name of the array that holds the areas of one of `DOUBTS`."""
    return f"auroc_{doubt.replace(' ', '_')}"
