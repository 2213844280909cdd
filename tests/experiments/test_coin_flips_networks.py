"""Networks of the coin-flip experiments: what they are made of, and the noise that coins bring to them."""

import keras
import numpy as np
import pytest

from noisyweights import seeds
from noisyweights.datasets.images import LabelledImages
from noisyweights.datasets.source import DataSource
from noisyweights.experiments import image_inputs
from noisyweights.experiments.coin_flips import networks as coin_networks
from noisyweights.experiments.coin_flips.settings import Settings
from noisyweights.networks.coin_flips import sampling

SETTINGS = Settings(seed=1, trained=None, tested=None, batch_size=20)


def squares(n=200):
    """Pictures with one bright row of ten, which is the class."""
    rng = seeds.generator(0, "squares")
    labels = rng.integers(10, size=n)
    images = rng.integers(0, 60, (n, 10, 10, 1))
    images[np.arange(n), labels] += 190
    source = DataSource("made up", "here", "ab" * 32)
    return LabelledImages(images.astype(np.uint8), labels, tuple("0123456789"), source)


def kernels(network):
    return [layer.kernel.numpy() for layer in network.layers if isinstance(layer, keras.layers.Dense)]


@pytest.mark.parametrize(
    ("start", "low", "high"),
    [("paper", -0.99, 0.99), ("unit norm", -0.99, 0.99), ("published code", 0.25, 0.75), ("free", -0.3, 0.3)],
)
def test_dense_weights_start_where_they_are_said_to(start, low, high):
    network = coin_networks.make((10, 10, 1), hidden=(50, 20), dropout=0.1, start=start, seed=1)
    assert [one.shape for one in kernels(network)] == [(100, 50), (50, 20), (20, 10)]
    for kernel in kernels(network)[:2]:
        assert low <= kernel.min() < low + 0.05 * (high - low) + 0.1
        assert high - 0.05 * (high - low) - 0.1 < kernel.max() <= high


def test_another_start_is_refused():
    with pytest.raises(
        ValueError, match="start must be one of paper, published code, unit norm, free, got 'there'"
    ):
        coin_networks.make((10, 10, 1), hidden=(5,), dropout=0, start="there", seed=1)


def test_the_network_of_cifar_10_has_as_many_parameters_as_its_layers_say():
    network = coin_networks.make(
        (32, 32, 3), filters=(32, 64, 128), hidden=(256, 128), dropout=0.25, start="paper", seed=1
    )
    convolutions = 9 * (3 * 32 + 32 * 64 + 64 * 128) + 32 + 64 + 128
    dense = 2 * 2 * 128 * 256 + 256 * 128 + 128 * 10 + 256 + 128 + 10
    assert network.count_params() == convolutions + dense
    assert sum(isinstance(layer, keras.layers.MaxPooling2D) for layer in network.layers) == 3
    assert sum(isinstance(layer, keras.layers.Dropout) for layer in network.layers) == 3


def test_a_network_learns_and_stays_in_range():
    images = squares()
    network = coin_networks.make((10, 10, 1), hidden=(30,), dropout=0, start="paper", seed=1)
    before = np.mean(coin_networks.ranked(network, image_inputs.scaled(images))[:, 0] == images.labels)
    coin_networks.train(SETTINGS, network, images, epochs=20, seed=1)
    ranked = coin_networks.ranked(network, image_inputs.scaled(images))
    assert before < 0.4
    assert np.mean(ranked[:, 0] == images.labels) > 0.9
    np.testing.assert_array_equal(np.sort(ranked, axis=1), np.tile(np.arange(10), (200, 1)))
    assert max(np.abs(kernel).max() for kernel in kernels(network)) <= 1


def test_the_norm_of_each_unit_is_kept_up_to_one():
    network = coin_networks.make((10, 10, 1), hidden=(30,), dropout=0, start="unit norm", seed=1)
    coin_networks.train(SETTINGS, network, squares(), epochs=2, seed=1)
    for kernel in kernels(network):
        norms = np.linalg.norm(kernel, axis=0)  # of each unit's weights
        assert 0.9 < norms.max() <= 1 + 1e-6


def test_the_offset_is_what_tossed_coins_show():
    network = coin_networks.make((10, 10, 1), hidden=(30,), dropout=0, start="paper", seed=1)
    x = image_inputs.scaled(squares(40))
    first, last = (layer for layer in network.layers if isinstance(layer, keras.layers.Dense))
    coins = sampling.sampled_coins(network, precision="full", sampled_layers="dense")
    rng, tossed = seeds.generator(0, "coins"), 0
    for _ in range(4000):
        hidden = np.maximum(x.reshape(40, -1) @ coins[first.name].toss(rng) + first.bias.numpy(), 0)
        tossed += (hidden @ coins[last.name].toss(rng) + last.bias.numpy()) / 4000
    exact = network.predict(x, verbose=0)
    moved = np.sqrt(np.mean((tossed - exact).mean(0) ** 2) / np.mean(exact.var(0)))
    assert coin_networks.offset(network, x) == pytest.approx(moved, rel=0.05)
    assert moved > 0.1
