"""Settings of chapter 7: what its experiments share, and tasks, methods, shifts and sizes of the largest."""

from dataclasses import dataclass, field

import numpy as np

__all__ = [
    "ANGLES",
    "KINDS",
    "METHODS",
    "PASSES",
    "PROFILES",
    "SHIFTS",
    "STORED",
    "STORED_MARGIN",
    "STRENGTHS",
    "TASKS",
    "Config",
    "Settings",
]

TASKS = ("mnist", "fashion")  # of a perceptron and of LeNet-5
METHODS = ("relu", "tanh", "dropout", "ensemble", "irnet", "proposed", "variational")
KINDS = tuple(
    (task, method)
    for task in TASKS
    for method in METHODS
    if task == "fashion" or method not in ("ensemble", "variational")
)
SHIFTS = ("rotation", "noise")
STEPS = 12
ANGLES = 7.0 * np.arange(STEPS + 1)  # degrees
STRENGTHS = np.arange(STEPS + 1) / STEPS  # of the noise, in parts of a pixel's range
PASSES = (1, 2, 5, 10, 20, 50, 100)
STORED = (1, 2, 4, 8, 16, 32, 64)
STORED_MARGIN = 0.01  # nats, of A-samples


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What all binary experiments are computed with; the paper's values where it states them."""

    seed: int = field(metadata={"words": "of trainings, draws and noise"})
    trained: int | None = field(metadata={"words": "pictures to train with; None for all"})
    tested: int | None = field(metadata={"words": "pictures to test with; None for all"})
    repeats: int = field(metadata={"words": "trainings of each kind, from other starts"})
    epochs: int = field(metadata={"words": "of every training; not stated in the paper"})
    batch_size: int = field(default=100, metadata={"words": "examples in a step"})
    rate: float = field(default=1e-3, metadata={"words": "learning rate of full-precision networks at first"})
    binary_rate: float = field(default=5e-3, metadata={"words": "learning rate of binary networks at first"})
    dropout: float = field(default=0.2, metadata={"words": "fraction left out; not stated in the paper"})
    passes: int = field(default=10, metadata={"words": "passes of a prediction, T in the paper"})
    kl_weight: float = field(default=0.001, metadata={"words": "of the scales' divergence, λ in the paper"})
    bits: int = field(default=4, metadata={"words": "of a scale"})
    prior_loc: float = field(default=1.0, metadata={"words": "mean of the scales' prior; not stated"})
    prior_scale: float = field(default=1.0, metadata={"words": "its standard deviation; not stated"})
    initial_scale: float = field(
        default=0.1, metadata={"words": "standard deviation of a scale at first; not stated"}
    )


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """What the chapter's experiment on MNIST and Fashion-MNIST is computed with beside that."""

    repeats: int = field(metadata={"words": "trainings of each kind, from other starts", "counts": True})
    shifted: int = field(metadata={"words": "of them that are turned and made noisy"})
    vi_epochs: int = field(metadata={"words": "of variational inference after them"})
    hidden: int = field(
        default=512, metadata={"words": "units of a hidden layer of the perceptron; not stated"}
    )
    ensembles: int = field(
        default=1, metadata={"words": "of full-precision networks with ReLU", "counts": True}
    )
    members: int = field(default=5, metadata={"words": "networks of an ensemble"})


PROFILES = {
    "smoke": Config(
        seed=7, trained=100, tested=50, shifted=10, repeats=1, epochs=1, vi_epochs=1, hidden=16, members=2,
    ),
    "quick": Config(
        seed=7, trained=2000, tested=1000, shifted=200, repeats=2, epochs=6, vi_epochs=3, members=2,
    ),
    "full": Config(
        seed=7, trained=None, tested=None, shifted=5000, repeats=3, epochs=12, vi_epochs=5, ensembles=3,
    ),
}  # fmt: skip
