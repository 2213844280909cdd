"""What real cells do to the conductances that they were given: one function for each way to go wrong.

All take and return conductances in µS, of any shape, and leave what they are given as it is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["correlated_reads", "drift", "program", "read_noise", "stick"]


def program(target_uS: ArrayLike, *, error_uS: float, rng: np.random.Generator) -> np.ndarray:
    """Conductances after programming: off by a normal error of this standard deviation, cut at 0."""
    target = _checked(target_uS, "error_uS", error_uS)
    return np.maximum(target + error_uS * rng.standard_normal(target.shape), 0)


def read_noise(conductance_uS: ArrayLike, *, relative: float, rng: np.random.Generator) -> np.ndarray:
    """One read: off by a normal error of standard deviation `relative` times the conductance, cut at 0."""
    conductance = _checked(conductance_uS, "relative", relative)
    return np.maximum(conductance * (1 + relative * rng.standard_normal(conductance.shape)), 0)


def drift(conductance_uS: ArrayLike, *, seconds: float, after_s: float, exponent: float) -> np.ndarray:
    """Conductances some time after programming: G · (seconds / after_s)^−exponent, G as it was at `after_s`.

    The power law of amorphous and filamentary cells; magnetic ones have an exponent of 0.
    """
    conductance = _checked(conductance_uS, "exponent", exponent)
    if not 0 < after_s <= seconds:
        raise ValueError(f"drift takes 0 < after_s ≤ seconds, got {after_s} and {seconds}")
    return conductance * (seconds / after_s) ** -exponent


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
