"""Settings of chapter 8: what its experiments share, and those of Table I, with its points."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from noisyweights.experiments import trainings

__all__ = [
    "BAYESIAN",
    "LABELS",
    "PRECISIONS",
    "PROFILES",
    "TASKS",
    "Config",
    "Settings",
    "counts",
    "points",
    "settings",
    "settings_but",
    "uses_device",
]

TASKS = ("mnist-ff", "mnist-conv", "fashion-ff", "fashion-conv")
BAYESIAN = ("mnist-bayes", "fashion-bayes")
LABELS = ("mnist-labels", "fashion-labels")  # what the test pictures show, for readers who have none
PRECISIONS = ("full", 8, 4)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What all coin-flip experiments are computed with; the paper's values where it states them."""

    seed: int = field(metadata={"words": "of trainings and coins"})
    trained: int | None = field(metadata={"words": "pictures to train with; None for all"})
    tested: int | None = field(metadata={"words": "pictures to test with; None for all"})
    batch_size: int = field(default=100, metadata={"words": "examples in a step"})
    rate: float = field(default=1e-3, metadata={"words": "of RMSProp, Keras's own; not stated"})
    dropout: float = field(default=0.2, metadata={"words": "in training, feed-forward; not stated"})


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Settings of Table I and what belongs to it; the paper's where it states them."""

    repeats: int = field(metadata={"words": "trainings of each network, from other starts", "counts": True})
    epochs: int = field(metadata={"words": "of training"})
    conv_epochs: int = field(metadata={"words": "of training, convolutional"})
    draws: int = field(metadata={"words": "sampled networks, K in the paper"})
    coarse: int = field(metadata={"words": "sampled networks for each further precision"})
    bayes_epochs: int = field(metadata={"words": "of the Bayesian network, without noise and with it"})
    bayes_draws: int = field(metadata={"words": "of the Bayesian network"})
    hidden: int = field(default=400, metadata={"words": "units of the feed-forward network"})
    filters: int = field(default=32, metadata={"words": "filters of 3 × 3 of the convolutional network"})
    dense: int = field(default=100, metadata={"words": "units behind them"})
    conv_dropout: float = field(default=0.5, metadata={"words": "in training, convolutional; not stated"})


PROFILES = {
    "smoke": Config(
        seed=8, trained=200, tested=100, repeats=1, epochs=2, conv_epochs=1, draws=20, coarse=5,
        bayes_epochs=1, bayes_draws=10, hidden=20, filters=2, dense=10,
    ),
    "quick": Config(
        seed=8, trained=2000, tested=1000, repeats=2, epochs=25, conv_epochs=10, draws=100, coarse=20,
        bayes_epochs=5, bayes_draws=20, filters=8,
    ),
    "full": Config(
        seed=8, trained=None, tested=None, repeats=3, epochs=100, conv_epochs=20, draws=1000, coarse=50,
        bayes_epochs=10, bayes_draws=200,
    ),
}  # fmt: skip

# Settings that concern one kind of point alone, or two.
_OWN = {
    "ff": ("dropout", "epochs", "hidden", "draws", "coarse"),
    "conv": ("conv_dropout", "conv_epochs", "filters", "dense", "draws", "coarse"),
    "bayes": ("bayes_epochs", "hidden", "bayes_draws"),
}


def settings_but(settings: Settings, others: Iterable[str]) -> dict[str, Any]:
    """What determines a point: all settings but those that name points, and others that do not concern it."""
    left_out = {one.name for one in fields(settings) if one.metadata.get("counts")} | {*others}
    return {name: value for name, value in asdict(settings).items() if name not in left_out}


def points(config: Config) -> tuple[str, ...]:
    """Task and number of a training, "mnist-ff-0"; and the labels of each set, "mnist-labels"."""
    names = zip(*(trainings.named(kind, config.repeats) for kind in (*TASKS, *BAYESIAN)), strict=True)
    return (*LABELS, *(name for training in names for name in training))


def settings(config: Config, point: str) -> dict[str, Any]:
    """The settings that determine a point."""
    if point in LABELS:
        return {"tested": config.tested}
    kind = point.split("-")[1]
    others = {name for names in _OWN.values() for name in names} - {*_OWN[kind]}
    return settings_but(config, others)


def uses_device(point: str) -> bool:
    """Whether the device has a part in a point: its law is that of the Bayesian networks alone."""
    return point.rpartition("-")[0] in BAYESIAN


def counts(config: Config) -> tuple[int, ...]:
    """Numbers of draws after which votes are counted: 1, 2, 5, 10 … up to all."""
    steps = sorted({k * 10**power for k in (1, 2, 5) for power in range(4)})
    return (*(count for count in steps if count < config.draws), config.draws)
