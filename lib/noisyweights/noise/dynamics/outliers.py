"""What in a trace is no reading of the noise: sentinels, glitches, stuck codes and saturation."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from noisyweights.noise.dynamics.tail_gaps import far_outside
from noisyweights.noise.samples import checked

__all__ = ["Finding", "Outliers", "outliers"]

Mask = NDArray[np.bool_]
Kind = Literal["sentinel", "glitch", "stuck", "saturated low", "saturated high"]

# What instruments and loggers write where they have no reading; 9.9e37 is SCPI's infinity.
SENTINELS = np.array(
    [sign * nines for nines in (999.0, 9999.0, 99999.0, 999999.0, 999.9, 9999.9, 99999.9) for sign in (1, -1)]
    + [32767.0, -32768.0, 65535.0, 2147483647.0, -2147483648.0, 4294967295.0]
    + [sign * huge for huge in (9.9e37, 9.91e37, 1e30, 1e37, 1e38) for sign in (1, -1)]
)
# An exact value is suspect from so many readings on, if it has so many times as many as its surroundings. One
# level of noise as narrow as 0.4 of a code stays below the second; an arcsine law below the third.
REPEATED, STUCK_RATIO, SATURATED_RATIO = 10, 10.0, 3.0
# Fewer different values than this are levels or a coarse converter, of which no code can be said to stick
# out.
CODES_FOR_STUCK, CODES_FOR_SATURATION = 20, 8
NEIGHBOURS = 10


@dataclass(frozen=True)
class Finding:
    """One thing found: its kind, the value (of glitches the farthest) and how many readings have it."""

    kind: Kind
    value: float
    count: int


@dataclass(frozen=True, eq=False)
class Outliers:
    """What was found, and `mask`, true where a reading is none of the noise, shape (n,)."""

    findings: tuple[Finding, ...]
    mask: Mask

    @property
    def count(self) -> int:
        """Number of readings masked."""
        return int(self.mask.sum())


def outliers(samples: ArrayLike) -> Outliers:
    """Find what is no reading of the noise in a trace of shape (n,).

    A *sentinel* is one of the values by which instruments say "no reading", farther from all others than
    those are from each other. *Glitches* are a few readings beyond a gap that the tail of the others would
    not leave. A code is *stuck* if one exact value has ten times as many readings as its surroundings make
    likely, and the trace is *saturated* if its lowest or highest value has three times as many as the ones
    next to it. Heavy tails, skewness and a converter's codes are none of these.

    Raises: ValueError for what is no trace of at least 100 finite readings.
    """
    samples = checked(samples)
    mask = np.zeros(len(samples), bool)
    findings: list[Finding] = []
    for value in _sentinels(samples):
        _note(findings, mask, "sentinel", float(value), samples == value)
    for sign in (1, -1):
        kept = np.flatnonzero(~mask)
        far = kept[far_outside(sign * samples[kept])]
        if len(far):
            found = np.zeros(len(samples), bool)
            found[far] = True
            _note(findings, mask, "glitch", float(sign * (sign * samples[far]).max()), found)
    values, counts = np.unique(samples[~mask], return_counts=True)
    for kind, value in _repeated(values, counts):
        _note(findings, mask, kind, value, samples == value)
    return Outliers(tuple(findings), mask)


def _note(findings: list[Finding], mask: Mask, kind: Kind, value: float, found: Mask) -> None:
    findings.append(Finding(kind, value, int(found.sum())))
    mask |= found


def _sentinels(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """The customary values that are there, and far from all readings that are none of them."""
    there = SENTINELS[np.isin(SENTINELS, samples)]
    others = samples[~np.isin(samples, there)]
    if len(there) == 0 or len(others) == 0:
        return there[:0]
    low, high = others.min(), others.max()
    return there[(there > high + (high - low)) | (there < low - (high - low))]


def _repeated(values: NDArray[np.float64], counts: NDArray[np.int64]) -> list[tuple[Kind, float]]:
    """Exact values that have too many readings; `values` are sorted, `counts` theirs."""
    found: list[tuple[Kind, float]] = []
    if len(values) < CODES_FOR_SATURATION:
        return found
    for kind, end, next_two in (("saturated low", 0, [1, 2]), ("saturated high", -1, [-2, -3])):
        if counts[end] >= max(REPEATED, SATURATED_RATIO * counts[next_two].max()):
            found.append((kind, float(values[end])))
    if len(values) < CODES_FOR_STUCK:
        return found
    code = np.quantile(np.diff(values), 0.01)
    # An honest code has about as many readings as codes near it, and as the density around it says.
    for i in np.flatnonzero(counts >= REPEATED):
        if i in (0, len(values) - 1):
            continue
        beside = np.r_[counts[max(i - 2, 0) : i], counts[i + 1 : i + 3]].max()
        low, high = max(i - NEIGHBOURS, 0), min(i + NEIGHBOURS, len(values) - 1)
        density = (counts[low : high + 1].sum() - counts[i]) / (values[high] - values[low])
        if counts[i] >= STUCK_RATIO * max(beside, density * code):
            found.append(("stuck", float(values[i])))
    return found
