"""Withheld classes: do the votes of a network doubt a class more when it saw less of it?

Fig. 7 of the sampling paper, on MNIST.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from noisyweights import seeds
from noisyweights.datasets.images import LabelledImages
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
    "Doubt",
    "Result",
    "Withheld",
    "by_class",
    "collect",
    "compute",
    "doubt_of",
    "excess_rise",
    "measurements",
    "points",
    "uses_device",
    "withheld_by_class",
    "withhold",
]

DATASETS = ("mnist",)
CLAIMED = 90  # the share [%] of S-holdout's criterion

Points = Mapping[str, Mapping[str, np.ndarray]]


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the experiment."""

    repeats: int = field(metadata={"words": "trainings on whole classes", "counts": True})
    epochs: int = field(metadata={"words": "of training, withheld classes"})
    draws: int = field(metadata={"words": "sampled networks, withheld classes"})
    hidden: int = field(default=400, metadata={"words": "units of the feed-forward network"})
    shares: tuple[int, ...] = field(
        default=(50, 90, 99), metadata={"words": "of a class withheld, in %", "counts": True}
    )
    classes: int = field(default=10, metadata={"words": "that are withheld, one at a time", "counts": True})


PROFILES = {
    "smoke": Config(
        seed=8, trained=200, tested=100, repeats=1, epochs=1, draws=10, hidden=20, shares=(90,), classes=2
    ),
    "quick": Config(
        seed=8, trained=2000, tested=1000, repeats=2, epochs=10, draws=50, shares=(90,)
    ),
    "full": Config(seed=8, trained=None, tested=None, repeats=3, epochs=20, draws=200),
}  # fmt: skip


@dataclass(frozen=True)
class Doubt:
    """Mean entropy of the votes [bits] and accuracy [%] of each class: (10,), or (networks, 10)."""

    entropy: np.ndarray
    accuracy: np.ndarray


@dataclass(frozen=True)
class Withheld(Doubt):
    """Doubt of networks that each saw little of one class, `classes` (networks,)."""

    classes: np.ndarray

    @property
    def own(self) -> np.ndarray:
        """Where each network's entropy is that of the class that it saw little of: bool (networks, 10)."""
        return self.classes[:, np.newaxis] == np.arange(self.entropy.shape[1])


@dataclass(frozen=True)
class Result:
    """Networks of whole classes, and by share [%] those without most of one class each."""

    config: Config
    whole: Doubt
    withheld: Mapping[int, Withheld]
    source: DataSource


def points(config: Config) -> tuple[str, ...]:
    """One training each: "whole-0", and "withheld-90-3" without 90 % of class 3."""
    kinds = (trainings.named(f"withheld-{share}", config.classes) for share in config.shares)
    return (*trainings.named("whole", config.repeats), *(name for names in kinds for name in names))


def uses_device(point: str) -> bool:
    """The device has no part in any point."""
    return False


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
    """Train and sample one network."""
    kind, _, number = point.rpartition("-")
    seed = config.seed + 1000 * int(number)
    train, test = (coin_networks.load(config, "mnist", split) for split in ("train", "test"))
    if kind != "whole":
        train = withhold(train, int(number), _share(kind) / 100, seed=config.seed)
    network = coin_networks.make(
        (28, 28, 1), hidden=(config.hidden,), dropout=config.dropout, start="paper", seed=seed
    )
    coin_networks.train(config, network, train, epochs=config.epochs, seed=seed)
    x = image_inputs.scaled(test)
    ballots = sampling.sample_votes(
        network, x, draws=config.draws, precision="full", sampled_layers="dense", seed=seed
    )
    doubt = by_class(ballots, test.labels)
    return {
        "entropy": doubt.entropy,
        "accuracy": doubt.accuracy,
        "source": image_inputs.checksum(test.source),
    }


def _share(kind: str) -> int:
    """Share [%] that networks of a kind, "withheld-90", did not see."""
    return int(kind.rpartition("-")[2])


def excess_rise(whole: Doubt, withheld: Withheld) -> np.ndarray:
    """How much more a withheld class's entropy [bits] rises than that of the others: (networks,).

    Both are rises over networks of whole classes; of the others it is the mean.
    """
    rise = withheld.entropy - whole.entropy.mean(0)
    own = withheld.own
    return rise[own] - np.where(own, 0, rise).sum(1) / (rise.shape[1] - 1)


def doubt_of(points: Points, kind: str) -> Doubt:
    """Doubt of all trainings of a kind."""
    return Doubt(*(trainings.stacked(points, kind, name) for name in ("entropy", "accuracy")))


def withheld_by_class(points: Points, kind: str) -> Withheld:
    """Doubt of all trainings of a kind whose numbers are the classes that were withheld."""
    doubt = doubt_of(points, kind)
    return Withheld(doubt.entropy, doubt.accuracy, np.array([*trainings.of_kind(points, kind)]))


def collect(config: Config, device: Device, points: Points) -> Result:
    """Gather the trainings that there are.

    Raises: ValueError for no training on whole classes, or of a share that the settings name, and for points
        of different pictures.
    """
    kinds = {f"withheld-{share}" for share in config.shares}
    kinds |= {name.rpartition("-")[0] for name in points if name.startswith("withheld-")}
    return Result(
        config,
        doubt_of(points, "whole"),
        {_share(kind): withheld_by_class(points, kind) for kind in sorted(kinds, key=_share)},
        image_sources.source("mnist", image_sources.common(points)),
    )


def measurements(result: Result) -> list[Measurement]:
    """S-holdout's quantity on MNIST, where all pictures were used."""
    config = result.config
    if config.trained or config.tested or result.source.embedded:
        return []
    rises = excess_rise(result.whole, result.withheld[CLAIMED])
    return [Measurement("S-holdout", "excess_rise_mnist", *mean_interval(rises), len(rises), "bits")]
