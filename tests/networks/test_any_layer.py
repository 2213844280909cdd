"""Any layer with drawn values for its weights, against the same layer with these values set by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from small import inputs, one_chip, settings

from noisyweights import seeds
from noisyweights.networks import weight_draws
from noisyweights.networks.mean_field import inference, random_rules
from noisyweights.networks.mean_field.any_layer import MeanFieldLayer
from noisyweights.networks.mean_field.layers import MeanFieldDense
from noisyweights.noise import laws


@keras.saving.register_keras_serializable(package="tests")
class Block(layers.Layer):
    """A layer of layers, as users write them: without `build`."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.attend, self.norm = layers.MultiHeadAttention(2, 3), layers.LayerNormalization()
        self.dense, self.batch = layers.Dense(4, name="wide"), layers.BatchNormalization()

    def call(self, x):
        return self.batch(self.dense(self.norm(x + self.attend(x, x, use_causal_mask=True))))


def data(shape):
    return seeds.generator(0, "data").normal(size=(5, *shape)).astype(np.float32)


def words(shape):
    return seeds.generator(0, "words").integers(0, 7, size=(5, *shape)).astype(np.int32)


# What is random by default, in the order in which it is drawn.
KINDS = {
    "dense": (lambda: layers.Dense(3, "tanh"), (4,), ["kernel"]),
    "einsum": (lambda: layers.EinsumDense("abc,cde->abde", (None, 2, 3), bias_axes="e"), (3, 4), ["kernel"]),
    "embedding": (lambda: layers.Embedding(7, 3), (6,), ["embeddings"]),
    "conv1d": (lambda: layers.Conv1D(4, 3, dilation_rate=2, groups=2), (9, 4), ["kernel"]),
    "conv2d": (lambda: layers.Conv2D(4, 2, groups=2, padding="same"), (5, 5, 2), ["kernel"]),
    "conv3d": (lambda: layers.Conv3D(2, 2, strides=2), (4, 4, 4, 1), ["kernel"]),
    "depthwise": (lambda: layers.DepthwiseConv2D(2, depth_multiplier=2), (4, 4, 3), ["kernel"]),
    "separable": (lambda: layers.SeparableConv1D(4, 3), (8, 3), ["depthwise_kernel", "pointwise_kernel"]),
    "transposed": (lambda: layers.Conv2DTranspose(2, 3, strides=2), (3, 3, 2), ["kernel"]),
    "lstm": (lambda: layers.LSTM(3, return_sequences=True), (6, 2), ["kernel", "recurrent_kernel"]),
    "gru": (lambda: layers.GRU(3), (6, 2), ["kernel", "recurrent_kernel"]),
    "bidirectional": (
        lambda: layers.Bidirectional(layers.SimpleRNN(2)),
        (4, 2),
        ["kernel.0", "recurrent_kernel.0", "kernel.1", "recurrent_kernel.1"],
    ),
    "distributed": (lambda: layers.TimeDistributed(layers.Dense(2)), (3, 4), ["kernel"]),
    "block": (Block, (6, 4), [f"kernel.{k}" for k in range(5)]),
}
every_kind = pytest.mark.parametrize(("make", "shape", "random"), KINDS.values(), ids=KINDS.keys())


def example(make, shape):
    return words(shape) if make is KINDS["embedding"][0] else data(shape)


def one_layer(layer, x, **changes):
    given = keras.Input(x.shape[1:], dtype=x.dtype)
    return keras.Model(given, MeanFieldLayer(layer, **settings(**changes))(given))


@every_kind
def test_a_layer_computes_what_it_does_with_the_drawn_values_set_by_hand(make, shape, random):
    x = example(make, shape)
    model = one_layer(make(), x)
    noisy = model.layers[-1]
    assert list(noisy.random_weights) == random
    found, means = one_chip(model, x), noisy.layer(x, training=False).numpy()
    for weight, at in zip(random, weight_draws.chip_seeds(model, draws=1, seed=1)[0], strict=True):
        getattr(noisy, f"{weight}_loc").assign(noisy.sample(weight, tf.constant(at)))
    np.testing.assert_allclose(found, noisy.layer(x, training=False), rtol=1e-6, atol=1e-6)
    assert not np.allclose(found, means, atol=1e-3)


@every_kind
def test_a_layer_with_little_noise_is_the_layer_itself_also_in_training(make, shape, random):
    x = example(make, shape)
    noisy = one_layer(make(), x, initial_scale=1e-9).layers[-1]
    plain = make()
    plain(x)
    for old, new in zip(noisy.layer.weights, plain.weights, strict=True):
        new.assign(old)
    np.testing.assert_allclose(noisy(x, training=True), plain(x, training=True), rtol=1e-6, atol=1e-6)
    for old, new in zip(noisy.layer.non_trainable_weights, plain.non_trainable_weights, strict=True):
        np.testing.assert_allclose(old, new, rtol=1e-6)  # what BatchNormalization learned of x


