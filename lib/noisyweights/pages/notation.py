"""Numbers as a reader writes them: true minus signs, powers of ten, an interval's digits."""

import math

from noisyweights.ledger.claims import Check, Measurement
from noisyweights.number_words import fixed, number, order, power, setting

__all__ = ["between", "duration", "interval", "number", "requirement", "sample_size", "setting"]


def interval(measurement: Measurement) -> str:
    """Return value and 95 % interval with the two digits that the interval's width leaves meaningful.

    A computed value comes alone; where nothing is known of either end, words say so.
    """
    value, low, high = measurement.value, measurement.low, measurement.high
    unit = f" {measurement.unit}" if measurement.unit else ""
    if low == high:
        return f"{number(value, digits=4)}{unit}"
    if math.isinf(low) and math.isinf(high):
        return f"{number(value)}{unit} (no interval)"
    ends = [end for end in (low, high) if math.isfinite(end)]
    size = max(map(abs, (value, *ends)))
    exponent = order(size) if "×" in number(size) else 0
    scale = 10.0**exponent
    width = (high - low if len(ends) == 2 else size) / scale
    decimals = max(0, 1 - math.floor(math.log10(width / 2)))
    low_text, high_text = (
        fixed(end / scale, decimals) if math.isfinite(end) else number(end) for end in (low, high)
    )
    times = power(exponent) if exponent else ""
    return f"{fixed(value / scale, decimals)}{times}{unit} ({low_text} to {high_text}{times})"


def between(value: float, low: float, high: float, *, digits: int) -> str:
    """Return an estimate and its ends with so many decimals; alone where nothing is known of the ends."""
    if math.isinf(low) and math.isinf(high):
        return fixed(value, digits)
    return f"{fixed(value, digits)} ({fixed(low, digits)} to {fixed(high, digits)})"


def requirement(check: Check) -> str:
    """Return what a check demands, as ≤ 0.02 or 8 to 14 nodes."""
    bounds = " to ".join(map(setting, check.bound))
    sign = {"<=": "≤ ", ">=": "≥ ", "within": ""}[check.relation]
    return f"{sign}{bounds}" + (f" {check.unit}" if check.unit else "")


def duration(seconds: float) -> str:
    """Return a time in the unit that suits it."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def sample_size(measurement: Measurement) -> str:
    """Return "n = 20,000", or "computed" for a value that is not sampled."""
    return f"n = {measurement.n:,}" if measurement.n else "computed"
