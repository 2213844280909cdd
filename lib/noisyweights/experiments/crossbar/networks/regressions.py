"""Chapter 5's regression, where it was trained, |x| ≤ 1, in software and on the array of Liu et al."""

from collections.abc import Callable

import numpy as np

from noisyweights.experiments import trained_weights
from noisyweights.experiments.crossbar.networks import sweeps
from noisyweights.experiments.crossbar.networks.settings import CHIPS, LEVELS, Config, swept
from noisyweights.experiments.crossbar.networks.sweeps import perfected
from noisyweights.experiments.regression import experiment as regression
from noisyweights.hardware.chip import Chip
from noisyweights.hardware.deployment import deploy
from noisyweights.networks.mean_field import array_draws, twins
from noisyweights.noise.law import Law
from noisyweights.scores import metrics

import keras  # isort: skip  (the library loads TensorFlow quietly)

__all__ = ["compute"]

MANY, FEW = 40, 4  # times the draws of a classifier: a regression is cheap, and its answer one number
CHIP = CHIPS["mean-field"]

Reached = tuple[float, np.ndarray]  # root mean square error, and calibration curve at `LEVELS`


def compute(config: Config, number: int, *, law: Law, weights: np.ndarray | None) -> dict[str, np.ndarray]:
    """Train one network with Gaussian weights, draw them from `law`, and put it on chips.

    `weights`, where they are given, stand for the training.
    """
    settings = regression.PROFILES[config.regression]
    task = regression.make_task(settings, reading="magnitude", repeat=number)
    seed = settings.seed + number
    trained = regression.trained_network(settings, "magnitude", task, seed=seed, trained=weights)
    network = twins.with_law(trained, law)
    inside = np.abs(task.x_test[:, 0]) <= 1
    reached = _tester(task.x_test[inside], task.y_test[inside], seed=seed)

    def on(chip: Chip, copy: int, draws: int) -> Reached:
        inputs = task.x[: config.calibrated]
        return reached(deploy(network, chip, calibration=inputs, seed=seed + 1000 * copy), draws)

    many, few = MANY * config.draws, FEW * config.draws
    software = reached(network, many)
    arrays = [on(CHIP, copy, many) for copy in range(config.chips)]
    found = {
        "weights": trained_weights.pack(trained, "float32"),
        "software_rmse": np.array(software[0]),
        "software_curve": software[1],
        "rmse": np.array([error for error, _ in arrays]),
        "curves": np.stack([curve for _, curve in arrays]),
    }
    perfect, software = perfected(CHIP), reached(network, few)
    for sweep in sweeps.MEAN_FIELD:
        pairs = [on(sweep.changed(perfect, value), 0, few) for value in swept(config, sweep)]
        errors = [error / software[0] - 1 for error, _ in pairs]
        gaps = [np.abs(curve - software[1]).max() for _, curve in pairs]
        found[sweep.name] = np.stack([errors, gaps], -1)
    return found


def _tester(x: np.ndarray, y: np.ndarray, *, seed: int) -> Callable[[keras.Model, int], Reached]:
    """What a network reaches on these data by so many draws."""

    def reached(network: keras.Model, draws: int) -> Reached:
        drawn = array_draws.predict_draws(network, x, draws=draws, seed=seed)
        means, scales = np.moveaxis(drawn.astype(float), -1, 0)
        cdf = metrics.gaussian_cdf(means, scales, y).mean(0)
        curve = metrics.calibration_curve(cdf, levels=LEVELS, kind="quantile")
        return metrics.rmse(means.mean(0), y), curve

    return reached
