"""Binary layers: what they compute, their random scales, how they learn and how they are saved."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from binary_layers import SCALE, convolution, dense, pictures, scramble, settings, small
from small import saves

from noisyweights.networks.binary import layers as binary
from noisyweights.networks.binary.given_values import Given, given
from noisyweights.networks.binary.layers import (
    BinaryConv2D,
    BinaryDense,
    ScaledBinaryConv2D,
    ScaledBinaryDense,
)
from noisyweights.networks.binary.models import MCDropout

SHAPES = [
    {"strides": 1, "padding": "same", "pool_size": 2},
    {"strides": (2, 1), "padding": "same"},
    {"strides": (1, 3), "padding": "valid", "pool_size": 3},
]
random_scale = pytest.mark.parametrize("kind", [ScaledBinaryDense, ScaledBinaryConv2D])


def built(kind, shape, *args, **changes):
    layer = kind(*args, **settings(kind, **changes))
    layer.build((None, *shape))
    return scramble(layer)


def arguments(kind):
    """Three outputs, and for a convolution the side of its kernel."""
    return (3,) if kind is ScaledBinaryDense else (3, 3)


def output(layer, x, scale):
    """Of a layer whose scale is given, or is its own."""
    if isinstance(layer, BinaryDense | BinaryConv2D) and not hasattr(layer, "scale_loc"):
        layer.scale.assign(scale)
        return layer(x).numpy()
    with given({layer: Given(scale)}):
        return layer(x).numpy()


def test_an_inner_block_keeps_what_an_outer_one_gives_to_other_layers():
    one, other = (built(ScaledBinaryDense, (7,), 3) for _ in range(2))
    x, scales = pictures(5, 7), [np.float32([1, 0, 2]), np.float32([0, 3, 0])]
    expected = [output(layer, x, scale) for layer, scale in zip((one, other), scales, strict=True)]
    with given({one: Given(scales[0]), other: Given(scales[0])}):
        with given({other: Given(scales[1])}):
            found = [one(x).numpy(), other(x).numpy()]
        after = other(x).numpy()
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(after, output(other, x, scales[0]))


@pytest.mark.parametrize("kind", [BinaryDense, ScaledBinaryDense])
@pytest.mark.parametrize("signs", [True, False])
def test_dense_layers_against_plain_arrays(kind, signs):
    layer, x = built(kind, (7,), 4, binary_inputs=signs), pictures(5, 3, 7)
    scale = np.float32([0.0, 0.4, 1.0, 1.7])
    np.testing.assert_allclose(output(layer, x, scale), dense(layer, x, scale), rtol=1e-5, atol=1e-5)
    assert layer.compute_output_shape((None, 3, 7)) == (None, 3, 4)
    behind = dense(layer, x, np.ones(4)) * scale  # a scale that multiplies the bias as well
    assert np.abs(output(layer, x, scale) - behind).max() > 0.1


@pytest.mark.parametrize("kind", [BinaryConv2D, ScaledBinaryConv2D])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("signs", [True, False])
def test_convolutions_against_plain_arrays(kind, shape, signs):
    layer = built(kind, (9, 10, 2), 3, (3, 2), binary_inputs=signs, **shape)
    x, scale = pictures(4, 9, 10, 2), np.float32([0.3, 1.0, 1.6])
    found = output(layer, x, scale)
    np.testing.assert_allclose(found, convolution(layer, x, scale), rtol=1e-5, atol=1e-5)
    assert layer.compute_output_shape((None, 9, 10, 2)) == (None, *found.shape[1:])


def test_products_of_signs_are_whole_numbers_and_kernels_are_signs():
    layers = built(BinaryDense, (50,), 9), built(BinaryConv2D, (8, 8, 5), 4, 3, padding="same", pool_size=2)
    for layer, x in zip(layers, (pictures(20, 50), pictures(6, 8, 8, 5)), strict=True):
        product = layer.product(x).numpy()
        np.testing.assert_array_equal(product, product.round())
        assert np.abs(product).max() <= np.prod(layer.kernel.shape[:-1])
        assert set(np.unique(layer.binary_kernel())) == {-1, 1}
    pixels = built(BinaryDense, (50,), 9, binary_inputs=False).product(pictures(20, 50)).numpy()
    assert (pixels != pixels.round()).any()


@pytest.mark.parametrize("bits", [1, 4, 6])
def test_scales_take_few_values_none_of_them_negative(bits):
    layer = built(ScaledBinaryDense, (3,), 400, bits=bits, initial_scale=2.0)
    drawn = np.stack([layer._scale().numpy() for _ in range(30)])
    assert len(np.unique(drawn)) <= 2**bits
    assert len(np.unique(drawn)) == min(2**bits, 64)  # 12,000 wide draws leave none of few values out
    assert drawn.min() == 0
    assert drawn.max() == pytest.approx(2 * SCALE["prior_loc"])
    assert (drawn[0] != drawn[1]).any()


@random_scale
def test_the_divergence_is_that_of_gaussians(kind):
    layer = built(kind, (6, 6, 2), *arguments(kind))
    layer.scale_log_scale.assign(np.log([0.01, 0.3, 2.0]))
    normal = tfp.distributions.Normal
    learnt, prior = normal(*layer.scale_distribution()), normal(SCALE["prior_loc"], SCALE["prior_scale"])
    expected = float(tf.reduce_sum(tfp.distributions.kl_divergence(learnt, prior)))
    assert float(layer.kl()) == pytest.approx(expected, rel=1e-5)
    layer(pictures(2, 6, 6, 2))
    assert float(layer.losses[0]) == pytest.approx(SCALE["kl_weight"] * expected, rel=1e-5)


def test_in_training_a_batch_is_normalised_before_it_is_scaled():
    """Were the scale in front, normalisation would undo it: twice the scale would then change nothing."""
    layer, x = built(ScaledBinaryDense, (20,), 4), pictures(64, 20)
    layer.bias.assign(np.zeros(4))
    found = []
    for factor in (1.0, 2.0):
        with given({layer: Given(factor * np.float32([0.5, 1, 1.5, 2]))}):
            found.append(layer(x, training=True).numpy())
    np.testing.assert_allclose(found[1], 2 * found[0], rtol=1e-5)
    np.testing.assert_allclose(found[0].std(0), [0.5, 1, 1.5, 2], rtol=1e-3)  # 0.001 is added to variances
    before = [scale * layer.product(x).numpy() for scale in (1.0, 2.0)]  # the negative control
    undone = [(p - p.mean(0)) / p.std(0) for p in before]
    np.testing.assert_allclose(undone[1], undone[0], rtol=1e-5)


def test_training_moves_statistics_by_a_twentieth_and_predicting_leaves_them():
    layer, x = BinaryDense(3, binary_inputs=True, seed=1), pictures(50, 9)
    layer(x)
    assert (layer.moving_mean.numpy() == 0).all()
    layer(x, training=True)
    product = layer.product(x).numpy()
    np.testing.assert_allclose(layer.moving_mean, 0.05 * product.mean(0), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(layer.moving_variance, 0.95 + 0.05 * product.var(0), rtol=1e-5)


@random_scale
def test_a_gradient_reaches_every_weight(kind):
    flat = [keras.layers.Flatten()] if kind is ScaledBinaryDense else []
    last = [] if flat else [keras.layers.GlobalAveragePooling2D()]
    layer = kind(*arguments(kind), **settings(kind, initial_scale=1.0))
    model = keras.Sequential([keras.Input((6, 6, 2)), *flat, layer, *last])
    model.compile("sgd", "mse")
    before = [w.numpy() for w in layer.trainable_variables]
    model.fit(pictures(60, 6, 6, 2), np.ones((60, 3)), verbose=0, epochs=2)
    for weight, old in zip(layer.trainable_variables, before, strict=True):
        assert np.isfinite(weight).all(), weight.name
        assert (np.asarray(weight) != old).any(), weight.name


def test_sharpness_grows_by_equal_factors_from_a_tenth_to_ten():
    model, seen = small(), []
    note = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append([float(one.sharpness) for one in model.layers])
    )
    model.compile("sgd", "mse")
    decay = binary.ErrorDecay(epochs=5)
    model.fit(pictures(4, 6), np.ones((4, 3)), epochs=7, verbose=0, callbacks=[decay, note])
    expected = [0.1, 10**-0.5, 1, 10**0.5, 10, 10, 10]
    np.testing.assert_allclose(seen, np.transpose([expected, expected]), rtol=1e-5)
    with pytest.raises(ValueError, match="epochs must be at least 1, got 0"):
        binary.ErrorDecay(epochs=0)


def test_the_same_seed_gives_the_same_network_and_another_another():
    one, same, other = small(), small(), small(seed=9)
    np.testing.assert_array_equal(one.layers[0].kernel, same.layers[0].kernel)
    np.testing.assert_array_equal(one(pictures(5, 6)), same(pictures(5, 6)))  # the scales drawn as well
    assert (one.layers[0].kernel != other.layers[0].kernel).numpy().all()
    assert BinaryDense(1, binary_inputs=True).seed != BinaryDense(1, binary_inputs=True).seed


def everything():
    inside = keras.Sequential([keras.Input((12,)), ScaledBinaryDense(5, **settings(ScaledBinaryDense))])
    return keras.Sequential(
        [
            keras.Input((8, 8, 2)),
            BinaryConv2D(4, (3, 2), padding="same", **settings(BinaryConv2D, binary_inputs=False)),
            ScaledBinaryConv2D(3, 3, strides=2, pool_size=1, **settings(ScaledBinaryConv2D, bits=3)),
            MCDropout(0.5, seed=2),
            keras.layers.Flatten(),
            BinaryDense(12, **settings(BinaryDense)),
            inside,
        ]
    )


@saves
def test_networks_are_saved_and_loaded_whole(tmp_path):
    model = scramble(everything())
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for one, other in zip(model.weights, loaded.weights, strict=True):
        np.testing.assert_array_equal(one, other, err_msg=one.path)
    found, expected = binary.scaled_layers(loaded), binary.scaled_layers(model)
    assert [layer.get_config() for layer in found] == [layer.get_config() for layer in expected]
    one = other = pictures(3, 8, 8, 2)
    scale = Given(np.ones(3, np.float32))
    with given(dict.fromkeys([expected[0], found[0]], scale)):
        for old, new in zip(model.layers[:2], loaded.layers[:2], strict=True):
            one, other = old(one), new(other)
    np.testing.assert_array_equal(one, other)


def test_layers_of_another_format_are_refused():
    for kind in (BinaryDense, ScaledBinaryDense):
        config = kind(2, **settings(kind)).get_config()
        assert kind.from_config(config).get_config() == config
        with pytest.raises(ValueError, match="saved in format 2, and this version reads format 1"):
            kind.from_config(config | {"format": 2})


def test_random_scales_are_found_inside_of_models_and_once():
    model = everything()
    assert [type(one) for one in binary.scaled_layers(model)] == [ScaledBinaryConv2D, ScaledBinaryDense]
    shared, x = ScaledBinaryDense(4, **settings(ScaledBinaryDense)), keras.Input((4,))
    assert binary.scaled_layers(keras.Model(x, shared(shared(x)))) == [shared]
    with pytest.raises(ValueError, match="has no random scales"):
        binary.scaled_layers(small(BinaryDense))
    with pytest.raises(ValueError, match="has no weights yet: call the model once"):
        binary.scaled_layers(keras.Sequential([ScaledBinaryDense(2, **settings(ScaledBinaryDense))]))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bits": 0}, "bits must be from 1 to 16, got 0"),
        ({"bits": 17}, "bits must be from 1 to 16, got 17"),
        ({"prior_scale": 0.0}, "prior_scale is a standard deviation.*got 0.0"),
        ({"initial_scale": np.nan}, "initial_scale is a standard deviation.*got nan"),
        ({"prior_loc": -1.0}, "prior_loc is where scales start: it must be positive, got -1.0"),
        ({"kl_weight": -0.1}, "kl_weight must be finite and not negative, got -0.1"),
    ],
)
@random_scale
def test_settings_of_a_scale_that_make_no_sense_are_refused(kind, changes, message):
    with pytest.raises(ValueError, match=message):
        kind(*arguments(kind), **settings(kind, **changes))


def test_shapes_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="BinaryDense must have at least 1 output, got 0"):
        BinaryDense(0, binary_inputs=True)
    with pytest.raises(ValueError, match="must be at least 1, got"):
        BinaryConv2D(2, (3, 0), binary_inputs=True)
    with pytest.raises(ValueError, match="must be at least 1, got"):
        BinaryConv2D(2, 3, pool_size=0, binary_inputs=True)
    with pytest.raises(ValueError, match="padding must be 'valid' or 'same', got 'full'"):
        BinaryConv2D(2, 3, padding="full", binary_inputs=True)
    with pytest.raises(TypeError, match="binary_inputs"):
        BinaryDense(2)
