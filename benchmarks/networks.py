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
import importlib
import multiprocessing
import sys
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType

import numpy as np

from benchmarks import contest
from benchmarks.contest import Goal, Rival, Row
from benchmarks.sampling import ECRAM, MTJ, SEPARATION
from noisyweights import networks
from noisyweights.noise import laws

import keras  # isort: skip  (the library loads TensorFlow quietly)
import tensorflow as tf  # isort: skip
import tensorflow_probability as tfp  # isort: skip
import tf_keras  # isort: skip

PREDICT, FIT = "noisyweights predict_draws", "noisyweights fit"
AS_WRITTEN = "tfp.layers predict, batches of 32"
AT_BEST = "tfp.layers in one graph"
TORCH = "bayesian-torch"
PRODUCTS = "bare matrix products"
LIMIT = "deterministic forward pass"
STEP = "deterministic fit"
MLP, LENET = "784-400-10", "LeNet-5"
BATCH = 100
GOALS = [
    *(Goal(network, AS_WRITTEN, 40) for network in (MLP, LENET)),
    *(Goal(network, AT_BEST, 1) for network in (MLP, LENET)),
    Goal(MLP, PRODUCTS, 0.9),
    Goal(LENET, LIMIT, 0.9),
    *(Goal(network, STEP, 0.5) for network in (MLP, LENET)),
]


