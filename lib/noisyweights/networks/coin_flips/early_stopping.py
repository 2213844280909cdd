"""Votes that end where they are decided: no more coins for an input than its first choice needs."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike
from scipy import special
from tqdm import tqdm

from noisyweights import seeds
from noisyweights.networks.coin_flips import kernel_swapping, sampling, votes

__all__ = ["EarlyVotes", "are_decided", "log_evidence", "sample_until_decided"]

_FIRST = 16  # draws until inputs that are decided are left out; then twice as many, and so on
_DRAWS_PER_BLOCK = 8


@dataclass(frozen=True, eq=False)
class EarlyVotes:
    """Votes up to the draw that decided them.

    votes: (n, classes), which sum to `draws`. draws: of each input, (n,). decided: whether they ended before
    the last draw because the first choice was clear, (n,).
    """

    votes: np.ndarray
    draws: np.ndarray
    decided: np.ndarray

    @property
    def first_choice(self) -> np.ndarray:
        """Class with the most votes, the first among equals: (n,)."""
        return votes.first_choice(self.votes)


def log_evidence(tally: ArrayLike) -> np.ndarray:
    """Logarithm of the evidence that the class with the most votes is more likely than the next: (…).

    With a and b votes for the two, E = 2 ∫ (2θ)ᵃ (2(1 − θ))ᵇ dθ over θ from ½ to 1. If the first is no more
    likely than the second, each of these likelihood ratios has a mean of at most 1 after any number of draws,
    and so has E: it ever reaches 1/δ with a probability of at most δ, however often one looks (Ville's
    inequality). All other classes have fewer votes, and hence more evidence against them.

    Args:
        tally: votes, (…, classes).

    Raises: ValueError for fewer than two classes, negative numbers, or an input without votes.
    Source: Jain et al., PAC mode estimation using PPR martingale confidence sequences, AISTATS 2022, §4: the
        ratio of prior and posterior of θ at ½ under a uniform prior; here with the prior above ½ alone.
    """
    counts = np.asarray(tally)
    if counts.ndim < 1 or counts.shape[-1] < 2:
        raise ValueError(f"votes must have shape (…, classes), two or more, got {counts.shape}")
    if not ((counts >= 0).all() and (counts.sum(-1) > 0).all()):
        raise ValueError("votes must not be negative, and every input needs at least one")
    second, first = np.moveaxis(np.partition(counts, (-2, -1), axis=-1)[..., -2:], -1, 0).astype(float)
    above = special.betainc(second + 1, first + 1, 0.5)  # of the posterior of θ
    return (first + second + 1) * np.log(2) + special.betaln(first + 1, second + 1) + np.log(above)


def are_decided(tally: ArrayLike, *, error: float) -> np.ndarray:
    """Whether votes (…, classes) may end: (…).

    For each input the probability that they ever end on a class that is not the most likely one is at most
    `error`, whatever the probabilities: there are as many wrong classes as classes but one, and each has
    its share of the error.

    Raises: ValueError for an error that is no probability, and for votes that `log_evidence` refuses.
    """
    if not 0 < error < 1:
        raise ValueError(f"error is a probability between 0 and 1, such as 0.01, got {error}")
    return log_evidence(tally) >= np.log((np.shape(tally)[-1] - 1) / error)


def sample_until_decided(
    model: keras.Model,
    x: ArrayLike,
    *,
    at_most: int,
    error: float,
    precision: int | str,
    sampled_layers: str,
    seed: int,
    rounding: str = "nearest",
    out_of_range: str = "error",
    batch_size: int | None = None,
) -> EarlyVotes:
    """Votes as `sampling.sample_votes` counts them, each input's until its first choice is decided.

    The draws are those of `sample_votes`, from the first on. Where no draw decides, all `at_most` are counted
    and the first choice is that of `sample_votes`. Memory does not depend on the number of draws.

    Args:
        model, x, precision, sampled_layers, seed, rounding, out_of_range, batch_size: as `sample_votes`.
        at_most: draws of an input that stays undecided.
        error: probability, for each input, that its votes end on a class that is not the most likely one;
            see `are_decided`. A unanimous vote of ten classes takes 13 draws for 0.01.

    Raises: ValueError for an error that is no probability, and for all that `sample_votes` refuses.
    """
    if not 0 < error < 1:
        raise ValueError(f"error is a probability between 0 and 1, such as 0.01, got {error}")
    x, coins, classes = sampling.plan(
        model, x, draws=at_most, precision=precision, sampled_layers=sampled_layers, rounding=rounding,
        out_of_range=out_of_range, batch_size=batch_size,
    )  # fmt: skip
    found = EarlyVotes(
        np.zeros((len(x), classes), np.int64), np.zeros(len(x), np.int64), np.zeros(len(x), bool)
    )
    layers = [layer for _, layer, _ in coins]
    with (
        tqdm(total=len(x), desc="decided", unit="", delay=5, leave=False) as bar,
        ThreadPoolExecutor(2) as pool,
    ):
        for stage in _stages(at_most):
            waiting = np.flatnonzero(~found.decided)
            bar.update(len(x) - len(waiting) - bar.n)
            if not len(waiting):
                break
            for rows, evaluate in kernel_swapping.batches(
                model, layers, x[waiting], batch_size=batch_size, reading=lambda out: ops.argmax(out, axis=-1)
            ):

                def outcome(draw, evaluate=evaluate):
                    tossed = [
                        one.toss(seeds.generator(seed, "coins", place, draw)) for place, _, one in coins
                    ]
                    return evaluate(tossed)

                for start in range(stage.start, stage.stop, _DRAWS_PER_BLOCK):
                    block = range(start, min(start + _DRAWS_PER_BLOCK, stage.stop))
                    for choices in pool.map(outcome, block):
                        _count(found, waiting[rows], choices, error)
                    if found.decided[waiting[rows]].all():
                        break
    return found


def _stages(at_most: int) -> Iterator[range]:
    start, stop = 0, _FIRST
    while start < at_most:
        yield range(start, min(stop, at_most))
        start, stop = stop, 2 * stop


def _count(found: EarlyVotes, places: np.ndarray, choices: np.ndarray, error: float) -> None:
    """Count one draw for the inputs at these places that are not decided yet, and decide."""
    still = ~found.decided[places]
    places = places[still]
    found.votes[places, choices[still]] += 1
    found.draws[places] += 1
    if len(places):
        found.decided[places] = are_decided(found.votes[places], error=error)
