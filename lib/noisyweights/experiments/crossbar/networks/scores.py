"""What a classifier is scored by, in software and on a chip: error, likelihood, calibration, and doubt."""

import numpy as np

from noisyweights.scores import metrics

__all__ = ["scores"]

BINS = 15  # of the calibration error


def scores(p: np.ndarray, labels: np.ndarray, others: np.ndarray | None = None) -> np.ndarray:
    """In the order of `settings.SCORES`; the area is NaN without pictures of another set.

    Args:
        p: probabilities, (n, classes).
        labels: (n,).
        others: probabilities for pictures of another set, (m, classes): their entropy should be larger.
    """
    area = np.nan
    if others is not None:
        doubt = np.concatenate([metrics.entropy(one, unit="bits") for one in (p, others)])
        area = metrics.auroc(doubt, np.repeat([0, 1], [len(p), len(others)]))
    return np.array(
        [
            100 * metrics.accuracy(p, labels),
            metrics.class_nll(p, labels).mean(),
            metrics.expected_calibration_error(p, labels, bins=BINS),
            area,
        ]
    )
