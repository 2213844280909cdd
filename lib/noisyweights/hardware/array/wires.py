"""Voltages lost on the wires of an array: the exact resistive network, and a fast approximation.

Rows are driven at one end and columns read at one end, held at 0 V. Between two neighbouring cells of a row
or column lies one segment of wire, and one more to the driver and to the reader.

         driver ─r─┬──r──┬──r──┬          node (i, j) of the row wire, above the cell,
                   G₁₁   G₁₂   G₁₃         and of the column wire, below it
    reader j  ←─ … ┴     ┴     ┴
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg

__all__ = ["approximate_currents_uA", "column_currents_uA"]


def column_currents_uA(
    conductance_uS: ArrayLike, volts: ArrayLike, *, row_ohm: float, column_ohm: float
) -> np.ndarray:
    """Currents in µA that come out of the columns of an array with resistive wires, by Kirchhoff's laws.

    The network is linear, so that conductances from each driver to each reader say all of it. They are found
    by an elimination row after row, in which only small dense matrices appear: in time as the product of the
    longer side and the cube of the shorter one, and for any number of inputs.

    Args:
        conductance_uS: of the cells, (rows, columns).
        volts: at the drivers, (…, rows); row i is driven beside column 0, column j read beyond the last row.
        row_ohm, column_ohm: of one segment of wire; 0 for a wire without resistance.

    Returns: (…, columns).
    Raises: ValueError for other shapes, conductances that are negative or not finite, negative resistances.
    """
    conductance, volts = _checked(conductance_uS, volts, row_ohm, column_ohm)
    if row_ohm == column_ohm == 0:
        return volts @ conductance
    return volts @ _transfer_uS(conductance, row_ohm, column_ohm)


def approximate_currents_uA(
    conductance_uS: ArrayLike, volts: ArrayLike, *, row_ohm: float, column_ohm: float, iterations: int = 3
) -> np.ndarray:
    """The same currents, cell by cell from the voltages that the cells' own currents leave them.

    Starts from perfect wires and repeats: currents of the cells, voltages lost by these on both wires,
    currents again. It costs a few passes over the array for each input, and is good while little is lost.
    Arguments, shapes and errors as `column_currents_uA`; ValueError for less than one iteration.
    """
    conductance, volts = _checked(conductance_uS, volts, row_ohm, column_ohm)
    if iterations < 1:
        raise ValueError(f"iterations must be at least 1, got {iterations}")
    flat = volts.reshape(-1, len(conductance), 1)
    across = np.broadcast_to(flat, (len(flat), *conductance.shape))
    for _ in range(iterations):
        current = across * conductance
        # A segment of the row wire carries the currents of all cells beyond it, one of the column wire those
        # of all cells before it.
        in_row = np.cumsum(current[..., ::-1], axis=2)[..., ::-1]
        in_column = np.cumsum(current, axis=1)
        lost_row = 1e-6 * row_ohm * np.cumsum(in_row, axis=2)
        lost_column = 1e-6 * column_ohm * np.cumsum(in_column[:, ::-1], axis=1)[:, ::-1]
        across = flat - lost_row - lost_column
    currents = np.sum(across * conductance, axis=1)
    return currents.reshape(*volts.shape[:-1], conductance.shape[1])


def _transfer_uS(conductance: np.ndarray, row_ohm: float, column_ohm: float) -> np.ndarray:
    """Conductances from driver i to reader j with all others at 0 V, (rows, columns)."""
    rows, columns = conductance.shape
    if rows < columns:
        # Drivers and readers may change places (reciprocity), and the array seen from there is turned around.
        turned = _transfer_uS(conductance[::-1, ::-1].T, column_ohm, row_ohm)
        return turned.T[::-1, ::-1]
    per_row, per_column = 1e-6 * row_ohm, 1e-6 * column_ohm
    identity = np.eye(columns)
    # What the rows so far are, seen from the column wires beyond the last of them: currents of the drivers
    # into columns held at 0 V, less `admittance` times the voltages of the columns.
    admittance, driven = np.zeros((columns, columns)), np.zeros((rows, columns))

    def beyond_a_segment(seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        both = np.linalg.solve(identity + per_column * admittance, np.hstack([admittance, seen.T]))
        return both[:, :columns], both[:, columns:].T

    # Kirchhoff's law of a row wire, times the resistance of a segment: a tridiagonal matrix.
    wire = np.full((3, columns), -1.0)
    for row, cells in enumerate(conductance):
        wire[1] = 2 + per_row * cells
        wire[1, -1] -= 1  # the far end is open
        along = linalg.solve_banded((1, 1), wire, identity, check_finite=False)
        admittance, driven[:row] = beyond_a_segment(driven[:row])
        admittance = admittance + np.diag(cells) - per_row * np.outer(cells, cells) * along
        driven[row] = cells * along[:, 0]
    return beyond_a_segment(driven)[1]


def _checked(
    conductance_uS: ArrayLike, volts: ArrayLike, row_ohm: float, column_ohm: float
) -> tuple[np.ndarray, np.ndarray]:
    conductance, volts = np.asarray(conductance_uS, float), np.asarray(volts, float)
    if conductance.ndim != 2 or not conductance.size:
        raise ValueError(f"conductances must have shape (rows, columns), got {conductance.shape}")
    if volts.ndim < 1 or volts.shape[-1] != len(conductance):
        raise ValueError(f"volts must have shape (…, {len(conductance)}), one a row, got {volts.shape}")
    if not (np.isfinite(conductance) & (conductance >= 0)).all() or not np.isfinite(volts).all():
        raise ValueError("conductances must be finite and not negative, and volts finite")
    if not (0 <= row_ohm < np.inf and 0 <= column_ohm < np.inf):
        raise ValueError(f"resistances must be finite and not negative, got {row_ohm} and {column_ohm} Ω")
    return conductance, volts
