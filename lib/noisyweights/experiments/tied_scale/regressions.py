"""Chapter 5's regression with free and with tied scales: trained, and put on cells without training."""

from collections.abc import Iterator

import numpy as np

from noisyweights.experiments import mean_field_training
from noisyweights.experiments.regression import networks, problem
from noisyweights.experiments.regression.settings import READINGS
from noisyweights.experiments.tied_scale.settings import Config, regression_settings
from noisyweights.networks.mean_field import array_draws, tied_layers, variational
from noisyweights.networks.mean_field.cell_mappings import CellMapping
from noisyweights.noise import laws
from noisyweights.scores import metrics

import keras  # isort: skip  (the library loads TensorFlow quietly)

__all__ = ["LEVELS", "scores", "task", "train"]

LEVELS = np.linspace(0.05, 0.95, 19)  # probabilities at which calibration is looked at


def task(config: Config, *, number: int) -> problem.Task:
    """The data of a training: each has its own."""
    return problem.make_task(regression_settings(config), reading=READINGS[0], repeat=number)


def train(config: Config, data: problem.Task, cells: CellMapping | None, *, seed: int) -> keras.Model:
    """The network of eq. 10 after maximum likelihood and then inference, on cells if there are any.

    As `mean_field_training.train`, with the tie put in between.
    """
    settings = regression_settings(config)
    mean, both = networks.make_network(settings, depth=settings.depth, width=settings.width, seed=seed)
    common = {"batch_size": settings.batch_size, "seed": seed}
    variational.train(mean, data.x, data.y, loss="mse", epochs=settings.mle_epochs, **common)
    network = mean_field_training.regression_twin(
        both, config=settings, law=laws.gaussian(), examples=len(data.x), seed=seed
    )
    if cells is not None:
        network = tied_layers.with_cells(network, cells)
    variational.train(
        network, data.x, data.y, loss=variational.GaussianNLL(), epochs=settings.epochs,
        tempering=settings.tempering, **common,
    )  # fmt: skip
    return network


def scores(config: Config, network: keras.Model, data: problem.Task, *, seed: int) -> np.ndarray:
    """In the order of SCORES: all but the last where data were seen, |x| ≤ 1, and the last beyond."""
    draws = array_draws.predict_draws(network, data.x_test, draws=config.regression_draws, seed=seed)
    inside = np.abs(data.x_test[:, 0]) <= 1
    (mean, scale, y), (*outer, y_outer) = (
        _parts(draws, data.y_test, inside),
        _parts(draws, data.y_test, ~inside),
    )
    cdf = metrics.gaussian_cdf(mean, scale, y).mean(0)
    return np.array(
        [
            metrics.rmse(mean.mean(0), y),
            metrics.gaussian_mixture_nll(mean, scale, y).mean(),
            metrics.crps_gaussian_mixture(mean, scale, y).mean(),
            metrics.regression_calibration_error(cdf, levels=LEVELS, kind="quantile"),
            metrics.crps_gaussian_mixture(*outer, y_outer).mean(),
        ]
    )


def _parts(draws: np.ndarray, y: np.ndarray, chosen: np.ndarray) -> Iterator[np.ndarray]:
    """Means and standard deviations (draws, n) and targets (n,) of some of the test data."""
    yield from np.moveaxis(draws[:, chosen].astype(float), -1, 0)
    yield y[chosen].astype(float)
