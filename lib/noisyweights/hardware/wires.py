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
from scipy import sparse
from scipy.sparse import linalg

__all__ = ["approximate_currents_uA", "column_currents_uA"]


def column_currents_uA(
    conductance_uS: ArrayLike, volts: ArrayLike, *, row_ohm: float, column_ohm: float
) -> np.ndarray:
    """Currents in µA that come out of the columns of an array with resistive wires, by Kirchhoff's laws.

    One sparse factorisation serves all inputs.

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
    rows, columns = conductance.shape
    # Nodes: (rows, columns) on the row wires, then as many on the column wires. A wire without resistance is
    # one whose conductance is far beyond that of any cell.
    perfect = 1e9 * max(conductance.max(), 1e-12)
    along_row = 1e6 / row_ohm if row_ohm else perfect
    along_column = 1e6 / column_ohm if column_ohm else perfect
    node = np.arange(rows * columns).reshape(rows, columns)
    below = node + rows * columns
    pairs = [
        (node[:, :-1], node[:, 1:], along_row),
        (below[:-1], below[1:], along_column),
        (node, below, conductance),
    ]
    first, second, value = (
        np.concatenate(
            [np.broadcast_to(part, pair[0].shape).ravel() for pair in pairs for part in [pair[at]]]
        )
        for at in range(3)
    )
    total = 2 * rows * columns
    # Each branch adds its conductance to the diagonal of both nodes, and takes it off between them.
    matrix = sparse.coo_array(
        (
            np.concatenate([value, value, -value, -value]),
            (
                np.concatenate([first, second, first, second]),
                np.concatenate([first, second, second, first]),
            ),
        ),
        shape=(total, total),
    ).tocsc()
    ends = np.zeros(total)
    ends[node[:, 0]] += along_row
    ends[below[-1]] += along_column
    solve = linalg.factorized((matrix + sparse.diags_array(ends)).tocsc())
    flat = volts.reshape(-1, rows)
    currents = np.empty((len(flat), columns))
    for at, driven in enumerate(flat):
        source = np.zeros(total)
        source[node[:, 0]] = along_row * driven
        currents[at] = along_column * solve(source)[below[-1]]
    return currents.reshape(*volts.shape[:-1], columns)


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
