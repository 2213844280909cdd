"""What real cells do to the conductances that they were given: one function for each way to go wrong.

All take and return conductances in µS, of any shape, and leave what they are given as it is.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

__all__ = [
    "at_levels",
    "correlated_reads",
    "drift",
    "drift_apart",
    "forget",
    "program",
    "read_noise",
    "stick",
]

ATTEMPT_s = 1e-9  # between two tries of a magnetic cell to turn, as is usually assumed


def program(
    target_uS: ArrayLike,
    *,
    error_uS: float | Callable[[np.ndarray], np.ndarray],
    rng: np.random.Generator,
) -> np.ndarray:
    """Conductances after programming: off by a normal error of this standard deviation, cut at 0.

    Args:
        target_uS: of any shape.
        error_uS: one for all cells, or a function of the conductance, such as a curve of
            `noise.scale_curves` through measured levels (`noise.fitting.level_scales`).
        rng: of the errors.

    Raises: ValueError for conductances or errors that are negative or not finite.
    """
    target = _checked(target_uS, "error_uS", 0.0 if callable(error_uS) else error_uS)
    error = at_levels(error_uS, target, name="error_uS")
    return np.maximum(target + error * rng.standard_normal(target.shape), 0)


def at_levels(
    amount: float | Callable[[np.ndarray], np.ndarray], conductance_uS: np.ndarray, *, name: str
) -> float | np.ndarray:
    """An amount that is a number, or a function of the conductance, at these conductances.

    Raises: ValueError for a function that does not give one number, finite and not negative, for each.
    """
    if not callable(amount):
        return amount
    found = np.asarray(amount(conductance_uS), float)
    if found.shape != conductance_uS.shape or not (np.isfinite(found) & (found >= 0)).all():
        low, high = np.min(conductance_uS), np.max(conductance_uS)
        raise ValueError(
            f"{name} must give a number, finite and not negative, for each cell, and does not for cells of "
            f"{low:.4g} to {high:.4g} µS: give a function that holds over this range"
        )
    return found


def read_noise(conductance_uS: ArrayLike, *, relative: float, rng: np.random.Generator) -> np.ndarray:
    """One read: off by a normal error of standard deviation `relative` times the conductance, cut at 0."""
    conductance = _checked(conductance_uS, "relative", relative)
    return np.maximum(conductance * (1 + relative * rng.standard_normal(conductance.shape)), 0)


def drift(conductance_uS: ArrayLike, *, seconds: float, after_s: float, exponent: float) -> np.ndarray:
    """Conductances some time after programming: G · (seconds / after_s)^−exponent, G as it was at `after_s`.

    The power law of amorphous and filamentary cells; magnetic ones have an exponent of 0.
    """
    conductance = _checked(conductance_uS, "exponent", exponent)
    return conductance * _passed(seconds, after_s) ** -exponent


def drift_apart(
    conductance_uS: ArrayLike,
    *,
    seconds: float,
    after_s: float,
    exponent: float | Callable[[np.ndarray], np.ndarray],
    spread: float | Callable[[np.ndarray], np.ndarray],
    rng: np.random.Generator,
) -> np.ndarray:
    """Conductances after a drift whose exponent is each cell's own: normal about a mean, and its size taken.

    The same generator gives a cell the same exponent at every time.

    Args:
        conductance_uS: at the first read, of any shape.
        seconds: since programming.
        after_s: when the first read was.
        exponent, spread: mean and standard deviation of the exponents, numbers or functions of the
            conductance; `cell_fits.drift_exponents` measures them.
        rng: of the exponents.

    Raises: ValueError for conductances, exponents or spreads that are negative or not finite, or a time
        before the first read.
    Source: V. Joshi et al., Nat. Commun. 11, 2473 (2020), for the spread; the power law as in `drift`.
    """
    conductance = _checked(conductance_uS, "seconds", seconds)
    passed = _passed(seconds, after_s)
    mean, apart = (
        at_levels(one, conductance, name=name) for name, one in (("exponent", exponent), ("spread", spread))
    )
    if not (np.all(np.asarray(mean) >= 0) and np.all(np.asarray(apart) >= 0)):
        raise ValueError(f"exponent and spread must not be negative, got {exponent} and {spread}")
    own = np.abs(mean + apart * rng.standard_normal(conductance.shape))
    return conductance * passed**-own


def forget(
    conductance_uS: ArrayLike,
    *,
    seconds: float,
    stability_kT: float,
    spread_kT: float,
    lost_uS: float,
    rng: np.random.Generator,
    attempt_s: float = ATTEMPT_s,
) -> np.ndarray:
    """Conductances some time after programming, where a cell may have lost what it held: retention.

    A cell with the barrier Δ has lost it by t with the probability 1 − exp(−t / (attempt · e^Δ)). Barriers
    are normal between cells, and cut at 0. The same generator lets a cell go at the same time.

    Args:
        conductance_uS: of any shape.
        seconds: since programming.
        stability_kT, spread_kT: mean and standard deviation of Δ.
        lost_uS: what a cell conducts that has lost its state.
        rng: of barriers and losses.
        attempt_s: time between two tries.

    Raises: ValueError for conductances or amounts that are negative or not finite.
    Source: W. F. Brown, Phys. Rev. 130, 1677 (1963); Néel–Arrhenius.
    """
    least = min(seconds, stability_kT, spread_kT, lost_uS, attempt_s)
    conductance = _checked(conductance_uS, "seconds, barriers and lost_uS", least)
    barrier = np.maximum(stability_kT + spread_kT * rng.standard_normal(conductance.shape), 0)
    patience = rng.standard_exponential(conductance.shape)  # the rate times the time at which it goes
    return np.where(patience < np.exp(-barrier) * seconds / attempt_s, lost_uS, conductance)


def stick(
    conductance_uS: ArrayLike,
    *,
    low: float,
    high: float,
    low_uS: float,
    high_uS: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Conductances where fractions `low` and `high` of all cells are stuck at `low_uS` and `high_uS`."""
    conductance = _checked(conductance_uS, "low, high and the conductances", min(low, high, low_uS, high_uS))
    if low + high > 1:
        raise ValueError(f"low and high are fractions of all cells, and {low} + {high} is more than all")
    where = rng.random(conductance.shape)
    return np.where(where < low, low_uS, np.where(where < low + high, high_uS, conductance))


