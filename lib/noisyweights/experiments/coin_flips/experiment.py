"""Coin flips: what a trained network's votes say when each of its weights is tossed for every draw.

Chapter 8; Table I, Fig. 2 to 8 of the sampling paper.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy import special

from noisyweights import seeds
from noisyweights.datasets.images import LabelledImages
from noisyweights.datasets.source import DataSource
from noisyweights.experiments import image_inputs, mean_field_training
from noisyweights.experiments.coin_flips import networks as coin_networks
from noisyweights.experiments.coin_flips.choices import likeness, opinions
from noisyweights.experiments.device import Device
from noisyweights.ledger.claims import Measurement
from noisyweights.networks.coin_flips import output_moments, sampling, votes
from noisyweights.networks.mean_field import inference
from noisyweights.scores import metrics
from noisyweights.scores.replicates import largest, mean_interval, ratio_interval

import keras  # isort: skip  (the library loads TensorFlow quietly)

__all__ = [
    "BAYESIAN",
    "DATASETS",
    "PRECISIONS",
    "PROFILES",
    "TASKS",
    "Bayesian",
    "Config",
    "Result",
    "Sampled",
    "collect",
    "compute",
    "load",
    "make_network",
    "measurements",
    "points",
]

DATASETS = ("mnist", "fashion_mnist")
TASKS = ("mnist-ff", "mnist-conv", "fashion-ff", "fashion-conv")
BAYESIAN = ("mnist-bayes", "fashion-bayes")
PRECISIONS = ("full", 8, 4)
CHOSEN = 500  # pictures whose inputs to each layer are looked at
TOSSES = 300  # of the first layer
MEAN_FIELD = {"prior_scale": 1.0, "initial_scale": 0.01}  # of every kernel weight


@dataclass(frozen=True, kw_only=True)
class Config(coin_networks.Settings):
    """Settings of Table I and what belongs to it; the paper's where it states them."""

    repeats: int = field(metadata={"words": "trainings of each network, from other starts"})
    epochs: int = field(metadata={"words": "of training"})
    conv_epochs: int = field(metadata={"words": "of training, convolutional"})
    draws: int = field(metadata={"words": "sampled networks, K in the paper"})
    coarse: int = field(metadata={"words": "sampled networks for each further precision"})
    bayes_epochs: int = field(metadata={"words": "of the Bayesian network, without noise and with it"})
    bayes_draws: int = field(metadata={"words": "of the Bayesian network"})
    hidden: int = field(default=400, metadata={"words": "units of the feed-forward network"})
    filters: int = field(default=32, metadata={"words": "filters of 3 × 3 of the convolutional network"})
    dense: int = field(default=100, metadata={"words": "units behind them"})
    conv_dropout: float = field(default=0.5, metadata={"words": "in training, convolutional; not stated"})


