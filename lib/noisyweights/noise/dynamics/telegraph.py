"""Random telegraph noise: levels between which a trace jumps, how long it stays, and whether it jumps.

A hidden Markov model: the state s_t jumps with fixed probabilities at each read, and the reading is Gaussian
around the level of the state with the state's own width; noise around the levels may have any colour. It is
fitted by expectation and maximisation (hmmlearn), and is believed where its BIC is lower by 10 than that of
every model without jumps (`telegraph_models`).

Of more than 100,000 readings, as many consecutive ones in the middle are used, and, for what is slow, the
means of blocks of the whole trace; the one with the clearer signal is reported.

Sources: L. R. Rabiner, Proc. IEEE 77, 257 (1989); R. E. Kass and A. E. Raftery, J. Am. Stat. Assoc. 90, 773
(1995), for 10.
"""

import logging
import math
from dataclasses import dataclass

import numpy as np
from hmmlearn.hmm import GaussianHMM
from numpy.typing import ArrayLike, NDArray
from scipy import linalg, stats
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

from noisyweights import seeds
from noisyweights.noise.dynamics import telegraph_models
from noisyweights.noise.dynamics.intervals import checked_interval
from noisyweights.noise.samples import checked
from noisyweights.scores.estimates import Interval

__all__ = ["Level", "Telegraph", "telegraph"]

Array = NDArray[np.float64]
logging.getLogger("hmmlearn").setLevel(logging.ERROR)  # it warns of the last step's rounding

MOST_READINGS = 100_000
MOST_LEVELS = 4
# Differences of BIC beyond this are "very strong" evidence (Kass and Raftery).
EVIDENCE = 10.0
# Two levels are told apart by their memory even where the peaks merge; more than two must show as peaks.
PAIR_SEPARATION, SEPARATION = 1.0, 2.0  # in standard deviations of the noise around a level
FEWEST_VISITS = 5
# Steps of expectation and maximisation from each of two starts, and from the better one on.
FIRST_STEPS, MOST_STEPS = 5, 60


@dataclass(frozen=True)
class Level:
    """One level of a telegraph signal.

    Attributes:
        level: its value with a 95 % interval, in the unit of the readings.
        noise: standard deviation of readings around it.
        occupancy: share of the time spent there, with a 95 % interval.
        dwell_reads: mean number of consecutive reads there, with a 95 % interval.
        dwell_s: mean dwell time in seconds of a process that jumps at any time, what jumped away and back
            between two reads included; NaN if the interval is unknown, or the reads too slow to tell.
        visits: how often it was left.
    """

    level: Interval
    noise: float
    occupancy: Interval
    dwell_reads: Interval
    dwell_s: float
    visits: float


@dataclass(frozen=True, eq=False)
class Telegraph:
    """Whether a trace is a telegraph signal.

    Attributes:
        found: whether it is.
        levels: its levels from below, empty if it is none.
        evidence: by how much the BIC of the best model without jumps exceeds that of the best with jumps;
            a telegraph signal has above 10, and levels apart.
        two_peaks: whether the histogram has several peaks, jumps or not.
        rival: the best model without jumps, in words.
        values: the level at each reading, by the most probable path, shape (n,); the mean where none is. For
            reading only.
    """

    found: bool
    levels: tuple[Level, ...]
    evidence: float
    two_peaks: bool
    rival: str
    values: Array


@dataclass(frozen=True, eq=False)
class _Analysis:
    """One piece of a trace: its best model with jumps, if any holds, and what it was held against."""

    model: GaussianHMM | None
    evidence: float
    two_peaks: bool
    rival: str
    visits: Array
    block: int


def telegraph(samples: ArrayLike, *, interval_s: float | None = None, seed: int) -> Telegraph:
    """Look for a telegraph signal of two to four levels in readings in order of time, shape (n,).

    Args:
        samples: the readings; a trend in them would look like levels: remove it before.
        interval_s: time between readings [s]; None or NaN if not known.
        seed: of the sub-resolution noise that stands for rounding, 1/√12 of the smallest step.

    Raises: ValueError for what is no trace of at least 100 finite readings.
    """
    samples, interval_s = checked(samples), checked_interval(interval_s)
    loc, scale = float(samples.mean()), float(samples.std())
    unit = (samples - loc) / scale
    with threadpool_limits(1):
        analyses = [_analysed(_dithered(piece, seed), block) for piece, block in _pieces(unit)]
        best = max(analyses, key=lambda one: (one.model is not None, one.evidence))
        if best.model is None:
            flat = np.broadcast_to(loc, samples.shape)  # of 10⁷ readings it costs nothing
            return Telegraph(False, (), best.evidence, best.two_peaks, best.rival, flat)
        path = _path(best.model, unit, best.block)
    values = loc + scale * best.model.means_.ravel()[path]
    levels = tuple(_levels(best, readings=len(samples), loc=loc, scale=scale, interval_s=interval_s))
    return Telegraph(True, levels, best.evidence, best.two_peaks, best.rival, values)


def _pieces(unit: Array) -> list[tuple[Array, int]]:
    """The readings to fit, and how many reads each stands for."""
    n = len(unit)
    if n <= MOST_READINGS:
        return [(unit, 1)]
    start, block = (n - MOST_READINGS) // 2, -(-n // MOST_READINGS)
    return [(unit[start : start + MOST_READINGS], 1), (_blocks(unit, block), block)]


