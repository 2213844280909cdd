"""Binary networks on CIFAR-10: accuracy of five ways to train VGG-Small and ResNet-18.

Table III of the scale paper. It needs an accelerator, and runs on any backend of Keras; chapter 7 says how.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from noisyweights.evidence import datasets, metrics
from noisyweights.evidence.claims import Measurement
from noisyweights.evidence.images import LabelledImages
from noisyweights.evidence.provenance import DataSource
from noisyweights.experiments import recipes
from noisyweights.experiments.device import Device
from noisyweights.experiments.replicates import largest, mean_interval
from noisyweights.networks import models

import keras  # isort: skip  (the library loads TensorFlow quietly)

__all__ = [
    "DATASETS",
    "METHODS",
    "PROFILES",
    "TOPOLOGIES",
    "Config",
    "Result",
    "collect",
    "compute",
    "load",
    "make_network",
    "measurements",
    "points",
]

DATASETS = ("cifar10",)
METHODS = ("relu", "tanh", "dropout", "irnet", "proposed")
TOPOLOGIES = {"vgg_small": models.vgg_small, "resnet18": models.resnet18}
CLAIMS = {"vgg_small": "A-cifar-vgg", "resnet18": "A-cifar-resnet"}


@dataclass(frozen=True)
class Config:
    """Settings of the experiment; those that it shares with chapter 7 are the same."""

    seed: int = field(metadata={"words": "of trainings and draws"})
    trained: int | None = field(metadata={"words": "pictures to train with; None for all"})
    tested: int | None = field(metadata={"words": "pictures to test with; None for all"})
    repeats: int = field(metadata={"words": "trainings of each kind, from other starts"})
    epochs: int = field(metadata={"words": "of every training; not stated in the paper"})
    vgg_width: int = field(default=128, metadata={"words": "filters of VGG-Small's first pair"})
    resnet_width: int = field(default=64, metadata={"words": "filters of ResNet-18's first blocks"})
    batch_size: int = field(default=100, metadata={"words": "examples in a step"})
    rate: float = field(default=1e-3, metadata={"words": "learning rate of full-precision networks at first"})
    binary_rate: float = field(default=5e-3, metadata={"words": "learning rate of binary networks at first"})
    dropout: float = field(default=0.2, metadata={"words": "fraction left out; not stated in the paper"})
    passes: int = field(default=10, metadata={"words": "passes of a prediction, T in the paper"})
    kl_weight: float = field(default=0.001, metadata={"words": "of the scales' divergence, λ in the paper"})
    bits: int = field(default=4, metadata={"words": "of a scale"})
    prior_loc: float = field(default=1.0, metadata={"words": "mean of the scales' prior; not stated"})
    prior_scale: float = field(default=1.0, metadata={"words": "its standard deviation; not stated"})
    initial_scale: float = field(
        default=0.1, metadata={"words": "standard deviation of a scale at first; not stated"}
    )


PROFILES = {
    "smoke": Config(seed=7, trained=100, tested=50, repeats=1, epochs=1, vgg_width=2, resnet_width=2),
    "quick": Config(seed=7, trained=5000, tested=2000, repeats=1, epochs=10, vgg_width=16, resnet_width=8),
    "full": Config(seed=7, trained=None, tested=None, repeats=3, epochs=120),
}


@dataclass(frozen=True)
class Result:
    """Accuracies [%] by (topology, method), (trainings,) each, and where the pictures are from."""

    config: Config
    source: DataSource
    accuracy: Mapping[tuple[str, str], np.ndarray]


def points(config: Config) -> tuple[str, ...]:
    """Topology, method and number of a training: "vgg_small-proposed-0"."""
    return tuple(
        f"{topology}-{method}-{repeat}"
        for repeat in range(config.repeats)
        for topology in TOPOLOGIES
        for method in METHODS
    )


def load(config: Config, split: str) -> LabelledImages:
    """The pictures of a profile; there is no sample of them."""
    images = datasets.cifar10(split=split)
    limit = config.trained if split == "train" else config.tested
    return LabelledImages(images.images[:limit], images.labels[:limit], images.classes, images.source)


def make_network(config: Config, topology: str, method: str, *, seed: int) -> keras.Model:
    """Return the untrained network; pictures are mirrored and shifted by up to 4 pixels in training."""
    width = config.vgg_width if topology == "vgg_small" else config.resnet_width
    network = TOPOLOGIES[topology](recipes.recipe(config, method), width=width, seed=seed)
    pixels = keras.Input((32, 32, 3))
    varied = keras.layers.RandomFlip("horizontal", seed=seed)(pixels)
    varied = keras.layers.RandomTranslation(1 / 8, 1 / 8, fill_mode="constant", seed=seed + 1)(varied)
    return keras.Model(pixels, network(varied), name=topology)


def compute(config: Config, point: str, device: Device) -> dict[str, np.ndarray]:
    """Train and test one network; the device has no part in it."""
    topology, method, repeat = point.split("-")
    seed = config.seed + 1000 * int(repeat)
    train, test = load(config, "train"), load(config, "test")
    network = make_network(config, topology, method, seed=seed)
    recipes.train(config, network, method, train, seed=seed)
    draws = recipes.predictor(config, network, method)(test.images.astype(np.float32) / 255)
    source = np.frombuffer(bytes.fromhex(test.source.sha256), np.uint8)
    return {"accuracy": np.array(100 * metrics.accuracy(draws.mean(0), test.labels)), "source": source}


def collect(config: Config, device: Device, points: Mapping[str, dict[str, np.ndarray]]) -> Result:
    """Gather the trainings.

    Raises ValueError for points that were computed on other pictures than would be loaded now.
    """
    source = load(config, "test").source
    if any(bytes(point["source"]).hex() != source.sha256 for point in points.values()):
        raise ValueError(
            f"points were computed on other pictures than there are now ({source.origin}): delete the "
            "points, or let NOISYWEIGHTS_DATA name the folder that it named then"
        )
    return Result(
        config,
        source,
        {
            (topology, method): np.array(
                [float(points[f"{topology}-{method}-{at}"]["accuracy"]) for at in range(config.repeats)]
            )
            for topology in TOPOLOGIES
            for method in METHODS
        },
    )


def measurements(result: Result) -> list[Measurement]:
    """Quantities of A-cifar-vgg and A-cifar-resnet, from networks trained and tested on the whole set."""
    config, found = result.config, []
    if config.trained or config.tested:
        return found
    for topology, claim in CLAIMS.items():
        reached = {method: result.accuracy[topology, method] for method in METHODS}
        for method, accuracy in reached.items():
            interval = mean_interval(accuracy)
            found.append(Measurement(claim, f"accuracy_{method}", *interval, config.repeats, "%"))
        proposed = reached.pop("proposed")
        gap = largest(mean_interval(other - proposed) for other in reached.values())
        found.append(Measurement(claim, "gap_to_best", *gap, config.repeats, "points"))
        if topology == "vgg_small":
            gain = mean_interval(proposed - reached["irnet"])
            found.append(Measurement(claim, "gain_over_irnet", *gain, config.repeats, "points"))
    return found
