"""What an image data set is to the rest of the library: pixels, what they show, and where they come from."""

from dataclasses import dataclass

import numpy as np

from noisyweights.datasets.source import DataSource

__all__ = ["Faces", "LabelledImages"]


@dataclass(frozen=True, eq=False)
class LabelledImages:
    """Images of things: `images` uint8 (n, h, w, c), `labels` int64 (n,) from 0, places in `classes`."""

    images: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    source: DataSource


@dataclass(frozen=True, eq=False)
class Faces:
    """Faces and their ages: `images` uint8 (n, size, size, 3) in RGB, `ages` float32 (n,) in years.

    `skipped` names the files left out because their names do not tell what they show.
    """

    images: np.ndarray
    ages: np.ndarray
    source: DataSource
    skipped: tuple[str, ...] = ()
