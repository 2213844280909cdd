"""Twins of networks that nobody here wrote: two of Keras's own, and a small transformer that reads text."""

import keras
import numpy as np
import pytest
from keras import layers
from sklearn import datasets
from small import DEVICE, one_chip, saves

from noisyweights import seeds
from noisyweights.networks import weight_draws
from noisyweights.networks.mean_field import inference, twins
from noisyweights.networks.mean_field.any_layer import MeanFieldLayer
from noisyweights.networks.mean_field.layers import MeanFieldConv2D, MeanFieldDense
from noisyweights.noise import laws

SETTINGS = {"law": DEVICE, "prior_scale": 1.0, "kl_weight": 0.01, "biases": "fixed", "seed": 1}
LETTERS = 128


def text(rows, length):
    """Letters of a text that scikit-learn ships, (rows, length)."""
    codes = np.frombuffer(datasets.load_iris().DESCR.encode("ascii", "replace"), np.uint8)
    return codes[: rows * length].reshape(rows, length).astype(np.int32)


def transformer(length=12, width=8):
    """Two blocks of causal attention; the second attention is used twice, within a model of its own."""
    given = keras.Input((length,), dtype="int32")
    x = layers.Embedding(LETTERS, width)(given)
    x = layers.add([x, layers.MultiHeadAttention(2, 4)(x, x, use_causal_mask=True)])
    x = layers.LayerNormalization()(x)
    inside = keras.Input((length, width))
    attention = layers.MultiHeadAttention(2, 4, name="shared")
    again = attention(query=inside, value=attention(query=inside, value=inside))
    block = keras.Model(inside, layers.LayerNormalization()(layers.add([inside, again])))
    x = layers.Dense(16, activation="gelu")(block(x))
    x = layers.Conv1D(width, 3, padding="causal", dilation_rate=2)(x)
    return keras.Model(given, layers.Dense(LETTERS)(layers.GRU(width)(x)))


def images(n):
    return seeds.generator(0, "images").uniform(0, 1, size=(n, 32, 32, 3)).astype(np.float32)


def own(model):
    """All numbers of a model, to see that they stay."""
    return [weight.numpy().copy() for weight in model.weights]


def check_twin(model, x):
    """At scale → 0 the twin is the model; with noise it is not; and the model itself is as it was."""
    before, expected = own(model), np.asarray(model(x, training=False))
    twin = twins.from_deterministic(model, **SETTINGS, initial_scale=1e-9)
    # Sums of float32 in the same order, of weights that rounding may move by one digit.
    np.testing.assert_allclose(one_chip(twin, x), expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())
    for layer in weight_draws.random_layers(twin):
        for weight in layer.random_weights:
            scale = getattr(layer, f"{weight}_log_scale")
            scale.assign(np.full(scale.shape, np.log(0.1), np.float32))
    assert np.abs(one_chip(twin, x) - expected).max() > 1e-3 * np.abs(expected).max()
    for old, new in zip(before, own(model), strict=True):
        np.testing.assert_array_equal(old, new)
    return twin


def test_resnet():
    model = keras.applications.ResNet50(
        weights=None, input_shape=(32, 32, 3), classes=10, classifier_activation=None
    )
    twin = check_twin(model, images(2))
    random = weight_draws.random_layers(twin)
    assert [type(layer) for layer in random] == [MeanFieldConv2D] * 53 + [MeanFieldDense]


@pytest.fixture(scope="module")
def mobile():
    return keras.applications.MobileNetV2(
        weights=None, input_shape=(32, 32, 3), classes=10, alpha=0.35, classifier_activation=None
    )


def test_mobilenet(mobile):
    twin = check_twin(mobile, images(2))
    kinds = [type(layer).__name__ for layer in weight_draws.random_layers(twin)]
    assert [kinds.count(kind) for kind in ("MeanFieldConv2D", "MeanFieldLayer", "MeanFieldDense")] == [
        35,
        17,
        1,
    ]


def test_a_rule_leaves_the_rest_of_a_network_as_it_is(mobile):
    twin = twins.from_deterministic(
        mobile, **SETTINGS, initial_scale=0.1, where=lambda layer, weight: "depthwise" in layer.name
        and weight.name == "kernel",
    )  # fmt: skip
    random = weight_draws.random_layers(twin)
    assert len(random) == 17
    assert all(isinstance(layer.layer, layers.DepthwiseConv2D) for layer in random)


