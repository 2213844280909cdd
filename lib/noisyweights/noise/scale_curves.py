"""Scale curves: how much a device's conductance varies, σ(G), over the range of conductances it can hold."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike
from scipy.interpolate import PchipInterpolator

__all__ = [
    "FormulaCurve",
    "ScaleCurve",
    "TableCurve",
    "affine",
    "constant",
    "from_config",
    "power",
    "proportional",
    "table",
]


class ScaleCurve(abc.ABC):
    """σ(G) in µS for conductances G from `low_uS` to `high_uS`, positive on all of this range.

    `curve(conductance_uS)` takes arrays, or tensors, through which gradients flow, and gives what it is
    given: float64 arrays, or tensors of the same dtype. It does not look whether they lie in the range.
    """

    low_uS: float
    high_uS: float

    @abc.abstractmethod
    def _at(self, conductance: np.ndarray | tf.Tensor) -> np.ndarray | tf.Tensor:
        """σ at conductances, of the same kind and dtype."""

    def __call__(self, conductance_uS: ArrayLike | tf.Tensor) -> np.ndarray | tf.Tensor:
        """Standard deviation in µS at conductances of any shape."""
        if tf.is_tensor(conductance_uS):
            return self._at(conductance_uS)
        return self._at(np.asarray(conductance_uS, np.float64))

    @property
    def width_uS(self) -> float:
        """Width of the range."""
        return self.high_uS - self.low_uS

    def get_config(self) -> dict[str, Any]:
        """What `from_config` makes this curve of again, as JSON can hold it."""
        return {"curve": type(self).__name__, **asdict(self)}


@dataclass(frozen=True)
class FormulaCurve(ScaleCurve):
    """σ(G) = offset_uS + factor_uS·(G/high_uS)^exponent.

    Args:
        low_uS, high_uS: range of conductances, 0 < low < high.
        offset_uS: what does not hang on the conductance.
        factor_uS: what is added to it at the top of the range.
        exponent: of the conductance.

    Raises: ValueError for another range, or a curve that is not positive and finite at both of its ends.
    """

    low_uS: float
    high_uS: float
    offset_uS: float
    factor_uS: float
    exponent: float

    def __post_init__(self) -> None:
        if not 0 < self.low_uS < self.high_uS < np.inf:
            raise ValueError(f"conductances range over 0 < low < high, got {self.low_uS} to {self.high_uS}")
        lowest = (self.low_uS / self.high_uS) ** self.exponent
        ends = self.offset_uS + self.factor_uS * lowest, self.offset_uS + self.factor_uS
        if not all(0 < end < np.inf for end in ends):  # in between it is monotone
            raise ValueError(
                f"σ must be positive and finite over the whole range, and is {ends[0]:.4g} µS at "
                f"{self.low_uS:g} µS and {ends[1]:.4g} at {self.high_uS:g}: give another range or curve"
            )

    def _at(self, conductance: np.ndarray | tf.Tensor) -> np.ndarray | tf.Tensor:
        share = conductance / self.high_uS
        grown = share if self.exponent == 1 else share**self.exponent  # a power takes longer than all else
        return self.offset_uS + self.factor_uS * grown


@dataclass(frozen=True)
class TableCurve(ScaleCurve):
    """σ(G) through measured levels: cubic between two of them, and monotone where they are.

    Args:
        levels_uS: conductances, two or more, increasing from above 0; the first and last are the range.
        deviations_uS: standard deviation at each.

    Raises: ValueError for other levels, or deviations that are not as many, positive and finite.
    Source: F. N. Fritsch and J. Butland, SIAM J. Sci. Stat. Comput. 5, 300 (1984), as SciPy has it.
    """

    levels_uS: tuple[float, ...]
    deviations_uS: tuple[float, ...]

    def __post_init__(self) -> None:
        for name in ("levels_uS", "deviations_uS"):
            object.__setattr__(self, name, tuple(map(float, getattr(self, name))))
        levels, deviations = map(np.asarray, (self.levels_uS, self.deviations_uS))
        if len(levels) < 2 or not (np.diff(levels) > 0).all() or not 0 < levels[0] < levels[-1] < np.inf:
            raise ValueError(f"levels_uS must be two or more that increase from above 0, got {levels}")
        if deviations.shape != levels.shape or not ((deviations > 0) & (deviations < np.inf)).all():
            raise ValueError(
                f"deviations_uS must be positive and finite, one for each of {len(levels)} levels, "
                f"got {deviations}"
            )

    @property
    def low_uS(self) -> float:  # type: ignore[override]
        """The first level."""
        return self.levels_uS[0]

    @property
    def high_uS(self) -> float:  # type: ignore[override]
        """The last level."""
        return self.levels_uS[-1]

    @cached_property
    def _polynomials(self) -> np.ndarray:
        """Coefficients of the cubics from each level on, the highest power first: (4, levels − 1)."""
        return PchipInterpolator(self.levels_uS, self.deviations_uS).c

    def _at(self, conductance: np.ndarray | tf.Tensor) -> np.ndarray | tf.Tensor:
        # What each piece adds from its lower level on: quicker than to look up the piece of every number.
        clip = tf.clip_by_value if tf.is_tensor(conductance) else np.clip
        found = self.deviations_uS[0] + 0 * conductance
        pieces = zip(self.levels_uS[:-1], self.levels_uS[1:], self._polynomials.T, strict=True)
        for low, high, (cubic, square, linear, _) in pieces:
            beyond = clip(conductance, low, high) - low
            found = found + ((cubic * beyond + square) * beyond + linear) * beyond
        return found


def constant(*, low_uS: float, high_uS: float, deviation_uS: float) -> FormulaCurve:
    """σ is the same at every conductance, as of an amplifier's noise."""
    return FormulaCurve(low_uS, high_uS, offset_uS=deviation_uS, factor_uS=0.0, exponent=1.0)


def proportional(*, low_uS: float, high_uS: float, ratio: float) -> FormulaCurve:
    """σ = ratio·G, as of a device all of whose area fluctuates together."""
    return power(low_uS=low_uS, high_uS=high_uS, top_uS=ratio * high_uS, exponent=1.0)


def power(*, low_uS: float, high_uS: float, top_uS: float, exponent: float) -> FormulaCurve:
    """σ = top·(G/high)^exponent; ½ where parts of a device fluctuate independently."""
    return FormulaCurve(low_uS, high_uS, offset_uS=0.0, factor_uS=top_uS, exponent=exponent)


def affine(*, low_uS: float, high_uS: float, floor_uS: float, ratio: float) -> FormulaCurve:
    """σ = floor + ratio·G."""
    return FormulaCurve(low_uS, high_uS, offset_uS=floor_uS, factor_uS=ratio * high_uS, exponent=1.0)


def table(*, levels_uS: ArrayLike, deviations_uS: ArrayLike) -> TableCurve:
    """σ as measured at some levels."""
    return TableCurve(tuple(np.asarray(levels_uS)), tuple(np.asarray(deviations_uS)))


_CURVES = {kind.__name__: kind for kind in (FormulaCurve, TableCurve)}


def from_config(config: Mapping[str, Any]) -> ScaleCurve:
    """The curve that `ScaleCurve.get_config` described. Raises: ValueError for one of unknown name."""
    name = config.get("curve")
    if name not in _CURVES:
        raise ValueError(f"no scale curve is called {name!r}; there are {', '.join(_CURVES)}")
    return _CURVES[name](**{key: value for key, value in config.items() if key != "curve"})
