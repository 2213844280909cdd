"""Power spectral density, and the exponent a of its 1/f^a where it is a power law.

Welch's estimate with Hann windows, an eighth of the trace each and overlapping by half, is averaged in bands
of equal ratio of frequency. In each band its logarithm scatters as that of χ² with a known number of degrees
of freedom; a line is fitted to the widest run of bands that a line fits.

Sources: P. D. Welch, IEEE Trans. Audio Electroacoust. 15, 70 (1967); degrees of freedom: D. B. Percival and
A. T. Walden, Spectral Analysis for Physical Applications (1993), section 6.17.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import signal, special, stats

from noisyweights.noise.dynamics.intervals import checked_interval
from noisyweights.noise.samples import checked
from noisyweights.scores.estimates import Interval

__all__ = ["Spectrum", "spectrum"]

Array = NDArray[np.float64]

SEGMENTS = 8
BANDS_A_DECADE = 8
# Half-overlapped Hann segments are worth 36/19 as many as those that do not overlap (Percival and Walden).
OVERLAP_GAIN = 36 / 19
# The two lowest frequencies of a segment lack what went with its mean.
FIRST_FREQUENCY = 2
# Above this share of the rate, what is faster than the readings folds in, 13 % of a random walk's density.
FOLDED = 0.2
# A run of bands is no line when its χ² is this improbable; a run shorter than a decade has no exponent.
LEVEL, SHORTEST_DECADES = 0.01, 1.0


@dataclass(frozen=True, eq=False)
class Spectrum:
    """One-sided power spectral density in bands of equal ratio.

    Attributes:
        frequency: mean frequency of each band [Hz; per read where the time between readings is not known],
        (k,). density, low, high: power per unit of frequency [unit² / Hz or unit² per (1/read)] with the ends
        of its
            95 % interval, shape (k,).
        exponent: a of 1/f^a over the power law, with its 95 % interval; NaN where there is none a decade
        wide. first, last: the frequencies between which the power law holds.
    """

    frequency: Array
    density: Array
    low: Array
    high: Array
    exponent: Interval
    first: float
    last: float

    @property
    def decades(self) -> float:
        """Width of the power law in decades of frequency."""
        return math.log10(self.last / self.first)


def spectrum(samples: ArrayLike, *, interval_s: float | None = None) -> Spectrum:
    """Estimate the spectrum of readings in order of time, shape (n,), `interval_s` seconds apart.

    Of white noise the exponent is 0, of flicker noise 1, of a random walk 2. It is fitted below a fifth of
    the rate, and takes about 1,000 readings. Its interval takes bands to be independent, which the lowest are
    not: of 1,500 readings it holds the truth in about 85 % of traces, of 20,000 in about 90 %.

    Raises: ValueError for what is no trace of at least 100 finite readings.
    """
    samples, interval_s = checked(samples), checked_interval(interval_s)
    rate = 1.0 if math.isnan(interval_s) else 1 / interval_s
    length = len(samples) // SEGMENTS
    frequency, density = signal.welch(samples, fs=rate, nperseg=length, detrend="constant")
    number = 2 * len(samples) / length - 1
    # The last frequency, half the rate, has half the degrees of freedom: it is left out.
    frequency, density = frequency[FIRST_FREQUENCY:-1], density[FIRST_FREQUENCY:-1]
    edges = np.log10(frequency / frequency[0]) * BANDS_A_DECADE
    starts = np.flatnonzero(np.diff(np.floor(edges + 1e-9), prepend=-1))
    count = np.diff(np.append(starts, len(edges)))
    mean_frequency = np.exp(np.add.reduceat(np.log(frequency), starts) / count)
    mean_density = np.add.reduceat(density, starts) / count
    # Under a Hann window the density is correlated, by 4/9 with the next frequency's and by 1/36 with the one
    # after.
    worth = count / (1 + 8 / 9 * (1 - 1 / count) + 1 / 18 * np.maximum(1 - 2 / count, 0))
    freedom = worth * number * OVERLAP_GAIN
    slow = mean_frequency <= FOLDED * rate
    exponent, first, last = _power_law(mean_frequency[slow], mean_density[slow], freedom[slow])
    return Spectrum(
        frequency=mean_frequency,
        density=mean_density,
        low=mean_density * freedom / stats.chi2.ppf(0.975, freedom),
        high=mean_density * freedom / stats.chi2.ppf(0.025, freedom),
        exponent=exponent,
        first=first,
        last=last,
    )


def _power_law(frequency: Array, density: Array, freedom: Array) -> tuple[Interval, float, float]:
    """The line over the widest run of bands that it fits: its exponent, and its two ends."""
    x = np.log(frequency)
    y = np.log(density) - special.digamma(freedom / 2) + np.log(freedom / 2)  # E log χ²
    weight = 1 / special.polygamma(1, freedom / 2)  # Var log χ²
    k = len(x)
    runs = sorted(((x[j] - x[i], i, j + 1) for i in range(k) for j in range(i + 2, k)), reverse=True)
    for width, i, j in runs:
        if width < SHORTEST_DECADES * math.log(10):
            break
        w = weight[i:j]
        centre = np.average(x[i:j], weights=w)
        spread = np.sum(w * (x[i:j] - centre) ** 2)
        slope = np.sum(w * (x[i:j] - centre) * y[i:j]) / spread
        misfit = np.sum(w * (y[i:j] - np.average(y[i:j], weights=w) - slope * (x[i:j] - centre)) ** 2)
        if stats.chi2.sf(misfit, j - i - 2) >= LEVEL:
            half = 1.96 / math.sqrt(spread)
            return (
                Interval(float(-slope), float(-slope - half), float(-slope + half)),
                float(frequency[i]),
                float(frequency[j - 1]),
            )
    return Interval(math.nan, math.nan, math.nan), math.nan, math.nan
