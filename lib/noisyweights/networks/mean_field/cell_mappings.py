"""Cell mappings: which conductances stand for a weight, and what its standard deviation then is.

A device whose noise hangs on its conductance ties the two parameters of a weight together.
"""

from __future__ import annotations

import abc
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from noisyweights.noise import scale_curves
from noisyweights.noise.scale_curves import ScaleCurve

__all__ = ["COMMON_MODES", "CellMapping", "Pair", "Single", "from_config"]

COMMON_MODES = ("lowest", "layer", "weight")
# Where a common mode is looked for, as the logit of its place in the range: from 0.5 % to 99.5 % of it.
_PLACES = np.linspace(-5.3, 5.3, 43)


class CellMapping(abc.ABC):
    """How cells with a scale curve hold the weights of a layer, the largest of which fills their range.

    Attributes:
        curve: σ(G) of every cell.
    """

    curve: ScaleCurve

    def raw_shape(self, shape: tuple[int, ...]) -> tuple[int, ...] | None:
        """Shape of what can be set beside the means of so many weights; None where nothing can."""
        return None

    @abc.abstractmethod
    def gain(self, largest: float) -> float:
        """k of w = k·(difference of conductances), in 1/µS, if `largest` is the largest weight."""

    @abc.abstractmethod
    def conductances_uS(
        self, loc: tf.Tensor, raw: tf.Tensor | None, *, largest: float
    ) -> tuple[tf.Tensor, ...]:
        """Conductances of the cells of each weight, in the shape of `loc`.

        Args:
            loc: means of the weights, between −largest and largest.
            raw: what can be set beside them: the logit of a place in the range, of `raw_shape`.
            largest: weight that fills the range.
        """

    def scale(self, loc: tf.Tensor, raw: tf.Tensor | None, *, largest: float) -> tf.Tensor:
        """Standard deviation of each weight, k·√(Σ σ²(G)) over its cells; arguments as above."""
        cells = self.conductances_uS(loc, raw, largest=largest)
        variance = tf.add_n([tf.square(self.curve(one)) for one in cells])
        return self.gain(largest) * tf.sqrt(variance)

    def nearest(self, loc: tf.Tensor, scale: tf.Tensor, *, largest: float) -> tf.Tensor | None:
        """What to set so that the standard deviations are as near to `scale` as they can be.

        Near by the logarithm: of each weight, or by its mean square over all that share a setting. It is the
        best of places between 0.5 and 99.5 % of the range; None where nothing can be set.
        """
        shape = self.raw_shape(tuple(loc.shape))
        if shape is None:
            return None
        best, lowest = tf.zeros(shape, loc.dtype), tf.fill(shape, tf.constant(np.inf, loc.dtype))
        for place in _PLACES:
            raw = tf.fill(shape, tf.constant(place, loc.dtype))
            apart = tf.square(tf.math.log(self.scale(loc, raw, largest=largest) / scale))
            if shape != loc.shape:
                apart = tf.reduce_mean(apart)
            best, lowest = tf.where(apart < lowest, raw, best), tf.minimum(apart, lowest)
        return best

    @abc.abstractmethod
    def get_config(self) -> dict[str, Any]:
        """What `from_config` makes this mapping of again, as JSON can hold it."""


@dataclass(frozen=True)
class Pair(CellMapping):
    """Two cells a weight: w = k (G⁺ − G⁻), σ_w² = k² (σ²(G⁺) + σ²(G⁻)), k = largest / (high − low).

    The mean leaves their common mode c = (G⁺ + G⁻)/2 free, from low + |w|/2k to high − |w|/2k.

    Args:
        curve: σ(G) of every cell.
        common_mode: "lowest", as is usual: one of the two cells is at the bottom of its range. "layer": one c
            for all weights of a layer, and what comes nearest to it for those that cannot have it.
            "weight": a c for each weight.

    Raises: ValueError for another word.
    """

    curve: ScaleCurve
    common_mode: str

    def __post_init__(self) -> None:
        if self.common_mode not in COMMON_MODES:
            raise ValueError(
                f"common_mode must be one of {', '.join(COMMON_MODES)}, got {self.common_mode!r}"
            )

    def raw_shape(self, shape: tuple[int, ...]) -> tuple[int, ...] | None:
        """None, () or that of the weights."""
        return {"lowest": None, "layer": (), "weight": shape}[self.common_mode]

    def gain(self, largest: float) -> float:
        return largest / self.curve.width_uS

    def conductances_uS(
        self, loc: tf.Tensor, raw: tf.Tensor | None, *, largest: float
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """G⁺ and G⁻."""
        half = loc / (2 * self.gain(largest))
        low, high = self.curve.low_uS + tf.abs(half), self.curve.high_uS - tf.abs(half)
        if self.common_mode == "lowest":
            centre = low
        elif self.common_mode == "layer":
            centre = self.curve.low_uS + self.curve.width_uS * tf.sigmoid(raw)
            centre = tf.maximum(tf.minimum(centre, high), low)
        else:
            centre = low + (high - low) * tf.sigmoid(raw)
        return centre + half, centre - half

    def get_config(self) -> dict[str, Any]:
        return {"cells": "Pair", "curve": self.curve.get_config(), "common_mode": self.common_mode}


@dataclass(frozen=True)
class Single(CellMapping):
    """One cell a weight against a reference without noise: w = k (G − G_ref), σ_w = k σ(G).

    The reference stands at the middle of the range, so that both signs reach as far, and
    k = 2·largest / (high − low).
    """

    curve: ScaleCurve

    def gain(self, largest: float) -> float:
        return 2 * largest / self.curve.width_uS

    def conductances_uS(self, loc: tf.Tensor, raw: tf.Tensor | None, *, largest: float) -> tuple[tf.Tensor]:
        """G alone."""
        return ((self.curve.low_uS + self.curve.high_uS) / 2 + loc / self.gain(largest),)

    def get_config(self) -> dict[str, Any]:
        return {"cells": "Single", "curve": self.curve.get_config()}


_CELLS = {kind.__name__: kind for kind in (Pair, Single)}


def from_config(config: Mapping[str, Any]) -> CellMapping:
    """The mapping that `CellMapping.get_config` described. Raises: ValueError for one of unknown name."""
    name = config.get("cells")
    if name not in _CELLS:
        raise ValueError(f"no cell mapping is called {name!r}; there are {', '.join(_CELLS)}")
    others = {key: value for key, value in config.items() if key not in ("cells", "curve")}
    return _CELLS[name](scale_curves.from_config(config["curve"]), **others)
