"""What chapter 7 measures of its claims on MNIST and Fashion-MNIST, with intervals over trainings.

Claims on CIFAR-10 are measured in `cifar10`, and what is counted without training in `storage`.
"""

from functools import partial

import numpy as np
from scipy import stats

from noisyweights.experiments.binary import stored_bits
from noisyweights.experiments.binary.results import Result
from noisyweights.experiments.binary.scores import ShiftScores
from noisyweights.experiments.binary.settings import ANGLES, STORED, STORED_MARGIN, STRENGTHS, TASKS
from noisyweights.ledger.claims import Measurement
from noisyweights.scores.estimates import Interval
from noisyweights.scores.replicates import difference_interval, largest, mean_interval

__all__ = ["measurements"]


def measurements(result: Result) -> list[Measurement]:
    """Quantities of A-mnist, A-fashion, A-rotation, A-noise, A-ood, A-samples and A-scale-bits.

    And those that `storage` counts. A part of a set does not tell the accuracy that a network reaches on the
    whole of it: then A-mnist and A-fashion are left out.
    """
    found = []
    for task, claim in (("mnist", "A-mnist"), ("fashion", "A-fashion")):
        if result.sources[task].embedded or result.config.trained or result.config.tested:
            continue
        reached = {
            method: scores.accuracy
            for (of, method), scores in result.scores.items()
            if of == task and method != "variational"
        }
        for method, accuracy in reached.items():
            found.append(
                Measurement(claim, f"accuracy_{method}", *mean_interval(accuracy), len(accuracy), "%")
            )
        proposed = reached.pop("proposed")
        gaps = [partial(difference_interval, other, proposed) for other in reached.values()]
        found.append(Measurement(claim, "gap_to_best", *largest(gaps), len(proposed), "points"))
    found += _of_shifts(result.shifted["proposed"])
    fewest = min(len(result.exact[task]) for task in TASKS)
    found.append(
        Measurement("A-samples", "stored_vectors_needed", *_stored_needed(result), fewest, "vectors")
    )
    losses = [
        partial(mean_interval, result.exact[task][:, 0] - result.by_passes[task][:, -1, 0]) for task in TASKS
    ]
    found.append(Measurement("A-scale-bits", "accuracy_loss", *largest(losses), fewest, "points"))
    return found + stored_bits.counted(result.config)


def _of_shifts(scores: ShiftScores) -> list[Measurement]:
    found, repeats = [], len(scores.accuracy)
    for at, (claim, strengths) in enumerate((("A-rotation", ANGLES), ("A-noise", STRENGTHS))):
        accuracy, nll = scores.accuracy[:, at], scores.nll[:, at]
        for name, values in (("accuracy", accuracy), ("nll", nll)):
            value, *ends = mean_interval([_trend(strengths, one) for one in values])
            low, high = np.clip(ends, -1, 1)
            found.append(Measurement(claim, f"rank_correlation_{name}", value, low, high, repeats))
        drop, rise = mean_interval(accuracy[:, 0] - accuracy[:, -1]), mean_interval(nll[:, -1] - nll[:, 0])
        found.append(Measurement(claim, "accuracy_drop", *drop, repeats, "points"))
        found.append(Measurement(claim, "nll_rise", *rise, repeats, "nats"))
    most = scores.detected.max(axis=(1, 2))
    found.append(Measurement("A-ood", "max_detection_rate", *mean_interval(most), repeats, "%"))
    excess = mean_interval(most - scores.detected[:, 0, 0])
    found.append(Measurement("A-ood", "detection_excess", *excess, repeats, "points"))
    return found


def _trend(strengths: np.ndarray, values: np.ndarray) -> float:
    """Spearman's rank correlation, and 0 for values that do not change at all."""
    return float(stats.spearmanr(strengths, values).statistic) if np.ptp(values) > 0 else 0.0


def _stored_needed(result: Result) -> Interval:
    """Smallest number of stored vectors whose NLL is that of fresh draws to a margin, for both tasks.

    From the first number that no interval excludes, to the first whose intervals all lie within the margin.
    """
    gaps = np.array(
        [
            [
                mean_interval(result.by_stored[task][:, at, 1] - result.by_passes[task][:, -1, 1])
                for task in TASKS
            ]
            for at in range(len(STORED))
        ]
    )  # (numbers, tasks, value and both ends)
    value, low, high = np.moveaxis(gaps, -1, 0)
    kinds = (
        np.abs(value) <= STORED_MARGIN,
        (low <= STORED_MARGIN) & (high >= -STORED_MARGIN),
        (low >= -STORED_MARGIN) & (high <= STORED_MARGIN),
    )
    beyond = 2.0 * STORED[-1]
    least = [float(STORED[np.argmax(one)]) if one.any() else np.inf for one in (k.all(1) for k in kinds)]
    return Interval(min(least[0], beyond), min(least[1], beyond), least[2])
