"""Mean-field layers against closed forms, plain NumPy, and Keras's own habits."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_probability as tfp
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from saved_networks import same_after_loading
from scipy import special, stats
from small import (
    dense,
    every_law,
    inputs,
    one_chip,
    saves,
    settings,
)

from noisyweights.networks.mean_field import variational
from noisyweights.networks.mean_field.layers import MeanFieldConv2D, MeanFieldDense
from noisyweights.noise import laws

tfd = tfp.distributions


def one_layer(units=3, features=4, **changes):
    layer = MeanFieldDense(units, **settings(**changes))
    layer.build((None, features))
    return layer


def set_posterior(layer, loc, scale):
    layer.kernel_loc.assign(np.broadcast_to(loc, layer.kernel_loc.shape))
    layer.kernel_log_scale.assign(np.broadcast_to(np.log(scale), layer.kernel_loc.shape))


# --- the divergence


@examples(max_examples=25, deadline=None, derandomize=True)
@given(st.floats(-3, 3), st.floats(-8, 3), st.floats(0.01, 10))
def test_divergence_of_gaussian_weights(loc, exponent, prior_scale):
    scale = 10**exponent
    layer = one_layer(law=laws.gaussian(), prior_scale=prior_scale, biases="random")
    set_posterior(layer, loc, scale)
    layer.bias_loc.assign([1.0, 2.0, 3.0])
    prior = tfd.Normal(np.float64(0), np.float64(prior_scale))
    exact = 12 * tfd.Normal(np.float64(loc), np.float64(scale)).kl_divergence(prior)
    exact += sum(tfd.Normal(np.float64(b), np.float64(0.3)).kl_divergence(prior) for b in (1, 2, 3))
    # Sums of float32 terms, of which the largest can cancel down to the smallest result.
    largest = 12 * (abs(math.log(scale / prior_scale)) + (loc**2 + scale**2) / prior_scale**2 + 1)
    assert float(layer.kl()) == pytest.approx(float(exact), rel=1e-5, abs=1e-6 * largest)


@every_law
def test_divergence_of_any_law_is_the_integral_of_p_log_p_over_q(law):
    loc, scale, prior_scale = 0.4, 0.3, 0.7
    layer = one_layer(units=1, features=1, law=law, prior_scale=prior_scale, biases="none")
    set_posterior(layer, loc, scale)

    ends = np.unique(np.clip([*law.breakpoints, *np.linspace(-30, 30, 1201)], *law.support))
    nodes, weights = np.polynomial.legendre.leggauss(8)
    half = np.diff(ends)[:, None] / 2
    z = ends[:-1, None] + half * (1 + nodes)
    p = law.prob(z).numpy()
    log_prior = stats.norm(0, prior_scale).logpdf(loc + scale * z)
    exact = (half * weights * (special.xlogy(p, p / scale) - p * log_prior)).sum()
    assert float(layer.kl()) == pytest.approx(exact, rel=1e-4)  # quadrature near the edges of a support


@pytest.mark.parametrize("scale", [1e-8, 1e-3, 1.0, 1e3])
@every_law
def test_gradients_are_finite_and_right_at_any_scale(law, scale):
    layer = one_layer(law=law)
    set_posterior(layer, 0.5, scale)
    variables = [layer.kernel_loc.value, layer.kernel_log_scale.value]
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(variables)
        divergence, drawn = layer.kl(), layer.sample("kernel", tf.constant([1, 2]))
    to_loc, to_log_scale = tape.gradient(divergence, variables)
    np.testing.assert_allclose(to_loc, 0.5, rtol=1e-6)
    np.testing.assert_allclose(to_log_scale, scale**2 - 1, rtol=1e-5, atol=1e-6)
    to_loc, to_log_scale = tape.gradient(drawn, variables)
    np.testing.assert_array_equal(to_loc, 1)
    # The draw less its mean is σz, which is the gradient by log σ; a float32 draw is rounded at its mean.
    np.testing.assert_allclose(to_log_scale, drawn - 0.5, rtol=1e-5, atol=1e-6)


def test_divergence_stays_finite_where_the_scale_is_less_than_any_float():
    layer = one_layer(units=1, features=1)
    layer.kernel_log_scale.assign([[-200.0]])
    assert 190 < float(layer.kl()) < 210


# --- draws


@every_law
def test_moments_of_what_a_layer_puts_out(law):
    layer = one_layer(units=3, law=law, biases="random", seed=5)
    model = keras.Sequential([keras.Input((4,)), layer])
    x, draws = inputs(6), 4000
    found = one_chip(model, x, stack=draws)
    mean = x @ layer.kernel_loc.numpy()
    variance = np.broadcast_to(0.3**2 * (np.square(x).sum(1, keepdims=True) + 1), mean.shape)
    # The furthest of 18 dependent means, and of as many variances with excess kurtosis of 3 at most.
    np.testing.assert_allclose(found.mean(0), mean, atol=4.5 * np.sqrt(variance.max() / draws))
    np.testing.assert_allclose(found.var(0) / variance, 1, atol=4.5 * np.sqrt((2 + 3) / draws))


def test_a_call_draws_anew_and_reset_seeds_draw_again():
    one, other = dense(), dense()
    first, second = one(inputs()), one(inputs())
    assert (first != second).numpy().all()
    np.testing.assert_array_equal(other(inputs()), first)
    assert not np.allclose(dense(seed=3)(inputs()), first)


def test_layers_without_seed_follow_the_seed_of_keras():
    found = []
    for seed in (1, 1, 2):
        keras.utils.set_random_seed(seed)
        found.append(dense(seed=None)(inputs()).numpy())
    np.testing.assert_array_equal(found[0], found[1])
    assert not np.allclose(found[0], found[2])


def test_kernel_and_bias_are_drawn_apart():
    layer = one_layer(units=3, features=1, biases="random")
    set_posterior(layer, 0.0, 0.3)
    bias, both = layer(np.array([[0.0], [1.0]])).numpy()
    assert (np.abs(both - 2 * bias) > 1e-3).all()


def test_a_layer_that_is_used_twice_has_one_draw_and_one_divergence_in_a_call():
    shared = MeanFieldDense(4, **settings(biases="none"))
    given = keras.Input((4,))
    model = keras.Model(given, [shared(given), shared(given)])
    for training in (True, False):
        one, other = model(inputs(), training=training)
        np.testing.assert_array_equal(one, other)
        assert len(model.losses) == 1
        assert float(model.losses[0]) == pytest.approx(0.01 * float(shared.kl()))


def test_two_point_weights_predict_but_cannot_be_trained():
    model = dense(law=laws.two_point(), biases="none")
    loc = model.get_layer("first").kernel_loc.numpy()
    drawn = model.get_layer("first").sample("kernel", tf.constant([1, 2])).numpy()
    np.testing.assert_allclose(np.abs(drawn - loc), 0.3, rtol=1e-5)
    assert model(inputs()).shape == (20, 2)
    with pytest.raises(NotImplementedError, match="two-point law has no"):
        variational.train(model, inputs(), inputs()[:, :2], loss="mse", epochs=1, batch_size=5, seed=1)


# --- inside Keras


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [1, 2, (3, 2)])
@pytest.mark.parametrize("kernel_size", [1, 2, (3, 5)])
def test_convolution_is_that_of_keras(kernel_size, strides, padding):
    shape = {"strides": strides, "padding": padding}
    ours = MeanFieldConv2D(3, kernel_size, **shape, **settings(initial_scale=1e-9))
    theirs = keras.layers.Conv2D(3, kernel_size, **shape)
    x = inputs(2, 6 * 7 * 2).reshape(2, 6, 7, 2)
    expected = theirs(x)
    assert ours.compute_output_shape((None, 6, 7, 2)) == (None, *expected.shape[1:])
    assert ours.compute_output_shape((2, None, 7, 2))[1] is None
    ours.build(x.shape)
    ours.kernel_loc.assign(theirs.kernel)
    np.testing.assert_allclose(ours(x), expected, atol=1e-5)  # float32 sums of up to 30 products


def test_dense_takes_inputs_of_any_rank_as_keras_does():
    layer, x = one_layer(initial_scale=1e-9), inputs(2 * 5).reshape(2, 5, 4)
    assert layer.compute_output_shape(x.shape) == layer(x).shape == (2, 5, 3)
    np.testing.assert_allclose(layer(x), x @ layer.kernel_loc.numpy(), atol=1e-5)


@pytest.mark.parametrize(
    ("biases", "trainable", "names"),
    [
        ("none", 2, {"kernel_loc", "kernel_log_scale"}),
        ("fixed", 2, {"kernel_loc", "kernel_log_scale", "bias"}),
        ("learned", 3, {"kernel_loc", "kernel_log_scale", "bias"}),
        ("random", 4, {"kernel_loc", "kernel_log_scale", "bias_loc", "bias_log_scale"}),
    ],
)
def test_kinds_of_biases(biases, trainable, names):
    layer = one_layer(biases=biases)
    assert len(layer.trainable_weights) == trainable
    assert {weight.name for weight in layer.weights} == names | {"kl_weight"}
    assert layer(inputs()).shape == (20, 3)


def test_fit_reports_the_divergence_apart_from_the_likelihood():
    x = inputs()
    model = dense(kl_weight=0.5)
    model.compile(optimizer=keras.optimizers.SGD(0.0), loss="mse", metrics=["mse"])
    kl = [float(layer.kl()) for layer in model.layers]
    history = model.fit(x, x[:, :2], batch_size=5, verbose=0).history
    assert [history["first_kl"][0], history["last_kl"][0]] == pytest.approx(kl, rel=1e-6)
    assert history["loss"][0] == pytest.approx(history["mse"][0] + 0.5 * sum(kl), rel=1e-5)
    evaluated = model.evaluate(x, x[:, :2], verbose=0, return_dict=True)
    assert evaluated["loss"] == pytest.approx(evaluated["mse"] + 0.5 * sum(kl), rel=1e-5)


def test_training_moves_the_weights_that_it_should():
    model = dense(biases="fixed")
    before = [weight.numpy().copy() for weight in model.weights]
    variational.train(model, inputs(), inputs()[:, :2], loss="mse", epochs=2, batch_size=5, seed=1)
    moved = {
        w.path.split("/", 1)[1]
        for w, old in zip(model.weights, before, strict=True)
        if (w.numpy() != old).any()
    }
    assert moved == {f"{layer}/kernel_{part}" for layer in ("first", "last") for part in ("loc", "log_scale")}


@pytest.fixture
def policy(request):
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_dtype_policy("float32")


@saves
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float64"], indirect=True)
def test_other_precisions_train_predict_and_save(policy, tmp_path):
    model, x = dense(kl_weight=1e-6), inputs()
    history = variational.train(model, x, x[:, :2], loss="mse", epochs=2, batch_size=5, seed=1)
    assert np.isfinite(history["loss"]).all()
    first = model.get_layer("first")
    assert first.kernel_loc.dtype == ("float64" if policy == "float64" else "float32")
    assert float(first.kl_weight) == pytest.approx(1e-6)  # float16 has no such number
    fresh = dense()  # since Keras itself cannot load an optimizer that scales losses under another policy
    keras.config.set_dtype_policy("float32")  # a saved layer keeps the policy that it was made with
    loaded = same_after_loading(fresh, x, tmp_path / "model.keras")
    assert loaded.get_layer("last").dtype_policy == first.dtype_policy


@pytest.mark.parametrize("policy", ["float16", "bfloat16"], indirect=True)
def test_weights_in_half_precision_are_refused(policy):
    with pytest.raises(ValueError, match=f"in {policy}, and means .* to compute in half precision use"):
        dense()
