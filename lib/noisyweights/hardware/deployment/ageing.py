"""Networks on cells that age: predictions at later times, and how long these stay as good as they must be."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import keras
import numpy as np
from numpy.typing import ArrayLike
from tqdm import tqdm

from noisyweights import seeds as stateless
from noisyweights.hardware.chip import Chip
from noisyweights.hardware.deployment import array_layers_of, deploy
from noisyweights.scores.estimates import Interval

__all__ = ["age", "lifetime_s", "scores_over_time"]

_RESAMPLES = 2000


def age(
    model: keras.Model, first: keras.Model, chip: Chip, *, calibration: ArrayLike, seed: int
) -> keras.Model:
    """The network on the same cells at a later time, with the converters of the first.

    Args:
        model: trained network.
        first: what `deploy` made of the model, by the same seed.
        chip: the same but for the amounts of its faults and its read noise.
        calibration, seed: as they were given to `deploy`.

    Raises: as `deploy`.
    """
    aged = deploy(model, chip, calibration=calibration, seed=seed)
    for old, new in zip(array_layers_of(first), array_layers_of(aged), strict=True):
        new.take_converters(old)
    return aged


def scores_over_time(
    model: keras.Model,
    chip_at: Callable[[float], Chip],
    score: Callable[[keras.Model], float],
    *,
    seconds: Sequence[float],
    calibration: ArrayLike,
    seeds: Sequence[int],
    compensate: Callable[[keras.Model, keras.Model], object] | None,
) -> np.ndarray:
    """A score of the network on each chip at each time: (chips, times).

    Args:
        model: trained network.
        chip_at: seconds → chip, such as `lambda s: published_cells.PCM_JOSHI.on(chip, seconds=s)`.
        score: of a deployed network, for instance the calibration error of its predictions.
        seconds: since programming, increasing; converters and references are of the first.
        calibration: inputs as in `deploy`.
        seeds: one for each chip.
        compensate: (aged, first) → anything, called at every later time, such as a
            `recalibration.recalibrate` with its inputs; None for chips that are left alone.

    Raises: ValueError for times that do not increase, or no chips; as `deploy`.
    """
    if not len(seconds) or not len(seeds) or (np.diff(seconds) <= 0).any():
        raise ValueError(f"needs chips, and times that increase, got seeds {seeds} and seconds {seconds}")
    found = np.empty((len(seeds), len(seconds)))
    with tqdm(total=found.size, desc="times", unit="", delay=5, leave=False) as bar:
        for row, seed in zip(found, seeds, strict=True):
            first = deploy(model, chip_at(seconds[0]), calibration=calibration, seed=seed)
            for place, second in enumerate(seconds):
                aged = first
                if place:
                    aged = age(model, first, chip_at(second), calibration=calibration, seed=seed)
                    if compensate is not None:
                        compensate(aged, first)
                row[place] = score(aged)
                bar.update()
    return found


def lifetime_s(seconds: ArrayLike, scores: ArrayLike, *, at_most: float, seed: int) -> Interval:
    """Time until a score of half of all chips exceeds a bound: the median, with a 95 % interval of bootstrap.

    Between two times a score is taken to move with the logarithm of the time. Of a chip that holds to the
    last time no more is known: an end of the interval that is the last time says "at least".

    Args:
        seconds: (times,), increasing.
        scores: (chips, times), of which less is better.
        at_most: the bound. A chip that exceeds it at the first time has lasted that long.
        seed: of the bootstrap over chips.

    Raises: ValueError for other shapes, or numbers that are not finite.
    """
    seconds, scores = np.asarray(seconds, float), np.asarray(scores, float)
    if scores.ndim != 2 or not scores.size or scores.shape[1:] != seconds.shape:
        raise ValueError(f"scores must be (chips, times), got {scores.shape} of {seconds.shape} times")
    if not np.isfinite(scores).all() or not (seconds > 0).all() or (np.diff(seconds) <= 0).any():
        raise ValueError("scores must be finite, and seconds positive and increasing")
    logs = np.array([_crossing(np.log(seconds), row, at_most) for row in scores])
    picked = stateless.generator(seed, "lifetime").integers(len(logs), size=(_RESAMPLES, len(logs)))
    low, high = np.quantile(np.median(logs[picked], axis=1), [0.025, 0.975])
    return Interval(*(float(np.exp(one)) for one in (np.median(logs), low, high)))


def _crossing(logs: np.ndarray, row: np.ndarray, bound: float) -> float:
    """Logarithm of the time at which scores first exceed the bound."""
    beyond = np.flatnonzero(row > bound)
    if not len(beyond):
        return logs[-1]
    after = beyond[0]
    if not after:
        return logs[0]
    share = (bound - row[after - 1]) / (row[after] - row[after - 1])
    return logs[after - 1] + share * (logs[after] - logs[after - 1])
