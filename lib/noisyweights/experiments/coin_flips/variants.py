"""Other networks to toss: wider ones, and other ways for weights to come into [−1, 1].

What chapter 8 asks beyond the sampling paper: which feed-forward networks lose little when their weights
become coins, and whether what coins add to the outputs on average tells so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from noisyweights.datasets.source import DataSource
from noisyweights.experiments import image_inputs
from noisyweights.experiments.coin_flips import networks as coin_networks
from noisyweights.experiments.device import Device
from noisyweights.ledger.claims import Measurement
from noisyweights.networks.coin_flips import output_moments, rescaling, sampling, votes
from noisyweights.scores.replicates import mean_interval

import keras  # isort: skip  (the library loads TensorFlow quietly)

__all__ = [
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
CLAIMED = 800  # the widest network of S-larger's criterion


@dataclass(frozen=True, kw_only=True)
class Config(coin_networks.Settings):
    """Settings of the variants."""

    repeats: int = field(metadata={"words": "trainings of each variant, from other starts"})
    epochs: int = field(metadata={"words": "of training, variants"})
    draws: int = field(metadata={"words": "sampled networks, variants"})
    width: int = field(default=400, metadata={"words": "hidden units, where the width is not varied"})
    widths: tuple[int, ...] = field(
        default=(50, 100, 200, 400, 800, 1600), metadata={"words": "hidden units, where it is"}
    )


PROFILES = {
    "smoke": Config(
        seed=8, trained=200, tested=100, repeats=1, epochs=1, draws=10, width=20, widths=(20,)
    ),
    "quick": Config(
        seed=8, trained=2000, tested=1000, repeats=1, epochs=20, draws=50, widths=(50, 100, 200, 400)
    ),
    "full": Config(seed=8, trained=None, tested=None, repeats=3, epochs=20, draws=250),
}  # fmt: skip


@dataclass(frozen=True)
class Variant:
    """Accuracies [%] of one variant, trainings on the first axis.

    standard (trainings,): without coins. votes (trainings, roads, counts): by the votes after
    `Result.counts` draws, on each of `ROADS`. offset (trainings, 2): of the plain and the stretched network,
    see `coin_networks.offset`. ways (trainings, ways): of `WAYS`, the plain network after all draws.
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
    """All trainings of a set, start and width each: "fashion-paper-400"."""
    roads = [f"{name}-{start}-{config.width}" for name in _SETS for start in _STARTS]
    return tuple(dict.fromkeys([*roads, *(f"fashion-paper-{width}" for width in config.widths)]))


def compute(config: Config, point: str, device: Device) -> dict[str, np.ndarray]:
    """Train and sample one variant; the device has no part in it."""
    name, start, width = point.split("-")
    train, test = (coin_networks.load(config, _SETS[name], split) for split in ("train", "test"))
    x = image_inputs.scaled(test)
    seen = image_inputs.scaled(image_inputs.first(train, CHOSEN))
    found = []
    for repeat in range(config.repeats):
        seed = config.seed + 1000 * repeat
        network = coin_networks.make(
            (28, 28, 1),
            hidden=(int(width),),
            dropout=0.0 if start == "code" else config.dropout,
            start=_STARTS[start],
            seed=seed,
        )
        coin_networks.train(config, network, train, epochs=config.epochs, seed=seed)
        found.append(_sampled(config, network, x, test.labels, seen=seen, seed=seed))
    stacked = {key: np.stack([one[key] for one in found]) for key in found[0]}
    return stacked | {"source": image_inputs.checksum(test.source)}


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
    """Gather the variants; raises ValueError for points of other pictures than would be loaded now."""
    sources = {name: coin_networks.load(config, of, "test").source for name, of in _SETS.items()}
    image_inputs.check_source(points, {name: sources[name.partition("-")[0]] for name in points})
    names = ("standard", "votes", "offset", "ways")
    variants = {}
    for point, arrays in points.items():
        name, start, width = point.split("-")
        variants[name, start, int(width)] = Variant(*(arrays[key] for key in names))
    return Result(config, _counts(config), variants, sources["fashion"])


def measurements(result: Result) -> list[Measurement]:
    """The slope of S-larger, where all pictures were used."""
    config = result.config
    widths = [width for width in config.widths if width <= CLAIMED]
    if config.trained or config.tested or result.source.embedded or max(widths) < CLAIMED:
        return []
    losses = np.stack([result.variants["fashion", "paper", width].loss("plain") for width in widths])
    slopes = np.polyfit(np.log2(widths), losses, 1)[0]
    return [Measurement("S-larger", "loss_slope", *mean_interval(slopes), config.repeats, "points")]
