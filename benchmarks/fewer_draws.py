"""How much less time draws of units take than draws of weights, to the same error of a prediction.

    python -m benchmarks.fewer_draws [--inputs 500] [--draws 200] [--repeats 8] [--json out.json]

The error is the root mean square, over inputs, outputs and repeats, of what is off from a far longer run.
Draws of weights have an error that falls as one over the root of their number, hence of their time t: to come
down from their error e to that of draws of units, e', they take t (e/e')². The gain is that over the time of
the draws of units, all measured in turn in one run. Both networks have Gaussian weights, for which draws of
units are exact; how far the long run and all draws of weights are apart, in units of their errors, is printed
with it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

from benchmarks import contest
from benchmarks.mean_field_networks import mean_field
from benchmarks.subjects import MLP, digits, digits_source
from noisyweights.networks.mean_field import inference, marginals, twins
from noisyweights.noise import laws

import keras  # isort: skip  (the library loads TensorFlow quietly)
import tensorflow as tf  # isort: skip

__all__ = ["GOALS", "Gain", "gains"]

REGRESSION = "1-50-50-1"
GOALS = {"mean": 10, "deviation": 4, "class probabilities": 10}
_UNITS = {MLP: 32, REGRESSION: 512}  # draws in a replicate: in the small network they cost next to nothing
_REPLICATES, _LONG = 2, 2048  # replicates; draws of the long run, 8 times


@dataclass(frozen=True)
class Gain:
    """How many times less time draws of units take to the same error, with nine in ten of bootstrap values.

    seconds, error: of each method in one repeat. apart: root mean square difference of the long run and all
    draws of weights, over its standard error; about 1 where nothing is biased.
    """

    network: str
    quantity: str
    weights_seconds: float
    weights_error: float
    units_seconds: float
    units_error: float
    gain: float
    gain_low: float
    gain_high: float
    apart: float

    def __str__(self) -> str:
        goal = GOALS[self.quantity]
        return (
            f"{self.network}, {self.quantity}: {self.gain:.3g} ({self.gain_low:.3g} to {self.gain_high:.3g}) "
            f"× less time to the same error, goal {goal}: {'met' if self.gain >= goal else 'NOT met'}; the "
            f"long run and draws of weights are {self.apart:.2f} standard errors apart"
        )


def gains(name: str, inputs: int, draws: int, repeats: int) -> list[Gain]:
    """Measure one network: `draws` draws of weights against draws of units, in turn."""
    model, x = _subject(name, inputs)
    functions: dict[str, Callable | None] = {"outputs": None}
    if name == MLP:
        functions["classes"] = tf.nn.softmax
    inference.predict_draws(model, x, draws=8, seed=0)  # compile
    long = {
        key: _by_units(model, x, of, draws=_LONG, replicates=8, seed=10**6) for key, of in functions.items()
    }
    off: dict[str, list] = {}
    seconds: dict[str, list] = {}
    for repeat in range(repeats):
        begin = time.perf_counter()
        by_weights = inference.predict_draws(model, x, draws=draws, seed=repeat).astype(float)
        seconds.setdefault("weights", []).append(time.perf_counter() - begin)
        for key, of in functions.items():
            begin = time.perf_counter()
            by_units = _by_units(model, x, of, draws=_UNITS[name], replicates=_REPLICATES, seed=repeat)
            seconds.setdefault(key, []).append(time.perf_counter() - begin)
            values = by_weights if of is None else of(by_weights).numpy()
            for quantity in ("mean", "deviation"):
                truth = getattr(long[key], quantity)
                plain = values.mean(0) if quantity == "mean" else values.std(0, ddof=1)
                off.setdefault((key, quantity, "weights"), []).append(plain - truth)
                off.setdefault((key, quantity, "units"), []).append(getattr(by_units, quantity) - truth)
    named = {"mean": ("outputs", "mean"), "deviation": ("outputs", "deviation")}
    if name == MLP:
        named["class probabilities"] = ("classes", "mean")
    return [
        _gain(name, quantity, *(np.array(off[*place, way]) for way in ("weights", "units")),
              (np.array(seconds["weights"]), np.array(seconds[place[0]])))
        for quantity, place in named.items()
    ]  # fmt: skip


def _subject(name: str, inputs: int) -> tuple[keras.Model, np.ndarray]:
    if name == MLP:
        return mean_field(name, inputs), digits(inputs)
    hidden = [keras.layers.Dense(50, activation="elu") for _ in range(2)]
    network = twins.from_deterministic(
        keras.Sequential([keras.Input((1,)), *hidden, keras.layers.Dense(1)]), law=laws.gaussian(),
        prior_scale=1.0, kl_weight=0.0, biases="fixed", initial_scale=0.1, seed=0,
    )  # fmt: skip
    return network, np.linspace(-2, 2, inputs, dtype=np.float32)[:, None]


def _by_units(
    model: keras.Model, x: np.ndarray, of: Callable | None, **settings: int
) -> marginals.MarginalMoments:
    return marginals.marginal_moments(model, x, tolerance=0, of=of, **settings)


def _gain(
    network: str,
    quantity: str,
    weights: np.ndarray,
    units: np.ndarray,
    seconds: tuple[np.ndarray, np.ndarray],
) -> Gain:
    """Gain from what repeats are off by, (repeats, …), and the times of both ways, (repeats,) each."""
    squares = [np.square(one).reshape(len(one), -1).mean(1) for one in (weights, units)]

    def gain(rows: np.ndarray | slice) -> float:
        cost = [
            float(taken[rows].mean() * square[rows].mean())
            for taken, square in zip(seconds, squares, strict=True)
        ]
        return cost[0] / cost[1]

    rng = np.random.default_rng(0)
    again = [gain(rows) for rows in rng.integers(len(weights), size=(1000, len(weights)))]
    low, high = np.quantile(again, [0.05, 0.95])
    error = weights.std(0, ddof=1) / np.sqrt(len(weights))
    apart = float(np.sqrt(np.mean(np.square(weights.mean(0))) / np.mean(np.square(error))))
    rms = [float(np.sqrt(square.mean())) for square in squares]
    return Gain(
        network, quantity, float(seconds[0].mean()), rms[0], float(seconds[1].mean()), rms[1],
        gain(slice(None)), float(low), float(high), apart,
    )  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; return the exit status."""
    parser = contest.parser(__doc__, repeats=8)
    parser.add_argument("--inputs", type=contest.whole, default=500, help="inputs of a prediction")
    parser.add_argument("--draws", type=int, default=200, help="draws of weights in a repeat")
    options = contest.options(parser, arguments, inputs=1, draws=2, repeats=2)
    found = [
        row
        for name in (MLP, REGRESSION)
        for row in gains(name, options.inputs, options.draws, options.repeats)
    ]
    print(*found, sep="\n")
    if options.json:
        contest.write(
            options.json, benchmark="fewer_draws", inputs=options.inputs, repeats=options.repeats,
            digits=digits_source(), goals=GOALS, rows=[asdict(row) for row in found],
        )  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
