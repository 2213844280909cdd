"""Allan deviation: how much the mean of m readings differs from the mean of the next m.

    σ²(m) = ½ ⟨(ȳ_{i+m} − ȳ_i)²⟩,    ȳ_i the mean of readings i … i + m − 1,

over all i (overlapping). White noise falls as m^{−1/2}, 1/f noise stays flat, a random walk rises as
m^{+1/2}: so the smallest one tells how long averaging helps. AllanTools computes it too, but brings Sphinx
and pytest along, and sums in loops of Python that take minutes for 10⁷ readings.

Source: W. J. Riley, Handbook of Frequency Stability Analysis, NIST Special Publication 1065 (2008): 5.2.4,
degrees of freedom by its Table 5, kinds of noise by 5.5.6.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from noisyweights.noise.dynamics.intervals import checked_interval
from noisyweights.noise.samples import checked

__all__ = ["Allan", "allan", "deviation_of_means"]

Array = NDArray[np.float64]

# Below so many averages the kind of noise cannot be told (Riley, 5.5.6): that of the octave before is taken.
IDENTIFIABLE = 30
BLUEST = 2  # exponent of the frequency in the spectrum: differences of white noise
# Lag-one coefficient from which noise is not stationary, and its differences are looked at.
STATIONARY = 0.25
LEVEL = 0.95


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
    The few means of a late octave may look bluer than those before by chance. Then the kind of these is
    kept; without that the last intervals of white noise, 1000 readings, hold it in 85 % of cases only.

    Raises: ValueError for what is no trace of at least 100 finite readings.
    """
    samples, interval_s = checked(samples), checked_interval(interval_s)
    n = len(samples)
    lengths = 2 ** np.arange(int(math.log2(n // 4)) + 1)
    deviation = deviation_of_means(samples, lengths)
    freedom, kind = np.empty(len(lengths)), BLUEST
    for i, m in enumerate(lengths):
        if n // m > IDENTIFIABLE:
            kind = min(kind, _kind(samples, int(m)))
        freedom[i] = _freedom(kind, int(m), n + 1)
    low, high = (
        deviation * np.sqrt(freedom / stats.chi2.ppf(p, freedom)) for p in ((1 + LEVEL) / 2, (1 - LEVEL) / 2)
    )
    return Allan(lengths, lengths * interval_s, deviation, low, high)


def deviation_of_means(samples: Array, lengths: NDArray[np.int64]) -> Array:
    """Overlapping Allan deviation of readings (n,) at averaging lengths m ≤ n/2, shape (k,) as `lengths`."""
    total = np.zeros(len(samples) + 1)
    np.cumsum(samples - samples.mean(), out=total[1:])
    found = []
    for m in lengths:
        difference = total[2 * m :] + total[: -2 * m]
        difference -= total[m:-m]
        difference -= total[m:-m]
        found.append(math.sqrt(difference @ difference / (2 * len(difference))) / m)
    return np.array(found)


def _kind(samples: Array, m: int) -> int:
    """Exponent of the frequency in the spectrum of means of m, −2 to 2, by their lag-one autocorrelation."""
    count = len(samples) // m
    means = samples[: count * m].reshape(count, m).mean(axis=1)
    means -= means.mean()
    time = np.arange(count) - (count - 1) / 2
    means -= (time @ means / (time @ time)) * time
    differenced, coefficient = 0, _coefficient(means)
    if coefficient >= STATIONARY:
        differenced, coefficient = 1, _coefficient(np.diff(means))
    return int(np.clip(-round(2 * coefficient) - 2 * differenced, -BLUEST, BLUEST))


def _coefficient(values: Array) -> float:
    """δ = ρ(1)/(1 + ρ(1)), half the exponent of 1/f in their spectrum."""
    away = values - values.mean()
    rho = float(away[1:] @ away[:-1] / (away @ away))
    return rho / (1 + rho)


def _freedom(kind: int, m: int, points: int) -> float:
    """Degrees of freedom of σ²(m) by so many points of the summed readings, one more than readings."""
    n = points
    if kind == 2:
        return (n + 1) * (n - 2 * m) / (2 * (n - m))
    if kind == 1:
        return math.exp(math.sqrt(math.log((n - 1) / (2 * m)) * math.log((2 * m + 1) * (n - 1) / 4)))
    if kind == 0:
        return (3 * (n - 1) / (2 * m) - 2 * (n - 2) / n) * 4 * m**2 / (4 * m**2 + 5)
    if kind == -1:
        return 2 * (n - 2) ** 2 / (2.3 * n - 4.9) if m == 1 else 5 * n**2 / (4 * m * (n + 3 * m))
    return (n - 2) / m * ((n - 1) ** 2 - 3 * m * (n - 1) + 4 * m**2) / (n - 3) ** 2
