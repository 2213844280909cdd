"""Models: their parameters counted by hand, binary ends, and dropout that goes on in predictions."""

import ast
import inspect

import keras
import numpy as np
import pytest
from binary_layers import SCALE, pictures

from noisyweights.networks import classifiers
from noisyweights.networks.binary import (
    base_layer,
    given_values,
    models,
    quantisers,
    random_scales,
    stochastic_passes,
    storage,
)
from noisyweights.networks.binary import layers as binary
from noisyweights.networks.binary.layers import (
    BinaryConv2D,
    BinaryDense,
    ScaledBinaryConv2D,
    ScaledBinaryDense,
)

RELU = models.FullPrecision(activation="relu")
POINT = models.Binary(scale=None)
RANDOM = models.Binary(scale=models.RandomScale(**SCALE))
ENDS = models.Binary(scale=None, binary_ends=False)

# Inputs of each weight matrix and outputs of it, as the literature draws the networks.
MLP = [(784, 30), (30, 30), (30, 30), (30, 10)]
LENET5 = [(5 * 5, 6), (5 * 5 * 6, 16), (5 * 5 * 16, 120), (120, 84), (84, 10)]
VGG = [(9 * a, b) for a, b in ((3, 8), (8, 8), (8, 16), (16, 16), (16, 32), (32, 32))] + [(4 * 4 * 32, 10)]
BLOCKS = [(4, 4)] * 2 + [(4, 8), (8, 8), (8, 16), (16, 16), (16, 32), (32, 32)]
RESNET = [(27, 4), (32, 10)] + [(9 * a, b) for a, b in BLOCKS] + [(9 * b, b) for _, b in BLOCKS]
RESNET += [(a, b) for a, b in BLOCKS if a != b]
TOPOLOGIES = {
    "mlp": (lambda recipe: models.mlp(recipe, hidden=30, seed=1), (28, 28, 1), MLP),
    "lenet5": (lambda recipe: models.lenet5(recipe, seed=1), (28, 28, 1), LENET5),
    "vgg_small": (lambda recipe: models.vgg_small(recipe, seed=1, width=8), (32, 32, 3), VGG),
    "resnet18": (lambda recipe: models.resnet18(recipe, seed=1, width=4), (32, 32, 3), RESNET),
}
every_topology = pytest.mark.parametrize(("make", "shape", "matrices"), TOPOLOGIES.values(), ids=TOPOLOGIES)


@every_topology
def test_parameters_are_those_counted_by_hand(make, shape, matrices):
    weights, outputs = sum(a * b for a, b in matrices), sum(b for _, b in matrices)
    binary_counts = {"weights": weights, "scales": outputs, "biases": outputs, "statistics": 2 * outputs}
    assert storage.parameter_counts(make(POINT)) == binary_counts
    assert storage.parameter_counts(make(RANDOM)) == binary_counts
    hidden = outputs - 10  # the last layer is not normalised
    counts = {"weights": weights, "scales": hidden, "biases": outputs, "statistics": 2 * hidden}
    model = make(RELU)
    assert storage.parameter_counts(model) == counts
    assert model.count_params() == sum(counts.values())
    assert storage.parameter_counts(make(ENDS)) == binary_counts  # all are normalised


@every_topology
def test_logits_of_every_recipe(make, shape, matrices):
    x = pictures(3, *shape)
    for recipe in (RELU, POINT):
        found = make(recipe)(x).numpy()
        assert found.shape == (3, 10)
        assert found.min() < 0 < found.max()  # no activation has cut them


def test_widths_of_the_literature():
    """VGG-Small and ResNet-18 as others count them: 4.66 and 11.2 million weights."""
    assert storage.parameter_counts(models.vgg_small(RELU, seed=0))["weights"] == 4_656_512
    assert storage.parameter_counts(models.resnet18(RELU, seed=0))["weights"] == 11_164_352


@every_topology
def test_all_layers_but_the_first_take_signs_and_ends_can_be_full(make, shape, matrices):
    kinds = (BinaryDense, BinaryConv2D)
    layers = [one for one in make(RANDOM).layers if isinstance(one, kinds)]
    assert [one.binary_inputs for one in layers] == [False] + [True] * (len(matrices) - 1)
    assert all(isinstance(one, ScaledBinaryDense | ScaledBinaryConv2D) for one in layers)
    assert len({one.seed for one in layers}) == len(layers)
    model = make(ENDS)
    assert sum(isinstance(one, kinds) for one in model.layers) == len(matrices) - 2
    plain = [one for one in model.layers if isinstance(one, keras.layers.Dense | keras.layers.Conv2D)]
    assert [plain[0].kernel.shape[-1], plain[-1].kernel.shape[-1]] == [matrices[0][1], 10]


@every_topology
def test_something_bends_before_a_last_layer_of_full_precision(make, shape, matrices):
    model = make(ENDS)
    last = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)][-1]
    before = keras.Model(model.input, last.input)(pictures(3, *shape)).numpy()
    assert (np.abs(before) <= 1).all()
    assert np.ptp(before) > 0


def test_a_seed_makes_one_network_and_another_seed_another():
    one, same, other = (models.lenet5(POINT, seed=seed) for seed in (1, 1, 2))
    for a, b, c in zip(one.weights, same.weights, other.weights, strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.name != "kernel" or (a.numpy() != c.numpy()).any()


def test_dropout_goes_on_in_predictions_by_the_stated_fraction():
    layer, x = models.MCDropout(0.25, seed=1), np.ones((100, 100), np.float32)
    for draw in (layer(x), layer(x, training=False), keras.Sequential([layer]).predict(x, verbose=0)):
        assert set(np.unique(draw)) == {0, np.float32(1 / 0.75)}
        assert np.mean(np.asarray(draw) == 0) == pytest.approx(0.25, abs=5 * np.sqrt(0.25 * 0.75 / 1e4))
    assert (layer(x).numpy() != layer(x).numpy()).any()


def test_only_the_recipe_with_dropout_draws():
    x = pictures(4, 28, 28, 1)
    for dropout in (0.0, 0.2):
        recipe = models.FullPrecision(activation="relu", dropout=dropout)
        model = models.mlp(recipe, hidden=20, seed=1)
        draws = [model.predict(x, verbose=0) for _ in range(2)]
        assert (draws[0] != draws[1]).any() == (dropout > 0)
        kinds = [type(layer) for layer in model.layers]
        assert kinds.count(models.MCDropout) == (3 if dropout else 0)  # none behind the logits


BACKEND_FREE = (
    base_layer,
    binary,
    classifiers,
    given_values,
    models,
    quantisers,
    random_scales,
    stochastic_passes,
    storage,
)


@pytest.mark.parametrize("module", BACKEND_FREE)
def test_nothing_here_names_a_backend(module):
    """These modules are for any backend of Keras, of which one alone is installed here."""
    names = set()
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module.split(".")[0])
    assert not names & {"tensorflow", "tensorflow_probability", "jax", "torch"}
    assert "keras" in names


@pytest.mark.parametrize("bits", [0, 4.5])
def test_bits_that_no_scale_has(bits):
    with pytest.raises(ValueError, match=f"bits of a scale must be at least 1, and whole, got {bits}"):
        models.RandomScale(**SCALE | {"bits": bits})
