"""Classifiers of digits and clothes, 784-400-10, with free and with tied scales."""

import numpy as np

from noisyweights.datasets.images import LabelledImages
from noisyweights.experiments import image_inputs, mean_field_training
from noisyweights.experiments.binary import recipes
from noisyweights.experiments.coin_flips import networks as coin_networks
from noisyweights.experiments.crossbar.networks import classifiers as crossbar
from noisyweights.experiments.tied_scale.settings import SETS, Config
from noisyweights.networks import classifiers
from noisyweights.networks.mean_field import array_draws, tied_layers, variational
from noisyweights.networks.mean_field.cell_mappings import CellMapping
from noisyweights.noise import laws

import keras  # isort: skip  (the library loads TensorFlow quietly)

__all__ = ["load", "scores", "train"]


def load(config: Config, task: str) -> tuple[LabelledImages, LabelledImages, LabelledImages]:
    """Training and test pictures of a task, and test pictures of the other."""
    own, other = SETS[task]
    return tuple(coin_networks.load(config, *one) for one in ((own, "train"), (own, "test"), (other, "test")))


def train(config: Config, images: LabelledImages, cells: CellMapping | None, *, seed: int) -> keras.Model:
    """The classifier after a training without noise and then inference, on cells if there are any."""
    network = coin_networks.make((28, 28, 1), hidden=(config.hidden,), dropout=0.0, start="free", seed=seed)
    x, common = image_inputs.scaled(images), {"batch_size": config.batch_size, "seed": seed}
    start = classifiers.decaying_adam(config.start_rate)
    classifiers.train(network, x, images.labels, epochs=config.start_epochs, optimizer=start, **common)
    network = mean_field_training.classifier_twin(
        network, law=laws.gaussian(), examples=len(x), prior_scale=config.prior_scale,
        initial_scale=config.initial_scale, seed=seed,
    )  # fmt: skip
    if cells is not None:
        network = tied_layers.with_cells(network, cells)
    steps = config.epochs * -(-len(x) // config.batch_size)
    variational.train(
        network, x, images.labels, loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        epochs=config.epochs, optimizer=classifiers.decaying_adam(config.rate)(steps), **common,
    )  # fmt: skip
    return network


def scores(
    config: Config, network: keras.Model, test: LabelledImages, others: LabelledImages, *, seed: int
) -> np.ndarray:
    """In the order of SCORES, from the mean probabilities of all draws."""
    x = np.concatenate([image_inputs.scaled(one) for one in (test, others)])
    draws = array_draws.predict_draws(network, x, draws=config.draws, seed=seed)
    p = recipes.probabilities(draws).mean(0)
    return crossbar.scores(p[: len(test.labels)], test.labels, p[len(test.labels) :])
