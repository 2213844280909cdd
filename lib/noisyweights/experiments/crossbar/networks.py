"""Networks on arrays: what each method of the book loses on a chip, and to which of its settings.

Chapter 9; the claims of the abstract of the array paper, and §III-C of the scale paper.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from noisyweights import seeds
from noisyweights.datasets.images import LabelledImages
from noisyweights.datasets.source import DataSource
from noisyweights.experiments import image_inputs, mean_field_training
from noisyweights.experiments.binary import recipes
from noisyweights.experiments.coin_flips import networks as coin_networks
from noisyweights.experiments.crossbar import sweeps as crossbar_sweeps
from noisyweights.experiments.crossbar.sweeps import CORRELATION, Sweep, perfected
from noisyweights.experiments.device import Device
from noisyweights.experiments.regression import experiment as regression
from noisyweights.hardware import chip as chips
from noisyweights.hardware.chip import Chip
from noisyweights.hardware.deployment import array_layers_of, deploy
from noisyweights.hardware.deployment.successive_reads import predict_successive
from noisyweights.ledger.claims import Measurement
from noisyweights.networks.binary import models, stochastic_passes
from noisyweights.networks.coin_flips import rescaling, sampling
from noisyweights.networks.mean_field import inference
from noisyweights.noise.law import Law
from noisyweights.scores import metrics
from noisyweights.scores.replicates import mean_interval

import keras  # isort: skip  (the library loads TensorFlow quietly)

__all__ = [
    "CHIPS",
    "DATASETS",
    "METHODS",
    "PROFILES",
    "SCORES",
    "SWEEPS",
    "Config",
    "Reached",
    "Result",
    "agreement",
    "collect",
    "compute",
    "make_network",
    "measurements",
    "points",
    "swept",
]

DATASETS = ("fashion_mnist", "mnist")  # the classes, and pictures of none of them
METHODS = ("plain", "dropout", "ensemble", "mean-field", "scales", "coins")
CHIPS = {"mean-field": chips.DOMAIN_WALL, "scales": chips.SCALES, "coins": chips.COINS}
SWEEPS = {
    "mean-field": (*crossbar_sweeps.MEAN_FIELD, CORRELATION),
    "scales": crossbar_sweeps.SCALES,
    "coins": crossbar_sweeps.COINS,
}
SCORES = ("accuracy", "nll", "calibration_error", "auroc")  # %, nats, and two shares
MARGINS = {"accuracy": 1.0, "ece": 0.02, "rmse": 0.05, "gap": 0.02}  # of L-classify and L-regress
LEVELS = np.linspace(0.05, 0.95, 19)  # probabilities at which calibration is looked at
BINS = 15  # of the calibration error
KERNEL = {"prior_scale": 1.0, "initial_scale": 0.02}  # of every random weight


@dataclass(frozen=True, kw_only=True)
class Config(recipes.Settings):
    """Settings of the chapter's networks; the array paper's abstract states none."""

    draws: int = field(metadata={"words": "reads in a prediction"})
    classifications: int = field(metadata={"words": "trainings of the classifier on random weights"})
    regressions: int = field(metadata={"words": "trainings of the regression"})
    regression: str = field(metadata={"words": "profile of chapter 5 that the regression is trained by"})
    step: int = field(default=1, metadata={"words": "of a sweep, from one value taken to the next"})
    members: int = field(default=5, metadata={"words": "networks of an ensemble"})
    hidden: int = field(default=400, metadata={"words": "units of the hidden layer"})
    calibrated: int = field(default=500, metadata={"words": "pictures that set the converters' ranges"})
    chips: int = field(default=5, metadata={"words": "chips that each regression is put on"})


PROFILES = {
    "smoke": Config(
        seed=9, trained=200, tested=60, repeats=1, epochs=1, draws=3, classifications=1,
        regressions=1, regression="smoke", step=6, hidden=12, members=2, calibrated=50, chips=1,
    ),
    "quick": Config(
        seed=9, trained=2000, tested=1000, repeats=2, epochs=10, draws=20, classifications=2,
        regressions=2, regression="quick", step=3, chips=2,
    ),
    "full": Config(
        seed=9, trained=None, tested=None, repeats=3, epochs=10, draws=50, classifications=12,
        regressions=5, regression="full",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Reached:
    """What one method reached, in all trainings: (trainings, scores), in the order of SCORES.

    array: on its chip; None for methods without. sweeps: by name, (trainings, values, scores), of the first
    trainings.
    """

    software: np.ndarray
    array: np.ndarray | None
    sweeps: Mapping[str, np.ndarray]

    def changes(self, sweep: Sweep) -> np.ndarray:
        """Scores on chips of a sweep less those in software: (trainings, values, scores)."""
        values = self.sweeps[sweep.name]
        return values - self.software[: len(values), np.newaxis]


@dataclass(frozen=True)
class Result:
    """What the chapter shows: by method, and of the regression.

    software_rmse (trainings,), rmse (trainings, chips). gap: largest distance between the calibration curves
    on a chip and in software, alike. regression_sweeps: by name, relative excess of the error and gap, each
    of one chip, (trainings, values, 2).
    """

    config: Config
    reached: Mapping[str, Reached]
    software_rmse: np.ndarray
    rmse: np.ndarray
    gap: np.ndarray
    regression_sweeps: Mapping[str, np.ndarray]
    sources: Mapping[str, DataSource]


def points(config: Config) -> tuple[str, ...]:
    """Method, or "regression", and number of a training: "mean-field-0"."""
    return (
        *(f"{method}-{repeat}" for method in METHODS for repeat in range(_trainings(config, method))),
        *(f"regression-{repeat}" for repeat in range(config.regressions)),
    )


def _trainings(config: Config, method: str) -> int:
    return config.classifications if method == "mean-field" else config.repeats


def swept(config: Config, sweep: Sweep) -> tuple[float, ...]:
    """The values that a profile takes of a sweep."""
    return sweep.values[:: config.step]


def make_network(config: Config, method: str, *, seed: int) -> keras.Model:
    """Return the untrained network of a method, 784-400-10; a mean-field one as training starts it."""
    if method == "scales":
        recipe, start = recipes.recipe(config, "proposed"), seeds.generator(seed, "start")
        pixels = keras.Input((28, 28, 1))
        x = recipe.dense(keras.layers.Flatten()(pixels), config.hidden, start=start, first=True)
        return keras.Model(pixels, recipe.logits(recipe.activate(x, start=start), 10, start=start))
    network = coin_networks.make((28, 28, 1), hidden=(config.hidden,), dropout=0.0, start="free", seed=seed)
    if method != "dropout":
        return network
    hidden, last = (layer for layer in network.layers if isinstance(layer, keras.layers.Dense))
    left_out = models.MCDropout(config.dropout, seed=seed)
    return keras.Model(network.inputs, last(left_out(hidden.output)))


def compute(config: Config, point: str, device: Device) -> dict[str, np.ndarray]:
    """Train one network, put it on its chip, and make that worse setting by setting."""
    method, _, repeat = point.rpartition("-")
    seed = config.seed + 1000 * int(repeat)
    if method == "regression":
        return _regression(config, int(repeat), device)
    train, test, others = _load(config)
    network = _trained(config, method, train, law=device.law, seed=seed)
    x, x_others = (image_inputs.scaled(one) for one in (test, others))

    def scores(predict) -> np.ndarray:
        return _scores(predict(x), test.labels, predict(x_others))

    found = {
        "source": image_inputs.checksum(test.source),
        "other_source": image_inputs.checksum(others.source),
        "software": scores(lambda x: _software(config, method, network, x, seed=seed)),
    }
    if method not in CHIPS:
        return found
    calibration = image_inputs.scaled(train)[: config.calibrated]

    def on(chip: Chip) -> Callable[[np.ndarray], np.ndarray]:
        deployed = deploy(network, chip, calibration=calibration, seed=seed)
        random = any(layer.random_weights for layer in array_layers_of(deployed))

        def predict(x: np.ndarray) -> np.ndarray:
            if not random:  # with a single stored vector
                return recipes.probabilities(deployed.predict(x, batch_size=1000, verbose=0))
            draws = inference.predict_draws(deployed, x, draws=config.draws, seed=seed)
            return recipes.probabilities(draws).mean(0)

        return predict

    found["array"] = scores(on(CHIPS[method]))
    if int(repeat) >= config.repeats:
        return found
    perfect = perfected(CHIPS[method])
    for sweep in SWEEPS[method]:
        if sweep is CORRELATION:
            predictions = (
                _successive(
                    config, network, x, calibration=calibration, chip=perfect, correlation=value, seed=seed
                )
                for value in swept(config, sweep)
            )
        else:
            predictions = (on(sweep.changed(perfect, value))(x) for value in swept(config, sweep))
        found[sweep.name] = np.stack([_scores(p, test.labels) for p in predictions])
    return found


def _load(config: Config) -> tuple[LabelledImages, LabelledImages, LabelledImages]:
    """Training and test pictures, and as many of another set."""
    sets = (("fashion_mnist", "train"), ("fashion_mnist", "test"), ("mnist", "test"))
    return tuple(coin_networks.load(config, *one) for one in sets)


def _trained(
    config: Config, method: str, train: LabelledImages, *, law: Law, seed: int
) -> keras.Model | list[keras.Model]:
    if method == "ensemble":
        return [
            _trained(config, "plain", train, law=law, seed=seed + 100 * member)
            for member in range(config.members)
        ]
    network = make_network(config, method, seed=seed)
    recipes.train(config, network, "proposed" if method == "scales" else "relu", train, seed=seed)
    if method == "coins":
        return rescaling.renormalise(network, stretch=True)
    if method != "mean-field":
        return network
    return mean_field_training.mean_field_classifier(
        network,
        image_inputs.scaled(train),
        train.labels,
        law=law,
        epochs=config.epochs,
        batch_size=config.batch_size,
        seed=seed,
        **KERNEL,
    )


def _software(config: Config, method: str, network, x: np.ndarray, *, seed: int) -> np.ndarray:
    """Mean probabilities (n, classes) over what a method draws."""
    if method == "coins":
        ballots = sampling.sample_votes(
            network,
            x,
            draws=config.draws,
            precision="full",
            sampled_layers="dense",
            seed=seed,
            ballot="softmax",
        )
        return ballots / ballots.sum(1, keepdims=True)
    if method == "mean-field":
        draws = inference.predict_draws(network, x, draws=config.draws, seed=seed)
    elif method == "scales":
        samples = stochastic_passes.stored_samples(network, config.draws, seed=seed)
        draws = stochastic_passes.predict_passes(network, x, samples)
    else:
        networks = (
            network if method == "ensemble" else [network] * (config.draws if method == "dropout" else 1)
        )
        draws = np.stack([one.predict(x, batch_size=1000, verbose=0) for one in networks])
    return recipes.probabilities(draws).mean(0)


def _successive(
    config: Config,
    network: keras.Model,
    x: np.ndarray,
    *,
    calibration: np.ndarray,
    chip: Chip,
    correlation: float,
    seed: int,
) -> np.ndarray:
    deployed = deploy(network, chip, calibration=calibration, seed=seed)
    draws = predict_successive(deployed, x, draws=config.draws, correlation=correlation, seed=seed)
    return recipes.probabilities(draws).mean(0)


def _scores(p: np.ndarray, labels: np.ndarray, others: np.ndarray | None = None) -> np.ndarray:
    """In the order of SCORES; the area is NaN without pictures of another set."""
    area = np.nan
    if others is not None:
        doubt = np.concatenate([metrics.entropy(one, unit="bits") for one in (p, others)])
        area = metrics.auroc(doubt, np.repeat([0, 1], [len(p), len(others)]))
    return np.array(
        [
            100 * metrics.accuracy(p, labels),
            metrics.class_nll(p, labels).mean(),
            metrics.expected_calibration_error(p, labels, bins=BINS),
            area,
        ]
    )


def _regression(config: Config, repeat: int, device: Device) -> dict[str, np.ndarray]:
    """Chapter 5's network under the device's law, in software and on the array of Liu et al.

    Tested where it was trained, |x| ≤ 1.
    """
    settings = regression.PROFILES[config.regression]
    task = regression.make_task(settings, reading="magnitude", repeat=repeat)
    seed = settings.seed + repeat
    mean, both = regression.make_network(settings, depth=settings.depth, width=settings.width, seed=seed)
    network = mean_field_training.train(
        mean, both, task.x, task.y, config=settings, law=device.law, epochs=settings.epochs, seed=seed
    )
    inside = np.abs(task.x_test[:, 0]) <= 1
    x, y = task.x_test[inside], task.y_test[inside]

    def scores(predicting: keras.Model, draws: int) -> tuple[float, np.ndarray]:
        drawn = inference.predict_draws(predicting, x, draws=draws, seed=seed)
        means, scales = np.moveaxis(drawn.astype(float), -1, 0)
        cdf = metrics.gaussian_cdf(means, scales, y).mean(0)
        curve = metrics.calibration_curve(cdf, levels=LEVELS, kind="quantile")
        return metrics.rmse(means.mean(0), y), curve

    def on(chip: Chip, number: int, draws: int) -> tuple[float, np.ndarray]:
        inputs = task.x[: config.calibrated]
        return scores(deploy(network, chip, calibration=inputs, seed=seed + 1000 * number), draws)

    many, few = 40 * config.draws, 4 * config.draws
    software = scores(network, many)
    arrays = [on(CHIPS["mean-field"], number, many) for number in range(config.chips)]
    found = {
        "software_rmse": np.array(software[0]),
        "software_curve": software[1],
        "rmse": np.array([error for error, _ in arrays]),
        "curves": np.stack([curve for _, curve in arrays]),
    }
    perfect, software = perfected(CHIPS["mean-field"]), scores(network, few)
    for sweep in crossbar_sweeps.MEAN_FIELD:
        pairs = [on(sweep.changed(perfect, value), 0, few) for value in swept(config, sweep)]
        errors = [error / software[0] - 1 for error, _ in pairs]
        gaps = [np.abs(curve - software[1]).max() for _, curve in pairs]
        found[sweep.name] = np.stack([errors, gaps], -1)
    return found


def collect(config: Config, device: Device, points: Mapping[str, dict[str, np.ndarray]]) -> Result:
    """Stack the trainings of each method; raises ValueError for points of other pictures."""
    _, test, others = _load(config)
    named = [name for name in points if not name.startswith("regression")]
    image_inputs.check_source(points, dict.fromkeys(named, test.source))
    also = {name: {"source": points[name]["other_source"]} for name in named}
    image_inputs.check_source(also, dict.fromkeys(named, others.source))

    def stacked(method: str, name: str, trainings: int) -> np.ndarray:
        return np.stack([points[f"{method}-{repeat}"][name] for repeat in range(trainings)])

    def of_regression(name: str) -> np.ndarray:
        return stacked("regression", name, config.regressions)

    curves = of_regression("curves") - of_regression("software_curve")[:, np.newaxis]
    return Result(
        config,
        {
            method: Reached(
                stacked(method, "software", _trainings(config, method)),
                stacked(method, "array", _trainings(config, method)) if method in CHIPS else None,
                {sweep.name: stacked(method, sweep.name, config.repeats) for sweep in SWEEPS.get(method, ())},
            )
            for method in METHODS
        },
        of_regression("software_rmse"),
        of_regression("rmse"),
        np.abs(curves).max(-1),
        {sweep.name: of_regression(sweep.name) for sweep in crossbar_sweeps.MEAN_FIELD},
        sources={"fashion_mnist": test.source, "mnist": others.source},
    )


def agreement(result: Result, method: str, sweep: Sweep) -> np.ndarray:
    """Whether a method on a chip with each value of a sweep agrees with software: bool, (values, 2).

    On average over trainings, in accuracy and in calibration, by the margins of L-classify; for "regression"
    in the error and in calibration, by those of L-regress.
    """
    if method == "regression":
        differences = result.regression_sweeps[sweep.name].mean(0)
        return np.abs(differences) <= (MARGINS["rmse"], MARGINS["gap"])
    differences = result.reached[method].changes(sweep).mean(0)[:, [0, 2]]
    return np.abs(differences) <= (MARGINS["accuracy"], MARGINS["ece"])


def measurements(result: Result) -> list[Measurement]:
    """Quantities of L-classify and L-regress."""
    reached = result.reached["mean-field"]
    difference = reached.array - reached.software
    # Over the chips of a training first: trainings are what is independent.
    relative = result.rmse.mean(1) / result.software_rmse - 1
    gap = result.gap.mean(1)
    found = (
        ("L-classify", "accuracy_difference", difference[:, 0], "points"),
        ("L-classify", "ece_difference", difference[:, 2], ""),
        ("L-regress", "rmse_difference", relative, ""),
        ("L-regress", "max_calibration_gap", gap, ""),
    )
    return [
        Measurement(claim, name, *mean_interval(values), len(values), unit)
        for claim, name, values, unit in found
    ]
