"""Statistics of analog flash cells of 40 nm: how their mean moves, how they spread, and how they are read.

Functions of the conductance in µS; the current that the papers speak of is 100 nA for 1 µS, at 0.1 V.

Source: V. Agrawal et al., IEEE IEDM (2022), 21.7, Fig. 10 and 11b, with the coefficients of CrossSim's SONOS.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["sonos_aged", "sonos_deviation_uS", "sonos_read_uS"]

_nA_PER_uS = 100.0
_DAY_s = 86_400.0
# By day after programming: what the mean current has gained, of 1, I, I², … in nA.
_GAIN = np.array(
    [
        [0.0] * 11,
        [6.83650e-01, 6.51250e-03, -4.03163e-04, 3.37944e-06, -1.87435e-08, 5.88902e-11, -1.07685e-13,
         1.17751e-16, -7.60016e-20, 2.67255e-23, -3.94954e-27],
        [6.60925e-01, 8.60627e-03, -1.72936e-04, 7.44096e-07, -5.94866e-09, 2.36734e-11, -4.83740e-14,
         5.56072e-17, -3.65397e-20, 1.28405e-23, -1.87450e-27],
        [1.15821e00, 1.96116e-02, -4.70807e-04, 3.67510e-06, -2.08786e-08, 6.59752e-11, -1.19499e-13,
         1.28435e-16, -8.11574e-20, 2.78802e-23, -4.02057e-27],
        [8.72216e-01, 1.70926e-02, -2.23370e-04, 1.57526e-06, -1.32779e-08, 5.08256e-11, -1.01251e-13,
         1.14633e-16, -7.46124e-20, 2.60559e-23, -3.78724e-27],
        [1.15294e00, 1.03149e-02, -6.05199e-05, 1.76086e-08, -6.46690e-09, 3.39044e-11, -7.53872e-14,
         8.98185e-17, -6.00346e-20, 2.12615e-23, -3.11099e-27],
    ]
)  # fmt: skip
# Spread of the cells, A (1 − exp(−I/B)) in nA.
_SPREAD = np.array(
    [
        [19.88665, 176.3115],
        [25.59102, 186.85544],
        [28.72753, 193.56834],
        [31.04318, 198.90332],
        [33.76214, 204.77023],
        [34.57909, 207.34309],
    ]
)
_READ = (12.58037, 215.36557)


def sonos_aged(conductance_uS: ArrayLike, *, seconds: float, rng: np.random.Generator) -> np.ndarray:
    """Conductances with the mean drift of their level, linear in time between the days that were measured.

    Args:
        conductance_uS: targets, 0 to 16 µS, of any shape.
        seconds: since programming, up to five days.
        rng: is not asked: what is random is in `sonos_deviation_uS`.
    """
    current = np.asarray(conductance_uS, float) * _nA_PER_uS
    gained = np.polynomial.polynomial.polyval(current, _by_day(_GAIN, seconds))
    return np.maximum(current + gained, 0) / _nA_PER_uS


def sonos_deviation_uS(conductance_uS: np.ndarray, *, seconds: float) -> np.ndarray:
    """Standard deviation of cells about their mean, so long after programming."""
    return _saturating(conductance_uS, *_by_day(_SPREAD, seconds))


def sonos_read_uS(conductance_uS: np.ndarray) -> np.ndarray:
    """Standard deviation of a cell between reads."""
    return _saturating(conductance_uS, *_READ)


def _saturating(conductance_uS: np.ndarray, largest_nA: float, scale_nA: float) -> np.ndarray:
    return -largest_nA * np.expm1(-conductance_uS * _nA_PER_uS / scale_nA) / _nA_PER_uS


def _by_day(table: np.ndarray, seconds: float) -> np.ndarray:
    """The row of a time, between those of the days before and after."""
    day = seconds / _DAY_s
    before = min(int(day), len(table) - 2)
    share = day - before
    return (1 - share) * table[before] + share * table[before + 1]
