"""Faces: the age of a face by a convolutional network, trained and tested under three laws of its weights.

Chapter 6; §4.3, Fig. 6 and App. C of the device paper.
"""

from collections.abc import Mapping

import numpy as np

from noisyweights import datasets, seeds
from noisyweights.experiments import image_inputs, mean_field_training
from noisyweights.experiments.compared_laws import compared
from noisyweights.experiments.device import Device
from noisyweights.experiments.faces.measurements import measurements
from noisyweights.experiments.faces.networks import make_network
from noisyweights.experiments.faces.results import Result, collect
from noisyweights.experiments.faces.settings import AGES, LAWS, LEVELS, PROFILES, Config
from noisyweights.experiments.trainings import named
from noisyweights.networks.mean_field import array_draws, inference, twins
from noisyweights.scores import metrics

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
    return _compared(config, predictions, y[test], seed=seed) | {
        "faces": np.array([len(train), len(test), len(faces.skipped)]),
        "spread": np.array(100 * faces.ages.std() / AGES),
        "drawn": np.array(faces.source.drawn),
        "source": image_inputs.checksum(faces.source),
    }


def _compared(
    config: Config, predictions: Mapping[str, np.ndarray], y: np.ndarray, *, seed: int
) -> dict[str, np.ndarray]:
    """Calibration, error and spread of each prediction, and the largest gaps between them."""
    bootstrap = {"resample": ("draws", "points"), "replicates": config.replicates, "seed": seed}
    cdf = {
        name: metrics.gaussian_cdf(*np.moveaxis(p, -1, 0), y)[..., None] for name, p in predictions.items()
    }
    curves = metrics.paired_bootstrap(
        lambda average, weights: metrics.calibration_curve(
            average[:, 0], levels=LEVELS, kind="central", weights=weights
        ),
        cdf,
        **bootstrap,
    )
    errors = metrics.paired_bootstrap(
        lambda average, weights: 100 * metrics.rmse(average[:, 0], y, weights=weights),
        {name: p[..., :1] for name, p in predictions.items()},
        **bootstrap,
    )
    parts = [inference.decompose(p) for p in predictions.values()]
    return {
        "curves": np.array([curves.values[name] for name in LAWS]),
        "rmse": np.array([errors.estimate(name)[:3] for name in LAWS]),
        "gap_curves": np.array(curves.largest_gap(LAWS)[:3]),
        "gap_rmse": np.array(errors.largest_gap(LAWS)[:3]),
        "aleatoric": np.array([100 * np.sqrt(np.square(part.aleatoric).mean()) for part in parts]),
        "epistemic": np.array([100 * np.sqrt(np.square(part.epistemic).mean()) for part in parts]),
    }
