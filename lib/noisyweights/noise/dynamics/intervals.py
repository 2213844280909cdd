"""The time between the readings of a trace."""

import math

__all__ = ["checked_interval"]


def checked_interval(interval_s: float | None) -> float:
    """Return the time between two readings in seconds, NaN where it is not known (None or NaN).

    Raises: ValueError for an interval that is not positive and finite.
    """
    if interval_s is None or math.isnan(interval_s):
        return math.nan
    if not (interval_s > 0 and math.isfinite(interval_s)):
        raise ValueError(f"interval_s = {interval_s} must be positive and finite; None if it is not known")
    return float(interval_s)
