"""Cells of an array: the conductances that they can be set to, and what reading one gives.

Three kinds: a cell of several levels, a junction that fluctuates, and a bit that falls at random.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import integrate, optimize, special, stats

from noisyweights.noise.simulation import magnetics

__all__ = ["BINARY_SOT", "FOUR_PILLARS", "FluctuatingJunction", "LevelCell", "SwitchingBit", "domain_wall"]


@dataclass(frozen=True)
class LevelCell:
    """A cell that holds one of several conductances.

    Args:
        levels_uS: conductances in µS, increasing; between cells they are the medians.
        spread: standard deviation of a level between cells, relative to the level.
        source: where the numbers are from.

    Raises: ValueError for fewer than two levels, levels that do not increase from above 0, or a spread
        outside [0, 1).
    """

    levels_uS: tuple[float, ...]
    spread: float
    source: str

    def __post_init__(self) -> None:
        levels = np.asarray(self.levels_uS, float)
        if (
            levels.ndim != 1
            or len(levels) < 2
            or not (np.diff(levels) > 0).all()
            or not 0 < levels[0] <= levels[-1] < np.inf
        ):
            raise ValueError(
                f"levels_uS must be two or more that increase from above 0, got {self.levels_uS}"
            )
        if not 0 <= self.spread < 1:
            raise ValueError(
                f"spread is a relative standard deviation from 0 to 1 (0.03 for 3 %), got {self.spread}"
            )

    @property
    def thresholds_uS(self) -> np.ndarray:
        """Conductances half way between neighbouring levels, by which a read decides: (levels − 1,)."""
        levels = np.asarray(self.levels_uS)
        return (levels[1:] + levels[:-1]) / 2

    @property
    def on_off_ratio(self) -> float:
        """Of the highest level to the lowest."""
        return self.levels_uS[-1] / self.levels_uS[0]

    def nearest(self, target_uS: ArrayLike) -> np.ndarray:
        """Number of the level, from 0, that is nearest to each target.

        Raises: ValueError for NaN, or a target more than half a step outside of the range of the cell.
        """
        target = np.asarray(target_uS, float)
        levels = np.asarray(self.levels_uS)
        low, high = levels[0] - np.diff(levels)[0] / 2, levels[-1] + np.diff(levels)[-1] / 2
        if not ((target >= low) & (target <= high)).all():
            raise ValueError(
                f"the cell holds {levels[0]:g} to {levels[-1]:g} µS, and targets reach from "
                f"{np.min(target):.4g} to {np.max(target):.4g}: scale the weights to this range"
            )
        return np.searchsorted(self.thresholds_uS, target)

    def written(self, level: ArrayLike, rng: np.random.Generator) -> np.ndarray:
        """Conductances in µS of cells set to these levels: normal around each, cut at 0.

        Raises: ValueError for levels that the cell does not have.
        """
        level = np.asarray(level)
        if ((level < 0) | (level >= len(self.levels_uS))).any():
            raise ValueError(
                f"levels go from 0 to {len(self.levels_uS) - 1}, got {level.min()} to {level.max()}"
            )
        median = np.asarray(self.levels_uS)[level]
        return np.maximum(median * (1 + self.spread * rng.standard_normal(median.shape)), 0)

    @property
    def misread_rate(self) -> np.ndarray:
        """Probability that the spread carries a level beyond a threshold next to it: (levels,)."""
        levels = np.asarray(self.levels_uS)
        deviation = self.spread * levels
        with np.errstate(divide="ignore"):  # without spread, never
            above = stats.norm.sf((self.thresholds_uS - levels[:-1]) / deviation[:-1])
            below = stats.norm.sf((levels[1:] - self.thresholds_uS) / deviation[1:])
        return np.append(above, 0) + np.insert(below, 0, 0)

    def tandem(self, ratio: float) -> LevelCell:
        """Two such cells whose currents add, the second read at `ratio` times the first one's voltage.

        The levels are those of G₁ + ratio · G₂, each once, and the spread the largest of any pair, relative.

        Raises: ValueError for a ratio that is not positive.
        """
        if not ratio > 0:
            raise ValueError(f"ratio of the read voltages must be positive, got {ratio}")
        first, second = np.meshgrid(self.levels_uS, self.levels_uS)
        total = first + ratio * second
        deviation = self.spread * np.hypot(first, ratio * second)
        step = np.diff(self.levels_uS).min() * min(1, ratio) * 1e-6
        levels = np.sort(total.ravel())
        distinct = levels[np.insert(np.diff(levels) > step, 0, True)]
        return LevelCell(tuple(distinct), float((deviation / total).max()), f"two in tandem: {self.source}")


def domain_wall(*, low_uS: float, high_uS: float, levels: int, spread: float) -> LevelCell:
    """A junction over a track in which a domain wall stands at one of several notches.

    The part of the junction on one side of the wall is parallel, that on the other antiparallel, and both
    conduct side by side: the levels are equally spaced.

    Raises: ValueError for fewer than two levels, or bounds that are not 0 < low < high.
    Source: Liu et al. (2022), abstract (a multi-bit domain-wall junction); the numbers are the caller's.
    """
    if levels < 2 or not 0 < low_uS < high_uS:
        raise ValueError(f"needs 2 levels or more with 0 < low < high, got {levels}, {low_uS}, {high_uS}")
    spaced = tuple(map(float, np.linspace(low_uS, high_uS, levels)))
    return LevelCell(spaced, spread, "equally spaced notches")


FOUR_PILLARS = LevelCell(
    levels_uS=(37.84, 47.57, 57.29, 67.41, 76.95),
    spread=0.041,
    source="J. Doevenspeck et al., Symposium on VLSI Technology (2021): medians; the largest of the relative "
    "spreads of 3.3 to 4.1 %",
)

BINARY_SOT = LevelCell(
    levels_uS=(1e3 / 6, 1e3 / 3),
    spread=0.041,
    source="NVSim's magnetic cell, 6 and 3 kΩ; the spread as for four pillars",
)


@dataclass(frozen=True)
class FluctuatingJunction:
    """A junction whose free layer turns at random: each read is a new draw, as wide as the bias makes it.

    The free layer has an easy plane, and a bias moves its stiffness Δ (magnetic anisotropy controlled by
    voltage), hence the width of the component that is read. The read conductance is linear in it.

    Args:
        junction: the stack; its own bias is of no account.
        low_V, high_V: range of the bias.

    Raises: ValueError for an empty range.
    Source: `noisyweights.noise.simulation.magnetics`, where the model and its constants are explained.
    """

    junction: magnetics.Junction
    low_V: float
    high_V: float

    def __post_init__(self) -> None:
        if not self.low_V < self.high_V:
            raise ValueError(f"the bias must range over more than {self.low_V} to {self.high_V} V")

    def moments_uS(self, bias_V: float, *, field_T: float = 0.0) -> tuple[float, float]:
        """Mean and standard deviation of a read, in µS, at a bias in the range.

        In a field along the hard axis, as the reference layer may leave, p(z) ∝ exp(−Δz² + hz).

        Raises: ValueError for a bias outside.
        """
        if not self.low_V <= bias_V <= self.high_V:
            raise ValueError(f"bias {bias_V} V lies outside of {self.low_V} to {self.high_V} V")
        biased = replace(self.junction, bias_V=bias_V)
        stiffness = float(magnetics.anisotropy_kT(biased))
        field = field_T / float(magnetics.thermal_field_T(biased))

        def moment(power: int) -> float:
            return integrate.quad(lambda z: z**power * np.exp(-stiffness * z**2 + field * z), -1, 1)[0]

        mean = moment(1) / moment(0)
        deviation = np.sqrt(moment(2) / moment(0) - mean**2)
        centre, end = (float(magnetics.conductance_uS(biased, z)) for z in (0.0, 1.0))
        return centre + (end - centre) * mean, float((end - centre) * deviation)

    @property
    def ratio(self) -> float:
        """Of the widest standard deviation to the narrowest."""
        return self.moments_uS(self.low_V)[1] / self.moments_uS(self.high_V)[1]

    def bias_V(self, deviation_uS: float) -> float:
        """Bias at which reads have this standard deviation.

        Raises: ValueError for one that no bias in the range gives.
        """
        wide, narrow = (self.moments_uS(bias)[1] for bias in (self.low_V, self.high_V))
        if not narrow <= deviation_uS <= wide:
            raise ValueError(
                f"reads of this junction vary by {narrow:.3g} to {wide:.3g} µS, not by {deviation_uS:.3g}"
            )
        found = optimize.brentq(
            lambda bias: self.moments_uS(bias)[1] - deviation_uS, self.low_V, self.high_V, xtol=1e-9
        )
        return float(found)


@dataclass(frozen=True)
class SwitchingBit:
    """A junction on a spin-orbit track as a source of random bits: set, read, reset, again and again.

    A current pulse switches it with a probability that grows from 0 to 1 around a centre, and a reset brings
    it back, but for failures: then the next bit is a one whatever the pulse does.

    Args:
        centre_uA: current of the set pulse that switches in half of all cases.
        width_uA: how far the probability takes to grow, the scale of a logistic function.
        reset_failure: probability that a reset leaves the bit as it was.

    Raises: ValueError for currents that are not positive, or a probability outside [0, 1).
    Source: Ahmed et al. (2023), §III-C(4); a logistic function as the usual description of thermal switching.
    """

    centre_uA: float
    width_uA: float
    reset_failure: float

    def __post_init__(self) -> None:
        if not (self.centre_uA > 0 and self.width_uA > 0):
            raise ValueError(f"currents must be positive, got {self.centre_uA} and {self.width_uA} µA")
        if not 0 <= self.reset_failure < 1:
            raise ValueError(f"reset_failure is a probability below 1, got {self.reset_failure}")

    def probability(self, current_uA: ArrayLike) -> np.ndarray:
        """Probability that a set pulse of this current switches."""
        return special.expit((np.asarray(current_uA, float) - self.centre_uA) / self.width_uA)

    def current_uA(self, probability: ArrayLike) -> np.ndarray:
        """Current of the pulse that switches with this probability, between 0 and 1.

        Raises: ValueError for 0, 1, or a number beyond, which no current gives.
        """
        wanted = np.asarray(probability, float)
        if not ((wanted > 0) & (wanted < 1)).all():
            raise ValueError(f"a pulse switches with a probability between 0 and 1, not {probability}")
        return self.centre_uA + self.width_uA * special.logit(wanted)

    def bits(self, current_uA: float, count: int, rng: np.random.Generator) -> np.ndarray:
        """Successive bits of set, read and reset at one current: bool, (count,).

        Raises: ValueError for fewer than one bit, or a current that is no number.
        """
        if count < 1:
            raise ValueError(f"count must be at least 1, got {count}")
        if np.isnan(current_uA):
            raise ValueError("the current of the set pulse is NaN: give it in µA, see current_uA")
        switched = rng.random(count) < self.probability(current_uA)
        stuck = rng.random(count) < self.reset_failure
        bits = switched.copy()
        for at in np.flatnonzero(stuck[:-1]) + 1:
            bits[at] |= bits[at - 1]
        return bits
