"""Other networks to toss: wider ones, and other ways for weights to come into [−1, 1].

What chapter 8 asks beyond the sampling paper: which feed-forward networks lose little when their weights
become coins, and whether what coins add to the outputs on average tells so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

import numpy as np

from noisyweights.datasets.source import DataSource
from noisyweights.experiments import image_inputs, image_sources, trainings
from noisyweights.experiments.coin_flips import networks as coin_networks
from noisyweights.experiments.coin_flips.settings import Settings
from noisyweights.experiments.device import Device
from noisyweights.ledger.claims import Measurement
from noisyweights.networks.coin_flips import output_moments, rescaling, sampling, votes
from noisyweights.scores.replicates import mean_interval

import keras  # isort: skip  (the library loads TensorFlow quietly)

__all__ = [
    "CHOSEN",
    "DATASETS",
    "PROFILES",
    "ROADS",
    "WAYS",
    "Config",
    "Result",
    "Variant",
    "collect",
    "compute",
    "measurements",
    "points",
    "uses_device",
]

DATASETS = ("mnist", "fashion_mnist")
_SETS = {"mnist": "mnist", "fashion": "fashion_mnist"}
_STARTS = {"paper": "paper", "norm": "unit norm", "code": "published code", "free": "free"}
_STRETCHED = ("norm", "free")  # starts that leave the largest weight below 1, or anywhere
# Ways to toss the same network: two readings of the paper at 4 bits, and what its published code does.
WAYS = {
    "4 bits, rounded": {"precision": 4},
    "4 bits, rounded up": {"precision": 4, "rounding": "up"},
    "4 bits, normal noise": {"precision": 4, "rounding": "gaussian"},
    "probabilities added up": {"precision": "full", "ballot": "softmax"},
}
CHOSEN = 1000  # training pictures by which output biases are corrected
# What is tossed: the network, brought into range where it is not, or with each layer stretched to fill the
# range; and either with corrected output biases.
ROADS = ("plain", "plain, corrected", "stretched", "stretched, corrected")
_VARIED = ("fashion", "paper")  # set and start of the networks whose width is varied
CLAIMED = 800  # the widest network of S-larger's criterion


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the variants."""

    repeats: int = field(metadata={"words": "trainings of each variant, from other starts", "counts": True})
    epochs: int = field(metadata={"words": "of training, variants"})
    draws: int = field(metadata={"words": "sampled networks, variants"})
    width: int = field(
        default=400, metadata={"words": "hidden units, where the width is not varied", "counts": True}
    )
    widths: tuple[int, ...] = field(
        default=(50, 100, 200, 400, 800, 1600),
        metadata={"words": "hidden units, where it is", "counts": True},
    )


PROFILES = {
    "smoke": Config(
        seed=8, trained=200, tested=100, repeats=1, epochs=1, draws=10, width=20, widths=(20,)
    ),
    "quick": Config(
        seed=8, trained=2000, tested=1000, repeats=1, epochs=10, draws=50, widths=(50, 100, 200, 400)
    ),
    "full": Config(seed=8, trained=None, tested=None, repeats=3, epochs=20, draws=250),
}  # fmt: skip


@dataclass(frozen=True)
class Variant:
    """Accuracies [%] of one variant, trainings on the first axis.

    standard (trainings,): without coins. votes (trainings, roads, counts): by the votes after
    `Result.counts` draws, on each of `ROADS`. offset (trainings, 2): of the plain and the stretched network,
    see `networks.offset`. ways (trainings, ways): of `WAYS`, the plain network after all draws.
    """

    standard: np.ndarray
    votes: np.ndarray
    offset: np.ndarray
    ways: np.ndarray

    def accuracy(self, road: str) -> np.ndarray:
        """Accuracy [%] by the votes on a road after all draws, (trainings,)."""
        return self.votes[:, ROADS.index(road), -1]

    def loss(self, road: str) -> np.ndarray:
        """Points lost by the votes on a road after all draws, (trainings,)."""
        return self.standard - self.accuracy(road)


