"""Settings of the faces: sizes, training and prediction, by profile; the paper's where it states them."""

from dataclasses import dataclass, field

import numpy as np

__all__ = ["AGES", "LAWS", "LEVELS", "PROFILES", "Config"]

LAWS = ("gaussian", "device", "bimodal")
AGES = 116.0  # years: the range of ages in the set, in per cent of which errors are given
LEVELS = np.linspace(0.05, 0.95, 19)  # probabilities at which calibration is looked at


@dataclass(frozen=True)
class Config:
    """Settings of the chapter; the paper's where it states them."""

    seed: int = field(metadata={"words": "of the split, the trainings and the draws"})
    size: int = field(metadata={"words": "pixels along a side; the published files have 200"})
    limit: int | None = field(metadata={"words": "faces taken at random; None for all"})
    filters: int = field(metadata={"words": "of the first block; not stated in the paper"})
    mle_epochs: int = field(metadata={"words": "of the deterministic start; not stated in the paper"})
    epochs: int = field(metadata={"words": "of variational inference"})
    draws: int = field(metadata={"words": "networks in a prediction"})
    blocks: int = field(default=4, metadata={"words": "of two convolutions; 4 in the paper"})
    batch_size: int = field(default=100, metadata={"words": "examples in a step"})
    held_out: float = field(default=0.2, metadata={"words": "fraction of the faces for testing"})
    tempering: float = field(default=1000.0, metadata={"words": "steps in which the temperature falls by e"})
    prior_scale: float = field(
        default=1.0, metadata={"words": "of the Gaussian prior; not stated in the paper"}
    )
    initial_scale: float = field(default=0.01, metadata={"words": "of every kernel weight; not stated"})
    replicates: int = field(default=500, metadata={"words": "of the paired bootstrap"})
    trainings: int = field(default=1, metadata={"words": "under each law, from other starts", "counts": True})


PROFILES = {
    "smoke": Config(
        seed=6, size=16, limit=200, filters=2, blocks=1, mle_epochs=1, epochs=1, draws=4, replicates=40
    ),
    "quick": Config(seed=6, size=32, limit=1200, filters=8, mle_epochs=6, epochs=6, draws=16, batch_size=20),
    "full": Config(seed=6, size=64, limit=None, filters=16, mle_epochs=10, epochs=10, draws=32),
}
