"""Weights that stay in [−1, 1] while a network learns, so that each can be the probability of a coin."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

__all__ = ["STARTS", "UnitRange", "UnitRangeUniform", "starting"]

# Where weights start, and where they are kept: the paper's §II-B, and its published code for MNIST.
STARTS = {
    "paper": {"start": (-0.99, 0.99), "kept": (-1.0, 1.0)},
    "published code": {"start": (0.25, 0.75), "kept": (0.0, 1.0)},
}


@keras.saving.register_keras_serializable(package="noisyweights")
class UnitRange(keras.constraints.Constraint):
    """Clip weights to [minimum, maximum] after each training step, an interval inside of [−1, 1].

    Raises: ValueError for another interval.
    Source: Aimone et al. (2023), §II-B; [0, 1] is what the published code has for MNIST.
    """

    def __init__(self, minimum: float = -1.0, maximum: float = 1.0):
        self.minimum, self.maximum = _interval(minimum, maximum)

    def __call__(self, w):
        return ops.clip(w, self.minimum, self.maximum)

    def get_config(self) -> dict[str, float]:
        return {"minimum": self.minimum, "maximum": self.maximum}


@keras.saving.register_keras_serializable(package="noisyweights")
class UnitRangeUniform(keras.initializers.RandomUniform):
    """Start weights uniformly in [minimum, maximum], an interval inside of [−1, 1].

    Raises: ValueError for another interval.
    Source: Aimone et al. (2023), §II-B, −0.99 to 0.99.
    """

    def __init__(self, minimum: float = -0.99, maximum: float = 0.99, seed: int | None = None):
        low, high = _interval(minimum, maximum)
        super().__init__(minval=low, maxval=high, seed=seed)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        return {"minimum": config["minval"], "maximum": config["maxval"], "seed": config["seed"]}


def starting(where: str, *, seed: int | None = None) -> dict[str, Any]:
    """Initialiser and constraint of a kernel as in "paper" or "published code", as a layer's keywords.

    Raises: ValueError for another word.
    """
    if where not in STARTS:
        raise ValueError(f"weights start as in one of {', '.join(STARTS)}, got {where!r}")
    chosen = STARTS[where]
    return {
        "kernel_initializer": UnitRangeUniform(*chosen["start"], seed=seed),
        "kernel_constraint": UnitRange(*chosen["kept"]),
    }


def _interval(minimum: float, maximum: float) -> tuple[float, float]:
    if not -1 <= minimum < maximum <= 1:
        raise ValueError(f"a coin's weight lies in [-1, 1], which does not hold [{minimum}, {maximum}]")
    return float(minimum), float(maximum)
