"""Draws of a network sampled by coin flips per second, beside the published way and the limit of float32.

    python -m benchmarks.coin_flips [--inputs 1e4] [--draws 250] [--repeats 5] [--json out.json]

The baseline is this library with images as they are: pixels of one byte. The published way sets the sampled
weights and calls `predict`, draw by draw; it takes part with Keras's own batches and with all inputs at once.
The limit is that of floating point: the bare products of the same shapes, without coins, biases or votes.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable

import numpy as np

from benchmarks import contest
from benchmarks.contest import Goal, Rival, repeated
from benchmarks.subjects import MLP, digits, digits_source
from noisyweights.networks.coin_flips import integer_products, sampling, unit_range

import keras  # isort: skip  (the library loads TensorFlow quietly)
import tensorflow as tf  # isort: skip

OURS = "noisyweights sample_votes"
FLOATING = "noisyweights sample_votes, inputs that are no pixels"
AS_WRITTEN = "set_weights and predict, batches of 32"
AT_BEST = "set_weights and predict, all inputs at once"
PRODUCTS = "bare matrix products"
GOALS = [Goal(MLP, AS_WRITTEN, 18), Goal(MLP, AT_BEST, 3.5), Goal(MLP, PRODUCTS, 0.95)]


def network() -> keras.Model:
    """784-400-10 with weights where the paper starts them: how many coins show 0 changes no rival's speed."""
    start = functools.partial(unit_range.starting, "paper")
    layers = [
        keras.layers.Dense(400, activation="relu", **start(seed=0)),
        keras.layers.Dense(10, activation="softmax", **start(seed=1)),
    ]
    return keras.Sequential([keras.layers.Input((784,)), *layers])


def published(model: keras.Model, x: np.ndarray, batch_size: int) -> Callable[[int, int], np.ndarray]:
    """Votes as the published code has them, but for the sum of softmax outputs, which costs as much."""
    weights = model.get_weights()

    def votes(count: int, repeat: int) -> np.ndarray:
        rng = np.random.default_rng(repeat)
        counted = np.zeros((len(x), 10), int)
        for _ in range(count):
            model.set_weights(
                [
                    np.sign(w) * (rng.random(w.shape, np.float32) < np.abs(w)) if w.ndim == 2 else w
                    for w in weights
                ]
            )
            chosen = model.predict(x, batch_size=batch_size, verbose=0).argmax(1)
            counted[np.arange(len(x)), chosen] += 1
        model.set_weights(weights)
        return counted

    return votes


def rivals(x: np.ndarray, draws: int) -> list[Rival]:
    """Everyone who can count votes, and the limit."""
    fewer, model = max(1, draws // 5), network()
    kernels = [tf.constant(layer.kernel) for layer in model.layers]
    products = tf.function(lambda x: functools.reduce(tf.matmul, kernels, x), autograph=False)
    constant = tf.constant(x)

    def ours(x: np.ndarray) -> Callable[[int, int], np.ndarray]:
        return lambda count, repeat: sampling.sample_votes(
            model, x, draws=count, precision="full", sampled_layers="dense", seed=repeat
        )

    return [
        Rival(MLP, OURS, draws, ours(x)),
        Rival(MLP, AS_WRITTEN, 1, published(network(), x, 32)),
        Rival(MLP, AT_BEST, max(1, draws // 25), published(network(), x, len(x))),
        Rival(MLP, PRODUCTS, fewer, repeated(lambda: products(constant))),
        Rival(MLP, FLOATING, max(1, draws // 2), ours(x * np.float32(0.99))),
    ]


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; return the exit status."""
    parser = contest.parser(__doc__, repeats=5)
    parser.add_argument("--inputs", type=contest.whole, default=10_000, help="images")
    parser.add_argument("--draws", type=int, default=250, help="draws in a repeat of the baseline")
    options = contest.options(parser, arguments, inputs=1, draws=1)
    tf.get_logger().setLevel("ERROR")  # it takes one graph for each call for a mistake
    rows = contest.measure(rivals(digits(options.inputs), options.draws), repeats=options.repeats)
    outcomes = contest.outcomes(GOALS, rows)
    integers, source = integer_products.available(), digits_source()

    print(contest.table(rows, subject="network", unit="draws"))
    print(*outcomes, sep="\n")
    print(f"{options.inputs} images of {source['name']}, {source['origin']}")
    print(f"products in integers: {'yes' if integers else 'not with this TensorFlow and machine'}")
    if options.json:
        contest.write(
            options.json,
            benchmark="coin_flips",
            inputs=options.inputs,
            repeats=options.repeats,
            baseline=OURS,
            integers=integers,
            images=source,
            rows=[row.named(subject="network", unit="draws") for row in rows],
            goals=[outcome.record() for outcome in outcomes],
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
