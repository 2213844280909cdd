"""Whose test pictures points were computed on: one set for all that are compared, and what it is called."""

from collections.abc import Mapping

import numpy as np

from noisyweights import datasets
from noisyweights.datasets.source import DataSource
from noisyweights.experiments.image_inputs import checksum

__all__ = ["common", "source"]


def common(points: Mapping[str, Mapping[str, np.ndarray]]) -> np.ndarray:
    """Checksum of the pictures that all points were computed on.

    Raises: ValueError for points of different pictures, which nobody should compare. A point that does not
    tell its pictures, as one of an earlier version, counts as such.
    """
    (first, arrays), *others = points.items()
    for other, theirs in others:
        if "source" not in theirs or not np.array_equal(theirs["source"], arrays["source"]):
            raise ValueError(f"{other} was computed on other pictures than {first}: compute both anew")
    return arrays["source"]


def source(name: str, of: np.ndarray) -> DataSource:
    """The test set of a name in `datasets` that has this checksum.

    That which would load now, or the sample, or else one that is not at hand: its points tell all there is.
    """
    load = getattr(datasets, name)
    for known in (load(split="test").source, load(split="test", dataset="sample").source):
        if np.array_equal(checksum(known), of):
            return known
    return DataSource(known.name, "not at hand, known by the checksum of its test pictures", bytes(of).hex())
