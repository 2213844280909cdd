"""Coin flips: what a trained network's votes say when each of its weights is tossed for every draw.

Chapter 8; Table I, Fig. 2 to 8 of the sampling paper.
"""

import numpy as np

from noisyweights.experiments import image_inputs
from noisyweights.experiments.coin_flips import bayesian, tossing
from noisyweights.experiments.coin_flips.compact_arrays import narrow
from noisyweights.experiments.coin_flips.measurements import measurements
from noisyweights.experiments.coin_flips.results import Result, collect
from noisyweights.experiments.coin_flips.settings import (
    BAYESIAN,
    LABELS,
    PRECISIONS,
    PROFILES,
    TASKS,
    Config,
    points,
    settings,
    uses_device,
)
from noisyweights.experiments.coin_flips.tasks import load
from noisyweights.experiments.coin_flips.tossing import CHOSEN, TOSSES
from noisyweights.experiments.device import Device

__all__ = [
    "BAYESIAN",
    "BESIDE",
    "CHOSEN",
    "DATASETS",
    "PRECISIONS",
    "PROFILES",
    "TASKS",
    "TOSSES",
    "Config",
    "Result",
    "collect",
    "compute",
    "load",
    "measurements",
    "points",
    "settings",
    "uses_device",
]

BESIDE = ("coin_flips.cifar10", "coin_flips.variants", "coin_flips.withheld")
DATASETS = ("mnist", "fashion_mnist")


def compute(
    config: Config, point: str, device: Device, trained: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """Train one network and sample it, or tell what the test pictures of a set show.

    The device has a part in the Bayesian networks alone, of which `trained` may be the weights.
    """
    if point in LABELS:
        test = load(config, point, "test")
        return narrow({"labels": test.labels, "source": image_inputs.checksum(test.source)})
    task, _, number = point.rpartition("-")
    seed = config.seed + 1000 * int(number)
    if task in BAYESIAN:
        return narrow(bayesian.train_and_read(config, task, device.law, seed=seed, trained=trained))
    return narrow(tossing.train_and_toss(config, task, seed=seed))
