"""Binary networks: accuracy, doubt under shift and storage of seven ways to train one network.

Chapter 7; Tables I and II, Fig. 3 and §IV of the scale paper.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields

import numpy as np
from scipy import stats

from noisyweights import datasets
from noisyweights.datasets import shifts
from noisyweights.datasets.images import LabelledImages
from noisyweights.datasets.source import DataSource
from noisyweights.experiments import mean_field_training
from noisyweights.experiments.binary import recipes
from noisyweights.experiments.binary import storage as binary_storage
from noisyweights.experiments.binary.scores import (
    Predictions,
    Scores,
    ShiftScores,
    ensembles,
    score,
    score_shifts,
)
from noisyweights.experiments.device import Device
from noisyweights.experiments.image_inputs import check_source, checksum, first, scaled
from noisyweights.ledger.claims import Measurement
from noisyweights.networks.binary import models, stochastic_passes
from noisyweights.networks.mean_field import inference
from noisyweights.scores import metrics
from noisyweights.scores.estimates import Interval
from noisyweights.scores.replicates import difference_interval, largest, mean_interval

import keras  # isort: skip  (the library loads TensorFlow quietly)

__all__ = [
    "DATASETS",
    "METHODS",
    "PROFILES",
    "SHIFTS",
    "TASKS",
    "Config",
    "Result",
    "collect",
    "compute",
    "make_network",
    "measurements",
    "points",
]

DATASETS = ("mnist", "fashion_mnist")
TASKS = ("mnist", "fashion")  # of a perceptron and of LeNet-5
METHODS = ("relu", "tanh", "dropout", "ensemble", "irnet", "proposed", "variational")
SHIFTS = ("rotation", "noise")
MEAN_FIELD = {"prior_scale": 1.0, "initial_scale": 0.01}  # of every kernel weight
STEPS = 12
ANGLES = 7.0 * np.arange(STEPS + 1)  # degrees
STRENGTHS = np.arange(STEPS + 1) / STEPS  # of the noise, in parts of a pixel's range
PASSES = (1, 2, 5, 10, 20, 50, 100)
STORED = (1, 2, 4, 8, 16, 32, 64)
STORED_MARGIN = 0.01  # nats, of A-samples


@dataclass(frozen=True, kw_only=True)
class Config(recipes.Settings):
    """Settings of the chapter."""

    shifted: int = field(metadata={"words": "of them that are turned and made noisy"})
    together: int = field(metadata={"words": "trainings in one point"})
    vi_epochs: int = field(metadata={"words": "of variational inference after them"})
    hidden: int = field(
        default=512, metadata={"words": "units of a hidden layer of the perceptron; not stated"}
    )
    ensembles: int = field(default=1, metadata={"words": "of full-precision networks with ReLU"})
    members: int = field(default=5, metadata={"words": "networks of an ensemble"})


PROFILES = {
    "smoke": Config(
        seed=7, trained=200, tested=100, shifted=50, repeats=1, together=2, epochs=1, vi_epochs=1, hidden=16,
        members=2,
    ),
    "quick": Config(
        seed=7, trained=2000, tested=1000, shifted=500, repeats=2, together=6, epochs=10, vi_epochs=5,
        members=2,
    ),
    "full": Config(
        seed=7, trained=None, tested=None, shifted=5000, repeats=3, together=1, epochs=12, vi_epochs=5,
        ensembles=3,
    ),
}  # fmt: skip


def points(config: Config) -> tuple[str, ...]:
    """Task, method and number of a block of trainings, "fashion-relu-3"; ensembles are made of relu's."""
    return tuple(
        f"{task}-{method}-{block}"
        for task in TASKS
        for method in METHODS
        if method != "ensemble" and not (method == "variational" and task == "mnist")
        for block in range(-(-_trainings(config, task, method) // config.together))
    )


def _trainings(config: Config, task: str, method: str) -> int:
    return config.ensembles * config.members if (task, method) == ("fashion", "relu") else config.repeats


def make_network(config: Config, task: str, method: str, *, seed: int) -> keras.Model:
    """Return the untrained network of a task, "mnist" or "fashion", in a method's layers."""
    if task not in TASKS:
        raise ValueError(f"task must be one of {', '.join(TASKS)}, got {task!r}")
    # Mean-field inference starts from the deterministic network.
    recipe = recipes.recipe(config, "relu" if method == "variational" else method)
    if task == "mnist":
        return models.mlp(recipe, hidden=config.hidden, seed=seed)
    return models.lenet5(recipe, seed=seed)


def compute(config: Config, point: str, device: Device) -> dict[str, np.ndarray]:
    """Train the networks of a block; test them on the test set and, for "fashion", on shifted pictures."""
    task, method, block = point.split("-")
    start = int(block) * config.together
    repeats = range(start, min(start + config.together, _trainings(config, task, method)))
    train, test = load(config, task, "train"), load(config, task, "test")
    found = []
    for repeat in repeats:
        seed = config.seed + 1000 * repeat
        network = make_network(config, task, method, seed=seed)
        recipes.train(config, network, method, train, seed=seed)
        if method == "variational":
            network = mean_field_training.mean_field_classifier(
                network,
                scaled(train),
                train.labels,
                law=device.law,
                epochs=config.vi_epochs,
                batch_size=config.batch_size,
                seed=seed,
                **MEAN_FIELD,
            )
        found.append(_tested(config, network, task, method, test=test, seed=seed))
    stacked = {name: np.stack([one[name] for one in found]) for name in found[0]}
    return stacked | {
        "source": checksum(test.source),
        "trained": [len(train.labels)],
        "tested": [len(test.labels)],
    }


def load(config: Config, task: str, split: str) -> LabelledImages:
    """The pictures of a task, as many as the profile takes."""
    images = (datasets.mnist if task == "mnist" else datasets.fashion_mnist)(split=split)
    return first(images, config.trained if split == "train" else config.tested)


def _tested(
    config: Config, network: keras.Model, task: str, method: str, *, test: LabelledImages, seed: int
) -> dict[str, np.ndarray]:
    x = scaled(test)
    predict = _mean_field_predictor if method == "variational" else recipes.predictor
    predict = predict(config, network, method, seed=seed)
    draws = predict(x)
    found = {"probabilities": draws.mean(0), "information": metrics.mutual_information(draws, unit="bits")}
    if method == "proposed":
        found |= _scales(network, x, test.labels, seed=seed)
    if task == "mnist":
        return found
    shifted = predict(np.concatenate(_shifted(config, x)))
    shape = (len(SHIFTS), STEPS + 1, -1)
    return found | {
        "shifted": shifted.mean(0).reshape(*shape, shifted.shape[-1]),
        "shifted_information": metrics.mutual_information(shifted, unit="bits").reshape(shape),
    }


def _mean_field_predictor(
    config: Config, network: keras.Model, method: str, *, seed: int
) -> Callable[[np.ndarray], np.ndarray]:
    return lambda x: recipes.probabilities(
        inference.predict_draws(network, x, draws=config.passes, seed=seed)
    )


def _shifted(config: Config, pictures: np.ndarray) -> list[np.ndarray]:
    """The first test pictures at every angle, then at every strength of the noise."""
    some = pictures[: config.shifted]
    turned = [shifts.rotate(some, angle) for angle in ANGLES]
    return turned + [shifts.add_uniform_noise(some, float(one), seed=config.seed) for one in STRENGTHS]


def _scales(
    network: keras.Model, pictures: np.ndarray, labels: np.ndarray, *, seed: int
) -> dict[str, np.ndarray]:
    """What the scales became; how many passes and stored vectors are enough; what rounding them costs."""
    many = max(PASSES)
    predict = stochastic_passes.predictor(network, passes=many)

    def predicted(scales: list[np.ndarray]) -> np.ndarray:
        return recipes.probabilities(predict(pictures, scales))

    def scores(p: np.ndarray) -> tuple[float, float]:
        return 100 * metrics.accuracy(p, labels), float(metrics.class_nll(p, labels).mean())

    fresh = predicted(stochastic_passes.stored_samples(network, many, seed=seed))
    exact = predicted(stochastic_passes.stored_samples(network, many, seed=seed, rounded=False))
    stored = [
        predicted(
            stochastic_passes.choose(
                stochastic_passes.stored_samples(network, n, seed=seed + 1), passes=many, seed=seed
            )
        )
        for n in STORED
    ]
    distributions = [layer.scale_distribution() for layer in stochastic_passes.scaled_layers(network)]
    return {
        "by_passes": np.array([scores(fresh[:count].mean(0)) for count in PASSES]),
        "by_stored": np.array([scores(p.mean(0)) for p in stored]),
        "exact": np.array(scores(exact.mean(0))),
        "scale_loc": np.concatenate([loc for loc, _ in distributions]),
        "scale_scale": np.concatenate([scale for _, scale in distributions]),
        "scale_layer": np.repeat(np.arange(len(distributions)), [len(loc) for loc, _ in distributions]),
        "clip": np.array([layer.largest_scale() for layer in stochastic_passes.scaled_layers(network)]),
    }


@dataclass(frozen=True)
class Result:
    """What the chapter shows.

    sources: test sets by task. trained, tested: numbers of pictures. scores by (task, method), shifted by
    method on Fashion-MNIST. Of the proposed method, by task: by_passes, by_stored (trainings, numbers, 2) and
    exact (trainings, 2) hold accuracy [%] and NLL [nats] for `PASSES` fresh draws, for `STORED` stored
    vectors, and for scales in the same range that are not rounded; scale_loc, scale_scale (trainings,
    scales) the Gaussians that were learnt, scale_layer (scales,) their layers, and clip (trainings, layers)
    the largest values.
    """

    config: Config
    sources: Mapping[str, DataSource]
    trained: Mapping[str, int]
    tested: Mapping[str, int]
    scores: Mapping[tuple[str, str], Scores]
    shifted: Mapping[str, ShiftScores]
    by_passes: Mapping[str, np.ndarray]
    by_stored: Mapping[str, np.ndarray]
    exact: Mapping[str, np.ndarray]
    scale_loc: Mapping[str, np.ndarray]
    scale_scale: Mapping[str, np.ndarray]
    scale_layer: Mapping[str, np.ndarray]
    clip: Mapping[str, np.ndarray]


def collect(config: Config, device: Device, points: Mapping[str, dict[str, np.ndarray]]) -> Result:
    """Score all methods, ensembles among them.

    Raises ValueError for points that were computed on other pictures than would be loaded now.
    """
    tests = {task: load(config, task, "test") for task in TASKS}
    check_source(points, {name: tests[name.split("-")[0]].source for name in points})

    def joined(task: str, method: str, quantity: str) -> np.ndarray:
        blocks = [points[name] for name in points if name.startswith(f"{task}-{method}-")]
        return np.concatenate([block[quantity] for block in blocks])

    predictions = {
        (task, method): Predictions(
            *(
                joined(task, method, field.name)
                for field in fields(Predictions)
                if task == "fashion" or "shifted" not in field.name
            )
        )
        for task, method in dict.fromkeys(tuple(name.split("-")[:2]) for name in points)
    }
    predictions["fashion", "ensemble"] = ensembles(predictions["fashion", "relu"], config.members)
    labels = {task: test.labels for task, test in tests.items()}
    scale_layer = {task: joined(task, "proposed", "scale_layer") for task in TASKS}
    own = {
        quantity: {task: joined(task, "proposed", quantity) for task in TASKS}
        for quantity in ("by_passes", "by_stored", "exact", "scale_loc", "scale_scale", "clip")
    }
    return Result(
        config,
        sources={task: tests[task].source for task in TASKS},
        trained={task: int(points[f"{task}-relu-0"]["trained"][0]) for task in TASKS},
        tested={task: len(tests[task].labels) for task in TASKS},
        scores={key: score(found, labels[key[0]]) for key, found in predictions.items()},
        shifted={
            method: score_shifts(found, labels[task])
            for (task, method), found in predictions.items()
            if task == "fashion"
        },
        scale_layer={task: layer[0] for task, layer in scale_layer.items()},
        **own,
    )


def measurements(result: Result) -> list[Measurement]:
    """Quantities of the claims A-mnist, A-fashion, A-rotation to A-scale-bits, and of the counts.

    A part of a set does not tell the accuracy that a network reaches on the whole of it: then A-mnist and
    A-fashion are left out.
    """
    repeats = result.config.repeats
    found = []
    for task, claim in (("mnist", "A-mnist"), ("fashion", "A-fashion")):
        if result.sources[task].embedded or result.config.trained or result.config.tested:
            continue
        reached = {
            method: scores.accuracy
            for (of, method), scores in result.scores.items()
            if of == task and method != "variational"
        }
        for method, accuracy in reached.items():
            found.append(
                Measurement(claim, f"accuracy_{method}", *mean_interval(accuracy), len(accuracy), "%")
            )
        proposed = reached.pop("proposed")
        gaps = [difference_interval(other, proposed) for other in reached.values()]
        found.append(Measurement(claim, "gap_to_best", *largest(gaps), len(proposed), "points"))
    found += _of_shifts(result.shifted["proposed"], repeats)
    found.append(
        Measurement("A-samples", "stored_vectors_needed", *_stored_needed(result), repeats, "vectors")
    )
    losses = [mean_interval(result.exact[task][:, 0] - result.by_passes[task][:, -1, 0]) for task in TASKS]
    found.append(Measurement("A-scale-bits", "accuracy_loss", *largest(losses), repeats, "points"))
    return found + binary_storage.counted(result.config)


def _of_shifts(scores: ShiftScores, repeats: int) -> list[Measurement]:
    found = []
    for at, (claim, strengths) in enumerate((("A-rotation", ANGLES), ("A-noise", STRENGTHS))):
        accuracy, nll = scores.accuracy[:, at], scores.nll[:, at]
        for name, values in (("accuracy", accuracy), ("nll", nll)):
            value, *ends = mean_interval([_trend(strengths, one) for one in values])
            low, high = np.clip(ends, -1, 1)
            found.append(Measurement(claim, f"rank_correlation_{name}", value, low, high, repeats))
        drop, rise = mean_interval(accuracy[:, 0] - accuracy[:, -1]), mean_interval(nll[:, -1] - nll[:, 0])
        found.append(Measurement(claim, "accuracy_drop", *drop, repeats, "points"))
        found.append(Measurement(claim, "nll_rise", *rise, repeats, "nats"))
    most = scores.detected.max(axis=(1, 2))
    found.append(Measurement("A-ood", "max_detection_rate", *mean_interval(most), repeats, "%"))
    excess = mean_interval(most - scores.detected[:, 0, 0])
    found.append(Measurement("A-ood", "detection_excess", *excess, repeats, "points"))
    return found


def _trend(strengths: np.ndarray, values: np.ndarray) -> float:
    """Spearman's rank correlation, and 0 for values that do not change at all."""
    return float(stats.spearmanr(strengths, values).statistic) if np.ptp(values) > 0 else 0.0


def _stored_needed(result: Result) -> Interval:
    """Smallest number of stored vectors whose NLL is that of fresh draws to a margin, for both tasks.

    From the first number that no interval excludes, to the first whose intervals all lie within the margin.
    """
    gaps = np.array(
        [
            [
                mean_interval(result.by_stored[task][:, at, 1] - result.by_passes[task][:, -1, 1])
                for task in TASKS
            ]
            for at in range(len(STORED))
        ]
    )  # (numbers, tasks, value and both ends)
    value, low, high = np.moveaxis(gaps, -1, 0)
    kinds = (
        np.abs(value) <= STORED_MARGIN,
        (low <= STORED_MARGIN) & (high >= -STORED_MARGIN),
        (low >= -STORED_MARGIN) & (high <= STORED_MARGIN),
    )
    beyond = 2.0 * STORED[-1]
    least = [float(STORED[np.argmax(one)]) if one.any() else np.inf for one in (k.all(1) for k in kinds)]
    return Interval(min(least[0], beyond), min(least[1], beyond), least[2])
