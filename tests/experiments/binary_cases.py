"""Test sets and settings of the binary experiment, for its tests."""

import numpy as np

from noisyweights.experiments.binary import experiment

SMOKE, QUICK, FULL = (experiment.PROFILES[name] for name in ("smoke", "quick", "full"))
STEPS, STORED, TESTED, SHIFTED = 3, np.array(experiment.STORED), 1000, 100
LABELS = np.arange(TESTED) % 10
CHECKSUM = "ab" * 32


def predicted(accuracy, count, *, sure=0.9):
    """Probabilities (count, 10) of a network that is right on the first pictures, and sure of all."""
    labels = LABELS[:count]
    chosen = np.where(np.arange(count) < round(count * accuracy / 100), labels, (labels + 1) % 10)
    return np.where(np.arange(10) == chosen[:, None], sure, (1 - sure) / 9)
