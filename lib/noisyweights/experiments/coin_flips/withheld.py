"""Withheld classes: do the votes of a network doubt a class more when it saw less of it?

Fig. 7 of the sampling paper, on MNIST.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from noisyweights import datasets, seeds
from noisyweights.datasets.images import LabelledImages
from noisyweights.datasets.source import DataSource
from noisyweights.experiments import image_inputs
from noisyweights.experiments.coin_flips import networks as coin_networks
from noisyweights.experiments.device import Device
from noisyweights.ledger.claims import Measurement
from noisyweights.networks.coin_flips import sampling, votes
from noisyweights.scores.replicates import mean_interval

__all__ = [
    "DATASETS",
    "PROFILES",
    "Config",
    "Doubt",
    "Result",
    "by_class",
    "collect",
    "compute",
    "excess_rise",
    "measurements",
    "points",
    "withhold",
]

DATASETS = ("mnist",)
CLAIMED = 90  # the share [%] of S-holdout's criterion


@dataclass(frozen=True, kw_only=True)
class Config(coin_networks.Settings):
    """Settings of the experiment."""

    repeats: int = field(metadata={"words": "trainings on whole classes"})
    epochs: int = field(metadata={"words": "of training, withheld classes"})
    draws: int = field(metadata={"words": "sampled networks, withheld classes"})
    hidden: int = field(default=400, metadata={"words": "units of the feed-forward network"})
    shares: tuple[int, ...] = field(default=(50, 90, 99), metadata={"words": "of a class withheld, in %"})
    classes: int = field(default=10, metadata={"words": "that are withheld, one at a time"})


PROFILES = {
    "smoke": Config(
        seed=8, trained=200, tested=100, repeats=1, epochs=1, draws=10, hidden=20, shares=(90,), classes=2
    ),
    "quick": Config(
        seed=8, trained=2000, tested=1000, repeats=2, epochs=20, draws=50, shares=(90,)
    ),
    "full": Config(seed=8, trained=None, tested=None, repeats=3, epochs=20, draws=200),
}  # fmt: skip


@dataclass(frozen=True)
class Doubt:
    """Mean entropy of the votes [bits] and accuracy [%] of each class: (10,), or (networks, 10)."""

    entropy: np.ndarray
    accuracy: np.ndarray


@dataclass(frozen=True)
class Result:
    """Networks of whole classes, and by share [%] those without most of class 0, 1, … in this order."""

    config: Config
    whole: Doubt
    withheld: Mapping[int, Doubt]
    source: DataSource


def points(config: Config) -> tuple[str, ...]:
    """All networks of one share each: "0" for whole classes, "90"."""
    return ("0", *map(str, config.shares))


def withhold(images: LabelledImages, of: int, share: float, *, seed: int) -> LabelledImages:
    """The pictures without a random share in [0, 1] of one class, of which at least one stays.

    Raises: ValueError for another share.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share is a fraction in [0, 1], got {share}: divide per cent by 100")
    theirs = seeds.generator(seed, "withheld", of).permutation(np.flatnonzero(images.labels == of))
    kept = np.ones(len(images.labels), bool)
    kept[theirs[max(1, round((1 - share) * len(theirs))) :]] = False
    return LabelledImages(images.images[kept], images.labels[kept], images.classes, images.source)


def by_class(ballots: np.ndarray, labels: np.ndarray) -> Doubt:
    """What votes (n, classes) say of each class, NaN of one without pictures: (classes,) each."""
    of = [labels == label for label in range(ballots.shape[-1])]

    def means(values: np.ndarray) -> np.ndarray:
        return np.array([values[these].mean() if these.any() else np.nan for these in of])

    right = votes.first_choice(ballots) == labels
    return Doubt(means(votes.vote_entropy(ballots)), means(100.0 * right))


def compute(config: Config, point: str, device: Device) -> dict[str, np.ndarray]:
    """Train and sample all networks of a share; the device has no part in it."""
    share = int(point) / 100
    train, test = (coin_networks.load(config, "mnist", split) for split in ("train", "test"))
    x, found = image_inputs.scaled(test), []
    for number in range(config.classes if share else config.repeats):
        seed = config.seed + 1000 * number
        network = coin_networks.make(
            (28, 28, 1), hidden=(config.hidden,), dropout=config.dropout, start="paper", seed=seed
        )
        seen = withhold(train, number, share, seed=config.seed) if share else train
        coin_networks.train(config, network, seen, epochs=config.epochs, seed=seed)
        ballots = sampling.sample_votes(
            network, x, draws=config.draws, precision="full", sampled_layers="dense", seed=seed
        )
        found.append(by_class(ballots, test.labels))
    return {
        "entropy": np.stack([one.entropy for one in found]),
        "accuracy": np.stack([one.accuracy for one in found]),
        "source": image_inputs.checksum(test.source),
    }


def excess_rise(whole: Doubt, withheld: Doubt) -> np.ndarray:
    """Rise of a withheld class's entropy [bits] over whole classes, minus that of the others: (classes,)."""
    rise = withheld.entropy - whole.entropy.mean(0)
    own = np.eye(*rise.shape, dtype=bool)
    return rise[own] - np.where(own, 0, rise).sum(1) / (rise.shape[1] - 1)


def collect(config: Config, device: Device, points: Mapping[str, dict[str, np.ndarray]]) -> Result:
    """Gather the shares; raises ValueError for points of other pictures than would be loaded now."""
    source = datasets.mnist(split="test").source
    image_inputs.check_source(points, dict.fromkeys(points, source))
    whole, *withheld = (
        Doubt(points[one]["entropy"], points[one]["accuracy"]) for one in ("0", *map(str, config.shares))
    )
    return Result(config, whole, dict(zip(config.shares, withheld, strict=True)), source)


def measurements(result: Result) -> list[Measurement]:
    """S-holdout's quantity on MNIST, where all pictures were used."""
    config = result.config
    if config.trained or config.tested or result.source.embedded:
        return []
    rises = excess_rise(result.whole, result.withheld[CLAIMED])
    return [Measurement("S-holdout", "excess_rise_mnist", *mean_interval(rises), len(rises), "bits")]
