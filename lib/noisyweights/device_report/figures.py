"""The report's figures: readings over time, memory, law, shape, levels."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy import stats

from noisyweights.noise import sums
from noisyweights.noise.dynamics.allan import Allan
from noisyweights.noise.dynamics.spectrum import Spectrum
from noisyweights.noise.law import Law
from noisyweights.pages import plots

__all__ = ["law_and_quantiles", "levels", "memory", "over_time", "shape"]

Array = NDArray[np.float64]

_MOST_DOTS = 4000
_GREY, _DEVICE, _GAUSSIAN = (plots.LAWS[name]["color"] for name in ("empirical", "device", "gaussian"))


def _legend(figure: Figure) -> None:
    """A legend above all axes, where no curve runs, with dots large enough to be seen."""
    figure.legend(loc="outside upper left", ncols=4, markerscale=2)


def over_time(
    samples: Array, course: Array, left_out: NDArray[np.bool_], *, interval_s: float, unit: str
) -> Figure:
    """Readings (n,) in order of time, what they fluctuate around (n,), and those that were left out."""
    figure, axis = plots.subplots(height=2.6)
    step = max(1, len(samples) // _MOST_DOTS)
    shown = np.arange(0, len(samples), step)
    time = shown if np.isnan(interval_s) else shown * interval_s
    axis.plot(
        time, samples[shown], linestyle="none", marker=".", markersize=2.2, color=_GREY, label="readings"
    )
    axis.plot(time, course[shown], color=_DEVICE, linestyle="-", label="trend and levels")
    if left_out.any():
        places = np.flatnonzero(left_out)[:_MOST_DOTS]
        at = places if np.isnan(interval_s) else places * interval_s
        kept = samples[~left_out]
        pad = 0.3 * np.ptp(kept)
        low, high = kept.min() - pad, kept.max() + pad
        there = np.clip(samples[places], low + 0.1 * pad, high - 0.1 * pad)  # at the edge, if it lies beyond
        axis.plot(at, there, linestyle="none", marker="x", color=_GAUSSIAN, label="left out")
        axis.set_ylim(low, high)
    axis.set_xlabel("reading" if np.isnan(interval_s) else "time (s)")
    axis.set_ylabel(f"reading ({unit})" if unit else "reading")
    _legend(figure)
    return figure


def memory(allan: Allan, spectrum: Spectrum, *, unit: str) -> Figure:
    """Allan deviation over averaging time beside the power spectrum, both with their 95 % intervals."""
    figure, (left, right) = plots.subplots(1, 2, height=2.9)
    known = np.isfinite(allan.time_s).all()
    x = allan.time_s if known else allan.reads
    plots.band(left, x, allan.deviation, allan.low, allan.high, law="device", label="this device")
    white = allan.deviation[0] / np.sqrt(allan.reads / allan.reads[0])
    left.plot(x, white, color=_GAUSSIAN, linestyle="-", linewidth=1.1, label="without memory")
    plots.log_scale(left, "xy")
    left.set_xlabel("averaged over (s)" if known else "averaged over (reads)")
    left.set_ylabel(f"Allan deviation ({unit})" if unit else "Allan deviation")
    _legend(figure)
    plots.band(right, spectrum.frequency, spectrum.density, spectrum.low, spectrum.high, law="device")
    plots.log_scale(right, "xy")
    right.set_xlabel("frequency (Hz)" if known else "frequency (per read)")
    ends = spectrum.low.min(), spectrum.high.max()
    right.set_ylim(10 ** np.floor(np.log10(ends[0])), 10 ** np.ceil(np.log10(ends[1])))  # a tick at each end
    right.set_ylabel(f"power density ({unit}²{'/Hz' if known else ' reads'})" if unit else "power density")
    return figure


def law_and_quantiles(samples: Array, law: Law, *, unit: str) -> Figure:
    """Density of readings (n,) under the chosen law and the Gaussian; quantiles against a Gaussian's."""
    figure, (left, right) = plots.subplots(1, 2, height=2.9)
    mean, deviation = samples.mean(), samples.std()
    low, high = np.quantile(samples, (0.0005, 0.9995))
    x = np.linspace(low - 0.3 * deviation, high + 0.3 * deviation, 400)
    plots.histogram(left, np.clip(samples, x[0], x[-1]))
    z = (x - mean) / deviation
    if law.has_density and law.name != "gaussian":
        density = np.exp(law.log_prob(z).numpy()) / deviation
        left.plot(x, density, color=_DEVICE, linestyle="-", label=law.name.replace("_", "-"))
    plots.curve(left, x, stats.norm.pdf(z) / deviation, law="gaussian", linewidth=1.2)
    left.set_xlabel(f"reading ({unit})" if unit else "reading")
    left.set_ylabel("density")
    _legend(figure)
    u = (np.arange(1, 200) - 0.5) / 199
    expected = stats.norm.ppf(u)
    right.plot(expected, expected, color=_GAUSSIAN, linestyle="-", linewidth=1.2)
    own = (np.quantile(samples, u) - mean) / deviation
    right.plot(expected, own, linestyle="none", marker=".", markersize=4, color=_DEVICE)
    right.set_xlabel("quantile of a Gaussian")
    right.set_ylabel("quantile of the readings (σ)")
    return figure


def shape(*, skewness: float, excess_kurtosis: float, level: float, weights: float | None) -> Figure:
    """Divergence of a sum of n weights from the Gaussian, over n, with the level and the networks' number."""
    figure, axis = plots.subplots(height=2.8)
    n = np.geomspace(1, 3000, 200)
    for signs, line in (("same", "-"), ("random", (0, (4, 2)))):
        found = sums.divergence_of_equal(n, skewness=skewness, excess_kurtosis=excess_kurtosis, signs=signs)
        value = np.maximum(found.value, 1e-12)
        axis.plot(n, value, color=_DEVICE, linestyle=line, label=f"weights of {signs} signs")
    axis.axhline(level, color=_GAUSSIAN, linestyle="-", linewidth=1.2, label="allowed")
    if weights is not None:
        axis.axvline(weights, color=_GREY, linestyle=(0, (1, 1.5)), label="the book's networks")
    plots.log_scale(axis, "xy")
    axis.set_ylim(1e-6, max(1.0, float(value[0])))
    axis.set_xlabel("effective number of weights in a sum")
    axis.set_ylabel("divergence (nats)")
    axis.legend(loc="best")
    return figure


def levels(
    means: Sequence[float], deviations: Sequence[float], errors: Sequence[float], *, unit: str
) -> Figure:
    """Standard deviation of the readings of each level or cell over their mean, with standard errors."""
    figure, axis = plots.subplots(height=2.6)
    axis.errorbar(means, deviations, yerr=errors, linestyle="none", marker="s", color=_DEVICE, capsize=2)
    axis.set_ylim(bottom=0)
    axis.set_xlabel(f"mean ({unit})" if unit else "mean")
    axis.set_ylabel(f"σ ({unit})" if unit else "σ")
    return figure
