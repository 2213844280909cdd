"""Binary networks: accuracy, doubt under shift and storage of seven ways to train one network.

Chapter 7; Tables I and II, Fig. 3 and §IV of the scale paper.
"""

from dataclasses import asdict, fields
from typing import Any

import numpy as np

from noisyweights.datasets import shifts
from noisyweights.experiments import trained_weights
from noisyweights.experiments.binary import networks, scale_study
from noisyweights.experiments.binary.measurements import measurements
from noisyweights.experiments.binary.networks import load, make_network
from noisyweights.experiments.binary.results import Result, collect
from noisyweights.experiments.binary.scores import Predicted, predicted, score, score_shifts
from noisyweights.experiments.binary.settings import (
    ANGLES,
    KINDS,
    METHODS,
    PASSES,
    PROFILES,
    SHIFTS,
    STORED,
    STORED_MARGIN,
    STRENGTHS,
    TASKS,
    Config,
)
from noisyweights.experiments.device import Device
from noisyweights.experiments.image_inputs import checksum, scaled
from noisyweights.experiments.mean_field_training import KERNEL as MEAN_FIELD
from noisyweights.experiments.trainings import named
from noisyweights.networks.mean_field import twins

__all__ = [
    "ANGLES",
    "DATASETS",
    "MEAN_FIELD",
    "METHODS",
    "PASSES",
    "PROFILES",
    "SHIFTS",
    "STORED",
    "STORED_MARGIN",
    "STRENGTHS",
    "TASKS",
    "Config",
    "Result",
    "collect",
    "compute",
    "load",
    "make_network",
    "measurements",
    "points",
    "settings",
    "uses_device",
]

DATASETS = ("mnist", "fashion_mnist")


def points(config: Config) -> tuple[str, ...]:
    """Task, method and number of a training, "fashion-relu-2"; that of an ensemble trains all its members."""
    return tuple(
        name
        for task, method in KINDS
        for name in named(f"{task}-{method}", config.ensembles if method == "ensemble" else config.repeats)
    )


def settings(config: Config, point: str) -> dict[str, Any]:
    """What determines a point: neither the sizes of the other task, nor what other methods alone need."""
    task, method, _ = point.split("-")
    left_out = {one.name for one in fields(config) if one.metadata.get("counts")}
    left_out |= {"shifted"} if task == "mnist" else {"hidden"}
    left_out |= {"vi_epochs"} - ({"vi_epochs"} if method == "variational" else set())
    left_out |= {"members"} - ({"members"} if method == "ensemble" else set())
    return {name: value for name, value in asdict(config).items() if name not in left_out}


def uses_device(point: str) -> bool:
    """Whether the device's law draws in a point: in mean-field networks alone."""
    return point.split("-")[1] == "variational"


def compute(
    config: Config, point: str, device: Device, trained: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """Train one network, or an ensemble; score it on the test set and, for "fashion", on shifted pictures.

    `trained` are kept weights of a mean-field network, in place of its training.
    """
    task, method, number = point.split("-")
    training, test = load(config, task, "train"), load(config, task, "test")
    network = networks.train(config, task, method, training, number=int(number), weights=trained)
    found = {
        "source": checksum(test.source),
        "trained": np.array(len(training.labels)),
        "tested": np.array(len(test.labels)),
    }
    if method == "variational":
        found["weights"] = trained_weights.pack(network, "float16")
        network = twins.with_law(network, device.law)
    x, seed = scaled(test), config.seed + 1000 * int(number)
    predict = networks.predictor(config, network, method, seed=seed)
    plain = predicted(predict(x))
    found |= score(plain, test.labels)
    if method == "proposed":
        found |= scale_study.studied(network, x, test.labels, seed=seed)
    if task == "mnist":
        return found
    p, information = predicted(predict(np.concatenate(_shifted(config, x))))
    shape = (len(SHIFTS), len(ANGLES), -1)
    shifted = Predicted(p.reshape(*shape, p.shape[-1]), information.reshape(shape))
    return found | score_shifts(plain, shifted, test.labels)


def _shifted(config: Config, pictures: np.ndarray) -> list[np.ndarray]:
    """The first test pictures at every angle, then at every strength of the noise."""
    some = pictures[: config.shifted]
    turned = [shifts.rotate(some, angle) for angle in ANGLES]
    return turned + [shifts.add_uniform_noise(some, float(one), seed=config.seed) for one in STRENGTHS]