def stacked(name: str, kind: ModuleType, dense: Callable, convolution: Callable):
    """One of the two networks, of Keras 3 or of the older Keras that TFP's layers are made for."""
    layers = kind.layers
    parts = {
        MLP: lambda: [layers.Input((784,)), dense(400, activation="relu"), dense(10)],
        LENET: lambda: [
            layers.Input((28, 28, 1)),
            convolution(6, 5, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            convolution(16, 5, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            dense(120, activation="relu"),
            dense(84, activation="relu"),
            dense(10),
        ],
    }
    return kind.Sequential(parts[name]())


def deterministic(name: str) -> keras.Model:
    """The network without noise."""
    return stacked(name, keras, keras.layers.Dense, keras.layers.Conv2D)


def mean_field(name: str, examples: int) -> keras.Model:
    """The network in this library's layers, with Gaussian weights as TFP's layers have."""
    return networks.twins.from_deterministic(
        deterministic(name),
        law=laws.gaussian(),
        prior_scale=1.0,
        kl_weight=1 / examples,
        biases="learned",
        initial_scale=0.05,
        seed=0,
    )


def tfp_layers(name: str, examples: int):
    """The network in TFP's layers, whose older Keras warns of itself."""

    def divergence(q, p, _):
        return tfp.distributions.kl_divergence(q, p) / examples

    dense, convolution = (
        functools.partial(layer, kernel_divergence_fn=divergence)
        for layer in (tfp.layers.DenseReparameterization, tfp.layers.Convolution2DReparameterization)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return stacked(name, tf_keras, dense, convolution)


def one_by_one(predict: Callable[[], object]) -> Callable[[int, int], np.ndarray]:
    """As many predictions as wanted, each of another draw, in one array."""
    return lambda count, repeat: np.stack([np.asarray(predict()) for _ in range(count)])


def graph(model: Callable, x: tf.Tensor) -> Callable[[], tf.Tensor]:
    """All inputs through a model at once, in one graph."""
    return functools.partial(tf.function(model, autograph=False), x)


def torch_mlp(x: np.ndarray) -> Callable[[], object]:
    """The 784-400-10 network in bayesian-torch, without its divergence."""
    torch = importlib.import_module("torch")
    layer = importlib.import_module("bayesian_torch.layers").LinearReparameterization
    first, second, inputs = layer(784, 400), layer(400, 10), torch.from_numpy(x)

    def predict():
        with torch.no_grad():
            return second(torch.relu(first(inputs, return_kl=False)), return_kl=False)

    return predict


def predictions(name: str, inputs: int, draws: int) -> list[Rival]:
    """Everyone who can predict by random weights, and the limit: as many inputs at once as there are."""
    fewer = max(1, draws // 5)
    x = np.random.default_rng(0).random((inputs, 784), np.float32)
    x = x if name == MLP else x.reshape(-1, 28, 28, 1)
    constant, ours, peer = tf.constant(x), mean_field(name, inputs), tfp_layers(name, inputs)

    def predict_draws(count: int, repeat: int) -> np.ndarray:
        return networks.inference.predict_draws(ours, x, draws=count, seed=repeat, batch_size=inputs)

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


@dataclass(frozen=True)
class Memory:
    """Memory that `predict_draws` took at its peak, its output apart, both in MiB."""

    draws: int
    inputs: int
    output_mib: float
    working_mib: float

    def __str__(self) -> str:
        return (
            f"{self.draws} draws for {self.inputs} inputs: {self.working_mib:.1f} MiB of memory "
            f"beyond an output of {self.output_mib:.1f} MiB"
        )


def memory(draws: int, inputs: int) -> Memory:
    """Measure in a fresh process, whose memory nothing else has stretched."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_memory, draws, inputs).result()


def _memory(draws: int, inputs: int) -> Memory:
    model, x = mean_field(MLP, inputs), np.zeros((inputs, 784), np.float32)
    networks.inference.predict_draws(model, x, draws=1, seed=0)  # compile
    # Linux forgets the peak at this sign. Without it, that of loading TensorFlow would hide the prediction's.
    Path("/proc/self/clear_refs").write_text("5")
    before = _status_mib("VmRSS")
    found = networks.inference.predict_draws(model, x, draws=draws, seed=0)
    output = found.nbytes / 2**20
    return Memory(draws, inputs, output, _status_mib("VmHWM") - before - output)


def _status_mib(name: str) -> float:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(name)) / 1024


@dataclass(frozen=True)
class Reduction:
    """By what factor the same uniforms lower the variance of a comparison of two laws.

    Compared are the predictive standard deviations of two networks that differ by their law alone, each from
    `draws` draws. The factor is over means of variances at all inputs, from as many `comparisons`; low and
    high hold nine in ten of its bootstrap values.
    """

    law: str
    draws: int
    comparisons: int
    factor: float
    low: float
    high: float

    def __str__(self) -> str:
        return (
            f"{self.law} against gaussian: the same uniforms lower the variance of the difference of spreads "
            f"{self.factor:.3g} times ({self.low:.3g} to {self.high:.3g})"
        )


def reductions(draws: int, comparisons: int) -> list[Reduction]:
    """Each law against the Gaussian, in a regression network of two hidden layers at 31 inputs."""
    x = np.linspace(-1.5, 1.5, 31, dtype=np.float32)[:, None]
    sizes = [keras.layers.Dense(32, activation="relu"), keras.layers.Dense(32, activation="relu")]
    network = keras.Sequential([keras.layers.Input((1,)), *sizes, keras.layers.Dense(1)])
    gaussian = networks.twins.from_deterministic(
        network,
        law=laws.gaussian(),
        prior_scale=1.0,
        kl_weight=0.0,
        biases="fixed",
        initial_scale=0.2,
        seed=0,
    )

    def spreads(model: keras.Model, seed: int) -> np.ndarray:
        found = networks.inference.predict_draws(model, x, draws=draws * comparisons, seed=seed)
        return found.reshape(comparisons, draws, len(x)).std(1, ddof=1)

    reference = spreads(gaussian, 0)
    rng = np.random.default_rng(0)
    again = rng.integers(comparisons, size=(1000, comparisons))
    listed = []
    for name, law in {
        "bayes_mtj": laws.bayes_mtj(**MTJ),
        "ecram": laws.ecram(**ECRAM),
        "bimodal": laws.bimodal(separation=SEPARATION),
    }.items():
        other = networks.twins.with_law(gaussian, law)
        same, apart = (spreads(other, seed) - reference for seed in (0, 1))

        def factor(rows: np.ndarray | slice, same=same, apart=apart) -> float:
            return float(apart[rows].var(0, ddof=1).mean() / same[rows].var(0, ddof=1).mean())

        low, high = np.quantile([factor(rows) for rows in again], [0.05, 0.95])
        listed.append(Reduction(name, draws, comparisons, factor(slice(None)), float(low), float(high)))
    return listed


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; return the exit status."""
    parser = contest.parser(__doc__, repeats=5)
    parser.add_argument("--inputs", type=float, default=1e4, help="inputs of a prediction")
    parser.add_argument(
        "--draws", type=int, default=100, help="draws of 784-400-10 in a repeat; LeNet-5: a twentieth"
    )
    parser.add_argument(
        "--steps", type=int, default=100, help="training steps of 784-400-10 in a repeat; LeNet-5: a quarter"
    )
    parser.add_argument("--comparisons", type=int, default=100, help="of two laws, with the same uniforms")
    options = parser.parse_args(arguments)
    inputs, draws, steps = int(options.inputs), options.draws, options.steps
    if min(inputs, draws, steps, options.repeats) < 1 or options.comparisons < 10:
        parser.error("--inputs, --draws, --steps and --repeats must be at least 1, --comparisons at least 10")
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
