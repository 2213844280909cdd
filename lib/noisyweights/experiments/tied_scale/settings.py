"""Settings of the tied scales: tasks, curves, cells that tie the scale of a weight to its mean, profiles."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from noisyweights.experiments.regression import settings as regression
from noisyweights.networks.mean_field.cell_mappings import CellMapping, Pair, Single
from noisyweights.noise import scale_curves
from noisyweights.noise.scale_curves import ScaleCurve

__all__ = [
    "CLAIMED",
    "CURVES",
    "FREE",
    "PROFILES",
    "SCORES",
    "SETS",
    "TASKS",
    "TIED",
    "Config",
    "regression_settings",
]

SETS = {"digits": ("mnist", "fashion_mnist"), "clothes": ("fashion_mnist", "mnist")}  # own pictures, others
TASKS = ("regression", *SETS)
SCORES = {
    "regression": ("rmse", "nll", "crps", "calibration_error", "crps_outside"),
    **dict.fromkeys(SETS, ("accuracy", "nll", "calibration_error", "auroc")),
}

_RANGE = {"low_uS": 2.0, "high_uS": 50.0}
CURVES: Mapping[str, ScaleCurve] = MappingProxyType(
    {  # a tenth of the conductance at the top of the range, and three times that
        "constant": scale_curves.constant(**_RANGE, deviation_uS=5.0),
        "root": scale_curves.power(**_RANGE, top_uS=5.0, exponent=0.5),
        "proportional": scale_curves.proportional(**_RANGE, ratio=0.1),
        "strong": scale_curves.proportional(**_RANGE, ratio=0.3),
    }
)
FREE = "free"
TIED: Mapping[str, CellMapping] = MappingProxyType(
    {
        "constant.lowest": Pair(CURVES["constant"], "lowest"),
        "root.lowest": Pair(CURVES["root"], "lowest"),
        "proportional.lowest": Pair(CURVES["proportional"], "lowest"),
        "proportional.layer": Pair(CURVES["proportional"], "layer"),
        "proportional.weight": Pair(CURVES["proportional"], "weight"),
        "proportional.single": Single(CURVES["proportional"]),
        "strong.lowest": Pair(CURVES["strong"], "lowest"),
    }
)
# What the claims are on.
CLAIMED = ("proportional.lowest", "proportional.layer", "proportional.weight")


@dataclass(frozen=True, kw_only=True)
class Config:
    """Settings of the chapter, which asks a question of its own: none is a paper's but the regression's."""

    seed: int = field(metadata={"words": "of data, trainings and draws"})
    trainings: int = field(metadata={"words": "trainings of each condition on each task", "counts": True})
    conditions: tuple[str, ...] = field(
        default=tuple(TIED), metadata={"words": "cells tried, beside free scales", "counts": True}
    )
    trained: int = field(metadata={"words": "pictures to train with"})
    tested: int | None = field(metadata={"words": "pictures to test with, of each set; None for all"})
    start_epochs: int = field(metadata={"words": "of a classifier without noise, before inference"})
    epochs: int = field(metadata={"words": "of inference"})
    draws: int = field(metadata={"words": "draws in the prediction of a classifier"})
    hidden: int = field(default=400, metadata={"words": "units of a classifier's hidden layer"})
    batch_size: int = field(default=100, metadata={"words": "examples in a step"})
    start_rate: float = field(
        default=1e-3, metadata={"words": "of Adam without noise at first; falls along half a cosine"}
    )
    rate: float = field(default=5e-3, metadata={"words": "of Adam in a classifier's inference, alike"})
    prior_scale: float = field(default=1.0, metadata={"words": "of the Gaussian prior"})
    initial_scale: float = field(
        default=0.02, metadata={"words": "of every random weight of a classifier at first"}
    )
    examples: int = field(metadata={"words": "of the regression"})
    regression_start_epochs: int = field(metadata={"words": "of the regression, as `start_epochs`"})
    regression_epochs: int = field(default=10, metadata={"words": "of the regression, as `epochs`"})
    regression_draws: int = field(metadata={"words": "draws in its prediction"})
    regression_tested: int = field(metadata={"words": "its test examples"})


PROFILES = {
    "smoke": Config(
        seed=10, trainings=1, conditions=CLAIMED, trained=200, tested=60, start_epochs=1, epochs=1, draws=3,
        hidden=12, examples=400, regression_start_epochs=1, regression_epochs=1, regression_draws=20,
        regression_tested=100,
    ),
    "quick": Config(
        seed=10, trainings=2, conditions=(*CLAIMED, "constant.lowest"), trained=2000, tested=500,
        start_epochs=5, epochs=10, draws=10, hidden=100, examples=2000, regression_start_epochs=10,
        regression_draws=100, regression_tested=500,
    ),
    "full": Config(
        seed=10, trainings=5, trained=10_000, tested=None, start_epochs=5, epochs=10, draws=20,
        examples=10_000, regression_start_epochs=20, regression_draws=200, regression_tested=2000,
    ),
}  # fmt: skip


def regression_settings(config: Config) -> regression.Config:
    """Chapter 5's settings of the regression, with the sizes of this chapter."""
    return regression.Config(
        seed=config.seed,
        seeds=1,
        draws=config.regression_draws,
        mle_epochs=config.regression_start_epochs,
        epochs=config.regression_epochs,
        examples=config.examples,
        batch_size=config.batch_size,
        tested=config.regression_tested,
        prior_scale=config.prior_scale,
    )
