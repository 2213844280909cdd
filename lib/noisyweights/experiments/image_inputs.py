"""The pictures of a point: as many as its profile takes, and whether they are those that would load now."""

from collections.abc import Mapping

import numpy as np

from noisyweights.datasets.images import Faces, LabelledImages
from noisyweights.datasets.source import DataSource

__all__ = ["check_source", "checksum", "first", "scaled"]


def first(images: LabelledImages, limit: int | None) -> LabelledImages:
    """So many pictures of a set, or all."""
    return LabelledImages(images.images[:limit], images.labels[:limit], images.classes, images.source)


def scaled(images: LabelledImages | Faces) -> np.ndarray:
    """Pictures with pixels in [0, 1]: float32 (n, height, width, channels)."""
    return images.images.astype(np.float32) / 255


def checksum(source: DataSource) -> np.ndarray:
    """Checksum of the set that pictures are from, as a point keeps it under "source": uint8 (32,)."""
    return np.frombuffer(bytes.fromhex(source.sha256), np.uint8)


def check_source(points: Mapping[str, Mapping[str, np.ndarray]], sources: Mapping[str, DataSource]) -> None:
    """Raise ValueError for points that were computed on other pictures than the source of their name.

    A point that does not tell its pictures, as one of an earlier version, counts as such.
    """
    for name, source in sources.items():
        if not np.array_equal(points[name].get("source"), checksum(source)):
            raise ValueError(
                f"the point {name} was computed on other pictures than there are now ({source.name}, "
                f"{source.origin}): delete the points, or let NOISYWEIGHTS_DATA name the folder that it "
                "named then"
            )
