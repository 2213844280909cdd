"""Predictions and training steps of mean-field networks per second, beside TFP's layers and the limit.

    python -m benchmarks.networks [--inputs 1e4] [--draws 100] [--repeats 5] [--json out.json]

The baseline is this library. Each peer takes part as its users write it and at its best, and so does the
limit: the same network without noise, and where it is dense its bare matrix products. Two tables need no
rivals: the memory that a prediction takes beyond its output, and how much the same uniforms help to compare
two laws.
"""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Callable
from dataclasses import asdict
from types import ModuleType

import numpy as np

from benchmarks import contest
from benchmarks.common_random_numbers import reductions
from benchmarks.contest import Goal, Rival, Row
from benchmarks.mean_field_networks import deterministic, graph, mean_field, one_by_one, tfp_layers, torch_mlp
from benchmarks.prediction_memory import memory
from benchmarks.subjects import LENET, MLP
from noisyweights.networks.mean_field import inference

import keras  # isort: skip  (the library loads TensorFlow quietly)
import tensorflow as tf  # isort: skip
import tf_keras  # isort: skip

PREDICT, FIT = "noisyweights predict_draws", "noisyweights fit"
AS_WRITTEN = "tfp.layers predict, batches of 32"
AT_BEST = "tfp.layers in one graph"
TORCH = "bayesian-torch"
PRODUCTS = "bare matrix products"
LIMIT = "deterministic forward pass"
STEP = "deterministic fit"
BATCH = 100
GOALS = [
    *(Goal(network, AS_WRITTEN, 40) for network in (MLP, LENET)),
    *(Goal(network, AT_BEST, 1) for network in (MLP, LENET)),
    Goal(MLP, PRODUCTS, 0.9),
    Goal(LENET, LIMIT, 0.9),
    *(Goal(network, STEP, 0.5) for network in (MLP, LENET)),
]


def predictions(name: str, inputs: int, draws: int) -> list[Rival]:
    """Everyone who can predict by random weights, and the limit: as many inputs at once as there are."""
    fewer = max(1, draws // 5)
    x = np.random.default_rng(0).random((inputs, 784), np.float32)
    x = x if name == MLP else x.reshape(-1, 28, 28, 1)
    constant, ours, peer = tf.constant(x), mean_field(name, inputs), tfp_layers(name, inputs)

    def predict_draws(count: int, repeat: int) -> np.ndarray:
        return inference.predict_draws(ours, x, draws=count, seed=repeat, batch_size=inputs)

    def forward(model) -> Callable:
        return lambda x: model(x, training=False)

    listed = [
        Rival(name, PREDICT, draws, predict_draws),
        Rival(name, AS_WRITTEN, 1, one_by_one(lambda: peer.predict(x, verbose=0))),
        Rival(name, AT_BEST, fewer, one_by_one(graph(forward(peer), constant))),
        Rival(name, LIMIT, fewer, one_by_one(graph(forward(deterministic(name)), constant))),
    ]
    if name == MLP:
        kernels = [layer.kernel for layer in deterministic(name).layers]
        products = graph(lambda x: functools.reduce(tf.matmul, kernels, x), constant)
        listed.append(Rival(name, PRODUCTS, fewer, one_by_one(products)))
        with contextlib.suppress(ImportError):  # nothing here depends on it
            listed.append(Rival(name, TORCH, fewer, one_by_one(torch_mlp(x))))
    return listed


def training(name: str, steps: int) -> list[Rival]:
    """`fit` with Adam on batches of 100: a mean-field network, and the same without noise."""
    rng = np.random.default_rng(0)
    x = rng.random((steps * BATCH, 784), np.float32)
    x, y = x if name == MLP else x.reshape(-1, 28, 28, 1), rng.integers(10, size=len(x))

    def fit(model, kind: ModuleType) -> Callable[[int, int], object]:
        loss = kind.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(kind.optimizers.Adam(), loss)
        return lambda count, repeat: model.fit(
            x[: count * BATCH], y[: count * BATCH], batch_size=BATCH, verbose=0
        )

    return [
        Rival(name, FIT, steps, fit(mean_field(name, len(x)), keras)),
        Rival(name, STEP, steps, fit(deterministic(name), keras)),
        Rival(name, "tfp.layers fit", steps, fit(tfp_layers(name, len(x)), tf_keras)),
    ]


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; return the exit status."""
    parser = contest.parser(__doc__, repeats=5)
    parser.add_argument("--inputs", type=contest.whole, default=10_000, help="inputs of a prediction")
    parser.add_argument(
        "--draws", type=int, default=100, help="draws of 784-400-10 in a repeat; LeNet-5: a twentieth"
    )
    parser.add_argument(
        "--steps", type=int, default=100, help="training steps of 784-400-10 in a repeat; LeNet-5: a quarter"
    )
    parser.add_argument("--comparisons", type=int, default=100, help="of two laws, with the same uniforms")
    options = contest.options(parser, arguments, inputs=1, draws=1, steps=1, comparisons=10)
    inputs, draws, steps = options.inputs, options.draws, options.steps
    tf.get_logger().setLevel("ERROR")  # it takes one graph for each network for a mistake

    def compete(*contests: Callable[[], list[Rival]]) -> list[Row]:
        return [row for rivals in contests for row in contest.measure(rivals(), repeats=options.repeats)]

    predicted = compete(
        lambda: predictions(MLP, inputs, draws), lambda: predictions(LENET, inputs, draws // 20 or 1)
    )
    trained = compete(lambda: training(MLP, steps), lambda: training(LENET, steps // 4 or 1))
    outcomes = contest.outcomes(GOALS, [*predicted, *trained])
    taken = [memory(count, inputs // 10 or 1) for count in (draws // 10 or 1, draws * 10)]
    reduced = reductions(draws, options.comparisons)

    print(contest.table(predicted, subject="network", unit="draws"))
    if not any(row.method == TORCH for row in predicted):
        print(f"{TORCH} takes no part: it cannot be imported")
    print(contest.table(trained, subject="network", unit="steps"))
    print(*outcomes, *taken, *reduced, sep="\n")
    if options.json:
        contest.write(
            options.json,
            benchmark="networks",
            peers=("tf-keras", "torch", "bayesian-torch"),
            inputs=inputs,
            repeats=options.repeats,
            baseline=PREDICT,
            rows=[row.named(subject="network", unit="draws") for row in predicted],
            training_baseline=FIT,
            training=[row.named(subject="network", unit="steps") for row in trained],
            goals=[outcome.record() for outcome in outcomes],
            memory=[asdict(row) for row in taken],
            variance_reduction=[asdict(row) for row in reduced],
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
