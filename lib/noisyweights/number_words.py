"""Numbers as a reader writes them: true minus signs, powers of ten, and 0 where rounding alone is left."""

import math

__all__ = ["fixed", "number", "order", "power", "setting"]

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_PLAIN = (1e-3, 1e6)  # magnitudes that are written out, without a power of ten
_ROUNDING = 1e-12  # of the numbers that a value was computed from


def number(value: float, *, digits: int = 3, among: float = 0.0) -> str:
    """Return a number with so many significant digits, as 0.0123, −4.50 or 3.2 × 10⁻¹⁶.

    `among` is the size of the numbers that it was computed from: beside 1, the 5.6 × 10⁻¹⁷ that rounding
    leaves of a 0 is a 0.
    """
    if not math.isfinite(value):
        return "unknown" if math.isnan(value) else ("∞" if value > 0 else "−∞")
    if abs(value) <= _ROUNDING * among:
        value = 0.0
    exponent = order(value)
    if value == 0 or _PLAIN[0] <= abs(value) < _PLAIN[1]:
        whole = float(value).is_integer()
        return fixed(value, 0 if whole else max(0, digits - 1 - exponent))
    return f"{fixed(value / 10.0**exponent, digits - 1)}{power(exponent)}"


def setting(value: float, *, digits: int = 10) -> str:
    """Return a number that was chosen, not measured: its digits, at most so many, and no more."""
    mantissa, _, exponent = f"{value:,.{digits}g}".partition("e")
    mantissa = mantissa.replace("-", "−")
    return f"{mantissa}{power(int(exponent))}" if exponent else mantissa


def fixed(value: float, decimals: int) -> str:
    """Return a number with so many decimals, without the minus of a −0.00."""
    text = f"{value:,.{decimals}f}"
    return text.replace("-", "−") if float(text.replace(",", "")) else text.lstrip("-")


def order(value: float) -> int:
    """Return the power of ten of a number's first digit, 0 of 0."""
    return math.floor(math.log10(abs(value))) if value else 0


def power(exponent: int) -> str:
    """Return a power of ten as it follows a number."""
    return f" × 10{str(exponent).translate(_SUPERSCRIPTS)}"
