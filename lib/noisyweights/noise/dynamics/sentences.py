"""The description of a trace in plain sentences, for whoever measured it."""

import math

from noisyweights.noise.dynamics.correlation import FRESH, TRUSTED_TIMES
from noisyweights.noise.dynamics.description import Dynamics, Motion
from noisyweights.noise.dynamics.outliers import Finding
from noisyweights.noise.dynamics.peaks import peaks
from noisyweights.number_words import number, setting
from noisyweights.scores.estimates import Interval

__all__ = ["outliers", "sentences", "trend"]

FINDINGS = {
    "sentinel": "{count} {are} {value}, by which instruments say that there is no reading",
    "glitch": "{count} {are} far outside of all others, the farthest at {value}",
    "stuck": "{count} {are} exactly {value}, many more than the values around it make likely: a stuck code",
    "saturated low": "{count} {are} exactly the lowest value, {value}: the range is cut off there",
    "saturated high": "{count} {are} exactly the highest value, {value}: the range is cut off there",
}


def sentences(dynamics: Dynamics, *, unit: str) -> tuple[str, ...]:
    """Say what a trace shows, a sentence or two a thing; `unit` is that of the readings, "" if unknown."""
    said = list(outliers(dynamics))
    if dynamics.motion is None:
        return (
            *said,
            "The readings are a smooth curve that runs once through its range, or there and back: a sweep "
            "or a transient, not noise. Its histogram is no law.",
        )
    said.append(trend(dynamics, unit=unit))
    motion, known = dynamics.motion, dynamics.interval_known
    unit = f" {unit}" if unit else ""
    said += [_telegraph(motion, unit, known), _correlation(motion, known)]
    return (*said, _spectrum(motion), _allan(motion, unit, known))


def outliers(dynamics: Dynamics) -> tuple[str, ...]:
    """Say which readings of a trace are none of the noise, a sentence for each kind; none where all are."""
    return tuple(_outlier(finding, dynamics.readings) for finding in dynamics.outliers.findings)


def _outlier(finding: Finding, readings: int) -> str:
    are = "is" if finding.count == 1 else "are"
    value = setting(finding.value, digits=6).replace(",", "")  # as it stands in the file
    said = FINDINGS[finding.kind].format(count=finding.count, value=value, are=are)
    return said.replace(" ", f" of {readings} readings ", 1) + "."


def _between(interval: Interval, unit: str = "") -> str:
    return f"{number(interval.value)}{unit} ({number(interval.low)} to {number(interval.high)})"


def trend(dynamics: Dynamics, *, unit: str) -> str:
    """Say whether the readings of a trace with `motion` drift, how and how far; `unit` as in `sentences`."""
    found, unit = dynamics.motion.trend, f" {unit}" if unit else ""
    if found.form == "none":
        return f"No trend: slow noise alone looks as much like one in {found.p_value:.0%} of cases."
    if found.form == "linear":
        how = f"They drift steadily, by {_between(found.change, unit)} from first to last"
    elif found.form == "logarithmic":
        how = f"They drift with the logarithm of time, by {_between(found.per_decade, unit)} a decade"
    else:
        when = f"{number(found.step_s)} s" if dynamics.interval_known else f"reading {found.step_at:,.0f}"
        how = f"They step by {_between(found.change, unit)} at {when}"
    return f"{how}; this is {found.variance_fraction:.0%} of their variance, and is no noise."


def _telegraph(motion: Motion, unit: str, known: bool) -> str:
    signal = motion.telegraph
    if not signal.found:
        if not signal.two_peaks:
            fit = "fits" if signal.rival.startswith("one ") else "fit"
            return f"They do not jump between levels: {signal.rival} {fit} them better."
        found = peaks(motion.stationary)
        among = max(abs(peak.level.value) for peak in found)
        at = " and ".join(
            f"{number(peak.level.value, digits=4, among=among)}{unit} "
            f"({peak.occupancy.value:.0%} of them, noise {number(peak.noise, digits=2, among=among)})"
            for peak in found
        )
        return (
            f"The histogram has more than one peak, as of levels at {at}, but a reading does not remember "
            "the one before: telegraph noise that is faster than the reads, or a law of several peaks."
        )
    among = max(abs(level.level.value) for level in signal.levels)
    at = ", ".join(
        f"{number(level.level.value, digits=4, among=among)}{unit} ({level.occupancy.value:.0%} of the time, "
        + (
            f"{number(level.dwell_s)} s"
            if known and not math.isnan(level.dwell_s)
            else _reads(level.dwell_reads.value)
        )
        + " at a time)"
        for level in signal.levels
    )
    return f"Telegraph noise: they jump between {len(signal.levels)} levels, {at}."


def _reads(count: float) -> str:
    return f"{number(count)} read{'' if count == 1 else 's'}"


def _correlation(motion: Motion, known: bool) -> str:
    memory = motion.correlation
    if memory.time_reads.high < 1:
        return (
            "A reading leans to the other side than the one before: the mean of the trace is as sure as that "
            f"of {_between(memory.independent)} independent reads, more than there are."
        )
    if not memory.remembers:
        return (
            f"No memory shows: the trace is worth {_between(memory.independent)} independent reads, of "
            f"{memory.readings:,}."
        )
    seconds = f" ({number(memory.time_s.value)} s)" if known else ""
    said = (
        f"The trace is worth {_between(memory.independent)} independent reads, one in "
        f"{number(memory.time_reads.value)}{seconds}; less than {FRESH:.0%} of a deviation is left after "
        f"{_reads(memory.fresh_after)}."
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
    time = f"{number(spread.time_s[spread.reads == best][0])} s" if known else _reads(best)
    least = f"{number(spread.deviation.min())}{unit}"
    return f"Means are steadiest over {time}, where they differ by {least} (Allan)."
