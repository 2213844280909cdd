"""What one network of Table I says without coins and with them: the arrays of a point."""

import numpy as np

from noisyweights import seeds
from noisyweights.experiments import image_inputs
from noisyweights.experiments.coin_flips import networks as coin_networks
from noisyweights.experiments.coin_flips import tasks
from noisyweights.experiments.coin_flips.settings import PRECISIONS, Config, counts
from noisyweights.networks.coin_flips import output_moments, sampling, votes

import keras  # isort: skip  (the library loads TensorFlow quietly)

__all__ = ["CHOSEN", "TOSSES", "first_layer", "sampled", "share_error", "train_and_toss"]

CHOSEN = 500  # pictures whose inputs to each layer are looked at
TOSSES = 300  # of the first layer


def train_and_toss(config: Config, task: str, *, seed: int) -> dict[str, np.ndarray]:
    """Train the network of a task and sample it; the arrays are those of `results.Sampled`."""
    train, test = tasks.load(config, task, "train"), tasks.load(config, task, "test")
    network = tasks.make_network(config, task, seed=seed)
    epochs = config.conv_epochs if task.endswith("conv") else config.epochs
    coin_networks.train(config, network, train, epochs=epochs, seed=seed)
    x = image_inputs.scaled(test)
    order = coin_networks.ranked(network, x)
    return (
        {"source": image_inputs.checksum(test.source)}
        | {"standard": order[:, 0], "runner_up": order[:, 1]}
        | {"offset": np.array(coin_networks.offset(network, x[:CHOSEN]))}
        | first_layer(network, x[:CHOSEN], seed=seed)
        | sampled(config, network, x, test.labels, seed=seed)
    )


def sampled(
    config: Config, network: keras.Model, x: np.ndarray, labels: np.ndarray, *, seed: int
) -> dict[str, np.ndarray]:
    """Votes at each precision and after each count, and the accuracy of single draws."""

    common = {"sampled_layers": "dense", "seed": seed}

    def ballots(draws: int, bits: int) -> np.ndarray:
        return sampling.sample_votes(network, x, draws=draws, precision=bits, **common)

    def accuracy(of: np.ndarray) -> float:
        return 100 * np.mean(votes.first_choice(of) == labels)

    choices = sampling.sample_choices(network, x, draws=config.draws, precision="full", **common)
    mean = output_moments.output_moments(network, x).mean
    return {
        "expected": np.array(100 * np.mean(mean.argmax(1) == labels)),
        "votes_full": votes.count(choices, 10),
        "by_count": np.array([accuracy(votes.count(choices[:count], 10)) for count in counts(config)]),
        "error": np.array([share_error(choices, count) for count in counts(config)]),
        "single": (choices == labels).mean(1),
        **{f"votes_{bits}": ballots(config.draws, bits) for bits in PRECISIONS[1:]},
        "coarse": np.array([accuracy(ballots(config.coarse, bits)) for bits in range(1, 9)]),
    }


def share_error(choices: np.ndarray, count: int) -> float:
    """Root mean square error of the shares of so many votes; NaN where there are not twice as many."""
    if 2 * count > len(choices):
        return np.nan
    share, other = (votes.count(some, 10) / count for some in (choices[:count], choices[count : 2 * count]))
    # Two independent estimates differ by √2 times the error of one.
    return float(np.sqrt(np.mean((share - other) ** 2) / 2))


def first_layer(network: keras.Model, x: np.ndarray, *, seed: int) -> dict[str, np.ndarray]:
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
