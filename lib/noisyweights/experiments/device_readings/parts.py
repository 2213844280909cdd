"""Cells and levels of a device, what each shows in order of time, and which of its readings are noise.

Outliers are none, and what drifts is none; levels and cells differ by what was programmed or made.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from noisyweights.datasets.noise_traces import NoiseTrace
from noisyweights.experiments.device_readings import groups
from noisyweights.experiments.device_readings.groups import Group
from noisyweights.noise.dynamics.description import Dynamics, Motion, describe

__all__ = ["MOST", "Part", "of_trace", "pooled"]

Array = NDArray[np.float64]

MOST = 12  # groups that are looked at in time; the others count for spread and law alone


@dataclass(frozen=True, eq=False)
class Part:
    """A group, and what its readings show in order of time; None where there are too few to tell."""

    group: Group
    dynamics: Dynamics | None

    @property
    def motion(self) -> Motion | None:
        """How the readings move; None where there are too few to tell."""
        return None if self.dynamics is None else self.dynamics.motion

    @cached_property
    def kept(self) -> Array:
        """Readings that are noise: without outliers and without the trend, (m,)."""
        if self.motion is None:
            return self.group.samples
        if self.drifts:
            return self.motion.stationary
        return self.group.samples[~self.dynamics.outliers.mask]

    @property
    def drifts(self) -> bool:
        """Whether a trend was found, and taken off."""
        return self.motion is not None and self.motion.trend.form != "none"

    @property
    def course(self) -> Array:
        """What the readings fluctuate around: mean, trend and telegraph levels, (n,); NaN at outliers."""
        levels = self.motion.telegraph.values
        values = np.full(len(self.group.samples), np.nan)
        values[~self.dynamics.outliers.mask] = self.motion.trend.values + levels - levels.mean()
        return values

    @property
    def independent(self) -> float:
        """How many independent reads these are worth, at most as many as there are."""
        count = float(len(self.kept))
        return count if self.motion is None else min(self.motion.correlation.independent.value, count)

    @property
    def counted(self) -> float:
        """How many independent reads tests and errors may count on, their number being estimated too."""
        count = float(len(self.kept))
        return count if self.motion is None else min(self.motion.correlation.counted, count)

    @property
    def sigma(self) -> float:
        """Standard deviation of the noise; 0 for a single reading."""
        return float(self.kept.std(ddof=1)) if len(self.kept) > 1 else 0.0


def of_trace(trace: NoiseTrace, *, seed: int) -> tuple[Part, ...]:
    """Groups of a trace, and of the first long ones what they show in order of time.

    Raises: ValueError for more levels than can have been programmed, and for a sweep.
    """
    found = groups.of_trace(trace)
    looked_at = [group.label for group in found if group.long][:MOST]
    parts = []
    for group in found:
        described = None
        if group.label in looked_at:
            described = describe(group.samples, interval_s=trace.interval_s * group.repeats, seed=seed)
            if described.sweep:
                raise ValueError(
                    f"{group.label or 'the readings'} run once through their range, as a sweep or transient "
                    "does: read the noise at a constant setting"
                )
        parts.append(Part(group, described))
    return tuple(parts)


def pooled(parts: Sequence[Part]) -> Array:
    """Noise of all groups as one sample, (n,), about the mean of all.

    A single group keeps its readings as they are. Groups of 100 readings or more are brought to one width,
    that of all on average, so that levels of different widths do not look like heavy tails. A few readings
    divided by their own deviation would lose their tails: shorter groups keep their widths, stretched by
    √(n/(n − 1)) for the mean that is taken off. A group that does not vary has no noise, and is left out.

    Raises: ValueError where no group varies.
    """
    if len(parts) == 1:
        return parts[0].kept
    varying = [part for part in parts if part.sigma > 0]
    if not varying:
        raise ValueError("no cell and no level has two different readings: there is no noise within one")
    counts = np.array([len(part.kept) for part in varying])
    middle = float(np.average([part.kept.mean() for part in varying], weights=counts))
    width = float(np.sqrt(np.average([part.sigma**2 for part in varying], weights=counts)))
    return np.concatenate([middle + _around(part, width) for part in varying])


def _around(part: Part, width: float) -> Array:
    """Readings of a group less their mean, in the given width if they are enough to tell their own."""
    away, n = part.kept - part.kept.mean(), len(part.kept)
    return away * (width / part.sigma if part.group.long else np.sqrt(n / (n - 1)))