def test_draws_of_a_dense_layer_are_those_of_the_dense_layer_of_its_own_and_have_its_moments():
    x, draws = inputs(3), 2000
    own = keras.Sequential([keras.Input((4,)), MeanFieldDense(2, **settings(biases="none"))])
    wrapped = one_layer(layers.Dense(2, use_bias=False), x, biases="none")
    wrapped.layers[-1].layer.kernel.assign(own.layers[0].kernel_loc)
    found = inference.predict_draws(wrapped, x, draws=draws, seed=1)
    np.testing.assert_allclose(inference.predict_draws(own, x, draws=4, seed=1), found[:4], atol=1e-5)
    assert float(wrapped.layers[-1].kl()) == pytest.approx(float(own.layers[0].kl()), rel=1e-6)
    mean, deviation = x @ own.layers[0].kernel_loc.numpy(), 0.3 * np.sqrt(np.square(x).sum(1, keepdims=True))
    # Five standard errors, of six numbers each; a sum of four has an excess kurtosis below 3.
    assert (np.abs(found.mean(0) - mean) < 5 * deviation / np.sqrt(draws)).all()
    assert (np.abs(found.var(0) / deviation**2 - 1) < 5 * np.sqrt((2 + 3) / draws)).all()


def test_one_draw_serves_all_steps_of_a_sequence_and_all_uses_in_a_pass():
    rnn = layers.SimpleRNN(1, activation="linear", return_sequences=True, recurrent_initializer="zeros")
    noisy = MeanFieldLayer(rnn, **settings(), where=("kernel",))
    given = keras.Input((5, 2))
    model = keras.Model(given, [noisy(given), noisy(given)])
    x = np.ones((3, 5, 2), np.float32)
    first, second = (model(x, training=True) for _ in range(2))
    np.testing.assert_array_equal(first[0], first[1])
    np.testing.assert_allclose(first[0], np.broadcast_to(first[0][:1, :1], (3, 5, 1)), rtol=1e-6)
    assert not np.allclose(first[0], second[0])
    assert len(model.losses) == 1


def test_gradients_reach_means_and_scales_through_the_draw():
    x = data((6, 2))
    model = one_layer(layers.GRU(3), x)
    noisy = model.layers[-1]
    at = weight_draws.chip_seeds(model, draws=1, seed=1)[0]
    with tf.GradientTape() as tape, weight_draws.chip(model, tf.constant(at)):
        outputs = tf.reduce_sum(tf.square(model(x)))
    loc, log_scale = tape.gradient(outputs, [noisy.kernel_loc.value, noisy.kernel_log_scale.value])
    drawn = noisy.sample("kernel", tf.constant(at[0]))
    # w = µ + σz, so that ∂/∂log σ is z σ times ∂/∂µ.
    np.testing.assert_allclose(log_scale, loc * (drawn - noisy.kernel_loc.value), rtol=1e-4, atol=1e-6)
    assert np.abs(loc).min() > 0


@pytest.mark.parametrize("compiled", [False, True])
def test_graphs_draw_anew_at_every_call(compiled):
    x = data((3, 4))
    noisy = MeanFieldLayer(layers.EinsumDense("abc,cd->abd", (None, 2)), **settings())
    noisy(x)
    step = tf.function(lambda given: noisy(given, training=True), jit_compile=compiled)
    first, second = step(x).numpy(), step(x).numpy()
    assert np.abs(first - second).max() > 0.01


def test_a_fit_moves_means_and_scales_and_reports_the_divergence():
    x = data((8, 3))
    model = one_layer(layers.SeparableConv1D(4, 3, name="conv"), x)
    before = [weight.numpy().copy() for weight in model.trainable_weights]
    assert len(before) == 5  # two kernels' means and scales, and a bias
    model.compile("sgd", "mse", jit_compile=False)
    history = model.fit(x, np.zeros((5, 6, 4)), verbose=0).history
    assert history["conv_kl"][0] > 0
    assert all(np.any(old != new.numpy()) for old, new in zip(before, model.trainable_weights, strict=True))


def test_masks_pass_through():
    tokens = np.array([[1, 2, 0, 0], [3, 0, 0, 0]])
    given = keras.Input((4,), dtype="int32")
    hidden = MeanFieldLayer(layers.Embedding(5, 3, mask_zero=True), **settings())(given)
    model = keras.Model(given, MeanFieldLayer(layers.LSTM(2), **settings(seed=2))(hidden))
    longer = np.array([[1, 2, 0, 0, 0, 0], [3, 0, 0, 0, 0, 0]])[:, :4]
    np.testing.assert_array_equal(one_chip(model, tokens), one_chip(model, longer))
    other = tokens.copy()
    other[0, 1] = 4
    assert not np.allclose(one_chip(model, tokens)[0], one_chip(model, other)[0])
    np.testing.assert_array_equal(model(tokens, training=False).shape, (2, 2))
    assert hidden._keras_mask is not None


