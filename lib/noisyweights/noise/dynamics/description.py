"""All that a trace shows beside its law, taken apart in the order in which one thing would feign the next."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from noisyweights.noise.dynamics.allan import Allan, allan
from noisyweights.noise.dynamics.correlation import Correlation, correlation
from noisyweights.noise.dynamics.intervals import checked_interval
from noisyweights.noise.dynamics.outliers import Outliers, outliers
from noisyweights.noise.dynamics.spectrum import Spectrum, spectrum
from noisyweights.noise.dynamics.sweeps import is_sweep
from noisyweights.noise.dynamics.telegraph import Telegraph, telegraph
from noisyweights.noise.dynamics.trend import Trend, trend
from noisyweights.noise.samples import checked

__all__ = ["Dynamics", "Motion", "describe"]


@dataclass(frozen=True, eq=False)
class Motion:
    """How the readings that are noise move in time.

    `trend` is that of the readings without the telegraph signal's levels, where there is one. `correlation`
    and `spectrum` are of the readings less the trend, telegraph signal included; `allan` is of the readings
    as they are. `stationary` are the readings less the trend, with their mean, shape (kept,): what a law may
    be fitted to.
    """

    telegraph: Telegraph
    trend: Trend
    correlation: Correlation
    allan: Allan
    spectrum: Spectrum
    stationary: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Dynamics:
    """What a trace of n readings shows beside its law.

    `interval_s` is NaN if not known. `outliers.mask` tells which readings are none of the noise. `sweep` is
    whether the others are a smooth curve in place of noise; of a sweep there is no `motion`.
    """

    readings: int
    interval_s: float
    outliers: Outliers
    sweep: bool
    motion: Motion | None

    @property
    def interval_known(self) -> bool:
        """Whether times can be told in seconds."""
        return not math.isnan(self.interval_s)


def describe(samples: ArrayLike, *, interval_s: float | None = None, seed: int) -> Dynamics:
    """Describe readings in order of time, shape (n,), `interval_s` seconds apart (None or NaN if not known).

    Outliers are left out, and what remains is taken as evenly spaced. Jumps between levels are looked for
    before a trend, since a few of them look like a step; and once more without the trend, if there is one and
    there were none, since a drift smears levels. Some seconds for 10⁵ readings; more are averaged in blocks
    or thinned where the parts say so.

    Raises: ValueError for what is no trace of at least 100 finite readings, outliers not counted.
    """
    samples, interval_s = checked(samples), checked_interval(interval_s)
    found = outliers(samples)
    kept = samples[~found.mask] if found.count else samples
    sweep = is_sweep(kept)
    motion = None if sweep else _motion(kept, interval_s, seed)
    return Dynamics(len(samples), interval_s, found, sweep, motion)


def _motion(kept: NDArray[np.float64], interval_s: float, seed: int) -> Motion:
    jumps = telegraph(kept, interval_s=interval_s, seed=seed)
    level = kept - jumps.values + kept.mean() if jumps.found else kept
    drift = trend(level, interval_s=interval_s, seed=seed)
    stationary = kept if drift.form == "none" else kept - drift.values + drift.values.mean()
    if drift.form != "none" and not jumps.found:
        jumps = telegraph(stationary, interval_s=interval_s, seed=seed)
    return Motion(
        telegraph=jumps,
        trend=drift,
        correlation=correlation(stationary, interval_s=interval_s),
        allan=allan(kept, interval_s=interval_s),
        spectrum=spectrum(stationary, interval_s=interval_s),
        stationary=stationary,
    )
