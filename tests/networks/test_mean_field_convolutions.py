"""Convolutions of every form, against Keras's own with drawn kernels, their twins and their estimators."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from small import one_chip, saves, settings

from noisyweights import seeds
from noisyweights.networks import weight_draws
from noisyweights.networks.mean_field import estimators, tied_layers, twins
from noisyweights.networks.mean_field.cell_mappings import Single
from noisyweights.networks.mean_field.layers import MeanFieldConv2D
from noisyweights.noise import laws, scale_curves

FORMS = {
    "plain": {"strides": (2, 1), "padding": "same"},
    "dilated": {"dilation_rate": (2, 1)},
    "grouped": {"groups": 2, "padding": "same"},
    "first": {"data_format": "channels_first", "strides": 2},
    "all": {"data_format": "channels_first", "groups": 2, "dilation_rate": 2},
}
every_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
TWIN = {"prior_scale": 1.0, "kl_weight": 0.01, "biases": "fixed", "seed": 1}


def images(form, n=3):
    shape = (4, 7, 6) if form.get("data_format") == "channels_first" else (7, 6, 4)
    return seeds.generator(0, "images").normal(size=(n, *shape)).astype(np.float32)


def network(form, layer=keras.layers.Conv2D, **more):
    return keras.Sequential(
        [keras.Input(images(form).shape[1:]), layer(6, (3, 2), name="conv", **form, **more)]
    )


@saves
@every_form
def test_a_draw_is_the_convolution_of_keras_with_the_drawn_kernel(form, tmp_path):
    model, x = network(form, MeanFieldConv2D, **settings(biases="random")), images(form)
    plain = network(form)
    at = weight_draws.chip_seeds(model, draws=1, seed=1)[0]
    layer = model.layers[0]
    kernel, bias = (
        layer.sample(name, tf.constant(seed)) for name, seed in zip(("kernel", "bias"), at, strict=True)
    )
    plain.layers[0].kernel.assign(kernel)
    plain.layers[0].bias.assign(bias)
    found = one_chip(model, x)
    np.testing.assert_array_equal(found, plain(x))
    assert model.compute_output_shape((None, *x.shape[1:])) == (None, *found.shape[1:])
    assert layer.compute_output_shape((2, *x.shape[1:])) == (2, *found.shape[1:])
    model.save(tmp_path / "conv.keras")
    np.testing.assert_array_equal(one_chip(keras.models.load_model(tmp_path / "conv.keras"), x), found)


def test_the_plain_form_computes_what_it_always_did():
    """To the bit, with its gradient: recorded trainings hang on it."""
    form = FORMS["plain"]
    layer, x = network(form, MeanFieldConv2D, **settings()).layers[0], tf.constant(images(form))
    kernel = layer.kernel_loc.value
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([x, kernel])
        outputs = [layer.convolution(x, kernel), tf.nn.conv2d(x, kernel, (2, 1), "SAME")]
        losses = [tf.reduce_sum(tf.sin(one)) for one in outputs]
    np.testing.assert_array_equal(*outputs)
    for one, other in zip(*(tape.gradient(loss, [x, kernel]) for loss in losses), strict=True):
        np.testing.assert_array_equal(one, other)


@every_form
def test_a_twin_with_little_noise_is_the_network_itself(form):
    model, x = network(form, bias_initializer="ones"), images(form)
    twin = twins.from_deterministic(model, law=laws.uniform(), initial_scale=1e-9, **TWIN)
    assert type(twin.layers[0]) is MeanFieldConv2D
    np.testing.assert_allclose(one_chip(twin, x), model(x), atol=1e-6)  # means move by one digit
    noisy = twins.from_deterministic(model, law=laws.uniform(), initial_scale=0.1, **TWIN)
    assert np.abs(one_chip(noisy, x) - model(x)).max() > 0.1


@pytest.mark.parametrize("estimator", ["local", "flipout"])
def test_estimators_have_the_variance_of_the_kernel(estimator):
    form, many = FORMS["all"], 4000
    model = network(form, MeanFieldConv2D, **settings(law=laws.gaussian(), biases="random"))
    twin = estimators.with_estimator(model, estimator=estimator)
    repeats = 1 if estimator == "local" else 200
    x = np.repeat(images(form, 1), many // repeats, 0)
    call = tf.function(lambda: twin(x, training=True))
    found = np.concatenate([call().numpy() for _ in range(repeats)])
    square = network(form)
    square.layers[0].kernel.assign(np.full(square.layers[0].kernel.shape, 0.3**2))
    square.layers[0].bias.assign(np.full(6, 0.3**2))
    # Five standard errors of a variance; of flipout's draws `repeats` are independent in all.
    independent = many if estimator == "local" else repeats
    np.testing.assert_allclose(found.var(0), square(x[:1] ** 2)[0], rtol=5 * np.sqrt(2 / independent))


def test_a_fit_and_a_tie_to_cells_keep_the_form():
    form = FORMS["all"]
    model = network(form, MeanFieldConv2D, **settings())
    curve = scale_curves.constant(low_uS=1.0, high_uS=100.0, deviation_uS=4.0)
    tied = tied_layers.with_cells(model, Single(curve))
    assert {name: getattr(tied.layers[0], name) for name in form} == form | {"dilation_rate": (2, 2)}
    assert one_chip(tied, images(form)).shape == one_chip(model, images(form)).shape
    model.compile("sgd", "mse", jit_compile=False)
    before = model.layers[0].kernel_loc.numpy().copy()
    model.fit(images(form), np.zeros((3, 6, 3, 4)), verbose=0)
    assert np.abs(model.layers[0].kernel_loc.numpy() - before).max() > 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"groups": 4}, "groups must divide the filters, got 4 groups of 6 filters"),
        ({"groups": 0}, "groups must divide the filters, got 0 groups"),
        ({"groups": 3}, "3 groups must divide the channels, of which inputs have 4"),
        ({"data_format": "NCHW"}, "data_format must be 'channels_last' or 'channels_first', got 'NCHW'"),
        ({"dilation_rate": 0}, "a kernel's size, strides and dilation must be at least 1, got 0"),
        ({"dilation_rate": 2, "strides": 2}, "strides do not go with dilation"),
    ],
)
def test_bad_forms(changes, message):
    with pytest.raises(ValueError, match=message):
        network(changes, MeanFieldConv2D, **settings())
