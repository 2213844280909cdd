"""Settings of the regression, and the inputs at which its predictions are looked at."""

from dataclasses import dataclass, field

import numpy as np

__all__ = ["GRID", "PROFILES", "READINGS", "WIDER", "Config"]

# Eq. 9 prints N(0, 0.1 (1 + min(0, x − 1))), whose scale is negative for x < 0.
READINGS = ("magnitude", "growing")
WIDER = 1.05  # the yardstick of P-moments-only: every standard deviation 5 % larger


@dataclass(frozen=True)
class Config:
    """Settings of the chapter; the paper's where it states them."""

    seed: int = field(metadata={"words": "of data, trainings and draws"})
    seeds: int = field(metadata={"words": "trainings of each network", "counts": True})
    draws: int = field(metadata={"words": "networks in a prediction"})
    mle_epochs: int = field(metadata={"words": "of the deterministic start; not stated in the paper"})
    examples: int = field(default=10_000, metadata={"words": "for training"})
    epochs: int = field(default=10, metadata={"words": "of variational inference"})
    batch_size: int = field(default=100, metadata={"words": "examples in a step"})
    depth: int = field(default=4, metadata={"words": "hidden layers"})
    width: int = field(default=16, metadata={"words": "units in a hidden layer"})
    narrow_depth: int = field(default=8, metadata={"words": "hidden layers of the narrow, deep network"})
    narrow_width: int = field(default=4, metadata={"words": "units in its hidden layers"})
    tempering: float = field(default=1000.0, metadata={"words": "steps in which the temperature falls by e"})
    prior_scale: float = field(
        default=1.0, metadata={"words": "of the Gaussian prior; not stated in the paper"}
    )
    initial_scale: float = field(default=0.01, metadata={"words": "of every kernel weight; not stated"})
    long_epochs: int = field(
        default=100, metadata={"words": "of variational inference where it may converge"}
    )
    tested: int = field(default=2000, metadata={"words": "test examples that a likelihood is averaged over"})
    variants: tuple[str, ...] = field(
        default=("magnitude", "growing", "narrow-deep"),
        metadata={"words": "readings and networks tried", "counts": True},
    )


# Of P-narrow-deep 64 trainings are to count, "narrow-deep" with numbers 0 to 63. If the first five tell the
# spread, 16 settle the bimodal law with a probability of 0.96, and 64 the device's law with 0.49, since its
# difference lies near the bound. Fixed beforehand.
PROFILES = {
    "smoke": Config(seed=5, seeds=1, draws=50, mle_epochs=1, examples=1000, epochs=1, tested=100),
    "quick": Config(seed=5, seeds=2, draws=400, mle_epochs=10, epochs=5),
    "full": Config(
        seed=5, seeds=5, draws=4000, mle_epochs=50, variants=("magnitude", "growing", "long", "narrow-deep")
    ),
}

GRID = np.linspace(-1.5, 1.5, 121)  # inputs of the figure and of P-regression
