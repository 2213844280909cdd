"""The law of a device's noise: what its choice has to know of the readings beside their values."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from noisyweights.datasets.noise_traces import NoiseTrace
from noisyweights.experiments.device_readings.parts import Part
from noisyweights.noise import fitting
from noisyweights.noise.dynamics import sentences
from noisyweights.noise.fitting.selection import Choice
from noisyweights.number_words import number

__all__ = ["choose", "left_out", "repeats"]


def choose(trace: NoiseTrace, parts: Sequence[Part], noise: NDArray[np.float64], *, seed: int) -> Choice:
    """Choose the law of the noise (m,) that `parts.pooled` makes of the parts of a trace.

    Raises: ValueError as `fitting.choose`.
    """
    step, independent = _coarse_step(trace, parts), _if_fewer(parts)
    return fitting.choose(noise, seed=seed, step=step, independent=independent)


def left_out(parts: Sequence[Part], *, unit: str) -> tuple[str, ...]:
    """Sentences on what of the readings is not in the noise; none where all of them are, as they stand."""
    said = [words] if (words := repeats(parts)) else []
    for part in parts:
        if part.dynamics is None:
            continue
        where = f"{part.group.label}: " if part.group.label else ""
        own = sentences.outliers(part.dynamics)
        if own:
            said.append(f"{where}{' '.join(own)} The law leaves {_them(part.dynamics.outliers.count)} out.")
        if part.drifts:
            drift = sentences.trend(part.dynamics, unit=unit)
            said.append(f"{where}{drift} The law is of what is left without it.")
    if len(parts) > 1:
        said.append(f"The law is of the noise within each of {len(parts)} cells or levels, in one width.")
    return tuple(said)


def repeats(parts: Sequence[Part]) -> str:
    """A sentence on readings that repeat reads; "" where none does."""
    held = [part.group for part in parts if part.group.repeats > 1]
    if not held:
        return ""
    reads = sum(len(group.samples) for group in held)
    readings = round(sum(len(group.samples) * group.repeats for group in held))
    return (
        f"{readings:,} readings repeat {reads:,} reads, each {number(readings / reads)} times in a row: a "
        "repeat tells nothing new, so each read counts once."
    )


def _them(count: int) -> str:
    return "it" if count == 1 else "them"


def _coarse_step(trace: NoiseTrace, parts: Sequence[Part]) -> float:
    """The step that readings were rounded to, or 0 where the law need not know it.

    That is where the step is fine, and where a trend or means were taken off, so that no reading lies on it.
    """
    if len(parts) > 1 or parts[0].drifts or np.isnan(trace.step):
        return 0.0
    return fitting.coarse_step(trace.step, parts[0].sigma)


def _if_fewer(parts: Sequence[Part]) -> float | None:
    """How many independent reads a law may count on, or None where no group shows a memory."""
    if not any(part.motion is not None and part.motion.correlation.remembers for part in parts):
        return None
    return max(2.0, sum(part.counted for part in parts))
