"""What becomes of recorded networks when a device's law takes the place of the Gaussian, in seconds.

Means and standard deviations stay; both networks draw from the same uniforms, so that only the law differs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from tqdm import tqdm

from noisyweights import datasets, seeds
from noisyweights.experiments.swapped_networks import recorded, tasks
from noisyweights.experiments.swapped_networks.recorded import TASKS, Trained
from noisyweights.experiments.swapped_networks.tasks import QUANTITIES, Divergence, Measured, Settings
from noisyweights.noise.law import Law
from noisyweights.scores.estimates import Interval

__all__ = ["REPORT", "TRAININGS", "Row", "Swapped", "over_trainings", "recorded_networks", "swap"]

LEVEL = 0.95
# Of each kind of network, at most.
TRAININGS = MappingProxyType({"energy distance": 2, "regression": 3, "digits": 3, "clothes": 3})
REPORT = Settings(
    energy_draws=5000, regression_draws=2000, regression_inputs=100,
    digits_draws=30, digits_pictures=1000, clothes_draws=30, clothes_pictures=1000, replicates=200,
)  # fmt: skip
_NO_DIGITS = (
    "the sample of MNIST that comes with the library is of digits that the record's networks were trained "
    "on: put the set as published into mnist/ in a folder, and name that as NOISYWEIGHTS_DATA"
)
# Of the networks for the energy distance, these: all would take long.
ENERGY_KINDS = tuple(f"depth {depth}, width {width}" for depth in (1, 2) for width in (2, 8, 32))


@dataclass(frozen=True)
class Row:
    """One quantity of one kind of network, on average over its trainings.

    gaussian, swapped: its value under the two laws. difference: swapped less Gaussian. The interval is by
    bootstrap over trainings and draws, and infinite for a single training; test inputs are what they are.
    lower_is_better: None where neither is.
    """

    task: str
    kind: str
    quantity: str
    unit: str
    gaussian: float
    swapped: float
    difference: Interval
    lower_is_better: bool | None
    trainings: int
    draws: int


@dataclass(frozen=True)
class Swapped:
    """All rows; divergences of the output of one training of each kind; of tasks without a row, why."""

    rows: tuple[Row, ...]
    divergences: tuple[Divergence, ...]
    missing: dict[str, str]


def recorded_networks(*, trainings: Mapping[str, int] = TRAININGS) -> tuple[list[Trained], dict[str, str]]:
    """The recorded networks that `swap` takes, and why there is none of a task.

    Args:
        trainings: by task, take at most so many of each kind.
    """
    found, missing = [], {}
    for task, (experiment, kind) in TASKS.items():
        own = [
            one
            for one in recorded.kept(task, trainings=trainings[task])
            if task != "energy distance" or one.kind in ENERGY_KINDS
        ]
        if not own:
            missing[task] = (
                f"the record keeps no trained networks for {task}: `make record ARGS={experiment}` makes "
                f"them, in its points {kind}…"
            )
        elif task == "digits" and datasets.fingerprint("mnist").startswith("sample"):
            missing[task] = _NO_DIGITS
        else:
            found += own
    return found, missing


def swap(
    law: Law, networks: Sequence[Trained], *, missing: dict[str, str], settings: Settings, seed: int
) -> Swapped:
    """Measure networks under a unit law against their Gaussian selves.

    Args:
        law: of mean 0 and variance 1.
        networks, missing: as `recorded_networks` gives them.
        settings: how much is drawn; `REPORT` takes seconds.
        seed: of the draws and of the bootstrap.
    """
    measured: dict[tuple[str, str], list[Measured]] = {}
    for one in tqdm(networks, desc="recorded networks", unit="network", delay=5, leave=False):
        own = measured.setdefault((one.task, one.kind), [])
        own.append(tasks.measure(one, law, settings=settings, seed=seed, diverging=not own))
    rows = [
        _row(task, kind, at, own, settings=settings, seed=seed)
        for (task, kind), own in measured.items()
        for at in range(len(QUANTITIES[task]))
    ]
    divergences = [own[0].divergence for own in measured.values() if own[0].divergence]
    return Swapped(tuple(rows), tuple(divergences), dict(missing))


def _row(task: str, kind: str, at: int, own: Sequence[Measured], *, settings: Settings, seed: int) -> Row:
    values = np.array([one.values[:, at] for one in own])  # (trainings, laws)
    replicates = np.stack([one.replicates[:, :, at] for one in own], 1)  # (replicates, trainings, laws)
    gaussian, swapped = values.mean(0)
    quantity = list(QUANTITIES[task])[at]
    unit, lower = QUANTITIES[task][quantity]
    difference = over_trainings(
        values[:, 1] - values[:, 0], replicates[..., 1] - replicates[..., 0], seed=seed
    )
    return Row(
        task,
        kind,
        quantity,
        unit,
        float(gaussian),
        float(swapped),
        difference,
        lower,
        len(own),
        settings.draws(task),
    )


def over_trainings(values: np.ndarray, replicates: np.ndarray, *, seed: int) -> Interval:
    """Mean over trainings (n,) with its 95 % interval, by bootstrap over trainings and the draws of each.

    Trainings are drawn with replacement, and with each of them one of the replicates of its draws,
    (replicates, n). The interval is symmetric: the value ± the 95 % quantile of the distance from it,
    stretched by √(n/(n − 1)), since a bootstrap of n takes (n − 1)/n of the variance. Infinite for a single
    training.
    """
    count, n = replicates.shape
    mean = float(values.mean())
    if n < 2:
        return Interval(mean, -np.inf, np.inf)
    generator = seeds.generator(seed, "over trainings")
    chosen = generator.integers(n, size=(1000, n))
    rows = generator.integers(count, size=(1000, n))
    distance = np.abs(replicates[rows, chosen].mean(1) - mean) * np.sqrt(n / (n - 1))
    radius = float(np.quantile(distance, LEVEL))
    return Interval(mean, mean - radius, mean + radius)
