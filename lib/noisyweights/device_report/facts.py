"""The report's facts in order, each a label and a sentence: what the screen, the page and a reader share."""

from collections.abc import Iterator

import numpy as np
from scipy import stats

from noisyweights.device_report import measures
from noisyweights.device_report.measures import TRUSTED_TAILS
from noisyweights.device_report.report import Report
from noisyweights.experiments.device_readings import law as law_of_readings
from noisyweights.experiments.device_readings.parts import MOST, Part
from noisyweights.experiments.device_verdict.verdict import Measured
from noisyweights.experiments.swapped_networks.swap import Row
from noisyweights.noise.dynamics import sentences
from noisyweights.noise.laws.two_point_law import TwoPoint
from noisyweights.pages import notation
from noisyweights.scores.estimates import Interval

__all__ = ["by_group", "differences", "law", "network", "over_time", "read", "timed", "with_ends"]

_SURE = 0.95  # share of the independent reads, below which those that are counted on are named


def read(report: Report) -> list[tuple[str, str]]:
    """What was read."""
    trace, samples = report.trace, report.trace.samples
    unit, among = f" {trace.unit}" if trace.unit else "", float(np.abs(samples).max())
    found = [
        ("readings", f"{len(samples):,}" + (f" of column {trace.column!r}" if trace.column else "")),
        ("unit", trace.unit or "none given"),
        ("mean", f"{notation.number(float(samples.mean()), digits=5, among=among)}{unit}"),
        ("σ", f"{notation.number(float(samples.std(ddof=1)))}{unit}"),
        (
            "range",
            f"{notation.number(float(samples.min()))} to {notation.number(float(samples.max()))}{unit}",
        ),
        ("step", "none shows" if np.isnan(trace.step) else f"{notation.number(trace.step)}{unit}"),
        ("interval", "unknown" if np.isnan(trace.interval_s) else f"{notation.number(trace.interval_s)} s"),
    ]
    if trace.cells:
        shown = ", ".join(trace.cells[:4]) + (", …" if len(trace.cells) > 4 else "")
        found.append(("cells", f"{len(trace.cells)}: {shown}"))
    if trace.level is not None:
        found.append(("levels", f"{len(np.unique(trace.level))}"))
    if trace.dropped:
        found.append(("dropped", f"{trace.dropped:,} readings that were blank or not finite"))
    if any(trace.censored):
        below, above = trace.censored
        found.append(("out of range", f"{below:,} below and {above:,} above, by the instrument’s own marks"))
    if words := law_of_readings.repeats(report.parts):
        found.append(("repeats", words))
    return found + [("noted", note) for note in trace.notes]


def over_time(report: Report, *, most: int = MOST) -> list[tuple[str, str]]:
    """What the first cells and levels show in order of time, at most so many, and what all are worth."""
    timed = [part for part in report.parts if part.motion is not None]
    if not timed:
        return [("time", "too few readings of each cell to tell how they move")]
    found = [
        (part.group.label or "time", sentence)
        for part in timed[:most]
        for sentence in sentences.sentences(part.dynamics, unit=report.trace.unit)
    ]
    if (left := len(timed) - most) > 0:
        found.append(("others", f"{left} more cells and levels are on the page"))
    total, worth = len(report.trace.samples), report.independent
    said = f"{total:,} readings are worth some {notation.number(worth)} independent ones"
    if (counted := sum(part.counted for part in report.parts)) < _SURE * worth:
        said += (
            f"; tests and errors count on {notation.number(counted)}, since that number is itself estimated"
        )
    return [*found, ("worth", said)]


def law(report: Report) -> list[tuple[str, str]]:
    """The law and its shape."""
    measured, samples = report.measured, report.trace.samples
    unit = f" {report.trace.unit}" if report.trace.unit else ""
    found = [
        ("law", f"{report.choice.law.name}: {report.choice.reason}"),
        ("σ of the noise", f"{notation.number(float(report.noise.std(ddof=1)))}{unit}"),
        ("skewness", notation.between(*measured.skewness, digits=2)),
        ("excess kurtosis", notation.between(*measured.excess_kurtosis, digits=2) + _doubt(measured)),
    ]
    if len(sigmas := [one.sigma.value for one in measures.by_group(report.parts)]) > 1:
        ends = f"{notation.number(min(sigmas))} to {notation.number(max(sigmas))}{unit}"
        found.append(("σ of each", f"{ends}, of {len(sigmas)} cells and levels"))
    if any(part.dynamics is not None and part.dynamics.outliers.count for part in report.parts):
        sigma, shape = float(samples.std(ddof=1)), (stats.skew(samples), stats.kurtosis(samples))
        skewness, kurtosis = (notation.number(float(one)) for one in shape)
        whole = f"σ {notation.number(sigma)}{unit}, skewness {skewness}, excess kurtosis {kurtosis}"
        found.append(("with all readings", whole))
    if isinstance(report.choice.law, TwoPoint):
        found.append(("as a bit", "chapter 8 makes networks of such coins, whose bias is their weight"))
    return found


def by_group(report: Report) -> tuple[list[tuple[str, ...]], int]:
    """Rows on the noise of each cell and level, a heading first, and how many more there are; none of one."""
    found = measures.by_group(report.parts)
    if len(found) < 2:
        return [], 0
    unit = f" ({report.trace.unit})" if report.trace.unit else ""
    rows = [("cell or level", "reads", f"mean{unit}", f"σ{unit}", "skewness", "excess kurtosis")]
    for one in found[:MOST]:
        shape = (notation.between(*each, digits=2) for each in (one.skewness, one.excess_kurtosis))
        mean = notation.number(one.mean, digits=4)
        rows.append((one.label, f"{one.reads:,}", mean, with_ends(one.sigma, ""), *shape))
    return rows, max(len(found) - MOST, 0)


def _doubt(measured: Measured) -> str:
    """What the interval of a kurtosis does not say, where tails are heavy."""
    if measured.excess_kurtosis.high < TRUSTED_TAILS:
        return ""
    if measured.excess_kurtosis.value < TRUSTED_TAILS:
        return "; more readings would tell whether tails are heavy"
    return "; tails this heavy show in a few readings only, and in one file of ten or more it lies outside"


def with_ends(value: Interval, unit: str) -> str:
    """A measured number in its unit, with its ends where they differ from it."""
    words = f" {unit}" if unit else ""
    if value.low == value.high:
        return f"{notation.number(value.value)}{words}"
    low, high = notation.number(value.low), notation.number(value.high)
    return f"{notation.number(value.value)}{words} ({low} to {high})"


def network(row: Row) -> str:
    """What a row of the record's networks is called."""
    return f"{row.task}, {row.kind}" if row.kind else row.task


def differences(report: Report) -> Iterator[tuple[Row, str]]:
    """Each quantity of the record's networks, with what the device's law changes in it."""
    for row in report.swapped.rows if report.swapped else ():
        low, high = row.difference.low, row.difference.high
        if row.difference.value == low == high == 0:
            yield row, "none"
            continue
        known = np.isfinite([low, high]).all()
        ends = f" ({low:+.2g} to {high:+.2g})" if known else " (one training, no interval)"
        unit = f" {row.unit}" if row.unit else ""
        yield row, f"{row.difference.value:+.2g}{unit}{ends}".replace("-", "−")


def timed(report: Report) -> Part | None:
    """The first group that was looked at in order of time."""
    return next((part for part in report.parts if part.motion is not None), None)
