"""Mending what a chip's flaws cost: calibrated after it, trained on without it, and trained on through it.

Chapter 9; a question of this book.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from noisyweights import seeds
from noisyweights.datasets.images import LabelledImages
from noisyweights.datasets.source import DataSource
from noisyweights.experiments import catalogue, image_inputs, image_sources, trainings
from noisyweights.experiments.binary import recipes
from noisyweights.experiments.crossbar.networks import classifiers, sweeps
from noisyweights.experiments.crossbar.networks import settings as networks_settings
from noisyweights.experiments.crossbar.networks.scores import scores
from noisyweights.experiments.crossbar.networks.settings import CHIPS
from noisyweights.experiments.device import Device
from noisyweights.hardware.chip import Chip
from noisyweights.hardware.deployment import aware_training, deploy
from noisyweights.ledger.claims import Measurement
from noisyweights.networks.mean_field import array_draws, twins, variational
from noisyweights.noise import laws
from noisyweights.scores.estimates import Interval
from noisyweights.scores.replicates import mean_interval
from noisyweights.scores.temperature import fitted_temperature, tempered

import keras  # isort: skip  (the library loads TensorFlow quietly)

__all__ = [
    "DATASETS",
    "FLAWS",
    "PROFILES",
    "SCORES",
    "WAYS",
    "Config",
    "Result",
    "collect",
    "compute",
    "measurements",
    "points",
    "settings",
    "uses_device",
]

DATASETS = ("fashion_mnist",)
SCORES = ("accuracy", "nll", "calibration_error")  # %, nats, and a share
WAYS = ("as trained", "trained on in software", "trained on through the chip")
# Of each sweep of the chapter, the mildest recorded value at which a classifier loses its margin.
FLAWS = {
    "adc_bits": 4,
    "dac_bits": 2,
    "levels": 5,
    "programming": 10,
    "read_noise": 5,
    "stuck": 1,
    "wires": 0.5,
    "sigma_ratio": 2,
}
WHOLE = "whole chip"  # all flaws of the chapter's chip at once


@dataclass(frozen=True, kw_only=True)
class Config:
    """Settings beside those of the chapter's networks, from which the training starts."""

    networks: str = field(metadata={"words": "profile of the chapter's networks that are trained on"})
    repeats: int = field(metadata={"words": "trainings of the classifier", "counts": True})
    epochs: int = field(metadata={"words": "of training on"})
    chips: int = field(metadata={"words": "that each network is tested on"})
    draws: int = field(metadata={"words": "reads in a prediction"})
    held_out: int = field(metadata={"words": "test pictures that set the temperature, and are not tested"})
    rate: float = field(default=3e-4, metadata={"words": "learning rate of training on"})


PROFILES = {
    "smoke": Config(networks="smoke", repeats=1, epochs=1, chips=1, draws=2, held_out=20),
    "quick": Config(networks="quick", repeats=2, epochs=2, chips=1, draws=10, held_out=200),
    "full": Config(networks="full", repeats=3, epochs=3, chips=2, draws=20, held_out=1000),
}


@dataclass(frozen=True)
class Result:
    """What the chapter shows: scores in the order of `SCORES`, trainings on the first axis.

    software (trainings, scores): of the network as it was trained. lost: by flaw, scores on a chip less
    those, mean over chips, (trainings, ways, 2, scores), in the order of `WAYS`, first as read and then with
    a temperature that was fitted to other pictures on the same chip.
    """

    config: Config
    software: np.ndarray
    lost: Mapping[str, np.ndarray]
    source: DataSource

    def interval(self, flaw: str, way: str, score: str, *, tempered: bool = False) -> Interval:
        """What a network loses on a chip with a flaw, over trainings."""
        return mean_interval(self.lost[flaw][:, WAYS.index(way), int(tempered), SCORES.index(score)])

    def gain(self, flaw: str, score: str) -> Interval:
        """What training on through the chip gives over training on in software: paired, over trainings."""
        own = self.lost[flaw][:, :, 0, SCORES.index(score)]
        return mean_interval(own[:, 2] - own[:, 1])


def points(config: Config) -> tuple[str, ...]:
    """Number of a training, that of the chapter's networks: "mean-field-0"."""
    return trainings.named("mean-field", config.repeats)


