"""The step that readings were recorded with: of a converter's codes, or of the last printed decimal."""

import numpy as np

__all__ = ["step_of"]

BLOCK = 1 << 20  # readings looked at together
LARGEST = 1e13  # in steps; beyond it rounding of float64 hides whether a reading lies on one
FEW = 4096  # different readings of a converter


def step_of(samples: np.ndarray) -> float:
    """The largest step on which all readings lie, up to their printed decimals; NaN where none shows.

    The greatest common divisor of the differences between readings, in units of the last decimal that any of
    them has. Where few different readings occur, far apart compared with that decimal, they may lie on a
    step that decimals cannot write, such as 1/3: then it is the step fitted to them, if each is within one
    decimal of it. Readings with more than 13 digits show none.

    Args:
        samples: finite, shape (n,), not all equal.
    """
    decimal = _decimal_step(samples)
    if np.unique(samples[:FEW]).size > FEW // 4:
        return decimal
    levels = np.unique(samples)
    return _even_step(levels, decimal) if 2 < levels.size <= FEW else decimal


def _decimal_step(samples: np.ndarray) -> float:
    largest = np.abs(samples).max()
    power = int(np.ceil(-np.log10(largest)))
    if not -290 < power < 290:  # powers of ten beyond are no float64
        return float("nan")
    last = power + 14
    blocks = [samples[start : start + BLOCK] for start in range(0, samples.size, BLOCK)]
    for block in (samples[:1000], *blocks):  # the first one settles it, as a rule
        while power < last and not _lie_on(block, power):
            power += 1
    if power == last or largest * 10.0**power > LARGEST:
        return float("nan")
    divisor, origin = 0, np.round(_times_ten(samples[:1], power)).astype(np.int64)
    for block in blocks:
        whole = np.round(_times_ten(block, power)).astype(np.int64)
        divisor = int(np.gcd(divisor, np.gcd.reduce(whole - origin)))
    return float(_times_ten(np.array(float(divisor)), -power))


def _lie_on(samples: np.ndarray, power: int) -> bool:
    """Whether all are whole multiples of ten to the minus `power`, but for rounding."""
    scaled = _times_ten(samples, power)
    return bool(np.all(np.abs(scaled - np.round(scaled)) <= 4 * np.finfo(float).eps * np.abs(scaled)))


def _times_ten(values: np.ndarray, power: int) -> np.ndarray:
    return values * 10.0**power if power >= 0 else values / 10.0**-power


def _even_step(levels: np.ndarray, decimal: float) -> float:
    """The step of evenly spaced levels, some of which may not occur, or the decimal one."""
    gaps = np.diff(levels)
    step, room = gaps.min(), decimal if np.isfinite(decimal) else 1e-6 * gaps.min()
    if step < max(5 * room, (levels[-1] - levels[0]) / LARGEST):
        return decimal
    for _ in range(3):
        places = np.concatenate([[0], np.cumsum(np.round(gaps / step))])
        step = (levels[-1] - levels[0]) / places[-1]
    even = np.all(np.abs(levels - levels[0] - places * step) <= room)
    return float(step) if even else decimal