PROFILES = {
    "smoke": Config(
        seed=8, trained=200, tested=100, repeats=1, epochs=2, conv_epochs=1, draws=20, coarse=5,
        bayes_epochs=1, bayes_draws=10, hidden=20, filters=2, dense=10,
    ),
    "quick": Config(
        seed=8, trained=2000, tested=1000, repeats=2, epochs=40, conv_epochs=20, draws=200, coarse=50,
        bayes_epochs=5, bayes_draws=50, filters=8,
    ),
    "full": Config(
        seed=8, trained=None, tested=None, repeats=3, epochs=100, conv_epochs=20, draws=1000, coarse=50,
        bayes_epochs=10, bayes_draws=200,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Sampled:
    """What the sampled networks of one task say, in all trainings on the first axis.

    standard (trainings, n): the class that each network calls without coins; runner_up the second by its
    outputs. votes by precision, (trainings, n, classes). by_count (trainings, counts): accuracy [%] after
    `Result.counts` draws, error: root mean square error of the shares of votes then, NaN for more than half
    of all draws. single (trainings, draws): accuracy of each draw. coarse (trainings, 8): accuracy [%] at 1
    to 8 bits. product_bias, product_slope, activation_bias, (trainings,): of the first sampled layer, means
    and least squares over units and pictures. offset (trainings,): see `coin_networks.offset`. expected
    (trainings,): accuracy [%] of the largest mean logit over all coins, see `output_moments.output_moments`.
    """

    standard: np.ndarray
    runner_up: np.ndarray
    votes: Mapping[int | str, np.ndarray]
    by_count: np.ndarray
    error: np.ndarray
    single: np.ndarray
    coarse: np.ndarray
    product_bias: np.ndarray
    product_slope: np.ndarray
    activation_bias: np.ndarray
    offset: np.ndarray
    expected: np.ndarray

    def entropy_auroc(self, labels: np.ndarray) -> np.ndarray:
        """How well the entropy of the votes tells wrong from right first choices: area, (trainings,)."""
        ballots = self.votes["full"]
        wrong = votes.first_choice(ballots) != labels
        pairs = zip(votes.vote_entropy(ballots), wrong, strict=True)
        return np.array([metrics.auroc(entropy, of) for entropy, of in pairs])

    def accuracy(self, labels: np.ndarray, precision: int | str | None = None) -> np.ndarray:
        """Accuracy [%] of each training: without coins, or of the first choice at a precision."""
        first = self.standard if precision is None else votes.first_choice(self.votes[precision])
        return 100 * (first == labels).mean(1)


@dataclass(frozen=True)
class Bayesian:
    """What draws of a mean-field network under the device's law say, in all trainings on the first axis.

    votes (trainings, n, classes): of the largest output of each draw; probabilities alike: their mean.
    """

    votes: np.ndarray
    probabilities: np.ndarray


@dataclass(frozen=True)
class Result:
    """What the chapter shows: by task what was sampled, the test pictures' labels, and their source.

    counts: numbers of draws after which votes were counted. bayesian: by "mnist" and "fashion".
    """

    config: Config
    counts: tuple[int, ...]
    sampled: Mapping[str, Sampled]
    bayesian: Mapping[str, Bayesian]
    labels: Mapping[str, np.ndarray]
    sources: Mapping[str, DataSource]


def points(config: Config) -> tuple[str, ...]:
    """Task and number of a training: "mnist-ff-0"."""
    return tuple(f"{task}-{repeat}" for repeat in range(config.repeats) for task in (*TASKS, *BAYESIAN))


def counts(config: Config) -> tuple[int, ...]:
    """Numbers of draws after which votes are counted: 1, 2, 5, 10 … up to all."""
    steps = sorted({k * 10**power for k in (1, 2, 5) for power in range(4)})
    return (*(count for count in steps if count < config.draws), config.draws)


def load(config: Config, task: str, split: str) -> LabelledImages:
    """The pictures of a task, as many as the profile takes."""
    return coin_networks.load(config, "mnist" if task.startswith("mnist") else "fashion_mnist", split)


def make_network(config: Config, task: str, *, seed: int) -> keras.Model:
    """Return the untrained network of a task."""
    if task.endswith("conv"):
        layers = {"filters": (config.filters,), "hidden": (config.dense,), "dropout": config.conv_dropout}
    else:
        # Dropout is no part of the likelihood that a Bayesian network is fitted to.
        layers = {"hidden": (config.hidden,), "dropout": 0.0 if task in BAYESIAN else config.dropout}
    start = "free" if task in BAYESIAN else "paper"
    return coin_networks.make((28, 28, 1), **layers, start=start, seed=seed)


def compute(config: Config, point: str, device: Device) -> dict[str, np.ndarray]:
    """Train one network and sample it; the device has a part in the Bayesian network alone."""
    task, _, repeat = point.rpartition("-")
    seed = config.seed + 1000 * int(repeat)
    train, test = load(config, task, "train"), load(config, task, "test")
    network = make_network(config, task, seed=seed)
    found = {"source": image_inputs.checksum(test.source)}
    x = image_inputs.scaled(test)
    if task in BAYESIAN:
        # Variational inference starts where a short training without noise ends.
        coin_networks.train(config, network, train, epochs=config.bayes_epochs, seed=seed)
        return found | _bayesian(config, network, device, train, x, seed=seed)
    epochs = config.conv_epochs if task.endswith("conv") else config.epochs
    coin_networks.train(config, network, train, epochs=epochs, seed=seed)
    order = coin_networks.ranked(network, x)
    return (
        found
        | {"standard": order[:, 0], "runner_up": order[:, 1]}
        | {"offset": np.array(coin_networks.offset(network, x[:CHOSEN]))}
        | _first_layer(network, x[:CHOSEN], seed=seed)
        | _sampled(config, network, x, test.labels, seed=seed)
    )


def _bayesian(
    config: Config, network: keras.Model, device: Device, train: LabelledImages, x: np.ndarray, *, seed: int
) -> dict[str, np.ndarray]:
    """Votes and mean probabilities of the network's mean-field twin under the device's law."""
    twin = mean_field_training.mean_field_classifier(
        network,
        image_inputs.scaled(train),
        train.labels,
        law=device.law,
        epochs=config.bayes_epochs,
        batch_size=config.batch_size,
        seed=seed,
        **MEAN_FIELD,
    )
    draws = inference.predict_draws(twin, x, draws=config.bayes_draws, seed=seed)
    return {
        "votes": votes.count(draws.argmax(-1), draws.shape[-1]),
        "probabilities": special.softmax(draws.astype(np.float64), -1).mean(0),
    }


def _sampled(
    config: Config, network: keras.Model, x: np.ndarray, labels: np.ndarray, *, seed: int
) -> dict[str, np.ndarray]:
    """Votes at each precision and after each count, and the accuracy of single draws."""
    common = {"sampled_layers": "dense", "seed": seed}
    choices = sampling.sample_choices(network, x, draws=config.draws, precision="full", **common)
    by_count = [
        100 * np.mean(votes.first_choice(votes.count(choices[:count], 10)) == labels)
        for count in counts(config)
    ]
    mean = output_moments.output_moments(network, x).mean
    found = {
        "expected": np.array(100 * np.mean(mean.argmax(1) == labels)),
        "votes_full": votes.count(choices, 10),
        "by_count": np.array(by_count),
        "error": np.array([_share_error(choices, count) for count in counts(config)]),
        "single": (choices == labels).mean(1),
    }
    for bits in PRECISIONS[1:]:
        found[f"votes_{bits}"] = sampling.sample_votes(
            network, x, draws=config.draws, precision=bits, **common
        )
    coarse = [
        sampling.sample_votes(network, x, draws=config.coarse, precision=bits, **common)
        for bits in range(1, 9)
    ]
    return found | {"coarse": np.array([100 * np.mean(votes.first_choice(v) == labels) for v in coarse])}


def _share_error(choices: np.ndarray, count: int) -> float:
    """Root mean square error of the shares of so many votes; NaN where there are not twice as many."""
    if 2 * count > len(choices):
        return np.nan
    share, other = (votes.count(some, 10) / count for some in (choices[:count], choices[count : 2 * count]))
    # Two independent estimates differ by √2 times the error of one.
    return float(np.sqrt(np.mean((share - other) ** 2) / 2))


def _first_layer(network: keras.Model, x: np.ndarray, *, seed: int) -> dict[str, np.ndarray]:
    """Bias of the first sampled layer's products, and of the activations behind them.

    All over units and pictures. product_bias: mean error of the tossed products over the root mean square of
    the exact ones. product_slope: of tossed against exact products, by least squares through 0.
    activation_bias: mean size of the error of the mean activation, over the root mean square of activations
    without coins.

    A coin's mean is its weight w and its variance |w|(1 − |w|). A sum of hundreds of coins is nearly normal,
    so that the mean of its positive part follows from these two.
    """
    layer = next(layer for layer in network.layers if isinstance(layer, keras.layers.Dense))
    given = keras.Model(network.inputs, layer.input).predict(x, verbose=0)
    kernel = layer.kernel.numpy()
    exact = given @ kernel
    variance = given**2 @ (np.abs(kernel) * (1 - np.abs(kernel)))
    coins = sampling.sampled_coins(network, precision="full", sampled_layers="dense")[layer.name]
    rng = seeds.generator(seed, "first layer")
    tossed = sum(given @ coins.toss(rng).astype(np.float32) for _ in range(TOSSES)) / TOSSES
    mean = exact + layer.bias.numpy()
    active, _ = output_moments.rectified(mean, variance)
    plain = np.maximum(mean, 0)
    return {
        "product_bias": np.array(np.mean(tossed - exact) / np.sqrt(np.mean(exact**2))),
        "product_slope": np.array(np.sum(tossed * exact) / np.sum(exact**2)),
        "activation_bias": np.array(np.mean(np.abs(active - plain)) / np.sqrt(np.mean(plain**2))),
    }


def collect(config: Config, device: Device, points: Mapping[str, dict[str, np.ndarray]]) -> Result:
    """Stack the trainings of each task.

    Raises ValueError for points that were computed on other pictures than would be loaded now.
    """
    tests = {task: load(config, task, "test") for task in (*TASKS, *BAYESIAN)}
    image_inputs.check_source(points, {name: tests[name.rpartition("-")[0]].source for name in points})
    names = (
        "by_count",
        "error",
        "single",
        "coarse",
        "product_bias",
        "product_slope",
        "activation_bias",
        "offset",
        "expected",
    )

    def stacked(task: str, name: str) -> np.ndarray:
        return np.stack([points[f"{task}-{repeat}"][name] for repeat in range(config.repeats)])

    return Result(
        config,
        counts(config),
        {
            task: Sampled(
                stacked(task, "standard"),
                stacked(task, "runner_up"),
                {precision: stacked(task, f"votes_{precision}") for precision in PRECISIONS},
                *(stacked(task, name) for name in names),
            )
            for task in TASKS
        },
        {
            task.partition("-")[0]: Bayesian(stacked(task, "votes"), stacked(task, "probabilities"))
            for task in BAYESIAN
        },
        labels={task: test.labels for task, test in tests.items()},
        sources={task: test.source for task, test in tests.items()},
    )


def measurements(result: Result) -> list[Measurement]:
    """Quantities of the claims on Table I's networks, and the half of S-entropy that is on MNIST.

    A part of a set does not tell the accuracies of Table I: then the claims on these are left out.
    """
    found = _of_digits(result)
    config = result.config
    if config.trained or config.tested or any(source.embedded for source in result.sources.values()):
        return found
    return found + _of_accuracies(result) + _of_clothes(result)


def _interval(claim: str, quantity: str, values: np.ndarray, unit: str = "") -> Measurement:
    return Measurement(claim, quantity, *mean_interval(values), len(values), unit)


def _of_accuracies(result: Result) -> list[Measurement]:
    single, losses = result.sampled["mnist-ff"].single, {}
    within = ((single >= 0.2) & (single <= 0.5)).mean(1)
    found = [
        _interval("S-single", "mean_single_accuracy", single.mean(1)),
        _interval("S-single", "share_in_range", within),
    ]
    for task in TASKS:
        sampled, labels = result.sampled[task], result.labels[task]
        standard = sampled.accuracy(labels)
        by_precision = {precision: sampled.accuracy(labels, precision) for precision in PRECISIONS}
        losses[task] = standard - by_precision["full"]
        words = {"full": "sampled", 8: "8bit", 4: "4bit"}
        found.append(_interval(f"S-{task}", "accuracy_standard", standard, "%"))
        found += [
            _interval(f"S-{task}", f"accuracy_{words[precision]}", accuracy, "%")
            for precision, accuracy in by_precision.items()
        ]
        if task == "fashion-ff":
            found.append(_interval(f"S-{task}", "sampling_loss", losses[task], "points"))
    ratios = [ratio_interval(losses[f"{name}-conv"], losses[f"{name}-ff"]) for name in ("mnist", "fashion")]
    found += [
        _interval("S-conv-stable", f"conv_loss_{name}", losses[f"{name}-conv"], "points")
        for name in ("mnist", "fashion")
    ]
    repeats = result.config.repeats
    found.append(Measurement("S-conv-stable", "worst_loss_ratio", *largest(ratios), repeats))
    for bits in (8, 4):
        lost = [
            mean_interval(
                result.sampled[task].accuracy(result.labels[task], "full")
                - result.sampled[task].accuracy(result.labels[task], bits)
            )
            for task in TASKS
        ]
        found.append(Measurement("S-precision", f"worst_loss_{bits}bit", *largest(lost), repeats, "points"))
        alike = np.array(
            [
                likeness(_choices(of["full"]), _choices(of[bits]), classes=10)
                for of in _by_training(result.sampled["mnist-ff"])
            ]
        )
        found.append(_interval("S-precision", f"second_correlation_{bits}bit", alike))
    return found


def _by_training(sampled: Sampled) -> list[dict[int | str, np.ndarray]]:
    return [
        {precision: found[at] for precision, found in sampled.votes.items()}
        for at in range(len(sampled.standard))
    ]


def _choices(ballots: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return votes.first_choice(ballots), votes.second_choice(ballots)


def _of_digits(result: Result) -> list[Measurement]:
    """Claims on the feed-forward network and MNIST."""
    sampled, labels = result.sampled["mnist-ff"], result.labels["mnist-ff"]
    logs = np.log(result.counts)
    usual = np.isfinite(sampled.error[0])
    slopes = np.array([np.polyfit(logs[usual], np.log(error[usual]), 1)[0] for error in sampled.error])
    found = [
        _interval("S-unbiased", "product_bias", sampled.product_bias),
        _interval("S-unbiased", "activation_bias", sampled.activation_bias),
    ]
    if result.counts[-1] >= 1000:
        gain = sampled.by_count[:, -1] - sampled.by_count[:, result.counts.index(100)]
        found.append(_interval("S-convergence", "error_exponent", slopes))
        found.append(_interval("S-convergence", "accuracy_gain_100_to_1000", gain, "points"))
    pairs = zip(
        *(choose(sampled.votes["full"]) for choose in (votes.first_choice, votes.second_choice)), strict=True
    )
    right = [opinions(first, second, labels).right_after / 100 for first, second in pairs]
    return [
        *found,
        _interval("S-second-right", "share_second_right", np.array(right)),
        _interval("S-entropy", "auroc_mnist", sampled.entropy_auroc(labels)),
    ]


def _of_clothes(result: Result) -> list[Measurement]:
    """Claims on second choices that need both sets."""
    shares: dict[str, list[float]] = {}
    for task, groups in {
        "mnist-ff": {"share_4_7_9": ((4, 7, 9), (4, 7, 9)), "share_3_to_2_5": ((3,), (2, 5))},
        "fashion-ff": {"share_shoes": ((5, 7, 9), (5, 7, 9))},
    }.items():
        labels = result.labels[task]
        ballots = result.sampled[task].votes["full"]
        for first, second in zip(votes.first_choice(ballots), votes.second_choice(ballots), strict=True):
            for name, (of, to) in groups.items():
                # The label itself counts as a runner-up only behind another of the group.
                inside = np.isin(second, to) & ((second != labels) | np.isin(first, of))
                shares.setdefault(name, []).append(float(inside[np.isin(labels, of)].mean()))
            if task == "mnist-ff":
                between = np.concatenate([second[labels == 2] == 5, second[labels == 5] == 2])
                shares.setdefault("share_2_5", []).append(float(between.mean()))
    found = [_interval("S-second", name, np.array(values)) for name, values in shares.items()]
    sampled, labels = result.sampled["fashion-ff"], result.labels["fashion-ff"]
    first, second = votes.first_choice(sampled.votes["full"]), votes.second_choice(sampled.votes["full"])
    boots, sandal = labels == 9, 5
    called = (first[:, boots] == sandal).mean(1)
    behind = [
        np.mean(s[boots][f[boots] == sandal] == 9) if (f[boots] == sandal).any() else 0.0
        for f, s in zip(first, second, strict=True)
    ]
    return [
        *found,
        _interval("S-boots", "share_called_sandal", called),
        _interval("S-boots", "share_boot_second", np.array(behind)),
    ]
