"""Allan deviation: how much the mean of m readings differs from the mean of the next m.

    σ²(m) = ½ ⟨(ȳ_{i+m} − ȳ_i)²⟩,    ȳ_i the mean of readings i … i + m − 1,

over all i (overlapping). White noise falls as m^{−1/2}, 1/f noise stays flat, a random walk rises as
m^{+1/2}: so the smallest one tells how long averaging helps.

Source: W. J. Riley, Handbook of Frequency Stability Analysis, NIST Special Publication 1065 (2008); degrees
of freedom: C. A. Greenhall and W. J. Riley, Proc. 35th PTTI Meeting, 267 (2003). All of it by allantools.
"""

import math
from dataclasses import dataclass

import allantools
import numpy as np
from allantools import ci
from numpy.typing import ArrayLike, NDArray

from noisyweights.noise.dynamics.intervals import checked_interval
from noisyweights.noise.samples import checked

__all__ = ["Allan", "allan"]

Array = NDArray[np.float64]

# Below so many averages the kind of noise cannot be told (Riley, 5.5.6): that of the octave before is taken.
IDENTIFIABLE = 30
RANDOM_WALK = -2


@dataclass(frozen=True, eq=False)
class Allan:
    """Overlapping Allan deviation at averaging lengths that double.

    Attributes:
        reads: averaging lengths m, shape (k,), up to a quarter of the trace.
        time_s: the same in seconds; NaN where the time between readings is not known.
        deviation, low, high: σ(m) in the unit of the readings, and the ends of its 95 % interval, shape (k,).
    """

    reads: NDArray[np.int64]
    time_s: Array
    deviation: Array
    low: Array
    high: Array

    @property
    def best(self) -> int:
        """The averaging length in reads beyond which no mean of this trace was steadier."""
        return int(self.reads[np.argmin(self.deviation)])


def allan(samples: ArrayLike, *, interval_s: float | None = None) -> Allan:
    """Compute the Allan deviation of readings in order of time, shape (n,), `interval_s` seconds apart.

    Intervals are those of χ² with the degrees of freedom of the power-law noise that each octave resembles.

    Raises: ValueError for what is no trace of at least 100 finite readings.
    """
    samples, interval_s = checked(samples), checked_interval(interval_s)
    n = len(samples)
    centred = samples - samples.mean()  # the deviation is of differences: an offset would only cost digits
    lengths = 2 ** np.arange(int(math.log2(n // 4)) + 1)
    _, deviation, _, _ = allantools.oadev(centred, data_type="freq", taus=lengths.astype(float))
    low, high, kind = np.empty(len(lengths)), np.empty(len(lengths)), 0
    for i, m in enumerate(lengths):
        if n // m > IDENTIFIABLE:
            kind = _kind(centred, m)
        freedom = ci.edf_greenhall(kind, 2, int(m), n + 1, overlapping=True, modified=False)
        low[i], high[i] = ci.confidence_interval(deviation[i], freedom, ci=0.95)
    return Allan(lengths, lengths * interval_s, deviation, low, high)


def _kind(samples: Array, m: int) -> int:
    """Exponent of the frequency in the spectrum of means of m, by their autocorrelation (Riley, 5.5.6)."""
    exponent = ci.autocorr_noise_id(samples, m, data_type="freq", dmin=0, dmax=1)[0]
    return min(max(exponent, RANDOM_WALK), -RANDOM_WALK)
