"""Noise of successive reads that remember each other: streams of mean 0 and variance 1, one array a read.

A stream is endless, and its reads are of one shape. Multiplied by the deviation of each cell it is that
cell's read noise.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from noisyweights.hardware import nonidealities

__all__ = ["autoregressive", "one_over_f", "telegraph"]


def autoregressive(
    shape: tuple[int, ...], *, correlation: float, rng: np.random.Generator
) -> Iterator[np.ndarray]:
    """Normal noise whose memory fades by the factor `correlation` a read; 0 for white noise.

    Raises: ValueError for a correlation outside [0, 1].
    """
    normal = None
    while True:
        normal = nonidealities.correlated_reads(shape, correlation=correlation, rng=rng, previous=normal)
        yield normal


def telegraph(
    shape: tuple[int, ...], *, occupancy: float, dwell_reads: float, rng: np.random.Generator
) -> Iterator[np.ndarray]:
    """Random telegraph noise: each cell jumps between two values and stays there for a while.

    The state remembers by the factor 1 − 1/d₁ − 1/d₀ a read, where d₁ and d₀ are the mean numbers of reads in
    the upper and in the lower state; `noise.dynamics.telegraph` measures both.

    Args:
        shape: of a read.
        occupancy: share of the reads in the upper state, between 0 and 1.
        dwell_reads: d₁, 1 or more.
        rng: of the jumps.

    Raises: ValueError for another occupancy, or dwell times below one read.
    Source: S. Machlup, J. Appl. Phys. 25, 341 (1954).
    """
    if not 0 < occupancy < 1:
        raise ValueError(f"occupancy is a share between 0 and 1, got {occupancy}")
    below = dwell_reads * (1 - occupancy) / occupancy
    if not (dwell_reads >= 1 and below >= 1):
        raise ValueError(
            f"a state lasts one read or more: dwell_reads of {dwell_reads} means {dwell_reads:g} reads above "
            f"and {below:.3g} below"
        )
    values = np.array([-occupancy, 1 - occupancy]) / np.sqrt(occupancy * (1 - occupancy))
    upper = rng.random(shape) < occupancy
    while True:
        yield values[upper.astype(int)]
        jump = rng.random(shape) < np.where(upper, 1 / dwell_reads, 1 / below)
        upper = upper ^ jump


def one_over_f(
    shape: tuple[int, ...], *, shortest_reads: float, longest_reads: float, rng: np.random.Generator
) -> Iterator[np.ndarray]:
    """Normal noise with a spectrum of 1/f between two times: relaxations, four a decade, equally strong.

    Args:
        shape: of a read.
        shortest_reads, longest_reads: the least and the largest relaxation time, in reads.
        rng: of the noise.

    Raises: ValueError for times that are not positive, finite and increasing.
    Source: A. van der Ziel, Physica 16, 359 (1950): relaxation times that are even in their logarithm.
    """
    if not 0 < shortest_reads < longest_reads < np.inf:
        raise ValueError(
            f"relaxation times go from a shortest above 0 to a longer one, got {shortest_reads} and "
            f"{longest_reads} reads"
        )
    count = 1 + int(np.ceil(4 * np.log10(longest_reads / shortest_reads)))
    times = np.geomspace(shortest_reads, longest_reads, count)
    parts = [autoregressive(shape, correlation=float(np.exp(-1 / time)), rng=rng) for time in times]
    for _ in itertools.count():
        yield np.sum([next(part) for part in parts], axis=0) / np.sqrt(count)
