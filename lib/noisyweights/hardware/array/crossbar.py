"""A weight matrix on arrays of cells, and what a read of them gives: x·W with all that is wrong with it.

A weight is the difference of two cells at the same place of two arrays, (G⁺ − G⁻) / gain, so that it can be
negative.
Beside them a junction may fluctuate about its mean, which a reference column takes off: a random weight.
Inputs come as voltages, outputs go as currents, and each column has a gain of its own, the conductance of a
weight of one, so that small weights too fill the range of the cells.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from noisyweights.hardware.array.wires import column_currents_uA
from noisyweights.hardware.cells import LevelCell
from noisyweights.hardware.converters import Converter

__all__ = ["Crossbar", "Readout", "checked_weights", "largest_weights", "place", "place_signs"]


@dataclass(frozen=True)
class Readout:
    """How numbers get into an array and out of it.

    Args:
        dac: of an input, in its own unit; None for a voltage as fine as need be.
        adc: of a column's product before it is divided by the gain, in the unit of input · µS, the same for
            all columns; None for a current that is read exactly.
        rows: of one array. A taller matrix is cut into tiles, whose columns are converted one by one and
            added up as numbers.

    Raises: ValueError for less than one row.
    """

    dac: Converter | None
    adc: Converter | None
    rows: int

    def __post_init__(self) -> None:
        if self.rows < 1:
            raise ValueError(f"an array has at least 1 row, got {self.rows}")


@dataclass(frozen=True, eq=False)
class Crossbar:
    """Cells that stand for a matrix of weights (inputs, outputs); made by `place`.

    positive_uS, negative_uS: conductances of both cells of a weight, in µS, (inputs, outputs). deviation_uS:
    standard deviation of a read of the junction beside them, alike; 0 for none. gain_uS: conductance of a
    weight of one, (outputs,).
    """

    positive_uS: np.ndarray
    negative_uS: np.ndarray
    deviation_uS: np.ndarray
    gain_uS: np.ndarray

    @property
    def weights(self) -> np.ndarray:
        """Mean weights that the cells stand for, (inputs, outputs)."""
        return (self.positive_uS - self.negative_uS) / self.gain_uS

    @property
    def deviations(self) -> np.ndarray:
        """Standard deviations of the weights between reads, (inputs, outputs)."""
        return self.deviation_uS / self.gain_uS

    def product(self, x: ArrayLike, noise: ArrayLike | None, *, readout: Readout) -> np.ndarray:
        """One read: products with the inputs x (…, inputs), in the unit of x times weight, (…, outputs).

        Args:
            x: inputs.
            noise: numbers of mean 0 and variance 1, (inputs, outputs), the same for all inputs: one read is
                one draw. None for junctions that stand still.
            readout: converters, and the rows of an array.

        Raises: ValueError for inputs or noise of another shape, or that are NaN or infinite.
        """
        x = np.asarray(x, float)
        inputs, outputs = self.positive_uS.shape
        if x.ndim < 1 or x.shape[-1] != inputs:
            raise ValueError(f"inputs must have shape (…, {inputs}), got {x.shape}")
        if not np.isfinite(x).all():
            raise ValueError(f"{np.sum(~np.isfinite(x))} inputs are NaN or infinite")
        conductance = self.positive_uS - self.negative_uS
        if noise is not None:
            noise = np.asarray(noise, float)
            if noise.shape != (inputs, outputs) or not np.isfinite(noise).all():
                raise ValueError(f"noise must be finite, of shape ({inputs}, {outputs}), got {noise.shape}")
            conductance = conductance + self.deviation_uS * noise
        driven = x if readout.dac is None else readout.dac.quantised(x)
        total = np.zeros((*x.shape[:-1], outputs))
        for start in range(0, inputs, readout.rows):
            tile = slice(start, start + readout.rows)
            current = driven[..., tile] @ conductance[tile]
            total += current if readout.adc is None else readout.adc.quantised(current)
        return total / self.gain_uS

    def moments(self, x: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
        """Mean xᵀµ and standard deviation √((x²)ᵀσ²) of a read without converters, (…, outputs) each.

        Source: Liu et al. (2022), abstract.
        """
        x = np.asarray(x, float)
        return x @ self.weights, np.sqrt(x**2 @ self.deviations**2)

    def wired(self, *, rows: int, columns: int, row_ohm: float, column_ohm: float) -> Crossbar:
        """The crossbar as its wires let it be seen: conductances from each driver to each reader.

        A resistive network is linear, so one conductance for each pair of row and column says all of it.
        Positive cells, negative cells and junctions stand in arrays of their own. What a junction adds is
        lowered by the factor of the cells at its place, as if its row alone were driven. Where others are
        driven too its voltage is lower: with all 128 rows of an array the deviation comes out 3 % too large
        at 0.1 Ω, 14 % at 0.5 Ω and a quarter at 1 Ω.

        Args:
            rows, columns: of one array.
            row_ohm, column_ohm: of one segment, as in `wires.column_currents_uA`.
        """
        seen = {}
        for name in ("positive_uS", "negative_uS"):
            cells = getattr(self, name)
            seen[name] = np.empty_like(cells)
            for top, left in itertools.product(*map(range, (0, 0), cells.shape, (rows, columns))):
                tile = np.s_[top : top + rows, left : left + columns]
                seen[name][tile] = column_currents_uA(
                    cells[tile], np.eye(len(cells[tile])), row_ohm=row_ohm, column_ohm=column_ohm
                )
        before, after = self.positive_uS + self.negative_uS, sum(seen.values())
        share = np.divide(after, before, out=np.ones_like(after), where=before > 0)
        return replace(self, **seen, deviation_uS=self.deviation_uS * share)


def place(
    mean: ArrayLike,
    deviation: ArrayLike | None,
    *,
    cell: LevelCell,
    rng: np.random.Generator | None,
    power: np.ndarray | None = None,
) -> Crossbar:
    """Put a matrix of weights on differential pairs of cells, each column filling the range of the cells.

    Args:
        mean: weights, (inputs, outputs).
        deviation: standard deviations of random weights, alike; None for weights that do not fluctuate.
        cell: of both cells of a pair. The one that is not needed stays at the lowest level. The largest mean
            of a column fills the range, or the root mean square of its deviations if that is more.
        rng: of the spread between cells; None for cells that hold their level exactly.
        power: mean square of each input, (inputs,), by which deviations count; None for inputs alike.

    Raises: ValueError for weights that are no matrix, NaN or infinite, or deviations of another shape or
        below 0.
    """
    mean, deviation = checked_weights(mean, deviation)
    low, high = cell.levels_uS[0], cell.levels_uS[-1]
    gain = (high - low) / largest_weights(mean, deviation, power)
    levels = (cell.nearest(low + np.maximum(sign * mean * gain, 0)) for sign in (1, -1))
    held = np.asarray(cell.levels_uS)
    positive, negative = (held[level] if rng is None else cell.written(level, rng) for level in levels)
    return Crossbar(positive, negative, deviation * gain, gain)


def checked_weights(mean: ArrayLike, deviation: ArrayLike | None) -> tuple[np.ndarray, np.ndarray]:
    """Weights and their standard deviations as arrays, 0 for None; errors as in `place`."""
    mean = np.asarray(mean, float)
    if mean.ndim != 2 or not mean.size or not np.isfinite(mean).all():
        raise ValueError(f"weights must be a finite matrix (inputs, outputs), got shape {mean.shape}")
    deviation = np.zeros_like(mean) if deviation is None else np.asarray(deviation, float)
    if deviation.shape != mean.shape or not (np.isfinite(deviation) & (deviation >= 0)).all():
        raise ValueError(
            f"deviations must be finite, 0 or more, of shape {mean.shape}, got {deviation.shape}"
        )
    return mean, deviation


def largest_weights(mean: np.ndarray, deviation: np.ndarray, power: np.ndarray | None) -> np.ndarray:
    """What fills the range of each column's cells, (outputs,): see `place`; 1 for a column of zeros."""
    # A column of means near 0 is not blown up until its junctions drown all others in a common converter.
    share = np.ones(len(mean)) if power is None or not np.any(power) else np.asarray(power)
    largest = np.maximum(np.abs(mean).max(0), np.sqrt(share @ deviation**2 / share.sum()))
    return np.where(largest > 0, largest, 1.0)


def place_signs(signs: ArrayLike, *, cell: LevelCell, rng: np.random.Generator | None) -> Crossbar:
    """Put signs on single cells, the highest level for 1 and the lowest for −1, beside a reference.

    What is taken off is the mean of both levels, a column of cells that are read together and so hold it.

    Args:
        signs: −1 or 1, (inputs, outputs).
        cell, rng: as in `place`.

    Raises: ValueError for other numbers.
    Source: Ahmed et al. (2023), §III-C(3).
    """
    signs = np.asarray(signs, float)
    if signs.ndim != 2 or not signs.size or not np.isin(signs, (-1, 1)).all():
        raise ValueError(f"signs must be a matrix (inputs, outputs) of −1 and 1, got shape {signs.shape}")
    low, high = cell.levels_uS[0], cell.levels_uS[-1]
    levels = np.where(signs > 0, len(cell.levels_uS) - 1, 0)
    positive = np.asarray(cell.levels_uS)[levels] if rng is None else cell.written(levels, rng)
    nothing = np.zeros_like(signs)
    return Crossbar(positive, nothing + (low + high) / 2, nothing, np.full(signs.shape[1], (high - low) / 2))
