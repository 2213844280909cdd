"""Networks brought into [−1, 1] compute what they did before."""

import keras
import numpy as np
import pytest
from keras import layers

from noisyweights import seeds
from noisyweights.networks.coin_flips.rescaling import SYNAPTIC, renormalise


def trained(model, spread=2.0):
    """Weights and statistics as they may be after training, far out of range."""
    rng = seeds.generator(0, "trained")
    for variable in model.weights:
        if "variance" in variable.path:
            variable.assign(rng.uniform(0.5, 2, variable.shape))
        elif "seed" not in variable.path:
            variable.assign(rng.normal(0, spread, variable.shape))
    return model


def mlp(last="softmax"):
    return keras.Sequential(
        [
            keras.Input((7,)),
            layers.Dense(9, activation="relu"),
            layers.Dropout(0.2, seed=1),
            layers.Dense(8),
            layers.LeakyReLU(0.1),
            layers.Dense(4, activation=last, use_bias=False),
        ]
    )


def cnn():
    return keras.Sequential(
        [
            keras.Input((12, 12, 2)),
            layers.Conv2D(4, 3, padding="same"),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.MaxPooling2D(),
            layers.Conv2D(5, 3, activation="relu"),
            layers.AveragePooling2D(2),
            layers.Flatten(),
            layers.Dense(6, activation="tanh"),
            layers.Dense(3),
        ]
    )


def branched():
    given = keras.Input((7,))
    left = layers.Dense(5, activation="relu")(given)
    right = layers.Dense(5, activation="relu")(given)
    joined = layers.concatenate([layers.add([left, right]), left])
    return keras.Model(given, layers.Dense(3)(layers.Activation("relu")(joined)))


def residual():
    given = keras.Input((7,))
    hidden = layers.Dense(7, activation="relu")(given)
    return keras.Model(
        given, layers.Dense(3, activation="softmax")(keras.ops.multiply(hidden, given) + given)
    )


NETWORKS = {
    "mlp": (mlp, (7,)),
    "logits": (lambda: mlp(last=None), (7,)),
    "cnn": (cnn, (12, 12, 2)),
    "branched": (branched, (7,)),
    "operations": (residual, (7,)),
}
every_network = pytest.mark.parametrize(("make", "shape"), NETWORKS.values(), ids=NETWORKS.keys())


def inputs(shape):
    return seeds.generator(0, "inputs").normal(size=(30, *shape)).astype(np.float32)


def kernels(model):
    return [layer.kernel.numpy() for layer in model.layers if isinstance(layer, SYNAPTIC)]


def distance(model, other, x):
    expected = model(x, training=False).numpy()
    return np.abs(other(x, training=False).numpy() - expected).max() / np.abs(expected).max()


@every_network
@pytest.mark.parametrize("stretch", [False, True])
def test_the_function_stays_and_the_kernels_come_into_range(make, shape, stretch):
    model, x = trained(make()), inputs(shape)
    before = [variable.numpy().copy() for variable in model.weights]
    twin = renormalise(model, stretch=stretch)
    assert max(np.abs(kernel).max() for kernel in kernels(model)) > 1
    for kernel in kernels(twin):
        assert np.abs(kernel).max() == 1
    assert distance(model, twin, x) < 1e-5  # a few roundings of float32 for each layer
    for variable, old in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), old)


def test_the_distance_would_see_a_bias_left_on_its_old_scale():
    model, x = trained(mlp()), inputs((7,))
    twin = renormalise(model, stretch=False)
    bias = next(layer for layer in twin.layers if isinstance(layer, layers.Dense)).bias
    bias.assign(model.layers[0].bias)
    assert distance(model, twin, x) > 1e-3


def test_small_weights_are_stretched_on_request_alone():
    model, x = trained(mlp(), spread=0.1), inputs((7,))
    kept, stretched = (renormalise(model, stretch=stretch) for stretch in (False, True))
    for old, new in zip(kernels(model), kernels(kept), strict=True):
        np.testing.assert_array_equal(new, old)
    for old, new in zip(kernels(model), kernels(stretched), strict=True):
        assert np.abs(new).max() == 1
        np.testing.assert_allclose(new * np.abs(old).max(), old, rtol=1e-6)
    assert distance(model, stretched, x) < 1e-5
    assert not any(isinstance(layer, layers.Rescaling) for layer in kept.layers)


def test_a_factor_is_given_back_once_and_before_the_softmax():
    twin = renormalise(trained(mlp()), stretch=False)
    names = [type(layer).__name__ for layer in twin.layers]
    assert names == [
        "InputLayer",
        "Dense",
        "Dropout",
        "Dense",
        "LeakyReLU",
        "Dense",
        "Rescaling",
        "Activation",
    ]


def test_a_kernel_of_zeros_stays():
    model = mlp()
    for variable in model.trainable_weights:
        variable.assign(keras.ops.zeros_like(variable))
    assert distance(model, renormalise(model, stretch=True), inputs((7,))) == 0


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of Keras, as it saves
def test_the_copy_survives_saving(tmp_path):
    model, x = trained(cnn()), inputs((12, 12, 2))
    renormalise(model, stretch=False).save(tmp_path / "model.keras")
    assert distance(model, keras.models.load_model(tmp_path / "model.keras"), x) < 1e-5


# --- what cannot be brought into range


class Subclass(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(3)

    def call(self, x):
        return self.dense(x)


def called():
    model = Subclass()
    model(inputs((7,)))
    return model


def recurrent():
    return trained(keras.Sequential([keras.Input((5, 2)), layers.LSTM(3), layers.Dense(2)]))


def shared():
    given, layer = keras.Input((7,)), layers.Dense(7, activation="relu")
    return trained(keras.Model(given, layer(layer(given))))


def nested():
    inner = keras.Sequential([keras.Input((7,)), layers.Dense(4, activation="relu")], name="inner")
    return keras.Sequential([keras.Input((7,)), inner, layers.Dense(3)])


def broken(value):
    model = mlp()
    model.layers[0].kernel.assign(np.full((7, 9), value))
    return model


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (recurrent, "only Dense layers and convolutions can be brought into"),
        (shared, "used twice, on different scales"),
        (called, "cannot be cloned"),
        (lambda: keras.Sequential([layers.Dense(3)]), "has no weights yet"),
        (lambda: broken(np.nan), "63 NaN or infinite weights"),
        (lambda: broken(np.inf), "NaN or infinite weights"),
    ],
    ids=["recurrent", "shared", "subclass", "unbuilt", "nan", "infinite"],
)
def test_a_layer_is_never_skipped(make, says):
    with pytest.raises(ValueError, match=says):
        renormalise(make(), stretch=False)


def test_a_network_within_the_network_is_left_alone_or_refused():
    model, x = nested(), inputs((7,))
    assert distance(model, renormalise(model, stretch=False), x) < 1e-5
    with pytest.raises(ValueError, match="inner is a network within the network"):
        renormalise(model, stretch=True)
    model.layers[0].layers[0].kernel.assign(np.full((7, 4), 1.5))
    with pytest.raises(ValueError, match="inner is a network within the network"):
        renormalise(model, stretch=False)


def test_other_layers_in_range_are_kept_on_their_own_scale():
    model = trained(recurrent(), spread=0.1)
    model.layers[-1].kernel.assign(3 * keras.ops.ones_like(model.layers[-1].kernel))
    x = inputs((5, 2))
    assert distance(model, renormalise(model, stretch=False), x) < 1e-5
