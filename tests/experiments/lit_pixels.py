"""Pictures whose class is the place of a lit pixel, and networks of known weights that read it."""

from types import SimpleNamespace

import numpy as np
import pytest

from noisyweights import datasets
from noisyweights.datasets.images import LabelledImages
from noisyweights.datasets.source import DataSource
from noisyweights.experiments.coin_flips import networks as coin_networks

LABELS = np.repeat(np.arange(10), 3)
SOURCE = DataSource("made up", "here", "ab" * 32)
CHECKSUM = np.full(32, 0xAB, np.uint8)
SAMPLE = DataSource("made up", "sample", "cd" * 32, embedded=True)


def lit(
    labels: np.ndarray, *, second: int = 0, source: DataSource = SOURCE, side: int = 28
) -> LabelledImages:
    """Pictures with a bright pixel for their class, and one of brightness `second` for the third after it."""
    channels = 1 if side == 28 else 3
    images = np.zeros((len(labels), side, side, channels), np.uint8)
    images[np.arange(len(labels)), 1, 2 * ((labels + 3) % 10) + 1] = second
    images[np.arange(len(labels)), 1, 2 * labels + 1] = 255
    return LabelledImages(images, labels, tuple("0123456789"), source)


def show(monkeypatch: pytest.MonkeyPatch, images: LabelledImages) -> None:
    """Let these pictures be all data sets, their samples of another source."""
    sample = LabelledImages(images.images, images.labels, images.classes, SAMPLE)

    def some(*, split: str, dataset: str = "auto") -> LabelledImages:
        return sample if dataset == "sample" else images

    for name in ("mnist", "fashion_mnist", "cifar10"):
        monkeypatch.setattr(datasets, name, some)


def train_to(monkeypatch: pytest.MonkeyPatch, odds: np.ndarray) -> list[SimpleNamespace]:
    """Let training give weights by which output c is `odds[c]` for pictures of class c, and 0 for others.

    Returns: what was asked of each training, in a list that fills.
    """
    asked = []

    def train(settings, network, images, *, epochs, seed):
        asked.append(SimpleNamespace(images=images, epochs=epochs, seed=seed, network=network))
        for layer in network.layers:
            if weights := layer.get_weights():
                layer.set_weights([np.zeros_like(one) for one in weights])
        convolutions = [layer for layer in network.layers if hasattr(layer, "kernel_size")]
        for layer in convolutions:
            kernel = layer.get_weights()[0]
            kernel[1, 1, 0, 0] = 2  # no coin is as large
            layer.set_weights([kernel, layer.get_weights()[1]])
        first, *later = (layer for layer in network.layers if hasattr(layer, "units"))
        kernel = first.get_weights()[0]
        # Behind a convolution of 3 × 3 and pooling, pixel (1, 2 c + 1) is place (0, c) of many channels.
        places = convolutions[0].filters * np.arange(10) if convolutions else 28 + 2 * np.arange(10) + 1
        kernel[places, np.arange(10)] = odds
        first.set_weights([kernel, first.get_weights()[1]])
        for layer in later:
            kernel = layer.get_weights()[0]
            kernel[np.arange(10), np.arange(10)] = 1
            layer.set_weights([kernel, layer.get_weights()[1]])

    monkeypatch.setattr(coin_networks, "train", train)
    return asked
