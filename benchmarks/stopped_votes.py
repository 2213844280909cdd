"""How many fewer coins votes take that end where they are decided, and how often they choose the same.

    python -m benchmarks.stopped_votes [--inputs 2000] [--draws 1000] [--repeats 3] [--json out.json]

Two networks 784-400-10 are trained on digits: with weights in [−1, 1] as the paper trains them, and as ever,
rescaled into that range and with the mean of the coins taken off. First choices from all draws are held
against those of votes that end early, and of fewer draws for every input, the plain way to spend fewer coins.
Intervals of 90 %: of coins from bootstraps over inputs, of agreement that of a share of so many inputs.
"""

from __future__ import annotations

import functools
import sys
from dataclasses import asdict, dataclass

import numpy as np
from scipy import stats

from benchmarks import contest
from benchmarks.subjects import MLP, digits_source
from noisyweights import datasets
from noisyweights.networks import classifiers
from noisyweights.networks.coin_flips import (
    early_stopping,
    output_moments,
    rescaling,
    sampling,
    unit_range,
    votes,
)

import keras  # isort: skip  (the library loads TensorFlow quietly)

__all__ = ["GOAL", "NETWORKS", "Saving", "network", "savings"]

GOAL = 10  # times fewer coins
NETWORKS = ("trained in range", "rescaled into range")
ERRORS = (0.5, 0.1, 0.01)
FEWER = (10, 3)  # the plain way: all draws over these
_HOW = {"precision": 8, "sampled_layers": "dense"}


@dataclass(frozen=True)
class Saving:
    """What one way to vote takes of the coins of all draws, and how often its first choice is theirs.

    gain: coins of all draws over coins taken. agreement, undecided, accuracy: shares of the inputs.
    """

    method: str
    draws: float
    coins: float
    gain: float
    gain_low: float
    gain_high: float
    agreement: float
    agreement_low: float
    agreement_high: float
    undecided: float
    accuracy: float

    def __str__(self) -> str:
        return (
            f"{self.method}: {self.draws:.4g} draws, {self.coins:.3g} coins an input, {self.gain:.3g} "
            f"({self.gain_low:.3g} to {self.gain_high:.3g}) × fewer; first choice as from all draws in "
            f"{self.agreement:.2%} ({self.agreement_low:.2%} to {self.agreement_high:.2%}); undecided "
            f"{self.undecided:.2%}; accuracy {self.accuracy:.2%}"
        )


def network(kind: str, epochs: int) -> keras.Model:
    """One of `NETWORKS`, trained."""
    in_range = kind == NETWORKS[0]
    start = functools.partial(unit_range.starting, "paper") if in_range else lambda seed: {}
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((784,)),
            keras.layers.Dense(400, activation="relu", **start(seed=0)),
            keras.layers.Dropout(0.2, seed=1),
            keras.layers.Dense(10, **start(seed=1)),
        ]
    )
    found = datasets.mnist(split="train")
    x = _pixels(found)
    classifiers.train(
        model, x, found.labels, epochs=epochs, batch_size=100,
        optimizer=lambda steps: keras.optimizers.RMSprop(1e-3), seed=0,
    )  # fmt: skip
    if in_range:
        return model
    return output_moments.compensate(rescaling.renormalise(model, stretch=True), x[:1000])


def savings(model: keras.Model, inputs: int, draws: int, repeats: int) -> list[Saving]:
    """Measure every way to vote by the same draws, `repeats` times with other draws."""
    found = datasets.mnist(split="test")
    x, labels = _pixels(found)[:inputs], found.labels[:inputs]
    weights = sum(coins.kernel.size for coins in sampling.sampled_coins(model, **_HOW).values())
    taken: dict[str, list] = {}
    for repeat in range(repeats):
        counts = [draws // part for part in (*FEWER, 1)]
        plain = sampling.sample_votes(model, x, draws=draws, seed=repeat, after=counts, **_HOW)
        choices = [votes.first_choice(one) for one in plain]
        every = choices[-1]
        for count, chosen in zip(counts, choices, strict=True):
            way = (np.full(len(x), count), chosen == every, np.zeros(len(x), bool), chosen == labels)
            taken.setdefault(f"{count} draws", []).append(way)
        for error in ERRORS:
            early = early_stopping.sample_until_decided(
                model, x, at_most=draws, error=error, seed=repeat, **_HOW
            )
            chosen = early.first_choice
            taken.setdefault(f"until decided, error {error:g}", []).append(
                (early.draws, chosen == every, ~early.decided, chosen == labels)
            )
    return [
        _saving(method, *(np.mean(one, 0) for one in zip(*found, strict=True)), draws=draws, weights=weights)
        for method, found in taken.items()
    ]


def _pixels(images: datasets.LabelledImages) -> np.ndarray:
    return images.images.reshape(len(images.images), -1) / np.float32(255)


def _saving(
    method: str,
    taken: np.ndarray,
    same: np.ndarray,
    undecided: np.ndarray,
    right: np.ndarray,
    *,
    draws: int,
    weights: int,
) -> Saving:
    """All of one way, from means over repeats of each input, (n,) each."""
    again = np.random.default_rng(0).integers(len(taken), size=(1000, len(taken)))
    gains = draws / taken[again].mean(1)
    agreement = stats.binomtest(round(same.sum()), len(same)).proportion_ci(0.9)
    return Saving(
        method, float(taken.mean()), float(taken.mean() * weights), float(draws / taken.mean()),
        *map(float, np.quantile(gains, [0.05, 0.95])), float(same.mean()), float(agreement.low),
        float(agreement.high), float(undecided.mean()), float(right.mean()),
    )  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; return the exit status."""
    parser = contest.parser(__doc__, repeats=3)
    parser.add_argument("--inputs", type=contest.whole, default=2000, help="images")
    parser.add_argument("--draws", type=int, default=1000, help="all draws of an input, as in the paper")
    parser.add_argument("--epochs", type=int, default=15, help="of the training")
    options = contest.options(parser, arguments, inputs=2, draws=20, epochs=1)
    rows = {
        kind: savings(network(kind, options.epochs), options.inputs, options.draws, options.repeats)
        for kind in NETWORKS
    }
    for kind, found in rows.items():
        print(f"{MLP}, {kind}: {options.inputs} digits, {options.repeats} × {options.draws} draws")
        for row in found:
            goal = (
                f"; goal {GOAL} ×: {'met' if row.gain >= GOAL else 'NOT met'}"
                if "until" in row.method
                else ""
            )
            print(f"{row}{goal}")
    if options.json:
        contest.write(
            options.json, benchmark="stopped_votes", inputs=options.inputs, draws=options.draws,
            repeats=options.repeats, epochs=options.epochs, images=digits_source(), goal=GOAL,
            rows=[{"network": kind, **asdict(row)} for kind, found in rows.items() for row in found],
        )  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
