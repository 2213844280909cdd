"""Coins on CIFAR-10: the convolutional network of the sampling paper, of whole classes and of withheld ones.

Fig. 6 and 7. There is no sample of CIFAR-10 in the repository, so no chapter computes these points; chapter 8
says how, and shows them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from noisyweights.experiments import image_inputs, image_sources, trainings
from noisyweights.experiments.coin_flips import networks as coin_networks
from noisyweights.experiments.coin_flips.settings import Settings, settings_but
from noisyweights.experiments.coin_flips.withheld import (
    Doubt,
    Withheld,
    by_class,
    doubt_of,
    excess_rise,
    withheld_by_class,
    withhold,
)
from noisyweights.experiments.device import Device
from noisyweights.ledger.claims import Measurement
from noisyweights.networks.coin_flips import sampling, votes
from noisyweights.scores import metrics
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
    "settings",
    "uses_device",
]

DATASETS = ("cifar10",)


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the experiment."""

    repeats: int = field(metadata={"words": "trainings on whole classes", "counts": True})
    epochs: int = field(metadata={"words": "of training"})
    draws: int = field(metadata={"words": "sampled networks, K in the paper"})
    fewer: int = field(metadata={"words": "of them where a class is withheld"})
    classes: int = field(default=10, metadata={"words": "that are withheld, one at a time", "counts": True})
    share: int = field(default=90, metadata={"words": "of a class withheld, in %"})
    filters: tuple[int, ...] = field(default=(32, 64, 128), metadata={"words": "filters of 3 × 3"})
    hidden: tuple[int, ...] = field(default=(256, 128), metadata={"words": "units behind them"})
    conv_dropout: float = field(default=0.25, metadata={"words": "in training; not stated in the paper"})


PROFILES = {
    "smoke": Config(
        seed=8, trained=100, tested=50, repeats=1, epochs=1, draws=5, fewer=5, classes=1, filters=(2, 2, 2),
        hidden=(8, 8),
    ),
    "quick": Config(seed=8, trained=5000, tested=2000, repeats=1, epochs=10, draws=100, fewer=50, classes=2),
    "full": Config(seed=8, trained=None, tested=None, repeats=3, epochs=10, draws=1000, fewer=200),
}  # fmt: skip


@dataclass(frozen=True)
class Result:
    """What networks of whole classes say, trainings on the first axis, and those with a class withheld.

    standard, right (trainings, n): whether the network without coins is right about a picture, and whether
    the votes' first choice is. doubt (trainings, n): entropy of the votes in bits. What a picture shows is
    not among them.
    """

    config: Config
    standard: np.ndarray
    right: np.ndarray
    doubt: np.ndarray
    whole: Doubt
    withheld: Withheld


def points(config: Config) -> tuple[str, ...]:
    """One training each: "whole-0", and "withheld-3" without most of class 3."""
    return (*trainings.named("whole", config.repeats), *trainings.named("withheld", config.classes))


def settings(config: Config, point: str) -> dict[str, Any]:
    """The settings that determine a point."""
    others = ("draws",) if point.startswith("withheld") else ("fewer", "share")
    return settings_but(config, (*others, "dropout"))


def uses_device(point: str) -> bool:
    """The device has no part in any point."""
    return False


def compute(config: Config, point: str, device: Device) -> dict[str, np.ndarray]:
    """Train and sample one network; what its arrays tell of pictures is whether it is right about them."""
    kind, _, number = point.partition("-")
    seed = config.seed + 1000 * int(number)
    train, test = (coin_networks.load(config, "cifar10", split) for split in ("train", "test"))
    if kind == "withheld":
        train = withhold(train, int(number), config.share / 100, seed=config.seed)
    network = coin_networks.make(
        (32, 32, 3),
        filters=config.filters,
        hidden=config.hidden,
        dropout=config.conv_dropout,
        start="paper",
        seed=seed,
    )
    coin_networks.train(config, network, train, epochs=config.epochs, seed=seed)
    x = image_inputs.scaled(test)
    draws = config.fewer if kind == "withheld" else config.draws
    ballots = sampling.sample_votes(
        network, x, draws=draws, precision="full", sampled_layers="dense", seed=seed
    )
    doubt = by_class(ballots, test.labels)
    found = {
        "entropy": doubt.entropy,
        "accuracy": doubt.accuracy,
        "source": image_inputs.checksum(test.source),
    }
    if kind == "withheld":
        return found
    return found | {
        "standard": coin_networks.ranked(network, x)[:, 0] == test.labels,
        "right": votes.first_choice(ballots) == test.labels,
        "doubt": votes.vote_entropy(ballots).astype(np.float32),
    }


def collect(config: Config, device: Device, points: Mapping[str, dict[str, np.ndarray]]) -> Result:
    """Stack the trainings of each kind, as many as there are.

    Raises: ValueError for a kind without trainings, or for points of different pictures.
    """
    stacked = {name: trainings.stacked(points, "whole", name) for name in ("standard", "right", "doubt")}
    whole, withheld = doubt_of(points, "whole"), withheld_by_class(points, "withheld")
    image_sources.common(points)
    return Result(config, **stacked, whole=whole, withheld=withheld)


def measurements(result: Result) -> list[Measurement]:
    """Quantities of S-cifar, of S-entropy and of S-holdout on CIFAR-10, where all pictures were used."""
    if result.config.trained or result.config.tested:
        return []
    loss = 100 * result.standard.mean(1) - 100 * result.right.mean(1)
    pairs = list(zip(result.doubt, ~result.right, strict=True))
    found = {
        ("S-cifar", "sampling_loss", "points"): loss,
        ("S-cifar", "median_entropy_gap", "bits"): [np.median(h[w]) - np.median(h[~w]) for h, w in pairs],
        ("S-entropy", "auroc_cifar", ""): [metrics.auroc(h, w) for h, w in pairs],
        ("S-holdout", "excess_rise_cifar", "bits"): excess_rise(result.whole, result.withheld),
    }
    return [
        Measurement(claim, quantity, *mean_interval(values), len(values), unit)
        for (claim, quantity, unit), values in found.items()
    ]