def test_transformer():
    twin = check_twin(transformer(), text(6, 12))
    found = {layer.name: layer.random_weights for layer in weight_draws.random_layers(twin)}
    assert sorted(map(len, found.values())) == [1, 1, 1, 1, 2, 4, 4]
    assert len([layer for layer in weight_draws.random_layers(twin) if layer.name == "shared"]) == 1


@saves
def test_a_twin_swaps_its_law_is_saved_and_loaded_and_draws_chip_by_chip(tmp_path):
    twin, x = twins.from_deterministic(transformer(), **SETTINGS, initial_scale=0.1), text(4, 12)
    swapped = twins.with_law(twin, laws.uniform())
    assert all(layer.law == laws.uniform() for layer in weight_draws.random_layers(swapped))
    for old, new in zip(twin.weights, swapped.weights, strict=True):
        np.testing.assert_array_equal(old, new)
    assert not np.allclose(one_chip(swapped, x), one_chip(twin, x))
    swapped.save(tmp_path / "twin.keras")
    loaded = keras.models.load_model(tmp_path / "twin.keras")
    np.testing.assert_array_equal(one_chip(loaded, x), one_chip(swapped, x))
    draws = inference.predict_draws(loaded, x, draws=3, seed=1, batch_size=3)
    assert draws.shape == (3, 4, LETTERS)
    np.testing.assert_allclose(draws[0], one_chip(loaded, x), rtol=1e-4, atol=1e-4)
    assert isinstance(loaded.layers[1], MeanFieldLayer)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (layers.LSTM(2, kernel_regularizer="l2", name="odd"), "odd has a kernel_regularizer"),
        (layers.GRU(2, dtype="float16", name="odd"), "odd has weights in float16"),
        (layers.LSTM(2, name="odd", kernel_constraint="non_neg"), "odd has a kernel_constraint"),
    ],
)
def test_a_refusal_changes_nothing(layer, message):
    model = keras.Sequential([keras.Input((3, 2)), layer])
    before, kinds = own(model), [type(one) for one in model.layers]
    with pytest.raises(ValueError, match=message):
        twins.from_deterministic(model, **SETTINGS, initial_scale=0.1)
    assert [type(one) for one in model.layers] == kinds
    assert all(np.array_equal(old, new) for old, new in zip(before, own(model), strict=True))
    assert layer.trainable_weights


class Unregistered(keras.Model):
    """As users write them: a subclass, within a functional model."""

    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.hidden, self.read = layers.Dense(units, "relu"), layers.LSTM(2)

    def call(self, x):
        return self.read(self.hidden(x))

    def get_config(self):
        return {"name": self.name, "units": self.units}


class Odd(layers.Layer):
    """Without what Keras needs to copy it."""

    def __init__(self, function):
        super().__init__(name="odd")
        self.function, self.inside = function, layers.Dense(2)

    def call(self, x):
        return self.inside(self.function(x))


def around(layer):
    given = keras.Input((5, 2))
    return keras.Model(given, layer(given))


def test_a_subclass_in_a_model_becomes_random_and_swaps_its_law():
    x = seeds.generator(0, "x").normal(size=(3, 5, 2)).astype(np.float32)
    alone = Unregistered(name="mine")
    alone(x)
    with pytest.raises(ValueError, match=r"mine is a subclass .* put it whole into one"):
        twins.from_deterministic(alone, **SETTINGS, initial_scale=0.1)
    twin = check_twin(around(Unregistered(name="mine")), x)
    assert weight_draws.random_layers(twin)[0].random_weights == ("kernel.0", "kernel.1", "recurrent_kernel")
    assert twins.with_law(twin, laws.uniform()).layers[1].law == laws.uniform()


def quantized():
    model = around(layers.EinsumDense("abc,cd->abd", (None, 3), name="eight"))
    model.layers[1].quantize("int8")
    return model


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: around(Odd(keras.ops.abs)), "odd is a Odd, which Keras cannot copy: .* get_config"),
        (
            lambda: keras.Sequential([around(layers.Dense(2)), layers.Lambda(lambda x: 2 * x, name="twice")]),
            "twice is a Lambda, which Keras cannot copy",
        ),
        (quantized, "eight is quantized to int8, and means need"),
        (lambda: around(layers.Dense(2, dtype="float16", name="half")), "half has weights in float16"),
    ],
)
@pytest.mark.filterwarnings("ignore:The object being serialized includes a `lambda`")
@saves
def test_what_has_no_twin_is_named(make, message):
    model = make()
    before = own(model)
    with pytest.raises(ValueError, match=message):
        twins.from_deterministic(model, **SETTINGS, initial_scale=0.1)
    assert all(np.array_equal(old, new) for old, new in zip(before, own(model), strict=True))
