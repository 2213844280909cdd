"""Faces: the age of a face by a convolutional network, trained and tested under three laws of its weights.

Chapter 6; §4.3, Fig. 6 and App. C of the device paper.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from noisyweights import datasets, seeds
from noisyweights.datasets.source import DataSource
from noisyweights.experiments import image_inputs, mean_field_training
from noisyweights.experiments.compared_laws import compared
from noisyweights.experiments.device import Device
from noisyweights.ledger.claims import Measurement
from noisyweights.networks.mean_field import inference, twins
from noisyweights.scores import metrics

import keras  # isort: skip  (the library loads TensorFlow quietly)

__all__ = [
    "AGES",
    "DATASETS",
    "LAWS",
    "LEVELS",
    "PROFILES",
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
LAWS = ("gaussian", "device", "bimodal")
AGES = 116.0  # years: the range of ages in the set, in per cent of which errors are given
LEVELS = np.linspace(0.05, 0.95, 19)  # probabilities at which calibration is looked at
SMALLEST_SCALE = 1e-3  # of the age range


@dataclass(frozen=True)
class Config:
    """Settings of the chapter; the paper's where it states them."""

    seed: int = field(metadata={"words": "of the split, the trainings and the draws"})
    size: int = field(metadata={"words": "pixels along a side; the published files have 200"})
    limit: int | None = field(metadata={"words": "faces taken at random; None for all"})
    filters: int = field(metadata={"words": "of the first block; not stated in the paper"})
    mle_epochs: int = field(metadata={"words": "of the deterministic start; not stated in the paper"})
    epochs: int = field(metadata={"words": "of variational inference"})
    draws: int = field(metadata={"words": "networks in a prediction"})
    blocks: int = field(default=4, metadata={"words": "of two convolutions; 4 in the paper"})
    batch_size: int = field(default=100, metadata={"words": "examples in a step"})
    held_out: float = field(default=0.2, metadata={"words": "fraction of the faces for testing"})
    tempering: float = field(default=1000.0, metadata={"words": "steps in which the temperature falls by e"})
    prior_scale: float = field(
        default=1.0, metadata={"words": "of the Gaussian prior; not stated in the paper"}
    )
    initial_scale: float = field(default=0.01, metadata={"words": "of every kernel weight; not stated"})
    replicates: int = field(default=500, metadata={"words": "of the paired bootstrap"})


PROFILES = {
    "smoke": Config(
        seed=6, size=16, limit=200, filters=2, blocks=1, mle_epochs=1, epochs=1, draws=4, replicates=40
    ),
    "quick": Config(
        seed=6, size=32, limit=2000, filters=8, mle_epochs=10, epochs=10, draws=16, batch_size=20
    ),
    "full": Config(seed=6, size=64, limit=None, filters=16, mle_epochs=10, epochs=10, draws=32),
}


@dataclass(frozen=True)
class Result:
    """What the chapter shows: arrays by (training law, testing law), both in the order of `LAWS`.

    curves (3, 3, levels): fraction of test faces whose age lies in the central interval of each probability.
    rmse (3, 3, 3) [% of the age range]: value, low, high. gap_curves, gap_rmse (3, 3): for each training law,
    the largest difference between two testing laws, with its low and high end. aleatoric, epistemic (3, 3)
    [% of the age range]: root mean square over test faces. spread [% of the age range]: standard deviation
    of the ages, which is the error of a network that has learnt their mean and no more. tested, trained,
    skipped: numbers of faces.
    """

    config: Config
    source: DataSource
    curves: np.ndarray
    rmse: np.ndarray
    gap_curves: np.ndarray
    gap_rmse: np.ndarray
    aleatoric: np.ndarray
    epistemic: np.ndarray
    spread: float
    tested: int
    trained: int
    skipped: int


def load(config: Config) -> datasets.Faces:
    """The faces of a profile: UTKFace where it is at hand, else pictures that a program makes."""
    return datasets.utkface(size=config.size, limit=config.limit, seed=config.seed)


def make_network(config: Config, *, seed: int) -> tuple[keras.Model, keras.Model]:
    """Return the network of the mean age, and that of mean and standard deviation: eq. 10 with convolutions.

    Ages are divided by `AGES`. Both parts have the architecture of App. C, with their own weights.
    """
    start = seeds.generator(seed, "start")
    faces = keras.Input((config.size, config.size, 3))
    mean = keras.Model(faces, _convolutions(config, faces, start, "mean"))
    scale = _convolutions(config, faces, start, "scale") + SMALLEST_SCALE
    return mean, keras.Model(faces, keras.layers.Concatenate()([mean.output, scale]))


