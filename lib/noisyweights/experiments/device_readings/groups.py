"""Readings that belong together: those of one cell at one level, in order of time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from noisyweights.datasets.noise_traces import NoiseTrace
from noisyweights.noise.dynamics import holding
from noisyweights.sample_size import MINIMUM_SAMPLE_SIZE

__all__ = ["Group", "of_trace"]

_FEWEST = 100  # readings of which memory and trend can be told
_MOST_LEVELS = 64


@dataclass(frozen=True, eq=False)
class Group:
    """Reads of one cell at one level.

    label: "" where there is but one. samples: float64 (n,) in order of time; readings that the file repeats
    stand here once. level: what was programmed, NaN if nothing says. cell: place of the cell, 0 where there
    is but one. repeats: how many times in a row the file has each read, on average.
    """

    label: str
    samples: NDArray[np.float64]
    level: float
    cell: int
    repeats: float = 1.0

    @property
    def long(self) -> bool:
        """Whether memory and trend can be told of it."""
        return len(self.samples) >= _FEWEST


def of_trace(trace: NoiseTrace) -> tuple[Group, ...]:
    """The groups of a trace, by cell and within a cell by level.

    Raises: ValueError for more levels than programmed states can be: then it is a sweep; and for readings
    that repeat too few reads.
    """
    n, levels = len(trace.samples), 0 if trace.level is None else len(np.unique(trace.level))
    if levels > max(_MOST_LEVELS, n // _FEWEST):
        raise ValueError(
            f"{levels} levels in {n} readings are a sweep, and not noise: hold each level, and read it "
            f"{_FEWEST} times or more"
        )
    if trace.cell is None and trace.level is None:
        reads = _reads(trace.samples)
        found = (Group("", reads.values, float("nan"), 0, reads.repeats),)
    else:
        groups = trace.groups
        order = np.argsort(groups, kind="stable")  # keeps the order of time within each
        found = tuple(_group(trace, own) for own in np.split(order, np.cumsum(np.bincount(groups))[:-1]))
    if (count := sum(len(group.samples) for group in found)) < min(MINIMUM_SAMPLE_SIZE, n):
        raise ValueError(
            f"{n} readings repeat {count} reads, each {n / count:.3g} times in a row, and a law takes "
            f"{MINIMUM_SAMPLE_SIZE} reads or more to be told; measure more"
        )
    return found


def _group(trace: NoiseTrace, own: NDArray[np.intp]) -> Group:
    """The group of these readings."""
    first = own[0]
    cell = 0 if trace.cell is None else int(trace.cell[first])
    level = float("nan") if trace.level is None else float(trace.level[first])
    reads = _reads(trace.samples[own])
    return Group(_label(trace.cells, cell, level, trace.unit), reads.values, level, cell, reads.repeats)


def _reads(samples: NDArray[np.float64]) -> holding.Reads:
    """The reads behind readings, where there are enough to tell."""
    if len(samples) < _FEWEST or samples.min() == samples.max():
        return holding.Reads(samples, 1.0)
    return holding.reads(samples)


def _label(cells: Sequence[str], cell: int, level: float, unit: str) -> str:
    words = [cells[cell]] if cells else []
    if not np.isnan(level):
        words.append(f"at {level:g} {unit}".strip())
    return " ".join(words)
