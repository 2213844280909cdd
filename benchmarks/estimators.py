"""What a training step costs by each estimator beside one without noise, and how much its gradient scatters.

    python -m benchmarks.estimators [--steps 50] [--gradients 200] [--repeats 5] [--json out.json]

The baseline is the deterministic network with Keras's Adam. The floor has no noise and no divergence, but
twice the numbers to train, as a mean and a standard deviation for each weight are: no estimator can cost less
with that optimizer. Gradients are those of one batch of digits at one place, of the first kernel's means: the
sum of their variances over draws, over that of one draw for all examples. Peers: TFP's Flipout layers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from types import ModuleType

import numpy as np

from benchmarks import contest
from benchmarks.contest import Rival, Row
from benchmarks.mean_field_networks import deterministic, mean_field, stacked, tfp_layers
from benchmarks.subjects import LENET, MLP, digits, digits_source
from noisyweights.networks.fused_adam import FusedAdam
from noisyweights.networks.mean_field import estimators

import keras  # isort: skip  (the library loads TensorFlow quietly)
import tensorflow as tf  # isort: skip
import tensorflow_probability as tfp  # isort: skip
import tf_keras  # isort: skip

__all__ = ["GOAL", "Scatter", "scatter", "steps"]

PLAIN, FLOOR, FLIPOUT = "deterministic", "twice the numbers, no noise", "tfp.layers flipout"
GOAL = 1.3  # times the time of a deterministic step
BATCH = 100


@dataclass(frozen=True)
class Scatter:
    """Variance of the gradient by one estimator over that of one shared draw, with a 90 % interval."""

    network: str
    method: str
    ratio: float
    low: float
    high: float

    def __str__(self) -> str:
        return (
            f"{self.network}, {self.method}: variance of the gradient {self.ratio:.3g} "
            f"({self.low:.3g} to {self.high:.3g}) × that of a shared draw"
        )


class _Doubled(keras.layers.Layer):
    """A layer with a second number for each weight, which has a gradient and no other part."""

    def __init__(self, layer: keras.layers.Layer):
        super().__init__()
        self.layer = layer

    def build(self, shape):
        self.layer.build(shape)
        self.second = self.add_weight(shape=self.layer.kernel.shape, initializer="zeros")
        self.built = True

    def call(self, x):
        self.add_loss(tf.nn.l2_loss(self.second.value) * 1e-6)
        return self.layer(x)

    def compute_output_shape(self, shape):
        return self.layer.compute_output_shape(shape)


def doubled(name: str) -> keras.Model:
    """The network without noise, and with twice the numbers to train."""
    dense, convolution = (
        lambda *args, kind=kind, **kwargs: _Doubled(kind(*args, **kwargs))
        for kind in (keras.layers.Dense, keras.layers.Conv2D)
    )
    return stacked(name, keras, dense, convolution)


def tfp_flipout(name: str):
    """The network in TFP's Flipout layers."""
    return tfp_layers(name, 60_000, (tfp.layers.DenseFlipout, tfp.layers.Convolution2DFlipout))


def steps(name: str, count: int) -> list[Rival]:
    """`fit` on batches of 100, the deterministic network first."""
    x, y = _examples(name, count * BATCH)

    def fit(model, kind: ModuleType, optimizer: Callable) -> Callable[[int, int], object]:
        model.compile(optimizer(), kind.losses.SparseCategoricalCrossentropy(from_logits=True))
        taken = {"batch_size": BATCH, "verbose": 0}
        return lambda number, repeat: model.fit(x[: number * BATCH], y[: number * BATCH], **taken)

    ways = {PLAIN: deterministic(name), FLOOR: doubled(name), **_estimated(name)}
    rivals = [
        Rival(name, method, count, fit(model, keras, keras.optimizers.Adam)) for method, model in ways.items()
    ]
    again = {PLAIN: deterministic(name), **_estimated(name)}
    rivals += [
        Rival(name, f"{method}, Adam in one pass", count, fit(model, keras, FusedAdam))
        for method, model in again.items()
    ]
    peer = fit(tfp_flipout(name), tf_keras, tf_keras.optimizers.Adam)
    return [*rivals, Rival(name, FLIPOUT, count, peer)]