def test_half_precision_computes_and_keeps_its_weights_in_single():
    x = data((3, 4))
    layer = layers.EinsumDense("abc,cd->abd", (None, 2), dtype="mixed_float16")
    model = one_layer(layer, x, initial_scale=1e-9)
    found = one_chip(model, x)
    assert found.dtype == np.float16
    np.testing.assert_array_equal(found, layer(x))
    assert layer.kernel.dtype == model.layers[-1].kernel_log_scale.dtype == "float32"


def test_rules_by_name_and_by_question():
    x = data((6, 4))

    def wide_or_out(layer, weight):
        return layer.name in ("wide", "attention_output") and weight.name == "kernel"

    noisy = one_layer(Block(), x, where=wide_or_out).layers[-1]
    owners = {weight.name: weight.owner.name for weight in random_rules.named_weights(noisy.layer)}
    assert {owners[weight] for weight in noisy.random_weights} == {"wide", "attention_output"}
    assert one_layer(Block(), x, where=("kernel.1",)).layers[-1].random_weights == ("kernel.1",)
    assert one_layer(Block(), x, where=("gamma",)).layers[-1].random_weights == ("gamma.0", "gamma.1")
    chosen = one_layer(layers.LSTM(2), x, biases="random").layers[-1]
    assert chosen.random_weights == ("kernel", "recurrent_kernel", "bias")
    fixed, learned = (one_layer(layers.LSTM(2), x, biases=word).layers[-1] for word in ("fixed", "learned"))
    assert not fixed.layer.cell.bias.trainable
    assert learned.layer.cell.bias.trainable


def test_an_array_refuses_it_by_name():
    noisy = one_layer(layers.LSTM(2), data((3, 2)))
    at = tf.constant(weight_draws.chip_seeds(noisy, draws=1, seed=1)[0])
    with (
        pytest.raises(ValueError, match="is a LSTM, and chips can be stacked in dense layers only"),
        weight_draws.chip(noisy, at, stack=3),
    ):
        noisy(data((3, 2)))


@keras.saving.register_keras_serializable(package="tests")
class Late(layers.Layer):
    """Makes its weights when it is called, which Keras does not allow."""

    def call(self, x):
        return x * self.add_weight(shape=(1,), name="kernel")


def refused(layer, **changes):
    return lambda: MeanFieldLayer(layer, **settings(**changes))(data((3, 4)), training=True)


def in_remat_scope():
    with keras.RematScope(mode="full"):
        return layers.EinsumDense("abc,cd->abd", (None, 2), name="again")


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (refused("dense"), TypeError, "layer must be a layer of Keras, got 'dense'"),
        (refused(MeanFieldDense(2, **settings(), name="own")), ValueError, "own is or holds a mean-field"),
        (refused(layers.LayerNormalization(name="norm")), ValueError, "norm has no weight .* gamma, beta"),
        (refused(layers.Flatten(name="flat")), ValueError, "flat has no weight .* no weights"),
        (refused(layers.LSTM(2, dtype="float16", name="half")), ValueError, "half has weights in float16"),
        (refused(layers.GRU(2, recurrent_regularizer="l2", name="odd")), ValueError, "odd has a .*regulari"),
        (refused(layers.GRU(2, kernel_constraint="non_neg", name="odd")), ValueError, "odd has a .*constr"),
        (
            refused(layers.GRU(2, name="rnn"), biases="none"),
            ValueError,
            "rnn has a bias, which biases='none'",
        ),
        (refused(layers.GRU(2, name="rnn"), where=("nothing",)), ValueError, "rnn has no weight to make"),
        (refused(layers.SpectralNormalization(layers.Dense(2))), ValueError, "kernel is assigned to"),
        (refused(in_remat_scope()), ValueError, "again is computed again for its gradient"),
        (refused(Late(name="late")), ValueError, "late.*already built|cannot add new elements"),
        (refused(layers.GRU(2), law="uniform"), TypeError, "law must be one of"),
    ],
)
def test_what_cannot_be_random(wrong, error, message):
    with pytest.raises(error, match=message):
        wrong()


def test_a_law_without_density_predicts_and_has_no_divergence():
    x = data((6, 2))
    model = one_layer(layers.GRU(3), x, law=laws.two_point())
    assert one_chip(model, x).shape == (5, 3)
    with pytest.raises(NotImplementedError):
        model(x, training=True)
