"""Readings that belong together: those of one cell at one level, in order of time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from noisyweights.datasets.noise_traces import NoiseTrace

__all__ = ["Group", "of_trace"]

_FEWEST = 100  # readings of which memory and trend can be told
_MOST_LEVELS = 64


@dataclass(frozen=True, eq=False)
class Group:
    """Readings of one cell at one level.

    label: "" where there is but one. samples: float64 (n,) in order of time. level: what was programmed, NaN
    if nothing says. cell: place of the cell, 0 where there is but one.
    """

    label: str
    samples: NDArray[np.float64]
    level: float
    cell: int

    @property
    def long(self) -> bool:
        """Whether memory and trend can be told of it."""
        return len(self.samples) >= _FEWEST


def of_trace(trace: NoiseTrace) -> tuple[Group, ...]:
    """The groups of a trace, by cell and within a cell by level.

    Raises: ValueError for more levels than programmed states can be: then it is a sweep.
    """
    n, levels = len(trace.samples), 0 if trace.level is None else len(np.unique(trace.level))
    if levels > max(_MOST_LEVELS, n // _FEWEST):
        raise ValueError(
            f"{levels} levels in {n} readings are a sweep, and not noise: hold each level, and read it "
            f"{_FEWEST} times or more"
        )
    if trace.cell is None and trace.level is None:
        return (Group("", trace.samples, float("nan"), 0),)
    groups = trace.groups
    order = np.argsort(groups, kind="stable")  # keeps the order of time within each
    return tuple(_group(trace, own) for own in np.split(order, np.cumsum(np.bincount(groups))[:-1]))


def _group(trace: NoiseTrace, own: NDArray[np.intp]) -> Group:
    """The group of these readings."""
    first = own[0]
    cell = 0 if trace.cell is None else int(trace.cell[first])
    level = float("nan") if trace.level is None else float(trace.level[first])
    return Group(_label(trace.cells, cell, level, trace.unit), trace.samples[own], level, cell)


def _label(cells: Sequence[str], cell: int, level: float, unit: str) -> str:
    words = [cells[cell]] if cells else []
    if not np.isnan(level):
        words.append(f"at {level:g} {unit}".strip())
    return " ".join(words)
