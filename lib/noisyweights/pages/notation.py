"""Numbers as a reader writes them: true minus signs, powers of ten, an interval's digits."""

import math

from noisyweights.ledger.claims import Check, Measurement

__all__ = ["between", "duration", "interval", "number", "requirement", "sample_size", "setting"]

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_PLAIN = (1e-3, 1e6)  # magnitudes that are written out, without a power of ten


def number(value: float, *, digits: int = 3) -> str:
    """Return a number with so many significant digits, as 0.0123, −4.50 or 3.2 × 10⁻¹⁶."""
    if not math.isfinite(value):
        return "unknown" if math.isnan(value) else ("∞" if value > 0 else "−∞")
    exponent = _exponent(value)
    if value == 0 or _PLAIN[0] <= abs(value) < _PLAIN[1]:
        whole = float(value).is_integer()
        return _fixed(value, 0 if whole else max(0, digits - 1 - exponent))
    return f"{_fixed(value / 10.0**exponent, digits - 1)}{_power(exponent)}"


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
    exponent = 0 if size == 0 or _PLAIN[0] <= size < _PLAIN[1] else _exponent(size)
    scale = 10.0**exponent
    width = (high - low if len(ends) == 2 else size) / scale
    decimals = max(0, 1 - math.floor(math.log10(width / 2)))
    low_text, high_text = (
        _fixed(end / scale, decimals) if math.isfinite(end) else number(end) for end in (low, high)
    )
    power = _power(exponent) if exponent else ""
    return f"{_fixed(value / scale, decimals)}{power}{unit} ({low_text} to {high_text}{power})"


def between(value: float, low: float, high: float, *, digits: int) -> str:
    """Return an estimate and its ends with so many decimals; alone where nothing is known of the ends."""
    if math.isinf(low) and math.isinf(high):
        return _fixed(value, digits)
    return f"{_fixed(value, digits)} ({_fixed(low, digits)} to {_fixed(high, digits)})"


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


def setting(value: float) -> str:
    """Return a number that was chosen, not measured: all its digits and no more."""
    mantissa, _, exponent = f"{value:,.10g}".partition("e")
    mantissa = mantissa.replace("-", "−")
    return f"{mantissa}{_power(int(exponent))}" if exponent else mantissa


def sample_size(measurement: Measurement) -> str:
    """Return "n = 20,000", or "computed" for a value that is not sampled."""
    return f"n = {measurement.n:,}" if measurement.n else "computed"


def _exponent(value: float) -> int:
    return math.floor(math.log10(abs(value))) if value else 0


def _fixed(value: float, decimals: int) -> str:
    text = f"{value:,.{decimals}f}"
    return text.replace("-", "−") if float(text.replace(",", "")) else text.lstrip("-")


def _power(exponent: int) -> str:
    return f" × 10{str(exponent).translate(_SUPERSCRIPTS)}"