def settings(config: Config, point: str) -> dict[str, Any]:
    """What determines a training: what the chapter's network is trained by, and how it is trained on."""
    networks = networks_settings.PROFILES[config.networks]
    start = catalogue.point_settings("crossbar.networks", point, config=networks)
    for name in ("sweeps", "step", "draws", "calibrated"):
        start.pop(name, None)
    own = ("epochs", "chips", "draws", "held_out", "rate")
    return {name: getattr(config, name) for name in own} | {
        "calibrated": networks.calibrated,
        "flaws": FLAWS,
        "start": start,
    }


def uses_device(point: str) -> bool:
    """No: junctions are Gaussian here, as weights are in training."""
    return False


def compute(config: Config, point: str, device: Device) -> dict[str, np.ndarray]:
    """Train one network, and train it on: once in software, and through each of the chips."""
    networks = networks_settings.PROFILES[config.networks]
    seed = networks.seed + 1000 * int(point.rpartition("-")[2])
    training, test, _ = classifiers.load(networks)
    start = classifiers.train(networks, "mean-field", training, seed=seed)
    x = image_inputs.scaled(test)
    pictures = (
        x[: config.held_out],
        test.labels[: config.held_out],
        x[config.held_out :],
        test.labels[config.held_out :],
    )
    calibration = image_inputs.scaled(training)[: networks.calibrated]
    predicted = classifiers.software(
        replace(networks, draws=config.draws), "mean-field", start, pictures[2], seed=seed
    )
    blind = twins.with_law(start, laws.gaussian())
    _train_on(config, networks, blind, training, seed=seed)
    found = {
        "source": image_inputs.checksum(test.source),
        "software": scores(predicted, pictures[3])[: len(SCORES)],
    }
    for flaw, chip in _chips().items():
        given = {"calibration": calibration, "seed": seed}
        taught = aware_training.through_chip(start, chip, **given)
        _train_on(
            config, networks, taught, training, seed=seed, callbacks=[aware_training.NewChips(chip, **given)]
        )
        found[flaw] = np.stack(
            [
                _scored(config, network, chip, calibration, pictures, seed=seed)
                for network in (start, blind, aware_training.in_software(taught))
            ]
        )
    return found


def _chips() -> dict[str, Chip]:
    """By flaw, the chapter's chip with that flaw alone; and as it is."""
    chip, by_name = CHIPS["mean-field"], {sweep.name: sweep for sweep in sweeps.MEAN_FIELD}
    perfect = sweeps.perfected(chip)
    return {flaw: by_name[flaw].changed(perfect, value) for flaw, value in FLAWS.items()} | {WHOLE: chip}


def _train_on(
    config: Config,
    networks: Any,
    network: keras.Model,
    images: LabelledImages,
    *,
    seed: int,
    callbacks: tuple | list = (),
) -> None:
    variational.train(
        network,
        image_inputs.scaled(images),
        images.labels,
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        epochs=config.epochs,
        batch_size=networks.batch_size,
        optimizer=keras.optimizers.Adam(config.rate),
        seed=seed + 1,
        callbacks=callbacks,
    )


def _scored(
    config: Config,
    network: keras.Model,
    chip: Chip,
    calibration: np.ndarray,
    pictures: tuple[np.ndarray, ...],
    *,
    seed: int,
) -> np.ndarray:
    """Scores on chips that no training has met, as read and with a temperature: (chips, 2, scores)."""
    held, held_labels, tested, labels = pictures
    found = []
    for number in range(config.chips):
        own = int(seeds.fold(seed, "tested on", number)[0]) & 0x7FFFFFFF
        deployed = deploy(network, chip, calibration=calibration, seed=own)

        def mean(x: np.ndarray, deployed: keras.Model = deployed, own: int = own) -> np.ndarray:
            draws = array_draws.predict_draws(deployed, x, draws=config.draws, seed=own)
            return recipes.probabilities(draws).mean(0)

        p = mean(tested)
        surer = tempered(p, fitted_temperature(mean(held), held_labels))
        found.append([scores(one, labels)[: len(SCORES)] for one in (p, surer)])
    return np.array(found)


def collect(config: Config, device: Device, points: Mapping[str, dict[str, np.ndarray]]) -> Result:
    """Stack the trainings, as many as there are; raises ValueError where there is none."""
    software = trainings.stacked(points, "mean-field", "software")
    lost = {
        flaw: trainings.stacked(points, "mean-field", flaw).mean(2) - software[:, None, None]
        for flaw in (*FLAWS, WHOLE)
    }
    source = image_sources.source("fashion_mnist", image_sources.common(points))
    return Result(config, software, lost, source)


def measurements(result: Result) -> list[Measurement]:
    """No claim hangs on it yet."""
    return []
