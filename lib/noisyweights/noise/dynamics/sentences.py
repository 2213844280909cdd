"""The description of a trace in plain sentences, for whoever measured it."""

import math

from noisyweights.noise.dynamics.correlation import FRESH, TRUSTED_TIMES
from noisyweights.noise.dynamics.description import Dynamics, Motion
from noisyweights.noise.dynamics.outliers import Finding
from noisyweights.noise.dynamics.peaks import peaks
from noisyweights.noise.dynamics.trend import Trend
from noisyweights.scores.estimates import Interval

__all__ = ["sentences"]

FINDINGS = {
    "sentinel": "{count} {are} {value:g}, by which instruments say that there is no reading",
    "glitch": "{count} {are} far outside of all others, the farthest at {value:g}",
    "stuck": "{count} {are} exactly {value:g}, many more than the values around it make likely: a stuck code",
    "saturated low": "{count} {are} exactly the lowest value, {value:g}: the range is cut off there",
    "saturated high": "{count} {are} exactly the highest value, {value:g}: the range is cut off there",
}


def sentences(dynamics: Dynamics, *, unit: str) -> tuple[str, ...]:
    """Say what a trace shows, a sentence or two a thing; `unit` is that of the readings, "" if unknown."""
    unit = f" {unit}" if unit else ""
    said = [_outlier(finding, dynamics.readings) for finding in dynamics.outliers.findings]
    if dynamics.motion is None:
        return (
            *said,
            "The readings are a smooth curve that runs once through its range, or there and back: a sweep "
            "or a transient, not noise. Its histogram is no law.",
        )
    motion, known = dynamics.motion, dynamics.interval_known
    said += [_trend(motion.trend, unit, known), _telegraph(motion, unit, known), _correlation(motion, known)]
    return (*said, _spectrum(motion), _allan(motion, unit, known))


def _outlier(finding: Finding, readings: int) -> str:
    are = "is" if finding.count == 1 else "are"
    said = FINDINGS[finding.kind].format(count=finding.count, value=finding.value, are=are)
    return said.replace(" ", f" of {readings} readings ", 1) + "."


def _between(interval: Interval, unit: str = "") -> str:
    return f"{interval.value:.3g}{unit} ({interval.low:.3g} to {interval.high:.3g})"


def _trend(trend: Trend, unit: str, known: bool) -> str:
    if trend.form == "none":
        return f"No trend: slow noise alone looks as much like one in {trend.p_value:.0%} of cases."
    if trend.form == "linear":
        how = f"They drift steadily, by {_between(trend.change, unit)} from first to last"
    elif trend.form == "logarithmic":
        how = f"They drift with the logarithm of time, by {_between(trend.per_decade, unit)} a decade"
    else:
        when = f"{trend.step_s:.3g} s" if known else f"reading {trend.step_at:.0f}"
        how = f"They step by {_between(trend.change, unit)} at {when}"
    return f"{how}; this is {trend.variance_fraction:.0%} of their variance, and is no noise."


def _telegraph(motion: Motion, unit: str, known: bool) -> str:
    signal = motion.telegraph
    if not signal.found:
        if not signal.two_peaks:
            return f"They do not jump between levels: {signal.rival} fits them better."
        at = " and ".join(
            f"{peak.level.value:.4g}{unit} ({peak.occupancy.value:.0%} of them, noise {peak.noise:.2g})"
            for peak in peaks(motion.stationary)
        )
        return (
            f"The histogram has more than one peak, as of levels at {at}, but a reading does not remember "
            "the one before: telegraph noise that is faster than the reads, or a law of several peaks."
        )
    at = ", ".join(
        f"{level.level.value:.4g}{unit} ({level.occupancy.value:.0%} of the time, "
        + (
            f"{level.dwell_s:.3g} s"
            if known and not math.isnan(level.dwell_s)
            else _reads(level.dwell_reads.value)
        )
        + " at a time)"
        for level in signal.levels
    )
    return f"Telegraph noise: they jump between {len(signal.levels)} levels, {at}."


def _reads(number: float) -> str:
    return f"{number:.3g} reads"


def _correlation(motion: Motion, known: bool) -> str:
    memory = motion.correlation
    seconds = f" ({memory.time_s.value:.3g} s)" if known else ""
    said = (
        f"The trace is worth {_between(memory.independent)} independent reads, one in "
        f"{memory.time_reads.value:.3g}{seconds}; less than {FRESH:.0%} of a deviation is left after "
        f"{memory.fresh_after} reads."
    )
    if not memory.settled:
        said += f" These are few: record until there are {TRUSTED_TIMES}, since the time may still grow."
    return said


def _spectrum(motion: Motion) -> str:
    shape = motion.spectrum
    if math.isnan(shape.exponent.value):
        return "The spectrum is no power law over a decade of frequency."
    return f"The spectrum falls as 1/f^a, a = {_between(shape.exponent)}, over {shape.decades:.1f} decades."


def _allan(motion: Motion, unit: str, known: bool) -> str:
    spread, best = motion.allan, motion.allan.best
    time = f"{spread.time_s[spread.reads == best][0]:.3g} s" if known else f"{best} reads"
    return (
        f"Means are steadiest over {time}, where they differ by {spread.deviation.min():.3g}{unit} (Allan)."
    )