def scatter(name: str, gradients: int) -> list[Scatter]:
    """Measure how much the gradient scatters over draws, all ways at the same means and deviations."""
    x, y = (tf.constant(one) for one in _examples(name, BATCH))

    def loss(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))

    ways = _estimated(name)
    start = ways[estimators.ESTIMATORS[0]]
    peer = tfp_flipout(name)
    _take_weights(start, peer)
    first = {method: model.layers[0].kernel_loc.value for method, model in ways.items()}
    first[FLIPOUT] = next(one for one in peer.trainable_weights if "loc" in one.name)
    found = {}
    for method, model in {**ways, FLIPOUT: peer}.items():

        @tf.function(autograph=False)
        def gradient(model=model, at=first[method]) -> tf.Tensor:
            with tf.GradientTape() as tape:
                value = loss(y, model(x, training=True))
            return tape.gradient(value, at)

        found[method] = np.stack([gradient().numpy().ravel() for _ in range(gradients)])
    rng = np.random.default_rng(0)
    shared = found.pop(estimators.ESTIMATORS[0])
    return [_scatter(name, method, one, shared, rng) for method, one in found.items()]


def _scatter(
    name: str, method: str, own: np.ndarray, shared: np.ndarray, rng: np.random.Generator
) -> Scatter:
    """Ratio of summed variances; the interval is of nine in ten bootstrap values over draws."""
    apart, base = (np.square(one - one.mean(0)).sum(1) for one in (own, shared))
    again = [
        apart[rng.integers(len(apart), size=len(apart))].mean()
        / base[rng.integers(len(base), size=len(base))].mean()
        for _ in range(1000)
    ]
    return Scatter(
        name, method, float(apart.mean() / base.mean()), *map(float, np.quantile(again, [0.05, 0.95]))
    )


def _examples(name: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    x = digits(count)
    labels = np.random.default_rng(0).integers(10, size=count)
    return (x if name == MLP else x.reshape(-1, 28, 28, 1)), labels


def _estimated(name: str) -> dict[str, keras.Model]:
    start = mean_field(name, 60_000)
    return {word: estimators.with_estimator(start, estimator=word) for word in estimators.ESTIMATORS}


def _take_weights(start: keras.Model, peer) -> None:
    """Give TFP's network the means, deviations and biases of ours."""
    ours = [layer for layer in start.layers if hasattr(layer, "kernel_loc")]
    theirs = [layer for layer in peer.layers if hasattr(layer, "kernel_posterior")]
    for own, other in zip(ours, theirs, strict=True):
        scale = np.exp(own.kernel_log_scale.numpy())
        for weight in other.trainable_weights:
            if "untransformed_scale" in weight.name:
                weight.assign(tfp.math.softplus_inverse(scale))
            elif "kernel" in weight.name:
                weight.assign(own.kernel_loc.numpy())
            else:
                weight.assign(own.bias.numpy())


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; return the exit status."""
    parser = contest.parser(__doc__, repeats=5)
    parser.add_argument("--steps", type=int, default=50, help="of 784-400-10 in a repeat; LeNet-5: a fifth")
    parser.add_argument("--gradients", type=int, default=200, help="draws of a gradient")
    options = contest.options(parser, arguments, steps=1, gradients=2)
    tf.get_logger().setLevel("ERROR")  # it takes one graph for each network for a mistake
    counts = {MLP: options.steps, LENET: options.steps // 5 or 1}
    rows: list[Row] = []
    for name, count in counts.items():
        rows += contest.measure(steps(name, count), repeats=options.repeats)
    scattered = [one for name in counts for one in scatter(name, options.gradients)]
    print(contest.table(rows, subject="network", unit="steps"))
    for row in rows:
        if row.method in estimators.ESTIMATORS:
            met = "met" if 1 / row.ratio <= GOAL else "NOT met"
            print(
                f"{row.subject}, {row.method}: {1 / row.ratio:.3g} × a deterministic step, goal {GOAL}: {met}"
            )
    print(*scattered, sep="\n")
    if options.json:
        contest.write(
            options.json, benchmark="estimators", repeats=options.repeats, baseline=PLAIN, goal=GOAL,
            peers=("tf-keras",), digits=digits_source(), gradients=[asdict(one) for one in scattered],
            rows=[row.named(subject="network", unit="steps") for row in rows],
        )  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
