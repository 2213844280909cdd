"""Binary networks on CIFAR-10: accuracy of five ways to train VGG-Small and ResNet-18.

Table III of the scale paper. It needs an accelerator, and runs on any backend of Keras; chapter 7 says how.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from noisyweights import datasets
from noisyweights.datasets.images import LabelledImages
from noisyweights.experiments import image_inputs, image_sources
from noisyweights.experiments.binary import recipes
from noisyweights.experiments.binary.settings import Settings
from noisyweights.ledger.claims import Measurement
from noisyweights.networks.binary import models
from noisyweights.scores import metrics
from noisyweights.scores.replicates import difference_interval, largest, mean_interval

import keras  # isort: skip  (the library loads TensorFlow quietly)

if TYPE_CHECKING:  # it needs TensorFlow, and has no part here
    from noisyweights.experiments.device import Device

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
    "networks",
    "points",
    "seed_of",
    "settings",
    "train_and_test",
    "uses_device",
]

DATASETS = ("cifar10",)
TOPOLOGIES = {"vgg_small": models.vgg_small, "resnet18": models.resnet18}
CLAIMS = {"vgg_small": "A-cifar-vgg", "resnet18": "A-cifar-resnet"}


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the experiment."""

    binary_epochs: int = field(metadata={"words": "of the trainings of binary networks; not stated"})
    vgg_width: int = field(default=128, metadata={"words": "filters of VGG-Small's first pair"})
    resnet_width: int = field(default=64, metadata={"words": "filters of ResNet-18's first blocks"})
    precision: str = field(
        default="float32", metadata={"words": "of what training computes; weights and tests are in float32"}
    )


PROFILES = {
    "smoke": Config(
        seed=7, trained=100, tested=50, repeats=1, epochs=1, binary_epochs=1, vgg_width=2, resnet_width=2
    ),
    "quick": Config(
        seed=7, trained=5000, tested=2000, repeats=1, epochs=10, binary_epochs=10, vgg_width=16,
        resnet_width=8,
    ),
    "full": Config(  # so many epochs as a quarter of an hour on an accelerator has room for
        seed=7, trained=None, tested=None, repeats=3, epochs=14, binary_epochs=28, batch_size=250,
        precision="mixed_bfloat16",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Result:
    """Accuracies [%] by (topology, method), (trainings,) each."""

    config: Config
    accuracy: Mapping[tuple[str, str], np.ndarray]


def points(config: Config) -> tuple[str, ...]:
    """Topology, method and number of a training: "vgg_small-proposed-0"."""
    return tuple(
        f"{topology}-{method}-{repeat}"
        for repeat in range(config.repeats)
        for topology in TOPOLOGIES
        for method in recipes.METHODS
    )


def settings(config: Config, point: str) -> dict[str, Any]:
    """What determines a training: not how many there are, nor how long those of another kind take."""
    binary = point.split("-")[1] in recipes.BINARY
    others = {"repeats", *(("epochs", "rate") if binary else ("binary_epochs", "binary_rate"))}
    return {name: value for name, value in asdict(config).items() if name not in others}


def uses_device(point: str) -> bool:
    """The device has no part in these trainings."""
    return False


def load(config: Config, split: str) -> LabelledImages:
    """The pictures of a profile; there is no sample of them."""
    images = datasets.cifar10(split=split)
    return image_inputs.first(images, config.trained if split == "train" else config.tested)


def make_network(
    config: Config, topology: str, method: str, *, seed: int, precision: str = "float32"
) -> keras.Model:
    """Return the untrained network; pictures are mirrored and shifted by up to 4 pixels in training.

    `precision` is a dtype policy of Keras, such as "mixed_bfloat16": the weights are in float32 in any case.
    """
    width = config.vgg_width if topology == "vgg_small" else config.resnet_width
    with _policy(precision):
        network = TOPOLOGIES[topology](recipes.recipe(config, method), width=width, seed=seed)
        pixels = keras.Input((32, 32, 3))
        mirrored = keras.layers.RandomFlip("horizontal", seed=seed, dtype="float32")(pixels)
        shifted = keras.layers.RandomTranslation(
            1 / 8, 1 / 8, fill_mode="constant", interpolation="nearest", seed=seed + 1, dtype="float32"
        )(mirrored)
        return keras.Model(pixels, network(shifted), name=topology)


def seed_of(config: Config, point: str) -> int:
    """The seed from which all of a training follows."""
    return config.seed + 1000 * int(point.rpartition("-")[2])


def networks(config: Config, point: str) -> tuple[keras.Model, keras.Model]:
    """The untrained network of a point, and one that is like it but in float32."""
    topology, method, _ = point.split("-")
    seed = seed_of(config, point)
    trained, tested = (
        make_network(config, topology, method, seed=seed, precision=precision)
        for precision in (config.precision, "float32")
    )
    return trained, tested


def compute(config: Config, point: str, device: "Device") -> dict[str, np.ndarray]:
    """Train and test one network."""
    return train_and_test(config, point, *networks(config, point))


def train_and_test(
    config: Config, point: str, trained: keras.Model, tested: keras.Model
) -> dict[str, np.ndarray]:
    """Train the first of a point's `networks`, and test the second with its weights."""
    _, method, _ = point.split("-")
    seed = seed_of(config, point)
    train, test = load(config, "train"), load(config, "test")
    epochs = config.binary_epochs if method in recipes.BINARY else config.epochs
    losses = recipes.train(replace(config, epochs=epochs), trained, method, train, seed=seed)
    tested.set_weights(trained.get_weights())
    draws = recipes.predictor(config, tested, method, seed=seed)(image_inputs.scaled(test))
    accuracy = np.array(100 * metrics.accuracy(draws.mean(0), test.labels))
    return {"accuracy": accuracy, "losses": losses, "source": image_inputs.checksum(test.source)}


def collect(config: Config, device: "Device", points: Mapping[str, dict[str, np.ndarray]]) -> Result:
    """Gather the trainings that there are; raises ValueError for points of different pictures."""
    image_sources.common(points)
    reached: dict[tuple[str, str], list[float]] = {}
    for point, arrays in points.items():
        topology, method, _ = point.split("-")
        reached.setdefault((topology, method), []).append(float(arrays["accuracy"]))
    return Result(config, {kind: np.array(accuracies) for kind, accuracies in reached.items()})


def measurements(result: Result) -> list[Measurement]:
    """Quantities of A-cifar-vgg and A-cifar-resnet, from networks trained and tested on the whole set."""
    config, found = result.config, []
    if config.trained or config.tested:
        return found
    for topology, claim in CLAIMS.items():
        reached = {method: result.accuracy[topology, method] for method in recipes.METHODS}
        for method, accuracy in reached.items():
            interval = mean_interval(accuracy)
            found.append(Measurement(claim, f"accuracy_{method}", *interval, len(accuracy), "%"))
        fewest = min(map(len, reached.values()))
        proposed = reached.pop("proposed")
        gap = largest(partial(difference_interval, other, proposed) for other in reached.values())
        found.append(Measurement(claim, "gap_to_best", *gap, fewest, "points"))
        if topology == "vgg_small":
            gain = difference_interval(proposed, reached["irnet"])
            found.append(Measurement(claim, "gain_over_irnet", *gain, fewest, "points"))
    return found


@contextmanager
def _policy(name: str) -> Iterator[None]:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
