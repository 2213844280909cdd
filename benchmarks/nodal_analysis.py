"""The currents of an array with resistive wires as circuit theory has them: Kirchhoff's laws at all nodes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import sparse
from scipy.sparse import linalg

__all__ = ["OHM", "dense", "factorised", "nodal", "solved"]

OHM = 2.0  # of a wire between two cells


def nodal(conductance: np.ndarray) -> tuple[sparse.csc_array, np.ndarray, np.ndarray]:
    """Kirchhoff's laws at all nodes: a matrix, the nodes beside the drivers, and those beside the readers."""
    rows, columns = conductance.shape
    wire = 1e6 / OHM
    above = np.arange(rows * columns).reshape(rows, columns)
    below = above + rows * columns
    branches = [
        (above[:, :-1], above[:, 1:], np.full((rows, columns - 1), wire)),
        (below[:-1], below[1:], np.full((rows - 1, columns), wire)),
        (above, below, conductance),
    ]
    one, other, value = (
        np.concatenate([part.ravel() for part in parts]) for parts in zip(*branches, strict=True)
    )
    size = 2 * rows * columns
    between = sparse.coo_array((value, (one, other)), shape=(size, size))
    between = (between + between.T).tocsc()
    diagonal = between.sum(0)
    diagonal[above[:, 0]] += wire
    diagonal[below[-1]] += wire
    return (sparse.diags_array(diagonal) - between).tocsc(), above[:, 0], below[-1]


def solved(solve: Callable, conductance: np.ndarray) -> Callable[[int, int], np.ndarray]:
    """Currents (rows, columns) with one driver on at a time, from a solver of the nodal equations."""

    def currents(count: int, repeat: int) -> np.ndarray:
        for _ in range(count):
            matrix, drivers, readers = nodal(conductance)
            sources = np.zeros((matrix.shape[0], len(drivers)))
            sources[drivers, np.arange(len(drivers))] = 1e6 / OHM
            found = solve(matrix, sources)[readers].T * 1e6 / OHM
        return found

    return currents


def factorised(matrix: sparse.csc_array, sources: np.ndarray) -> np.ndarray:
    """One factorisation in the order for symmetric matrices, and all sources at once."""
    return linalg.splu(matrix, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True}).solve(sources)


def dense(matrix: sparse.csc_array, sources: np.ndarray) -> np.ndarray:
    """As a textbook has it."""
    return np.linalg.solve(matrix.toarray(), sources)