def _convolutions(config: Config, x, start: np.random.Generator, name: str):
    """Blocks of two convolutions, then dense layers of 100, 10 and 1 units: App. C of the paper."""

    def glorot() -> keras.initializers.Initializer:
        return keras.initializers.GlorotUniform(int(start.integers(2**31)))

    for block in range(config.blocks):
        for half in range(2):
            x = keras.layers.Conv2D(
                config.filters * 2**block, 3, padding="same", activation="relu", kernel_initializer=glorot(),
                name=f"{name}_convolution_{block}_{half}",
            )(x)  # fmt: skip
            x = keras.layers.MaxPooling2D(2, padding="same")(x)
            x = keras.layers.BatchNormalization()(x)
    x = keras.layers.Flatten()(x)
    for units in (100, 10, 1):
        activation = None if units == 1 else "relu"
        x = keras.layers.Dense(
            units, activation=activation, kernel_initializer=glorot(), name=f"{name}_dense_{units}"
        )(x)
        x = keras.layers.BatchNormalization()(x)
    return keras.layers.Activation("sigmoid")(x)


def points(config: Config) -> tuple[str, ...]:
    """One training each."""
    return LAWS


def compute(config: Config, point: str, device: Device) -> dict[str, np.ndarray]:
    """Train under one law from the maximum-likelihood estimate; test under all three with the same draws."""
    faces = load(config)
    x = image_inputs.scaled(faces)
    y = (faces.ages / AGES).astype(np.float32)
    order = seeds.generator(config.seed, "split").permutation(len(x))
    test, train = np.split(order, [round(config.held_out * len(x))])
    laws_of = compared(device)

    mean, both = make_network(config, seed=config.seed)
    network = mean_field_training.train(
        mean,
        both,
        x[train],
        y[train],
        config=config,
        law=laws_of[point],
        epochs=config.epochs,
        seed=config.seed,
    )
    predictions = {
        name: inference.predict_draws(
            twins.with_law(network, laws_of[name]),
            x[test],
            draws=config.draws,
            seed=config.seed,
            batch_size=500,
        )
        for name in LAWS
    }
    return _compared(config, predictions, y[test]) | {
        "faces": [len(train), len(test), len(faces.skipped)],
        "source": image_inputs.checksum(faces.source),
    }


def _compared(config: Config, predictions: Mapping[str, np.ndarray], y: np.ndarray) -> dict[str, np.ndarray]:
    """Calibration, error and spread of each prediction, and the largest gaps between them."""
    bootstrap = {"resample": ("draws", "points"), "replicates": config.replicates, "seed": config.seed}
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


def collect(config: Config, device: Device, points: Mapping[str, dict[str, np.ndarray]]) -> Result:
    """Stack the three trainings.

    Raises ValueError for points that were computed on another set of faces than would be loaded now.
    """
    faces = load(config)
    trained, tested, skipped = (int(count) for count in points[LAWS[0]]["faces"])
    image_inputs.check_source(points, dict.fromkeys(LAWS, faces.source))

    def stacked(quantity: str) -> np.ndarray:
        return np.stack([points[law][quantity] for law in LAWS])

    quantities = ("curves", "rmse", "gap_curves", "gap_rmse", "aleatoric", "epistemic")
    return Result(
        config,
        faces.source,
        *(stacked(quantity) for quantity in quantities),
        spread=float(100 * faces.ages.std() / AGES),
        tested=tested,
        trained=trained,
        skipped=skipped,
    )


def measurements(result: Result) -> list[Measurement]:
    """Quantities of P-utk-calibration, P-utk-training and, from the whole set, P-utk-rmse.

    The claims are about UTKFace: drawn faces measure none of them. A part of the photographs compares laws,
    but does not tell the error of a network trained on all.
    """
    if result.source.drawn:
        return []
    n = result.tested
    found = [
        Measurement("P-utk-calibration", "max_calibration_gap", *result.gap_curves[0], n),
        Measurement("P-utk-training", "max_calibration_gap", *result.gap_curves.max(axis=0), n),
        Measurement("P-utk-training", "max_rmse_gap", *result.gap_rmse.max(axis=0), n, "points"),
    ]
    if result.config.limit is not None:
        return found
    return [
        *found,
        *(
            Measurement("P-utk-rmse", f"rmse_{law}", *result.rmse[0, at], n, "%")
            for at, law in enumerate(LAWS)
        ),
        Measurement("P-utk-rmse", "max_rmse_gap", *result.gap_rmse[0], n, "points"),
    ]
