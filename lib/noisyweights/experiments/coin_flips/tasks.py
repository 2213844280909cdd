"""The networks of Table I and their pictures, by the name of a task such as "mnist-ff"."""

from noisyweights.datasets.images import LabelledImages
from noisyweights.experiments.coin_flips import networks as coin_networks
from noisyweights.experiments.coin_flips.settings import BAYESIAN, Config
from noisyweights.quiet_tensorflow import load_tensorflow

load_tensorflow()

import keras  # noqa: E402 isort: skip  (quietly)

__all__ = ["data_set", "load", "make_network"]


def data_set(task: str) -> str:
    """Name in `datasets` of the set that a task is about."""
    return "mnist" if task.startswith("mnist") else "fashion_mnist"


def load(config: Config, task: str, split: str) -> LabelledImages:
    """The pictures of a task, as many as the profile takes."""
    return coin_networks.load(config, data_set(task), split)


def make_network(config: Config, task: str, *, seed: int) -> keras.Model:
    """Return the untrained network of a task."""
    if task.endswith("conv"):
        layers = {"filters": (config.filters,), "hidden": (config.dense,), "dropout": config.conv_dropout}
    else:
        # Dropout is no part of the likelihood that a Bayesian network is fitted to.
        layers = {"hidden": (config.hidden,), "dropout": 0.0 if task in BAYESIAN else config.dropout}
    start = "free" if task in BAYESIAN else "paper"
    return coin_networks.make((28, 28, 1), **layers, start=start, seed=seed)
