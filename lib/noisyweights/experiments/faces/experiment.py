"""Faces: the age of a face by a convolutional network, trained and tested under three laws of its weights.

Chapter 6; §4.3, Fig. 6 and App. C of the device paper.
"""

import numpy as np

from noisyweights import datasets, seeds
from noisyweights.experiments import image_inputs, mean_field_training
from noisyweights.experiments.compared_laws import compared
from noisyweights.experiments.device import Device
from noisyweights.experiments.faces.measurements import measurements
from noisyweights.experiments.faces.networks import make_network
from noisyweights.experiments.faces.results import Result, collect
from noisyweights.experiments.faces.scores import compared_predictions
from noisyweights.experiments.faces.settings import AGES, LAWS, LEVELS, PROFILES, Config
from noisyweights.experiments.trainings import named
from noisyweights.networks.mean_field import array_draws, twins

__all__ = [
    "AGES",
    "DATASETS",
    "LAWS",
    "LEVELS",
    "PROFILES",
    "RETRAINS",
    "Config",
    "Result",
    "collect",
    "compute",
    "load",
    "make_network",
    "measurements",
    "points",
]

DATASETS = ("utkface",)
RETRAINS = True  # weights learnt from photographs that may not be passed on are not recorded


def points(config: Config) -> tuple[str, ...]:
    """Law and number of a training: "gaussian-0"."""
    return tuple(name for law in LAWS for name in named(law, config.trainings))


def load(config: Config) -> datasets.Faces:
    """The faces of a profile: UTKFace where it is at hand, else pictures that a program makes."""
    return datasets.utkface(size=config.size, limit=config.limit, seed=config.seed)


def compute(config: Config, point: str, device: Device) -> dict[str, np.ndarray]:
    """Train under one law from the maximum-likelihood estimate; test under all three with the same draws.

    All trainings have the same faces for testing. A point holds no age and no weight, since the set may not
    be passed on: only what was measured over all its test faces.
    """
    law, _, number = point.rpartition("-")
    seed = config.seed + 1000 * int(number)
    faces = load(config)
    x = image_inputs.scaled(faces)
    y = (faces.ages / AGES).astype(np.float32)
    order = seeds.generator(config.seed, "split").permutation(len(x))
    test, train = np.split(order, [round(config.held_out * len(x))])
    laws_of = compared(device)

    mean, both = make_network(config, seed=seed)
    network = mean_field_training.train(
        mean,
        both,
        x[train],
        y[train],
        config=config,
        law=laws_of[law],
        epochs=config.epochs,
        seed=seed,
    )
    predictions = {
        name: array_draws.predict_draws(
            twins.with_law(network, laws_of[name]),
            x[test],
            draws=config.draws,
            seed=seed,
            batch_size=500,
        )
        for name in LAWS
    }
    return compared_predictions(config, predictions, y[test], seed=seed) | {
        "faces": np.array([len(train), len(test), len(faces.skipped)]),
        "spread": np.array(100 * faces.ages.std() / AGES),
        "drawn": np.array(faces.source.drawn),
        "source": image_inputs.checksum(faces.source),
    }
