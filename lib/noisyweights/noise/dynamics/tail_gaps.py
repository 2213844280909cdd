"""Readings far beyond all others: told by a gap that the tail of the others would not leave.

Beyond a high threshold, the tail of any usual law is a generalised Pareto: heavy for ξ > 0, exponential for ξ
→ 0. With its parameters y = log(1 + ξ x / β) / ξ is exponential, and gaps between the sorted y are
independent: k times the gap below the k largest is a standard exponential (Rényi). Heavy tails have large
gaps by themselves, so ξ is taken a standard error above its estimate; and codes of a converter are gaps too,
so one code is taken off each. Readings that were copied, such as those of a logger that repeats them, count
once: the gaps below ten copies of the largest are no ten times as telling as that below one.

Sources: J. Pickands, Ann. Stat. 3, 119 (1975); S. D. Grimshaw, Technometrics 35, 185 (1993); A. Rényi, Acta
Math. Acad. Sci. Hung. 4, 191 (1953).
"""

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["far_outside"]

Array = NDArray[np.float64]

# Chance that a tail without glitches is said to have some.
ALARM = 1e-3
# At most so many readings, or this share of them, are glitches; more are part of the law.
MOST, SHARE = 5, 0.001
# The tail: a tenth of the readings, but at least and at most so many.
TAIL, FEWEST, LARGEST = 0.1, 25, 500
# Values that most others of the tail are this many codes from do not meet by rounding: equal ones are copies.
ROOM = 4


def far_outside(samples: Array) -> NDArray[np.bool_]:
    """Mask of the readings beyond a gap in the upper tail; shape (n,) like `samples`.

    Neither order nor scale of the readings matters. Of the lower tail it is told by `-samples`.
    """
    top, most = _top(samples)
    if _copied(top):
        top, most = _top(np.unique(samples))
    excess = top[:-1] - top[-1]
    excess = excess[excess > 0]  # coarse codes tie at the threshold
    if len(excess) < most + FEWEST // 2 or excess[0] == excess[-1]:
        return np.zeros(len(samples), bool)
    steps = -np.diff(top)
    code = steps[steps > 0].min()
    excess -= code / 2  # the threshold is the upper end of its code
    shape, scale = _upper_tail(excess, censored=most)
    upper = np.log1p(shape * (excess[:most] - code) / scale)
    lower = np.log1p(shape * excess[1 : most + 1] / scale)
    gaps = np.arange(1, most + 1) * (upper - lower) / shape
    wide = np.flatnonzero(gaps > math.log(most / ALARM))
    return samples >= top[wide[-1]] if len(wide) else np.zeros(len(samples), bool)


def _top(samples: Array) -> tuple[Array, int]:
    """The largest readings, from above down to the threshold of the tail; how many may be glitches."""
    n = len(samples)
    most = min(max(MOST, int(SHARE * n)), n // 10)
    size = min(most + int(min(max(TAIL * n, FEWEST), LARGEST)) + 1, n)
    return np.sort(np.partition(samples, n - size)[n - size :])[::-1], most


def _copied(top: Array) -> bool:
    """Whether most values of the tail stand there more than once, though there is room between them."""
    values, counts = np.unique(top, return_counts=True)
    steps = np.diff(values)
    return bool(len(steps) and np.median(counts) > 1 and np.median(steps) >= ROOM * steps.min())


def _upper_tail(excess: Array, *, censored: int) -> tuple[float, float]:
    """Shape ξ > 0, a standard error above the likeliest, and scale β; the `censored` largest are not used."""
    inside, limit = excess[censored:], excess[censored]
    m = len(inside)
    ratio = np.geomspace(1e-3, 1e3, 200) / inside.mean()  # ξ / β
    logs = np.log1p(ratio[:, None] * inside).sum(axis=1)
    shapes = (logs + censored * np.log1p(ratio * limit)) / m
    likely = np.argmax(-m * np.log(shapes / ratio) - logs)
    shape = shapes[likely] + (1 + shapes[likely]) / math.sqrt(m)
    fixed = m * np.log(ratio / shape) - logs - shapes * m / shape
    return float(shape), float(shape / ratio[np.argmax(fixed)])
