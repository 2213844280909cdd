"""Whether a trace has a trend, of which form and size, and what is left without it.

A trend is believed when noise of the trace's own colour would seldom look as much like one. The noise is
modelled as a sum of relaxations (`coloured_noise`), fitted to the trace without any trend; traces of it are
drawn, and each of the three forms is fitted to them as to the trace. The likelihood that a form gains, in
units of its scatter over these traces, the largest of the three, is the statistic. Slow noise is thus no
trend. A telegraph signal of a few switches, though, is not noise of this kind, and looks like a step:
`description.describe` takes it off first.

More than 512 readings are averaged in blocks first. What is faster than a block is no trend.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft
from threadpoolctl import threadpool_limits

from noisyweights import seeds
from noisyweights.noise.dynamics import coloured_noise, trend_forms
from noisyweights.noise.dynamics.intervals import checked_interval
from noisyweights.noise.samples import checked
from noisyweights.scores.estimates import Interval

__all__ = ["Trend", "trend"]

Array = NDArray[np.float64]

MOST_BLOCKS = 512
LEVEL, REPLICATES = 0.05, 199


@dataclass(frozen=True, eq=False)
class Trend:
    """What drifts in a trace of n readings.

    Attributes:
        form: "none", or the likeliest of "linear", "logarithmic" and "step".
        p_value: how often noise of the same colour looks as much like a trend.
        change: the trend's last value less its first, in the unit of the readings, with its 95 % interval; 0
            without a trend.
        per_decade: change for each tenfold time of a logarithmic trend; NaN for other forms.
        start_reads, start_s: s of a logarithm log(1 + k / s), k the number of the reading from 0; else NaN.
        step_at, step_s: first reading after a step, and its time; NaN for other forms.
        variance_fraction: variance of the trend over that of the readings.
        values: the trend, of the mean of the readings, shape (n,), for reading only.
        residuals: readings less the trend, with their mean kept, shape (n,).
    """

    form: Literal["none", "linear", "logarithmic", "step"]
    p_value: float
    change: Interval
    per_decade: Interval
    start_reads: float
    start_s: float
    step_at: float
    step_s: float
    variance_fraction: float
    values: Array
    residuals: Array


def trend(samples: ArrayLike, *, interval_s: float | None = None, seed: int) -> Trend:
    """Look for a trend in readings in order of time, shape (n,), `interval_s` seconds apart.

    A trend is reported when `p_value` is at most 0.05. `seed` is that of the 199 traces of noise.

    Raises: ValueError for what is no trace of at least 100 finite readings.
    """
    samples, interval_s = checked(samples), checked_interval(interval_s)
    n, scale = len(samples), samples.std()
    block = -(-n // MOST_BLOCKS)
    blocks = n // block
    drawn = {form: trend_forms.curves(form, n, block=block) for form in trend_forms.FORMS}
    sets = {form: curve for form, (_, curve) in drawn.items()}
    means = trend_forms.averaged(samples, block)
    readings = fft.dct((means - samples.mean()) / scale, norm="ortho")[None, 1:]
    with threadpool_limits(1, "blas"):  # many small products: threads would only wait for each other
        p_value, fits = _tested(readings, sets, coloured_noise.cosine_variances(blocks), seed)
    if p_value > LEVEL:
        return _none(samples, p_value)
    # The curves of a step and of a logarithm are one parameter more than the line.
    form = max(fits, key=lambda name: fits[name].gain[0] - (name != "linear") * math.log(blocks))
    fitted = fits[form]
    size, error = fitted.size[0] * scale, fitted.error[0] * scale
    sizes = np.array([size, size - 1.96 * error, size + 1.96 * error])
    parameter = float(drawn[form][0][fitted.which[0]])
    return _described(samples, form, parameter, sizes=sizes, p_value=p_value, interval_s=interval_s)


def _tested(readings: Array, sets: dict, spectra: Array, seed: int) -> tuple[float, dict]:
    """How often noise gains as much by a trend as the readings do, and the fits to the readings."""
    variance, fits = trend_forms.fit_forms(readings, sets, spectra)
    rng = seeds.generator(seed, "trend")
    noise = rng.standard_normal((REPLICATES, readings.shape[1])) * np.sqrt(variance)
    _, chance = trend_forms.fit_forms(noise, sets, spectra)
    standard = {
        form: (np.append(fits[form].gain, c.gain) - c.gain.mean()) / c.gain.std()
        for form, c in chance.items()
    }
    largest = np.max(list(standard.values()), axis=0)
    return float(np.mean(largest >= largest[0])), fits


def _none(samples: Array, p_value: float) -> Trend:
    nan = math.nan
    none, unknown = Interval(0.0, 0.0, 0.0), Interval(nan, nan, nan)
    values = np.broadcast_to(samples.mean(), samples.shape)  # of 10⁷ readings it costs nothing
    return Trend("none", p_value, none, unknown, nan, nan, nan, nan, 0.0, values, samples)


def _described(
    samples: Array,
    form: str,
    parameter: float,
    *,
    sizes: Array,
    p_value: float,
    interval_s: float,
) -> Trend:
    """The trend over all readings, from its form, parameter and size."""
    reading, nan = np.arange(len(samples)), math.nan
    if form == "linear":
        curve = reading / (len(samples) - 1)
    elif form == "logarithmic":
        curve = np.log1p(reading / parameter)
    else:
        curve = (reading >= parameter).astype(float)
    moving = sizes[0] * (curve - curve.mean())
    is_log, is_step = form == "logarithmic", form == "step"
    return Trend(
        form=form,
        p_value=p_value,
        change=Interval(*(sizes * curve[-1]).tolist()),
        per_decade=Interval(*(sizes * math.log(10)).tolist()) if is_log else Interval(nan, nan, nan),
        start_reads=parameter if is_log else nan,
        start_s=parameter * interval_s if is_log else nan,
        step_at=parameter if is_step else nan,
        step_s=parameter * interval_s if is_step else nan,
        variance_fraction=float(moving.var() / samples.var()),
        values=samples.mean() + moving,
        residuals=samples - moving,
    )