@dataclass(frozen=True)
class Result:
    """Variants by (set, start, width): ("fashion", "paper", 400)."""

    config: Config
    counts: tuple[int, ...]
    variants: Mapping[tuple[str, str, int], Variant]
    source: DataSource

    @property
    def widths(self) -> tuple[int, ...]:
        """Hidden units of the networks whose width is varied, in ascending order."""
        return tuple(sorted(width for of, start, width in self.variants if (of, start) == _VARIED))

    def offsets(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Offset of every network of a set, "mnist" or "fashion", and the points it loses: (networks,) each.

        Weights kept in the range one by one leave nothing to stretch; the other networks count twice.
        """
        known = [
            (one.offset[:, at], one.loss(road))
            for (of, start, _), one in self.variants.items()
            for at, road in enumerate(("plain", "stretched"))
            if of == name and (road == "plain" or start in _STRETCHED)
        ]
        offset, loss = map(np.concatenate, zip(*known, strict=True))
        return offset, loss


def points(config: Config) -> tuple[str, ...]:
    """Set, start, width and number of a training: "fashion-paper-400-0"."""
    return tuple(name for kind in _kinds(config) for name in trainings.named(kind, config.repeats))


def uses_device(point: str) -> bool:
    """The device has no part in any point."""
    return False


def _kinds(config: Config) -> tuple[str, ...]:
    starts = [f"{name}-{start}-{config.width}" for name in _SETS for start in _STARTS]
    return tuple(dict.fromkeys([*starts, *("-".join((*_VARIED, str(width))) for width in config.widths)]))


def compute(config: Config, point: str, device: Device) -> dict[str, np.ndarray]:
    """Train and sample one network; the arrays are those of `Variant`, of one training."""
    name, start, width, number = point.split("-")
    seed = config.seed + 1000 * int(number)
    train, test = (coin_networks.load(config, _SETS[name], split) for split in ("train", "test"))
    network = coin_networks.make(
        (28, 28, 1),
        hidden=(int(width),),
        dropout=0.0 if start == "code" else config.dropout,
        start=_STARTS[start],
        seed=seed,
    )
    coin_networks.train(config, network, train, epochs=config.epochs, seed=seed)
    x = image_inputs.scaled(test)
    seen = image_inputs.scaled(image_inputs.first(train, CHOSEN))
    found = _sampled(config, network, x, test.labels, seen=seen, seed=seed)
    return found | {"source": image_inputs.checksum(test.source)}


def _counts(config: Config) -> tuple[int, ...]:
    return tuple(sorted({*(k for k in (1, 5, 20, 50, 100) if k < config.draws), config.draws}))


def _sampled(
    config: Config, network: keras.Model, x: np.ndarray, labels: np.ndarray, *, seen: np.ndarray, seed: int
) -> dict[str, np.ndarray]:
    """Accuracies of one network with and without coins; `seen` are training pictures."""

    def accuracy(choice: np.ndarray) -> np.ndarray:
        return 100 * (choice == labels).mean(-1)

    def by_votes(one, **way) -> np.ndarray:
        ballots = sampling.sample_votes(
            one, x, draws=config.draws, after=_counts(config), sampled_layers="dense", seed=seed, **way
        )
        return accuracy(votes.first_choice(ballots))

    plain, stretched = (rescaling.renormalise(network, stretch=stretch) for stretch in (False, True))
    roads = [one for road in (plain, stretched) for one in (road, output_moments.compensate(road, seen))]
    return {
        "standard": accuracy(coin_networks.ranked(network, x)[:, 0]),
        "votes": np.stack([by_votes(road, precision="full") for road in roads]),
        "offset": np.array([coin_networks.offset(road, seen) for road in (plain, stretched)]),
        "ways": np.array([by_votes(plain, **way)[-1] for way in WAYS.values()]),
    }


def collect(config: Config, device: Device, points: Mapping[str, dict[str, np.ndarray]]) -> Result:
    """Gather the trainings of each variant, as many as there are.

    Raises: ValueError for a variant without trainings that the settings name, and for points of one set that
        were computed on different pictures.
    """
    variants = {}
    for kind in dict.fromkeys([*_kinds(config), *(name.rpartition("-")[0] for name in points)]):
        name, start, width = kind.split("-")
        found = {one.name: trainings.stacked(points, kind, one.name) for one in fields(Variant)}
        variants[name, start, int(width)] = Variant(**found)
    checksums = {
        name: image_sources.common({one: points[one] for one in points if one.startswith(f"{name}-")})
        for name in _SETS
    }
    return Result(
        config, _counts(config), variants, image_sources.source(_SETS["fashion"], checksums["fashion"])
    )


def measurements(result: Result) -> list[Measurement]:
    """The slope of S-larger, where all pictures were used.

    A slope is that of one training of each width; there are as many as of the width that has the fewest.
    """
    config = result.config
    widths = [width for width in result.widths if width <= CLAIMED]
    if config.trained or config.tested or result.source.embedded or max(widths) < CLAIMED:
        return []
    losses = [result.variants[(*_VARIED, width)].loss("plain") for width in widths]
    fewest = min(map(len, losses))
    slopes = np.polyfit(np.log2(widths), np.stack([loss[:fewest] for loss in losses]), 1)[0]
    return [Measurement("S-larger", "loss_slope", *mean_interval(slopes), len(slopes), "points")]