def _blocks(unit: Array, block: int) -> Array:
    return unit[: len(unit) // block * block].reshape(-1, block).mean(axis=1)


def _dithered(piece: Array, seed: int) -> Array:
    """A likelihood needs a density: noise as wide as that of rounding, of the shape that is fitted."""
    code = np.diff(np.unique(piece)).min()
    return piece + code / math.sqrt(12) * seeds.generator(seed, "telegraph").standard_normal(len(piece))


def _analysed(piece: Array, block: int) -> _Analysis:
    laws = {levels: telegraph_models.mixture(piece, levels) for levels in range(1, MOST_LEVELS + 1)}
    rivals = {levels: telegraph_models.alternative(piece, law) for levels, law in laws.items()}
    levels, rival = min(rivals.items(), key=lambda item: item[1].bic)
    gap = np.ptp(laws[2].means_) / math.sqrt(laws[2].covariances_.mean())
    two_peaks = bool(gap > SEPARATION and laws[2].weights_.min() > 0.02 and levels > 1)
    law = ("one Gaussian", "two Gaussians", "three Gaussians", "four Gaussians")[levels - 1]
    words = f"{law} {'with' if rival.memory else 'without'} memory"
    best, evidence, visits, enough = None, -math.inf, np.empty(0), EVIDENCE
    for number in range(2, MOST_LEVELS + 1):
        model = _fitted(piece, laws[number])
        gain = rival.bic - _bic(model, piece)
        left = len(piece) * model.get_stationary_distribution() * (1 - np.diag(model.transmat_))
        if _holds(model, left) and gain > enough:
            best, evidence, visits, enough = model, gain, left, gain + EVIDENCE
        elif best is None:
            evidence = max(evidence, gain)
    return _Analysis(best, evidence, two_peaks, words, visits, block)


def _bic(model: GaussianHMM, piece: Array) -> float:
    """BIC with white noise around the levels, or with coloured noise around the likeliest path, if lower."""
    column = piece[:, None]
    white = model.bic(column)
    log_joint, path = model.decode(column)
    around = (piece - model.means_.ravel()[path]) / np.sqrt(model.covars_.ravel()[path])
    coloured = white + 2 * (model.score(column) - log_joint) + telegraph_models.colour(around)
    return float(min(white, coloured))


def _holds(model: GaussianHMM, visits: Array) -> bool:
    """Whether levels are apart and were visited often enough to be called levels."""
    order = np.argsort(model.means_.ravel())
    variance = model.covars_.ravel()[order]
    apart = np.diff(model.means_.ravel()[order]) / np.sqrt((variance[1:] + variance[:-1]) / 2)
    enough = PAIR_SEPARATION if len(order) == 2 else SEPARATION
    return bool(apart.min() >= enough and visits.min() >= FEWEST_VISITS)


def _fitted(piece: Array, law: GaussianMixture) -> GaussianHMM:
    """A fit from the likelier of two starts, one with fast jumps and one with slow ones."""
    number, fits = law.n_components, []
    for stay in (0.5, 0.95):
        model = GaussianHMM(
            number,
            min_covar=1e-9,
            covars_prior=1e-9,
            n_iter=FIRST_STEPS,
            tol=0.1,
            init_params="",
            implementation="scaling",
        )
        model.startprob_ = np.full(number, 1 / number)
        model.transmat_ = stay * np.eye(number) + (1 - stay) / number
        model.means_, model.covars_ = law.means_.copy(), law.covariances_.reshape(number, 1).copy()
        fits.append(model.fit(piece[:, None]))
    model = max(fits, key=lambda model: model.score(piece[:, None]))
    model.n_iter = MOST_STEPS
    return model.fit(piece[:, None])


def _path(model: GaussianHMM, unit: Array, block: int) -> NDArray[np.int64]:
    """The most probable state at each reading."""
    if block == 1:
        return model.predict(unit[:, None])
    path = np.repeat(model.predict(_blocks(unit, block)[:, None]), block)
    return np.append(path, np.full(len(unit) - len(path), path[-1]))


def _levels(best: _Analysis, *, readings: int, loc: float, scale: float, interval_s: float) -> list[Level]:
    """The levels in the unit of the readings; dwell times are exponential: their intervals are of χ²."""
    model, fitted = best.model, min(readings // best.block, MOST_READINGS)
    share, stay = model.get_stationary_distribution(), np.diag(model.transmat_)
    rates = _rates(model.transmat_)
    levels = []
    for i in np.argsort(model.means_.ravel()):
        mean, noise = loc + scale * model.means_[i, 0], scale * math.sqrt(model.covars_[i, 0, 0])
        half = 1.96 * noise / math.sqrt(share[i] * fitted)
        visits, dwell = best.visits[i], best.block / (1 - stay[i])
        low, high = 2 * visits / stats.chi2.ppf([0.975, 0.025], 2 * visits)
        # Of two alternating sums of exponential times, the log odds have the variance 1/visits + 1/visits.
        odds, width = share[i] / (1 - share[i]), math.exp(1.96 * math.sqrt(2 / visits))
        levels.append(
            Level(
                level=Interval(float(mean), float(mean - half), float(mean + half)),
                noise=float(noise),
                occupancy=Interval(
                    float(share[i]),
                    float(odds / width / (1 + odds / width)),
                    float(odds * width / (1 + odds * width)),
                ),
                dwell_reads=Interval(float(dwell), float(dwell * low), float(dwell * high)),
                dwell_s=float(interval_s * best.block / rates[i]),
                visits=float(visits),
            )
        )
    return levels


def _rates(transitions: Array) -> Array:
    """Rates [1 / step] of leaving each state of the process in continuous time, NaN if there is none such."""
    if np.linalg.eigvals(transitions).real.min() <= 0:
        return np.full(len(transitions), math.nan)
    generator = linalg.logm(transitions).real
    return -np.diag(generator)
