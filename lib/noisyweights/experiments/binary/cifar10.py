"""Binary networks on CIFAR-10: accuracy of five ways to train VGG-Small and ResNet-18.

Table III of the scale paper. It needs an accelerator, and runs on any backend of Keras; chapter 7 says how.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from noisyweights import datasets
from noisyweights.datasets.images import LabelledImages
from noisyweights.datasets.source import DataSource
from noisyweights.experiments import image_inputs
from noisyweights.experiments.binary import recipes
from noisyweights.experiments.device import Device
from noisyweights.ledger.claims import Measurement
from noisyweights.networks.binary import models
from noisyweights.scores import metrics
from noisyweights.scores.replicates import difference_interval, largest, mean_interval

import keras  # isort: skip  (the library loads TensorFlow quietly)

__all__ = [
    "DATASETS",
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
TOPOLOGIES = {"vgg_small": models.vgg_small, "resnet18": models.resnet18}
CLAIMS = {"vgg_small": "A-cifar-vgg", "resnet18": "A-cifar-resnet"}


@dataclass(frozen=True, kw_only=True)
class Config(recipes.Settings):
    """Settings of the experiment."""

    vgg_width: int = field(default=128, metadata={"words": "filters of VGG-Small's first pair"})
    resnet_width: int = field(default=64, metadata={"words": "filters of ResNet-18's first blocks"})


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
        for method in recipes.METHODS
    )


def load(config: Config, split: str) -> LabelledImages:
    """The pictures of a profile; there is no sample of them."""
    images = datasets.cifar10(split=split)
    return image_inputs.first(images, config.trained if split == "train" else config.tested)


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
    draws = recipes.predictor(config, network, method, seed=seed)(image_inputs.scaled(test))
    accuracy = np.array(100 * metrics.accuracy(draws.mean(0), test.labels))
    return {"accuracy": accuracy, "source": image_inputs.checksum(test.source)}


def collect(config: Config, device: Device, points: Mapping[str, dict[str, np.ndarray]]) -> Result:
    """Gather the trainings.

    Raises ValueError for points that were computed on other pictures than would be loaded now.
    """
    source = load(config, "test").source
    image_inputs.check_source(points, dict.fromkeys(points, source))
    return Result(
        config,
        source,
        {
            (topology, method): np.array(
                [float(points[f"{topology}-{method}-{at}"]["accuracy"]) for at in range(config.repeats)]
            )
            for topology in TOPOLOGIES
            for method in recipes.METHODS
        },
    )


def measurements(result: Result) -> list[Measurement]:
    """Quantities of A-cifar-vgg and A-cifar-resnet, from networks trained and tested on the whole set."""
    config, found = result.config, []
    if config.trained or config.tested:
        return found
    for topology, claim in CLAIMS.items():
        reached = {method: result.accuracy[topology, method] for method in recipes.METHODS}
        for method, accuracy in reached.items():
            interval = mean_interval(accuracy)
            found.append(Measurement(claim, f"accuracy_{method}", *interval, config.repeats, "%"))
        proposed = reached.pop("proposed")
        gap = largest(difference_interval(other, proposed) for other in reached.values())
        found.append(Measurement(claim, "gap_to_best", *gap, config.repeats, "points"))
        if topology == "vgg_small":
            gain = difference_interval(proposed, reached["irnet"])
            found.append(Measurement(claim, "gain_over_irnet", *gain, config.repeats, "points"))
    return found
