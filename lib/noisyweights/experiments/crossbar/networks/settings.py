"""Settings of the networks on arrays: methods, the chip of each, what is swept, and the profiles."""

from dataclasses import dataclass, field

import numpy as np

from noisyweights.experiments.binary.settings import Settings
from noisyweights.experiments.crossbar.networks import sweeps
from noisyweights.experiments.crossbar.networks.sweeps import Sweep
from noisyweights.hardware import chip as chips

__all__ = ["CHIPS", "LEVELS", "MARGINS", "METHODS", "PROFILES", "SCORES", "SWEEPS", "Config", "swept"]

METHODS = ("plain", "dropout", "ensemble", "mean-field", "scales", "coins")
CHIPS = {"mean-field": chips.DOMAIN_WALL, "scales": chips.SCALES, "coins": chips.COINS}
SWEEPS = {
    "mean-field": (*sweeps.MEAN_FIELD, sweeps.CORRELATION),
    "scales": sweeps.SCALES,
    "coins": sweeps.COINS,
}
SCORES = ("accuracy", "nll", "calibration_error", "auroc")  # %, nats, and two shares
MARGINS = {"accuracy": 1.0, "ece": 0.02, "rmse": 0.05, "gap": 0.02}  # of L-classify and L-regress
LEVELS = np.linspace(0.05, 0.95, 19)  # probabilities at which calibration is looked at


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of the chapter's networks, with those of chapter 7's; the array paper's abstract states none.

    Of the trainings on random weights the first `repeats` go through the sweeps, and keep their weights.
    """

    draws: int = field(metadata={"words": "reads in a prediction"})
    classifications: int = field(
        metadata={"words": "trainings of the classifier on random weights", "counts": True}
    )
    regressions: int = field(metadata={"words": "trainings of the regression", "counts": True})
    regression: str = field(metadata={"words": "profile of chapter 5 that the regression is trained by"})
    step: int = field(default=1, metadata={"words": "of a sweep, from one value taken to the next"})
    members: int = field(default=5, metadata={"words": "networks of an ensemble"})
    hidden: int = field(default=400, metadata={"words": "units of the hidden layer"})
    calibrated: int = field(default=500, metadata={"words": "pictures that set the converters' ranges"})
    chips: int = field(default=5, metadata={"words": "chips that each regression is put on"})


PROFILES = {
    "smoke": Config(
        seed=9, trained=200, tested=60, repeats=1, epochs=1, draws=3, classifications=1,
        regressions=1, regression="smoke", step=6, hidden=12, members=2, calibrated=50, chips=1,
    ),
    "quick": Config(
        seed=9, trained=2000, tested=500, repeats=2, epochs=5, draws=10, classifications=2,
        regressions=2, regression="quick", step=4, chips=2,
    ),
    "full": Config(
        seed=9, trained=None, tested=None, repeats=3, epochs=10, draws=50, classifications=12,
        regressions=5, regression="full",
    ),
}  # fmt: skip


def swept(config: Config, sweep: Sweep) -> tuple[float, ...]:
    """The values that a profile takes of a sweep."""
    return sweep.values[:: config.step]
