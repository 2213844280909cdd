"""Readings that belong together: those of one cell at one level, in order of time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from noisyweights.datasets.noise_traces import NoiseTrace

__all__ = ["MOST", "Group", "of_trace"]

MOST = 12  # groups that are looked at in time; the others count for spread and law alone
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
    n = len(trace.samples)
    cell = np.zeros(n, int) if trace.cell is None else trace.cell
    levels = np.array([np.nan]) if trace.level is None else np.unique(trace.level)
    if len(levels) > max(_MOST_LEVELS, n // _FEWEST):
        raise ValueError(
            f"{len(levels)} levels in {n} readings are a sweep, and not noise: hold each level, and read it "
            f"{_FEWEST} times or more"
        )
    found = []
    for place in np.unique(cell):
        for level in levels:
            chosen = cell == place
            if trace.level is not None:
                chosen &= trace.level == level
            if chosen.any():
                label = _label(trace.cells, int(place), float(level), trace.unit)
                found.append(Group(label, trace.samples[chosen], float(level), int(place)))
    return tuple(found)


def _label(cells: Sequence[str], cell: int, level: float, unit: str) -> str:
    words = [cells[cell]] if cells else []
    if not np.isnan(level):
        words.append(f"at {level:g} {unit}".strip())
    return " ".join(words)
