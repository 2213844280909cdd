"""Voltages lost on the wires of an array: the exact resistive network, and currents enclosed by iteration.

Rows are driven at one end and columns read at one end, held at 0 V. Between two neighbouring cells of a row
or column lies one segment of wire, and one more to the driver and to the reader.

         driver ─r─┬──r──┬──r──┬          node (i, j) of the row wire, above the cell,
                   G₁₁   G₁₂   G₁₃         and of the column wire, below it
    reader j  ←─ … ┴     ┴     ┴
"""

from __future__ import annotations

from collections.abc import Callable

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
    conductance_uS: ArrayLike,
    volts: ArrayLike,
    *,
    row_ohm: float,
    column_ohm: float,
    tolerance: float = 1e-3,
    iterations: int = 200,
) -> np.ndarray:
    """The same currents within a tolerance that is checked, for conductances that change with every read.

    All row wires are solved with the column wires' voltages held, then all column wires with the rows' held,
    in turn: block Gauss-Seidel on a positive definite matrix, which converges for every circuit. Started from
    0 V everywhere it climbs to the solution, and started from the highest voltage of a driver it falls to it
    (the matrix is an M-matrix: its inverse has no negative element), so that the true currents always lie
    between both. It stops when these are close enough and returns the middle. One iteration costs two
    tridiagonal solutions for each input; the elimination of `column_currents_uA` pays where many inputs meet
    the same conductances.

    Args:
        conductance_uS, volts, row_ohm, column_ohm: as in `column_currents_uA`.
        tolerance: largest error of a current, relative to what the column carries: the current of the
            positive voltages and that of the negative ones, both counted positive.
        iterations: at most.

    Returns: (…, columns).
    Raises: as `column_currents_uA`; ValueError for a tolerance that is not positive or less than one
        iteration; ArithmeticError when the tolerance is not met, saying what error is left.
    Source: monotone iterations with M-matrices, R. S. Varga, Matrix Iterative Analysis (1962), chapter 3.
    """
    conductance, volts = _checked(conductance_uS, volts, row_ohm, column_ohm)
    if iterations < 1:
        raise ValueError(f"iterations must be at least 1, got {iterations}")
    if not 0 < tolerance < np.inf:
        raise ValueError(f"tolerance must be positive and finite, got {tolerance}")
    flat = volts.reshape(-1, len(conductance))
    signed = np.concatenate([np.maximum(flat, 0), np.maximum(-flat, 0)])
    low, high = _enclosed_uA(conductance, signed, (row_ohm, column_ohm), tolerance, iterations)
    positive, negative = np.split((low + high) / 2, 2)
    return (positive - negative).reshape(*volts.shape[:-1], conductance.shape[1])


def _enclosed_uA(
    conductance: np.ndarray, volts: np.ndarray, ohms: tuple[float, float], tolerance: float, iterations: int
) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper bounds of the currents, (inputs, columns) each, for voltages that are not negative."""
    rows_held = _wires(conductance, ohms[0])
    columns_held = _wires(conductance.T[:, ::-1], ohms[1])  # seen from the reader, as a row from its driver
    driven = np.concatenate([volts, volts])[..., None]
    in_column = np.zeros((len(driven), *conductance.shape))
    in_column[len(volts) :] = volts.max(1, initial=0)[:, None, None]
    for _ in range(iterations):
        in_row = rows_held(driven, in_column)
        in_column = columns_held(0.0, in_row.swapaxes(1, 2)[..., ::-1])[..., ::-1].swapaxes(1, 2)
        low, high = np.split(np.sum((in_row - in_column) * conductance, axis=1), 2)
        wide = high - low > tolerance * (high + low)  # half the width, beside the middle
        if not wide.any():
            return low, high
    left = ((high - low)[wide] / (high + low)[wide]).max()
    raise ArithmeticError(
        f"after {iterations} iterations the currents are known to {left:.3g} of themselves, not to "
        f"{tolerance:g}: allow more iterations, or take column_currents_uA, which is exact"
    )


def _wires(conductance: np.ndarray, ohm: float) -> Callable[[ArrayLike, np.ndarray], np.ndarray]:
    """Voltages along wires, one for each row, whose cells lead to held voltages.

    What is returned takes the voltage at the near end, broadcastable to (inputs, wires, 1), and those beyond
    the cells, (inputs, wires, cells), and gives the latter's shape. The far end is open.
    """
    if ohm == 0:
        return lambda end, beyond: np.broadcast_to(end, beyond.shape)
    cells = 1e-6 * ohm * conductance
    band = np.full((3, *cells.shape), -1.0)  # above, on and below the diagonal; all wires in one matrix
    band[0, :, 0] = band[2, :, -1] = 0  # no wire leads to the next
    band[1] = 2 + cells
    band[1, :, -1] -= 1

    def along(end: ArrayLike, beyond: np.ndarray) -> np.ndarray:
        source = cells * beyond
        source[..., :1] += end
        solved = linalg.solve_banded(
            (1, 1), band.reshape(3, -1), source.reshape(len(source), -1).T, check_finite=False
        )
        return solved.T.reshape(source.shape)

    return along


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
