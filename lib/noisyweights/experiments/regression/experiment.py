"""Regression: what a network with input-dependent noise predicts when the law of its weights is exchanged.

Chapter 5; §4.2, eqs. 9 and 10, Fig. 5 and App. C of the device paper.
"""

import numpy as np

from noisyweights.experiments import mean_field_training, trained_weights
from noisyweights.experiments.compared_laws import LAWS, controls
from noisyweights.experiments.device import Device
from noisyweights.experiments.regression.measurements import measurements
from noisyweights.experiments.regression.networks import make_network
from noisyweights.experiments.regression.problem import Task, make_task, noise_scale
from noisyweights.experiments.regression.results import Result, collect
from noisyweights.experiments.regression.scores import energy_distances, scored
from noisyweights.experiments.regression.settings import GRID, PROFILES, READINGS, WIDER, Config
from noisyweights.networks import weight_draws
from noisyweights.networks.mean_field import array_draws, twins
from noisyweights.noise import laws

import keras  # isort: skip  (the library loads TensorFlow quietly)

__all__ = [
    "GRID",
    "LAWS",
    "PROFILES",
    "READINGS",
    "WIDER",
    "Config",
    "Result",
    "Task",
    "collect",
    "compute",
    "energy_distances",
    "make_network",
    "make_task",
    "measurements",
    "noise_scale",
    "points",
    "settings",
    "trained_network",
    "wider",
]


def points(config: Config) -> tuple[str, ...]:
    """One training of one variant each: "narrow-deep.0"."""
    return tuple(f"{variant}.{repeat}" for variant in config.variants for repeat in range(config.seeds))


def settings(config: Config, point: str) -> dict[str, object]:
    """What determines a training: other sizes and lengths than its own do not."""
    variant, _ = point.split(".")
    depth, width, epochs = _shape(config, variant)
    names = ("seed", "draws", "mle_epochs", "examples", "batch_size", "tempering", "prior_scale", "tested")
    own = {name: getattr(config, name) for name in (*names, "initial_scale")}
    return own | {"depth": depth, "width": width, "epochs": epochs}


def _shape(config: Config, variant: str) -> tuple[int, int, int]:
    """Hidden layers, their units, and epochs of inference of a variant."""
    if variant == "narrow-deep":
        return config.narrow_depth, config.narrow_width, config.epochs
    return config.depth, config.width, config.long_epochs if variant == "long" else config.epochs


def compute(
    config: Config, point: str, device: Device, trained: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """Train one network with Gaussian weights, then predict under every law and with wider weights."""
    variant, repeat = point.split(".")
    seed = config.seed + int(repeat)
    task = make_task(config, reading=variant if variant in READINGS else READINGS[0], repeat=int(repeat))
    network = trained_network(config, variant, task, seed=seed, trained=trained)
    laws_of = controls(device)
    networks = [*(twins.with_law(network, laws_of[name]) for name in LAWS), wider(network)]
    x = np.concatenate([GRID[:, None], task.x_test]).astype(np.float32)
    drawn = [array_draws.predict_draws(own, x, draws=config.draws, seed=seed) for own in networks]
    predictions = [draws[:, : len(GRID)] for draws in drawn]
    tested = [draws[:, len(GRID) :] for draws in drawn]
    return scored(predictions, tested, task.y_test) | {"weights": trained_weights.pack(network, np.float32)}


def trained_network(
    config: Config, variant: str, task: Task, *, seed: int, trained: np.ndarray | None = None
) -> keras.Model:
    """Return a variant's network with Gaussian weights, trained on a task, or with weights that were kept."""
    depth, width, epochs = _shape(config, variant)
    mean, both = make_network(config, depth=depth, width=width, seed=seed)
    law = laws.gaussian()
    if trained is None:
        return mean_field_training.train(
            mean, both, task.x, task.y, config=config, law=law, epochs=epochs, seed=seed
        )
    network = mean_field_training.regression_twin(
        both, config=config, law=law, examples=len(task.x), seed=seed
    )
    trained_weights.unpack(network, trained)
    return network


def wider(network: keras.Model) -> keras.Model:
    """The same network with every standard deviation `WIDER` times as large."""
    twin = twins.with_law(network, laws.gaussian())
    for layer in weight_draws.random_layers(twin):
        layer.kernel_log_scale.assign_add(np.full(layer.kernel_log_scale.shape, np.log(WIDER)))
    return twin
