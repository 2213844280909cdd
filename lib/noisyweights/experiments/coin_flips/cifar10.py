"""Coins on CIFAR-10: the convolutional network of the sampling paper, of whole classes and of withheld ones.

Fig. 6 and 7. There is no sample of CIFAR-10 in the repository, so no chapter computes these points; chapter 8
says how, and shows them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from noisyweights.experiments import image_inputs
from noisyweights.experiments.coin_flips import networks as coin_networks
from noisyweights.experiments.coin_flips.withheld import Doubt, by_class, excess_rise, withhold
from noisyweights.experiments.device import Device
from noisyweights.ledger.claims import Measurement
from noisyweights.networks.coin_flips import sampling, votes
from noisyweights.scores import metrics
from noisyweights.scores.replicates import mean_interval

__all__ = ["DATASETS", "PROFILES", "Config", "Result", "collect", "compute", "measurements", "points"]

DATASETS = ("cifar10",)


@dataclass(frozen=True, kw_only=True)
class Config(coin_networks.Settings):
    """Settings of the experiment."""

    repeats: int = field(metadata={"words": "trainings on whole classes"})
    epochs: int = field(metadata={"words": "of training"})
    draws: int = field(metadata={"words": "sampled networks, K in the paper"})
    fewer: int = field(metadata={"words": "of them where a class is withheld"})
    classes: int = field(default=10, metadata={"words": "that are withheld, one at a time"})
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

    standard (trainings, n): the class that each network calls without coins. votes (trainings, n, classes).
    """

    config: Config
    standard: np.ndarray
    votes: np.ndarray
    whole: Doubt
    withheld: Doubt
    labels: np.ndarray


def points(config: Config) -> tuple[str, ...]:
    """One training each: "whole-0", and "withheld-3" without most of class 3."""
    return (
        *(f"whole-{repeat}" for repeat in range(config.repeats)),
        *(f"withheld-{label}" for label in range(config.classes)),
    )


def compute(config: Config, point: str, device: Device) -> dict[str, np.ndarray]:
    """Train and sample one network; the device has no part in it."""
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
    return {
        "standard": coin_networks.ranked(network, x)[:, 0],
        "votes": ballots,
        "entropy": doubt.entropy,
        "accuracy": doubt.accuracy,
        "labels": test.labels,
        "source": image_inputs.checksum(test.source),
    }


def collect(config: Config, device: Device, points: Mapping[str, dict[str, np.ndarray]]) -> Result:
    """Stack the trainings of each kind; raises ValueError for points of different pictures."""
    if len({point["source"].tobytes() for point in points.values()}) > 1:
        raise ValueError("these points were computed on different pictures: compute them anew")
    whole, withheld = (
        [points[f"{kind}-{number}"] for number in range(count)]
        for kind, count in (("whole", config.repeats), ("withheld", config.classes))
    )

    def doubt(of: list[dict[str, np.ndarray]]) -> Doubt:
        return Doubt(*(np.stack([one[name] for one in of]) for name in ("entropy", "accuracy")))

    return Result(
        config,
        np.stack([one["standard"] for one in whole]),
        np.stack([one["votes"] for one in whole]),
        doubt(whole),
        doubt(withheld),
        labels=whole[0]["labels"],
    )


def measurements(result: Result) -> list[Measurement]:
    """Quantities of S-cifar, of S-entropy and of S-holdout on CIFAR-10, where all pictures were used."""
    if result.config.trained or result.config.tested:
        return []
    first, entropy = votes.first_choice(result.votes), votes.vote_entropy(result.votes)
    wrong = first != result.labels
    loss = 100 * (result.standard == result.labels).mean(1) - 100 * (~wrong).mean(1)
    pairs = list(zip(entropy, wrong, strict=True))
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
