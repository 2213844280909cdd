"""Passes and training steps of binary networks a second, beside those of full precision.

    python -m benchmarks.binary [--inputs 1e4] [--repeats 5] [--json out.json]

The baseline is a prediction by ten passes of the binary LeNet-5 with random scales. Its rivals are one pass
of the same network in full precision, a deep ensemble of five, and ten passes that share nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np

from benchmarks import contest
from benchmarks.contest import Goal, Rival, repeated
from benchmarks.subjects import LENET
from noisyweights.networks.binary import layers as binary
from noisyweights.networks.binary import models, stochastic_passes

import keras  # isort: skip  (the library loads TensorFlow quietly)
import tensorflow as tf  # isort: skip

PASSES, MEMBERS, BATCH = 10, 5, 100
PREDICT, AFRESH = "ten passes", "ten passes, nothing shared"
ONE_PASS, ENSEMBLE = "full precision, one pass", "full precision, ensemble of five"
FIT, FIT_FULL, FIT_POINT = "random scales, fit", "full precision, fit", "32-bit scales, fit"
GOALS = [
    Goal(LENET, ONE_PASS, 1 / 8),
    Goal(LENET, FIT_FULL, 1 / 2.5),
]
SCALE = models.RandomScale(prior_loc=1.0, prior_scale=1.0, kl_weight=0.001, bits=4, initial_scale=0.1)
FULL = models.FullPrecision(activation="relu")
SIZE = 1000  # inputs that go through a network at once


def predictions(inputs: int) -> list[Rival]:
    """Predictions of all inputs by whole networks."""
    x = np.random.default_rng(0).random((inputs, 28, 28, 1), np.float32)
    ours = models.lenet5(models.Binary(scale=SCALE), seed=0)
    full = [models.lenet5(FULL, seed=member) for member in range(MEMBERS)]
    scales = stochastic_passes.stored_samples(ours, PASSES, seed=0)
    predict, one_pass = (
        stochastic_passes.predictor(ours, passes=PASSES, batch_size=SIZE),
        stochastic_passes.predictor(ours, passes=1, batch_size=SIZE),
    )

    def afresh() -> None:
        for at in range(PASSES):
            one_pass(x, [one[at : at + 1] for one in scales])

    def plain(network: keras.Model) -> np.ndarray:
        return network.predict(x, batch_size=SIZE, verbose=0)

    return [
        Rival(LENET, PREDICT, 2, repeated(lambda: predict(x, scales))),
        Rival(LENET, AFRESH, 1, repeated(afresh)),
        Rival(LENET, ONE_PASS, 5, repeated(lambda: plain(full[0]))),
        Rival(LENET, ENSEMBLE, 2, repeated(lambda: [plain(network) for network in full])),
    ]


def training(steps: int) -> list[Rival]:
    """`fit` with Adam on batches of 100."""
    rng = np.random.default_rng(0)
    x = rng.random((steps * BATCH, 28, 28, 1), np.float32)
    y = rng.integers(10, size=len(x))

    def fit(recipe: models.Recipe) -> Callable[[int, int], object]:
        network = models.lenet5(recipe, seed=0)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        network.compile(keras.optimizers.Adam(), loss, jit_compile=False)
        return lambda count, repeat: network.fit(
            x[: count * BATCH], y[: count * BATCH], batch_size=BATCH, verbose=0,
            callbacks=[binary.ErrorDecay(epochs=1)],
        )  # fmt: skip

    return [
        Rival(LENET, FIT, steps, fit(models.Binary(scale=SCALE))),
        Rival(LENET, FIT_POINT, steps, fit(models.Binary(scale=None))),
        Rival(LENET, FIT_FULL, steps, fit(FULL)),
    ]


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; return the exit status."""
    parser = contest.parser(__doc__, repeats=5)
    parser.add_argument("--inputs", type=contest.whole, default=10_000, help="pictures of a prediction")
    parser.add_argument("--steps", type=int, default=50, help="training steps in a repeat")
    options = contest.options(parser, arguments, inputs=1, steps=1)
    tf.get_logger().setLevel("ERROR")  # it takes one graph for each network for a mistake
    predicted = contest.measure(predictions(options.inputs), repeats=options.repeats)
    trained = contest.measure(training(options.steps), repeats=options.repeats)
    outcomes = contest.outcomes(GOALS, [*predicted, *trained])
    print(contest.table(predicted, subject="network", unit="predictions"))
    print(contest.table(trained, subject="network", unit="steps"))
    print(*outcomes, sep="\n")
    if options.json:
        contest.write(
            options.json,
            benchmark="binary",
            peers=(),
            inputs=options.inputs,
            repeats=options.repeats,
            baseline=PREDICT,
            rows=[row.named(subject="network", unit="predictions") for row in predicted],
            training_baseline=FIT,
            training=[row.named(subject="network", unit="steps") for row in trained],
            goals=[outcome.record() for outcome in outcomes],
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
