"""Simulations of arrays of cells per second, beside those that simulators of arrays are made of.

    python -m benchmarks.crossbar [--reads 512] [--side 128] [--draws 100] [--repeats 5] [--json out.json]

Contests, each with this library as the baseline:

- reads: products of 784 × 400 whose noise is fresh for every input, beside NumPy drawing the matrix again for
  each, as it is written and at its best, and beside aihwkit where it can be imported;
- wires: all currents of an array whose wires have resistance, beside the same circuit as a sparse system and,
  where that fits, as a dense one;
- draws: of a network on a chip with converters of 8 bits, tiles and read noise, beside those in software.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

from benchmarks import contest
from benchmarks.contest import Goal, Rival, Row
from benchmarks.nodal_analysis import OHM, dense, factorised, solved
from benchmarks.noisy_reads import DEVIATION, INPUTS, OUTPUTS, analog_layer, redrawn, redrawn_at_best
from benchmarks.subjects import MLP, MTJ, digits, digits_source
from noisyweights.hardware.array.fresh_reads import fresh_reads
from noisyweights.hardware.array.wires import column_currents_uA
from noisyweights.hardware.chip import DOMAIN_WALL
from noisyweights.hardware.deployment import deploy
from noisyweights.networks.mean_field import twins
from noisyweights.networks.mean_field.inference import predict_draws
from noisyweights.noise import laws

import keras  # isort: skip  (the library loads TensorFlow quietly)

READS = "noisyweights fresh_reads"
REDRAWN = "NumPy, two conductances redrawn for each input"
REDRAWN_AT_BEST = "NumPy, one matrix in float32 without inputs of 0"
AIHWKIT = "aihwkit, one deviation for all weights"
LAWS = {"gaussian": laws.gaussian(), "bayes_mtj": laws.bayes_mtj(**MTJ)}

WIRES = "noisyweights column_currents_uA"
SPARSE = "SciPy, sparse factorisation of all nodes"
DENSE = "NumPy, dense matrix of all nodes"

DEPLOYED = "noisyweights predict_draws on a chip"
SOFTWARE = "noisyweights predict_draws"


@dataclass(frozen=True)
class Contest:
    """Rivals by subject, the baseline first in each, and what is to come of them.

    Args:
        name: of its rows in the record.
        subject: what the subjects are called.
        unit: what is counted.
        fields: rivals for each subject.
        goals: of this contest.
    """

    name: str
    subject: str
    unit: str
    fields: list[list[Rival]]
    goals: list[Goal]


def reads(count: int) -> Contest:
    """Fresh reads of pictures that are mostly 0, and of inputs of which none is."""
    rng = np.random.default_rng(0)
    mean = rng.normal(0, 0.05, (INPUTS, OUTPUTS)).astype(np.float32)
    deviation = np.full_like(mean, DEVIATION)
    fewer = max(1, count // 25)
    fields, goals = [], []
    for kind, x in (("digits", digits(count)), ("no input 0", rng.random((count, INPUTS), np.float32) + 1)):
        for name, law in LAWS.items():
            subject = f"{name}, {kind}"

            def ours(count: int, repeat: int, x=x, law=law) -> np.ndarray:
                return fresh_reads(x[:count], mean, deviation, law=law, seed=repeat)

            field = [
                Rival(subject, READS, count, ours),
                Rival(subject, REDRAWN, fewer, redrawn(x, mean)),
                Rival(subject, REDRAWN_AT_BEST, fewer, redrawn_at_best(x, mean)),
            ]
            if name == "gaussian":
                with contextlib.suppress(ImportError):  # nothing here depends on it
                    field.append(Rival(subject, AIHWKIT, count, analog_layer(x)))
            fields.append(field)
            goals.append(Goal(subject, REDRAWN, 8))
    return Contest("reads", "law and inputs", "reads", fields, goals)


def wires(side: int) -> Contest:
    """Square arrays of this side, and of a quarter and three eighths of it, where a dense matrix fits."""
    rng = np.random.default_rng(0)
    small, middle = side // 4, side * 3 // 8
    fields = []
    for size in (small, middle, side):
        subject, conductance = f"{size} × {size}", rng.uniform(5, 100, (size, size))

        def ours(count: int, repeat: int, conductance=conductance) -> np.ndarray:
            for _ in range(count):
                found = column_currents_uA(conductance, np.eye(len(conductance)), row_ohm=OHM, column_ohm=OHM)
            return found

        field = [Rival(subject, WIRES, 5, ours), Rival(subject, SPARSE, 1, solved(factorised, conductance))]
        if size < side:
            field.append(Rival(subject, DENSE, 1, solved(dense, conductance)))
        fields.append(field)
    goals = [Goal(f"{side} × {side}", SPARSE, 2), Goal(f"{middle} × {middle}", DENSE, 100)]
    return Contest("wires", "cells", "arrays", fields, goals)


def draws(count: int, images: int = 1000) -> Contest:
    """Draws of a mean-field network for so many digits, from a chip with perfect wires and from software."""
    layers = [keras.layers.Dense(400, activation="relu"), keras.layers.Dense(10)]
    twin = twins.from_deterministic(
        keras.Sequential([keras.Input((INPUTS,)), *layers]),
        law=LAWS["bayes_mtj"], prior_scale=1.0, kl_weight=0.0, biases="fixed", initial_scale=DEVIATION,
        seed=0,
    )  # fmt: skip
    x = digits(images)
    deployed = deploy(twin, DOMAIN_WALL, calibration=x[:200], seed=0)

    def drawn(model: keras.Model) -> Callable[[int, int], np.ndarray]:
        return lambda count, repeat: predict_draws(model, x, draws=count, seed=repeat)

    field = [Rival(MLP, DEPLOYED, count, drawn(deployed)), Rival(MLP, SOFTWARE, count, drawn(twin))]
    return Contest("draws", "network", "draws", [field], [Goal(MLP, SOFTWARE, 1 / 3)])


@dataclass(frozen=True)
class Extrapolation:
    """Seconds that a dense matrix of all nodes would take at a side where it does not fit well.

    Not measured: those at a smaller side, times the cube of the ratio of nodes, whose number grows as side².
    """

    side: int
    from_side: int
    dense_seconds: float
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.side} × {self.side}: {WIRES} takes {self.seconds:.3g} s; a dense matrix would take "
            f"{self.dense_seconds:.3g} s, by the cube of its nodes from {self.from_side} × {self.from_side}"
        )


def extrapolated(rows: list[Row], side: int) -> Extrapolation:
    """From the largest array that the dense matrix was measured at."""
    last = [row for row in rows if row.method == DENSE][-1]
    ours = next(row for row in reversed(rows) if row.method == WIRES)
    from_side = int(last.subject.split()[0])
    return Extrapolation(side, from_side, (side / from_side) ** 6 / last.rate, 1 / ours.rate)


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; return the exit status."""
    parser = contest.parser(__doc__, repeats=5)
    parser.add_argument("--reads", type=int, default=512, help="inputs of the products in a repeat")
    parser.add_argument("--side", type=int, default=128, help="rows and columns of the largest array")
    parser.add_argument("--draws", type=int, default=100, help="of a network, in a repeat")
    options = contest.options(parser, arguments, reads=1, draws=1, side=8)
    contests = [reads(options.reads), wires(options.side), draws(options.draws)]
    measured = {
        each.name: [row for rivals in each.fields for row in contest.measure(rivals, repeats=options.repeats)]
        for each in contests
    }
    outcomes = [outcome for each in contests for outcome in contest.outcomes(each.goals, measured[each.name])]
    beyond = extrapolated(measured["wires"], options.side)

    for each in contests:
        print(contest.table(measured[each.name], subject=each.subject, unit=each.unit))
    print(*outcomes, beyond, sep="\n")
    if not any(row.method == AIHWKIT for row in measured["reads"]):
        print("aihwkit takes no part: it cannot be imported")
    if options.json:
        contest.write(
            options.json,
            benchmark="crossbar",
            peers=("aihwkit", "torch"),
            repeats=options.repeats,
            baselines={"reads": READS, "wires": WIRES, "draws": DEPLOYED},
            images=digits_source(),
            **{
                each.name: [row.named(subject=each.subject, unit=each.unit) for row in measured[each.name]]
                for each in contests
            },
            goals=[outcome.record() for outcome in outcomes],
            extrapolation=asdict(beyond),
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
