"""Workloads: hand counts of LeNet-5, shapes that Keras itself computes, and what cannot be counted."""

import keras
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noisyweights.hardware.costs.workloads import workloads
from noisyweights.networks.binary import models, storage
from noisyweights.networks.binary.layers import BinaryConv2D
from noisyweights.networks.mean_field.layers import MeanFieldConv2D, MeanFieldDense
from noisyweights.noise import laws

SCALE = models.RandomScale(prior_loc=1.0, prior_scale=0.1, kl_weight=0.0, bits=4, initial_scale=0.05)
RANDOM = {
    "law": laws.gaussian(),
    "prior_scale": 1.0,
    "kl_weight": 0.0,
    "biases": "learned",
    "initial_scale": 0.05,
}


def sizes(model):
    return [(work.rows, work.columns, work.positions) for work in workloads(model)]


# By hand: 28 × 28 places of a 5 × 5 kernel, padded; then 10 × 10, not padded, in pictures of 14 × 14.
LENET = [(25, 6, 784), (150, 16, 100), (400, 120, 1), (120, 84, 1), (84, 10, 1)]


def test_lenet_by_hand():
    lenet = models.lenet5(models.Binary(scale=SCALE), seed=0)
    found = workloads(lenet)
    assert sizes(lenet) == LENET
    assert [work.arrivals for work in found] == [784, 14 * 14 * 6, 400, 120, 84]
    assert [work.departures for work in found] == [14 * 14 * 6, 5 * 5 * 16, 120, 84, 10]
    assert [work.sign_inputs for work in found] == [False, True, True, True, True]
    assert {work.scale_bits for work in found} == {4}
    assert sum(work.products for work in found) == 416_520
    # Negative control: counted after pooling, as a layer's own output shape has it, a quarter would be left.
    assert found[0].positions == 4 * found[0].departures / found[0].columns


def test_other_kinds_of_layers_ask_for_the_same():
    """Pooled by a layer of its own or by the convolution itself, the products are the same."""
    assert sizes(models.lenet5(models.FullPrecision(activation="relu"), seed=0)) == LENET
    assert sizes(models.lenet5(models.Binary(scale=None), seed=0)) == LENET
    random = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            MeanFieldConv2D(6, 5, padding="same", **RANDOM),
            keras.layers.Flatten(),
            MeanFieldDense(10, **RANDOM),
        ]
    )
    assert sizes(random) == [(25, 6, 784), (4704, 10, 1)]


@pytest.mark.parametrize("topology", [models.mlp, models.vgg_small, models.resnet18])
def test_weights_are_those_that_are_stored(topology):
    network = topology(
        models.Binary(scale=SCALE), seed=0, **{"hidden" if topology is models.mlp else "width": 4}
    )
    counted = sum(work.weights for work in workloads(network))
    assert counted == storage.parameter_counts(network)["weights"]


def test_the_vgg_of_the_literature():
    """600 million products, the number usually given."""
    found = workloads(models.vgg_small(models.Binary(scale=None), seed=0))
    assert sum(work.products for work in found) == pytest.approx(6e8, rel=0.02)


@given(
    side=st.integers(5, 12),
    kernel=st.integers(1, 5),
    stride=st.integers(1, 3),
    padding=st.sampled_from(["same", "valid"]),
    pool=st.integers(1, 2),
)
def test_positions_are_outputs_before_pooling(side, kernel, stride, padding, pool):
    pixels = keras.Input((side, side, 2))
    settings = {"strides": stride, "padding": padding}
    before = keras.layers.Conv2D(3, kernel, **settings)(pixels).shape
    if before[1] < pool:
        return
    layer = BinaryConv2D(3, kernel, pool_size=pool, binary_inputs=False, seed=0, **settings)
    (work,) = workloads(keras.Model(pixels, layer(pixels)))
    assert work.positions == before[1] * before[2]
    assert work.rows == 2 * kernel**2


def test_layers_within_and_layers_used_twice():
    shared = keras.layers.Dense(4)
    inner = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="inner")])
    x = keras.Input((4,))
    found = workloads(keras.Model(x, inner(shared(shared(x)))))
    assert [(work.name, work.positions, work.weights) for work in found] == [
        (shared.name, 2, 16),
        ("inner", 1, 12),
    ]


def test_a_dense_layer_over_a_sequence_has_positions():
    x = keras.Input((7, 4))
    assert sizes(keras.Model(x, keras.layers.Dense(3)(x))) == [(4, 3, 7)]


class OwnNetwork(keras.Model):
    """A network of which Keras does not know the calls."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(2)

    def call(self, inputs):
        return self.dense(inputs)


def subclassed():
    network = OwnNetwork()
    network(keras.ops.ones((1, 3)))
    return network


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (lambda: keras.Sequential([keras.layers.Dense(3)]), "no weights yet"),
        (subclassed, "neither sequential nor functional"),
        (lambda: keras.Sequential([keras.Input((3,)), keras.layers.Embedding(5, 2)]), "Embedding with"),
        (lambda: keras.Sequential([keras.Input((9, 2)), keras.layers.Conv1D(3, 2)]), "Conv1D with"),
        (lambda: keras.Sequential([keras.Input((None, 8, 1)), keras.layers.Conv2D(3, 2)]), "a size"),
        (lambda: keras.Sequential([keras.Input((8, 8, 4)), keras.layers.Conv2D(4, 2, groups=2)]), "2 groups"),
        (
            lambda: keras.Sequential([keras.Input((8,)), keras.layers.BatchNormalization()]),
            "nothing to count",
        ),
    ],
)
def test_what_cannot_be_counted_is_said(model, words):
    with pytest.raises(ValueError, match=words):
        workloads(model())
