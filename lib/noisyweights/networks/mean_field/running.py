"""Predictions summed up while they are drawn: moments, quantiles and votes in constant memory.

Draws go on until the mean is known as well as wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from noisyweights.networks.mean_field import array_draws
from noisyweights.networks.mean_field.packed_models import prepared

__all__ = ["Summary", "summarise"]

CELLS = 256  # of the grid on which quantiles are counted, between its ends
MARGIN = 1.0  # by how many of its own widths the range of the first draws is widened on either side


@dataclass(frozen=True, eq=False)
class Summary:
    """What draws of one output of shape (n, …) add up to.

    Attributes:
        draws: how many there were.
        mean: of the draws, (n, …).
        deviation: standard deviation over draws, (n, …).
        reached: whether the standard error wanted was reached.
        quantiles: (levels, n, …); −∞ or +∞ where one lies outside of the grid.
        resolution: width of a cell of the grid, (n, …): a quantile of the draws is no further off than that.
        votes: how many draws put each class first, (n, …, classes), or None where nobody asked.
    """

    draws: int
    mean: np.ndarray
    deviation: np.ndarray
    reached: bool
    quantiles: np.ndarray
    resolution: np.ndarray
    votes: np.ndarray | None

    @property
    def standard_error(self) -> np.ndarray:
        """Standard error of the mean, (n, …)."""
        return self.deviation / np.sqrt(self.draws)


def summarise(
    model: keras.Model,
    x: Any,
    *,
    seed: int,
    standard_error: float,
    at_most: int,
    at_least: int = 32,
    levels: Sequence[float] = (),
    votes: bool = False,
    batch_size: int = 10_000,
) -> Any:
    """Draw networks until every output's mean has a standard error as small as wanted; return a `Summary`.

    For a model with several outputs it is one for each, in the structure that the model gives. Its draws are
    those of `inference.predict_draws` with the same seed. Memory does not grow with them: `at_least` draws
    are held, and with `levels` 258 counts for each number of the output.

    The standard error is estimated from the same draws, and the largest of all outputs decides, so a stop
    comes rather late than early; `at_least` guards against a few draws that happen to agree.

    Args:
        model: network with mean-field layers.
        x: inputs, (n, …), or a dictionary, list or tuple of such, as the model takes them.
        seed: whole number from which the draws follow.
        standard_error: of the mean, in the unit of the outputs; 0 for all draws that are allowed.
        at_most, at_least: numbers of draws; at least 2.
        levels: probabilities in (0, 1), whose quantiles are wanted. They are counted on a grid of 256 cells,
            over three times the range of the first `at_least` draws.
        votes: count which class comes first, along the last axis of each output.
        batch_size: inputs that go through a network at once.

    Raises: ValueError for numbers of draws or levels out of range, a standard error that is negative or not
        finite, or what `inference.predict_draws` refuses.
    """
    if not 0 <= standard_error < np.inf:
        raise ValueError(f"standard_error must be finite and not negative, got {standard_error}")
    if not 2 <= at_least <= at_most:
        raise ValueError(f"2 ≤ at_least ≤ at_most must hold, got {at_least} and {at_most}")
    levels = np.atleast_1d(np.asarray(levels, float))
    if not ((levels > 0) & (levels < 1)).all():
        raise ValueError(f"levels are probabilities in (0, 1), got {levels}")
    network, inputs, unpack = prepared(model, x)
    running: list[_Running] = []
    first: list[np.ndarray] = []
    held = 0
    blocks = array_draws.blocks(network, inputs, draws=at_most, seed=seed, batch_size=batch_size)
    for block in blocks:
        first.append(block)
        held += len(block)
        if not running and held < at_least:
            continue
        outputs = unpack(np.concatenate(first))
        first = []
        if not running:
            running = [_Running(one, levels, votes) for one in tf.nest.flatten(outputs)]
        for one, new in zip(running, tf.nest.flatten(outputs), strict=True):
            one.add(new)
        if all(one.error() <= standard_error for one in running):
            break
    reached = all(one.error() <= standard_error for one in running)
    return tf.nest.pack_sequence_as(outputs, [one.summary(reached) for one in running])


class _Running:
    """Sums of one output over draws; made from the first of them, which are then to be added."""

    def __init__(self, first: np.ndarray, levels: np.ndarray, votes: bool):
        self.shape, self.levels = first.shape[1:], levels
        self.draws, self.mean, self.squares = 0, np.zeros(self.shape), np.zeros(self.shape)
        self.votes = np.zeros(self.shape, int) if votes else None
        low, high = first.min(0).astype(float), first.max(0).astype(float)
        width = np.maximum(high - low, 1e-9 * np.maximum(np.abs(high), 1e-9))
        self.low = low - MARGIN * width
        self.cell = (1 + 2 * MARGIN) * width / CELLS
        self.counts = np.zeros((CELLS + 2 if len(levels) else 0, first[0].size), np.int64)

    def add(self, block: np.ndarray) -> None:
        block = block.astype(float)
        mean, n = block.mean(0), len(block)
        away = mean - self.mean
        self.squares += np.square(block - mean).sum(0) + np.square(away) * self.draws * n / (self.draws + n)
        self.mean += away * n / (self.draws + n)
        self.draws += n
        if self.votes is not None:
            chosen = block.argmax(-1)[..., np.newaxis]
            self.votes += (chosen == np.arange(self.shape[-1])).sum(0)
        if len(self.levels):
            cells = np.clip(np.floor((block - self.low) / self.cell) + 1, 0, CELLS + 1).astype(int)
            for one in cells.reshape(n, -1):
                self.counts[one, np.arange(one.size)] += 1  # each number once, so none is lost

    def deviation(self) -> np.ndarray:
        return np.sqrt(self.squares / (self.draws - 1))

    def error(self) -> float:
        return float(self.deviation().max() / np.sqrt(self.draws))

    def quantiles(self) -> np.ndarray:
        low, cell = self.low.reshape(-1), self.cell.reshape(-1)
        below = np.cumsum(self.counts, 0) / self.draws
        found = []
        for level in self.levels:
            at = (below < level).sum(0)  # the cell in which the share below reaches the level
            at = np.minimum(at, CELLS + 1)
            here = np.arange(low.size)
            before = np.where(at > 0, below[at - 1, here], 0)
            within = (level - before) / np.maximum(below[at, here] - before, 1 / (2 * self.draws))
            value = low + cell * (at - 1 + within)
            found.append(np.where(at == 0, -np.inf, np.where(at == CELLS + 1, np.inf, value)))
        return np.reshape(found, (len(self.levels), *self.shape))

    def summary(self, reached: bool) -> Summary:
        quantiles = self.quantiles() if len(self.levels) else np.zeros((0, *self.shape))
        return Summary(
            draws=self.draws,
            mean=self.mean,
            deviation=self.deviation(),
            reached=reached,
            quantiles=quantiles,
            resolution=self.cell,
            votes=self.votes,
        )
