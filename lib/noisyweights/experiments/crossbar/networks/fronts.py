"""Which designs one could order: the front of error, calibration and energy, with what is known of each."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from noisyweights import seeds
from noisyweights.experiments.crossbar.networks.designs import DESIGNS, bill_of, scores_of
from noisyweights.experiments.crossbar.networks.energy_claims import central
from noisyweights.experiments.crossbar.networks.results import Result
from noisyweights.experiments.crossbar.networks.settings import SCORES
from noisyweights.hardware.costs import uncertainty
from noisyweights.scores.estimates import Interval
from noisyweights.scores.replicates import mean_interval

__all__ = ["DRAWS", "OBJECTIVES", "Placed", "front", "not_dominated"]

DRAWS = 10_000  # of all that is uncertain: a share of one half is known to 0.01
OBJECTIVES = ("error, %", "calibration error", "energy, nJ")  # the less the better
_ACCURACY, _CALIBRATION = SCORES.index("accuracy"), SCORES.index("calibration_error")


@dataclass(frozen=True)
class Placed:
    """A design among the others.

    place: "array" or "digital". objectives: in the order of OBJECTIVES, the mean over trainings or the
    typical energy, each with its 95 % interval: of the mean, and of what figures allow. on_front: whether no
    other design is as good in all three and better in one, by these values; share: in how many draws of all
    that is uncertain. beaten_by: titles of the designs that are better, by these values.
    """

    title: str
    place: str
    objectives: tuple[Interval, Interval, Interval]
    on_front: bool
    share: float
    beaten_by: tuple[str, ...]


def front(result: Result, *, seed: int, draws: int = DRAWS) -> list[Placed]:
    """All of DESIGNS by their energy, the least first.

    Scores are those of the trainings, drawn about their mean by Student's t, a single one taken as it is.
    Figures of energy vary by themselves, and are the same in all designs: see `uncertainty.drawn_pJ`.

    Args:
        result: of the experiment.
        seed: of the draws.
        draws: of all that is uncertain.
    """
    bills = [bill_of(result.config, design) for design in DESIGNS]
    energy = uncertainty.drawn_pJ(*bills, draws=draws, seed=seed) * 1e-3
    reached = [scores_of(result, design)[:, [_ACCURACY, _CALIBRATION]] for design in DESIGNS]
    losses = [np.stack([100 - one[:, 0], one[:, 1]], 1) for one in reached]
    middle = np.array(
        [[*one.mean(0), bill.energy_pJ.typical * 1e-3] for one, bill in zip(losses, bills, strict=True)]
    )
    drawn = np.stack(
        [
            # One method on one kind of chip has the same scores, however its draws are made.
            np.concatenate(
                [_about(one, draws, rng=seeds.generator(seed, "front", design.method, design.place)), nJ], 1
            )
            for design, one, nJ in zip(DESIGNS, losses, energy[..., np.newaxis], strict=True)
        ],
        axis=1,
    )
    held, share = not_dominated(middle), not_dominated(drawn).mean(0)
    placed = [
        Placed(
            design.title,
            design.place,
            (*(mean_interval(one) for one in losses[at].T), _typical(middle[at, 2], energy[at])),
            bool(held[at]),
            float(share[at]),
            tuple(DESIGNS[other].title for other in np.flatnonzero(_dominates(middle)[:, at])),
        )
        for at, design in enumerate(DESIGNS)
    ]
    return [placed[at] for at in np.argsort(middle[:, 2])]


def _typical(value: float, drawn: np.ndarray) -> Interval:
    """An energy with the ends of the central 95 % of what figures allow."""
    _, low, high = central(drawn)
    return Interval(float(value), low, high)


def not_dominated(losses: ArrayLike) -> np.ndarray:
    """Which of n points no other dominates, bool (…, n), of losses (…, n, k), the less the better.

    A point dominates another that it is nowhere worse than, and better somewhere.
    """
    return ~_dominates(np.asarray(losses, float)).any(-2)


def _dominates(losses: np.ndarray) -> np.ndarray:
    """Whether the point of a row dominates that of a column, (…, n, n)."""
    one, other = losses[..., :, np.newaxis, :], losses[..., np.newaxis, :, :]
    return (one <= other).all(-1) & (one < other).any(-1)


def _about(values: np.ndarray, draws: int, *, rng: np.random.Generator) -> np.ndarray:
    """Draws (draws, k) of the mean of repeats (n, k): its interval's law, Student's t."""
    mean, repeats = values.mean(0), len(values)
    if repeats < 2:
        return np.broadcast_to(mean, (draws, len(mean)))
    t = stats.t.rvs(repeats - 1, size=(draws, len(mean)), random_state=rng)
    return mean + t * stats.sem(values, axis=0)
