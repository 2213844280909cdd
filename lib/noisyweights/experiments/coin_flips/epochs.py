"""The convolutional network of Table I trained for as many epochs as the sampling paper says.

Chapter 8. Convolutions are slow on processors, so Table I's own take fewer; here are those of clothes, where
the accuracy without coins falls short of the paper's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from noisyweights.datasets.source import DataSource
from noisyweights.experiments import image_inputs, image_sources, trainings
from noisyweights.experiments.coin_flips import networks as coin_networks
from noisyweights.experiments.coin_flips.settings import Settings
from noisyweights.experiments.device import Device
from noisyweights.ledger.claims import Measurement
from noisyweights.networks.coin_flips import sampling, votes
from noisyweights.scores.replicates import mean_interval

__all__ = [
    "DATASETS",
    "PROFILES",
    "Config",
    "Result",
    "collect",
    "compute",
    "measurements",
    "points",
    "uses_device",
]

DATASETS = ("fashion_mnist",)
_KIND = "fashion-conv"  # as Table I calls this network


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the experiment; the layers are those of `coin_flips`."""

    repeats: int = field(metadata={"words": "trainings, from the starts of Table I's", "counts": True})
    epochs: int = field(metadata={"words": "of training"})
    draws: int = field(metadata={"words": "sampled networks, K in the paper"})
    filters: int = field(default=32, metadata={"words": "filters of 3 × 3"})
    dense: int = field(default=100, metadata={"words": "units behind them"})
    conv_dropout: float = field(default=0.5, metadata={"words": "in training; not stated in the paper"})


PROFILES = {
    "smoke": Config(seed=8, trained=200, tested=100, repeats=1, epochs=2, draws=20, filters=2, dense=10),
    "quick": Config(seed=8, trained=2000, tested=1000, repeats=2, epochs=40, draws=100, filters=8),
    "full": Config(seed=8, trained=None, tested=None, repeats=3, epochs=100, draws=1000),
}


@dataclass(frozen=True)
class Result:
    """Accuracies [%] of each training, (trainings,): without coins, and of the votes' first choice."""

    config: Config
    standard: np.ndarray
    sampled: np.ndarray
    source: DataSource


def points(config: Config) -> tuple[str, ...]:
    """Number of a training: "fashion-conv-0"."""
    return trainings.named(_KIND, config.repeats)


def uses_device(point: str) -> bool:
    """The device has no part in any point."""
    return False


def compute(config: Config, point: str, device: Device) -> dict[str, np.ndarray]:
    """Train and sample one network."""
    seed = config.seed + 1000 * int(point.rpartition("-")[2])
    train, test = (coin_networks.load(config, "fashion_mnist", split) for split in ("train", "test"))
    network = coin_networks.make(
        (28, 28, 1),
        filters=(config.filters,),
        hidden=(config.dense,),
        dropout=config.conv_dropout,
        start="paper",
        seed=seed,
    )
    coin_networks.train(config, network, train, epochs=config.epochs, seed=seed)
    x = image_inputs.scaled(test)
    ballots = sampling.sample_votes(
        network, x, draws=config.draws, precision="full", sampled_layers="dense", seed=seed
    )
    called = {"standard": coin_networks.ranked(network, x)[:, 0], "sampled": votes.first_choice(ballots)}
    return {name: np.array(100 * np.mean(choice == test.labels)) for name, choice in called.items()} | {
        "source": image_inputs.checksum(test.source)
    }


def collect(config: Config, device: Device, points: Mapping[str, dict[str, np.ndarray]]) -> Result:
    """Stack the trainings, as many as there are; raises ValueError for none, or for different pictures."""
    standard, sampled = (trainings.stacked(points, _KIND, name) for name in ("standard", "sampled"))
    return Result(
        config, standard, sampled, image_sources.source("fashion_mnist", image_sources.common(points))
    )


def measurements(result: Result) -> list[Measurement]:
    """Quantities of S-fashion-epochs, where all pictures were used."""
    if result.config.trained or result.config.tested or result.source.embedded:
        return []
    found = {"accuracy_standard": result.standard, "accuracy_sampled": result.sampled}
    return [
        Measurement("S-fashion-epochs", quantity, *mean_interval(values), len(values), "%")
        for quantity, values in found.items()
    ]