def correlated_reads(
    shape: tuple[int, ...],
    *,
    correlation: float,
    rng: np.random.Generator,
    previous: np.ndarray | None = None,
) -> np.ndarray:
    """Standard normal noise of one read that remembers the one before: z' = c z + √(1 − c²) ε, of this shape.

    Args:
        correlation: c between successive reads of a cell, in [0, 1]. A junction that takes τ to forget, read
            every t, has exp(−t/τ).
        previous: z; None for a first read.
    """
    if not 0 <= correlation <= 1:
        raise ValueError(f"correlation must lie in [0, 1], got {correlation}")
    fresh = rng.standard_normal(shape)
    if previous is None:
        return fresh
    if previous.shape != tuple(shape):
        raise ValueError(f"the read before had the shape {previous.shape}, and this one is to have {shape}")
    return correlation * previous + np.sqrt(1 - correlation**2) * fresh


def _checked(conductance_uS: ArrayLike, name: str, amount: float) -> np.ndarray:
    conductance = np.asarray(conductance_uS, float)
    if not (np.isfinite(conductance) & (conductance >= 0)).all():
        raise ValueError("conductances must be finite and not negative")
    if not (np.isfinite(amount) and amount >= 0):
        raise ValueError(f"{name} must be finite and not negative, got {amount}")
    return conductance


def _passed(seconds: float, after_s: float) -> float:
    """How many times the time of the first read has gone by."""
    if not 0 < after_s <= seconds < np.inf:
        raise ValueError(
            f"drift takes 0 < after_s ≤ seconds, got {after_s} and {seconds}: count the time from "
            "programming, and ask for none before the first read"
        )
    return seconds / after_s
