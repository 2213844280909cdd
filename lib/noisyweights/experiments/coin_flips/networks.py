"""Networks of the coin-flip experiments: how they are made, trained and looked into.

The layers are those of the paper; what it leaves out is as in the code published with it.
"""

from collections.abc import Sequence

import numpy as np

from noisyweights import datasets, seeds
from noisyweights.datasets.images import LabelledImages
from noisyweights.experiments import image_inputs
from noisyweights.experiments.coin_flips.settings import Settings
from noisyweights.networks import classifiers
from noisyweights.networks.coin_flips import output_moments, unit_range

import keras  # isort: skip  (the library loads TensorFlow quietly)

__all__ = ["STARTS", "load", "make", "offset", "ranked", "train"]

# Where dense weights start and stay: as in `unit_range.STARTS`; from there, with the norm of each unit's
# weights, not each weight, kept up to 1 (Keras's MinMaxNorm(-1, 1), another reading of the paper's "kernel
# constraint between -1.0 and 1.0"); or as in Keras, anywhere.
STARTS = (*unit_range.STARTS, "unit norm", "free")


def load(settings: Settings, name: str, split: str) -> LabelledImages:
    """The "train" or "test" pictures of a set, by its name in `datasets`, as many as the settings take."""
    images = getattr(datasets, name)(split=split)
    return image_inputs.first(images, settings.trained if split == "train" else settings.tested)


def make(
    shape: tuple[int, int, int],
    *,
    filters: Sequence[int] = (),
    hidden: Sequence[int],
    dropout: float,
    start: str,
    seed: int,
) -> keras.Model:
    """Return an untrained network with ten outputs (logits).

    Args:
        shape: of a picture.
        filters: of each convolution of 3 × 3, which a ReLU and pooling of 2 × 2 follow.
        hidden: units of each dense layer before the last, which a ReLU follows.
        dropout: fraction of the inputs of each dense layer that training leaves out, but never of pixels.
        start: one of `STARTS`.
        seed: whole number from which the start and what is left out follow.

    Raises: ValueError for another start.
    Source: Aimone et al. (2023), §II-B; pooling and dropout as in their code (sandialabs/scANNs, models.py).
    """
    if start not in STARTS:
        raise ValueError(f"start must be one of {', '.join(STARTS)}, got {start!r}")
    rng = seeds.generator(seed, "start")

    def some_seed() -> int:
        return int(rng.integers(2**31))

    def dense(units: int, activation: str | None) -> keras.layers.Dense:
        return keras.layers.Dense(units, activation=activation, **_kernel(start, seed=some_seed()))

    x = pixels = keras.Input(shape)
    for each in filters:
        glorot = keras.initializers.GlorotUniform(some_seed())
        x = keras.layers.Conv2D(each, 3, activation="relu", kernel_initializer=glorot)(x)
        x = keras.layers.MaxPooling2D(2)(x)
    x = keras.layers.Flatten()(x)
    if filters:
        x = keras.layers.Dropout(dropout, seed=some_seed())(x)
    for units in hidden:
        x = keras.layers.Dropout(dropout, seed=some_seed())(dense(units, "relu")(x))
    return keras.Model(pixels, dense(10, None)(x))


def _kernel(start: str, *, seed: int) -> dict[str, object]:
    """Initialiser and constraint of a dense kernel, as a layer's keywords."""
    if start == "free":
        return {"kernel_initializer": keras.initializers.GlorotUniform(seed)}
    if start == "unit norm":
        return unit_range.starting("paper", seed=seed) | {"kernel_constraint": keras.constraints.MaxNorm(1.0)}
    return unit_range.starting(start, seed=seed)


def train(
    settings: Settings, network: keras.Model, images: LabelledImages, *, epochs: int, seed: int
) -> None:
    """Train a network as in the paper (§II-B): RMSProp at one rate on the mean cross entropy."""
    classifiers.train(
        network,
        image_inputs.scaled(images),
        images.labels,
        epochs=epochs,
        batch_size=settings.batch_size,
        optimizer=lambda steps: keras.optimizers.RMSprop(settings.rate),
        seed=seed,
    )


def ranked(network: keras.Model, x: np.ndarray) -> np.ndarray:
    """Classes by the network's outputs, the largest first: (n, 10)."""
    return np.argsort(-network.predict(x, batch_size=1000, verbose=0), axis=1, kind="stable")


def offset(network: keras.Model, x: np.ndarray) -> float:
    """How far coins move the mean logits, over how much logits vary between pictures x.

    Both are root mean squares over classes: of the mean over pictures of what coins add to the mean logit,
    and of the standard deviation over pictures of the logit without coins.
    """
    found = output_moments.output_moments(network, x)
    moved = (found.mean - found.exact).mean(0)
    return float(np.sqrt(np.mean(moved**2) / np.mean(found.exact.var(0))))
