"""Readings of the scale paper's objective, two variants of its network, and which scales carry the doubt.

Chapter 7, LeNet-5 on Fashion-MNIST; eq. 3 of the scale paper, which does not say what its λ is relative to.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import stats

from noisyweights import datasets
from noisyweights.datasets.images import LabelledImages
from noisyweights.experiments import image_inputs, image_sources, trainings
from noisyweights.experiments.binary import recipes
from noisyweights.experiments.binary.settings import Settings
from noisyweights.experiments.device import Device
from noisyweights.ledger.claims import Measurement
from noisyweights.networks.binary import models, stochastic_passes
from noisyweights.scores import metrics

import keras  # isort: skip  (the library loads TensorFlow quietly)

__all__ = [
    "DATASETS",
    "DRAWN",
    "PROFILES",
    "READINGS",
    "VARIANTS",
    "Config",
    "Result",
    "collect",
    "compute",
    "load",
    "measurements",
    "points",
    "uses_device",
    "weight",
]

DATASETS = ("fashion_mnist",)
READINGS = ("picture", "bayes", "set")
VARIANTS = ("wide", "ends")  # twice the width; first and last layer of full precision
DRAWN = ("all layers", "hidden layers", "last layer")  # whose scales are drawn, the others standing still


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the readings."""

    repeats: int = field(metadata={"words": "trainings of each network", "counts": True})
    many: int = field(metadata={"words": "passes from which the doubt is told"})


PROFILES = {
    "smoke": Config(seed=7, trained=100, tested=50, repeats=1, epochs=1, many=5),
    "quick": Config(seed=7, trained=2000, tested=500, repeats=1, epochs=5, many=20),
    "full": Config(seed=7, trained=None, tested=None, repeats=1, epochs=12, many=100),
}


@dataclass(frozen=True)
class Result:
    """What each network became, in the order of `READINGS` and then of `VARIANTS`: means over its trainings.

    trainings: their number, by network. weights: λ on the mean cross entropy of a picture. accuracy [%], nll
    [nats], information [bits a picture] (networks, drawn), with scales drawn as in `DRAWN`. silent, largest
    (networks, 2): shares of draws that are stored as zero and as the largest value, in hidden layers and in
    the last. divergence (networks, 2) [nats a scale]: from the prior, likewise.
    """

    config: Config
    trainings: tuple[int, ...]
    weights: np.ndarray
    accuracy: np.ndarray
    nll: np.ndarray
    information: np.ndarray
    silent: np.ndarray
    largest: np.ndarray
    divergence: np.ndarray


def points(config: Config) -> tuple[str, ...]:
    """Reading or variant, and number of a training: "bayes-0"."""
    return tuple(name for kind in READINGS + VARIANTS for name in trainings.named(kind, config.repeats))


def uses_device(point: str) -> bool:
    """Whether the device's law draws in a point: in none."""
    return False


def weight(config: Config, reading: str, examples: int) -> float:
    """λ on the mean cross entropy of a picture.

    "picture": the printed λ, as chapter 7 reads it. "bayes": 1/n for n pictures, which is Bayes' rule. "set":
    the printed λ against the log-likelihood of all n pictures, hence λ/n. Variants are read as "picture".
    """
    others = {"bayes": 1 / examples, "set": config.kl_weight / examples}
    return others.get(reading, config.kl_weight)


def load(config: Config, split: str) -> LabelledImages:
    """The pictures, as many as the profile takes."""
    return image_inputs.first(
        datasets.fashion_mnist(split=split), config.trained if split == "train" else config.tested
    )


def compute(config: Config, point: str, device: Device) -> dict[str, np.ndarray]:
    """Train one network, and predict with all scales drawn, or some; the device has no part in it."""
    kind, _, number = point.rpartition("-")
    seed = config.seed + 1000 * int(number)
    train, test = load(config, "train"), load(config, "test")
    settings = replace(config, kl_weight=weight(config, kind, len(train.labels)))
    recipe = recipes.recipe(settings, "proposed", binary_ends=kind != "ends")
    network = models.lenet5(recipe, width=2 if kind == "wide" else 1, seed=seed)
    recipes.train(settings, network, "proposed", train, seed=seed)
    predict = stochastic_passes.predictor(network, passes=config.many)
    fresh = stochastic_passes.stored_samples(network, config.many, seed=seed)
    still = _still(network, config.many)
    scores = []
    for drawn in (fresh, [*fresh[:-1], still[-1]], [*still[:-1], fresh[-1]]):
        p = recipes.probabilities(predict(image_inputs.scaled(test), drawn))
        information = metrics.mutual_information(p, unit="bits").mean()
        nll = metrics.class_nll(p.mean(0), test.labels).mean()
        scores.append((100 * metrics.accuracy(p.mean(0), test.labels), nll, information))
    accuracy, nll, information = np.array(scores).T
    return {
        "accuracy": accuracy,
        "nll": nll,
        "information": information,
        "weight": np.array(settings.kl_weight),
        "source": image_inputs.checksum(test.source),
        **_stored(network, config.bits),
    }


def _still(network: keras.Model, count: int) -> list[np.ndarray]:
    """Every scale at its mean, as it is stored, in so many passes."""
    return [
        np.tile(
            np.asarray(layer.quantised(keras.ops.convert_to_tensor(layer.scale_distribution()[0]))),
            (count, 1),
        )
        for layer in stochastic_passes.scaled_layers(network)
    ]


def _stored(network: keras.Model, bits: int) -> dict[str, np.ndarray]:
    """Shares of draws stored as the least and as the largest value, and divergences, by hidden and last."""
    shares = []
    for layer in stochastic_passes.scaled_layers(network):
        loc, scale = layer.scale_distribution()
        end = layer.largest_scale()
        half = end / (2**bits - 1) / 2  # where rounding changes sides
        silent, largest = stats.norm.cdf(half, loc, scale), stats.norm.sf(end - half, loc, scale)
        shares.append(np.array([silent, largest, np.full(len(loc), float(layer.kl()) / len(loc))]))
    silent, largest, divergence = (
        [np.concatenate([one[at] for one in part]).mean() for part in (shares[:-1], shares[-1:])]
        for at in range(3)
    )
    return {
        "silent": np.array(silent),
        "largest": np.array(largest),
        "divergence": np.array(divergence),
    }


def collect(config: Config, device: Device, points: Mapping[str, dict[str, np.ndarray]]) -> Result:
    """Average over the trainings of each network, as many as there are.

    Raises: ValueError for a network without a training, and for points of different pictures.
    """
    found = [list(trainings.of_kind(points, kind).values()) for kind in READINGS + VARIANTS]
    image_sources.common(points)
    names = ("weight", "accuracy", "nll", "information", "silent", "largest", "divergence")
    means = (np.stack([np.mean([one[name] for one in of], axis=0) for of in found]) for name in names)
    return Result(config, tuple(map(len, found)), *means)


def measurements(result: Result) -> list[Measurement]:
    """None: no claim is about these networks."""
    return []
