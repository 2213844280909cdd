"""The pictures of a point: as many as its profile takes, and the checksum by which it knows them."""

import numpy as np

from noisyweights.datasets.images import Faces, LabelledImages
from noisyweights.datasets.source import DataSource

__all__ = ["checksum", "first", "scaled"]


def first(images: LabelledImages, limit: int | None) -> LabelledImages:
    """So many pictures of a set, or all."""
    return LabelledImages(images.images[:limit], images.labels[:limit], images.classes, images.source)


def scaled(images: LabelledImages | Faces) -> np.ndarray:
    """Pictures with pixels in [0, 1]: float32 (n, height, width, channels)."""
    return images.images.astype(np.float32) / 255


def checksum(source: DataSource) -> np.ndarray:
    """Checksum of the set that pictures are from, as a point keeps it under "source": uint8 (32,)."""
    return np.frombuffer(bytes.fromhex(source.sha256), np.uint8)
