"""Scores of the binary experiments: what predictions reach on the test set and say of shifted pictures."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from noisyweights.experiments.points import read_point
from noisyweights.scores import metrics

__all__ = ["Predictions", "Scores", "ShiftScores", "ensembles", "read_accuracies", "score", "score_shifts"]


@dataclass(frozen=True)
class Predictions:
    """Mean probabilities (trainings, n, classes) and information [bits] (trainings, n) of each training.

    The same of shifted pictures has two further axes, shifts and steps, behind the first; or it is None.
    """

    probabilities: np.ndarray
    information: np.ndarray
    shifted: np.ndarray | None = None
    shifted_information: np.ndarray | None = None


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


def ensembles(single: Predictions, members: int) -> Predictions:
    """Ensembles of so many networks each, every network in one of them."""

    def grouped(p: np.ndarray) -> np.ndarray:
        return p.reshape(-1, members, *p.shape[1:])

    def information(p: np.ndarray) -> np.ndarray:
        flat = p.reshape(members, -1, p.shape[-1])
        return metrics.mutual_information(flat, unit="bits").reshape(p.shape[1:-1])

    plain, shifted = grouped(single.probabilities), grouped(single.shifted)
    return Predictions(
        plain.mean(1),
        np.stack([information(p) for p in plain]),
        shifted.mean(1),
        np.stack([information(p) for p in shifted]),
    )


def score(found: Predictions, labels: np.ndarray) -> Scores:
    """Score each training on the test set."""
    return Scores(
        accuracy=np.array([100 * metrics.accuracy(p, labels) for p in found.probabilities]),
        nll=np.array([metrics.class_nll(p, labels).mean() for p in found.probabilities]),
        calibration_error=np.array(
            [metrics.expected_calibration_error(p, labels, bins=15) for p in found.probabilities]
        ),
        entropy=np.array([metrics.entropy(p, unit="bits").mean() for p in found.probabilities]),
        information=found.information.mean(1),
    )


def score_shifts(found: Predictions, labels: np.ndarray) -> ShiftScores:
    """Score each training on the shifted pictures, which are the first of the test set."""
    shape, some = found.shifted.shape[:3], found.shifted.shape[3]
    labels_of_some = labels[:some]
    accuracy, nll, detected = np.empty((3, *shape))
    kinds = ("entropy", "maximum probability", "information")
    auroc = {kind: np.full(shape, np.nan) for kind in kinds}
    for at in np.ndindex(*shape):
        training, p = at[0], found.shifted[at]
        threshold = metrics.class_nll(found.probabilities[training], labels).mean()
        losses = metrics.class_nll(p, labels_of_some)
        accuracy[at], nll[at] = 100 * metrics.accuracy(p, labels_of_some), losses.mean()
        detected[at] = 100 * np.mean(losses > threshold)
        if at[2] == 0:
            continue
        plain = found.probabilities[training, :some]
        information = found.information[training, :some], found.shifted_information[at]
        for kind, pair in {
            "entropy": (metrics.entropy(plain, unit="bits"), metrics.entropy(p, unit="bits")),
            "maximum probability": (-plain.max(-1), -p.max(-1)),
            "information": information,
        }.items():
            if np.ptp(np.concatenate(pair)) > 0:
                auroc[kind][at] = metrics.auroc(np.concatenate(pair), np.repeat([0, 1], some))
    return ShiftScores(accuracy, nll, found.shifted_information.mean(-1), detected, auroc)


def read_accuracies(directory: str | Path) -> dict[tuple[str, str], np.ndarray]:
    """Accuracies [%] by (topology, method) of the full points of `binary.cifar10` in a folder; none for "".

    Raises: ValueError for a file that is no such point.
    """
    found: dict[tuple[str, str], list[float]] = {}
    for path in sorted(Path(directory).glob("[!.]*.npz")) if directory else ():
        point = read_point(path)
        if (point.experiment, point.profile) != ("binary.cifar10", "full"):
            raise ValueError(
                f"{path} is a point of {point.experiment}, {point.profile}: take it out of the folder"
            )
        topology, method, _ = point.point.split("-")
        found.setdefault((topology, method), []).append(float(point.arrays["accuracy"]))
    return {key: np.array(accuracies) for key, accuracies in found.items()}
