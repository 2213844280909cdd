"""Estimators of training: their outputs' moments, their gradients, and predictions without them."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from small import EMPIRICAL, convolutional, dense, inputs, one_chip, saves, settings

from noisyweights.networks.mean_field import estimators, twins
from noisyweights.networks.mean_field.layers import MeanFieldConv2D, MeanFieldDense
from noisyweights.noise import laws

every_estimator = pytest.mark.parametrize("estimator", ["local", "flipout"])
MANY = 20_000


def one_layer(**changes):
    return keras.Sequential([keras.Input((4,)), MeanFieldDense(2, **settings(**changes))])


@pytest.mark.parametrize("biases", ["learned", "random"])
def test_local_noise_is_of_each_example_and_has_the_moments_of_the_weights(biases):
    model = one_layer(biases=biases, law=laws.gaussian())
    x = np.tile(inputs(1), (MANY, 1))
    found = estimators.with_estimator(model, estimator="local")(x, training=True).numpy()
    variance = 0.3**2 * (np.square(x[0]).sum() + (biases == "random"))
    # Five standard errors of a mean and a variance.
    np.testing.assert_allclose(found.var(0), variance, rtol=5 * np.sqrt(2 / MANY))
    exact = x[0] @ model.layers[0].kernel_loc.numpy()
    assert (np.abs(found.mean(0) - exact) < 5 * np.sqrt(variance / MANY)).all()
    assert np.ptp(model(x, training=True).numpy(), axis=0).max() < 1e-5  # the control: one draw for all


def test_flipout_turns_the_signs_of_one_draw_for_each_example():
    model = one_layer(law=laws.gaussian())
    x = np.tile(inputs(1), (MANY, 1))
    found = estimators.with_estimator(model, estimator="flipout")(x, training=True).numpy()
    assert len(np.unique(np.round(found[:, 0], 4))) == 2**4
    exact = x[0] @ model.layers[0].kernel_loc.numpy()
    assert (np.abs(found.mean(0) - exact) < 5 * found.std(0) / np.sqrt(MANY)).all()


def test_flipout_has_the_variance_of_the_weights_over_its_draws():
    model = estimators.with_estimator(one_layer(law=laws.uniform()), estimator="flipout")
    x, draws = inputs(1), 1500
    call = tf.function(lambda: model(x, training=True))
    found = np.concatenate([call().numpy() for _ in range(draws)])
    variance = 0.3**2 * np.square(x).sum()
    # Four standard errors of a variance, of a law with lighter tails than the Gaussian.
    np.testing.assert_allclose(found.var(0), variance, rtol=4 * np.sqrt(2 / draws))


def test_gradients_scatter_less_and_about_the_same_mean():
    model, x, repeats = one_layer(law=laws.gaussian()), inputs(64), 300

    def gradients(network):
        layer = network.layers[0]

        @tf.function
        def one():
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.square(network(x, training=True)))
            return tape.gradient(loss, layer.kernel_loc.value)

        return np.stack([one().numpy().ravel() for _ in range(repeats)])

    shared = gradients(model)
    for estimator in ("local", "flipout"):
        found = gradients(estimators.with_estimator(model, estimator=estimator))
        error = np.sqrt((shared.var(0) + found.var(0)) / repeats)
        assert (np.abs(shared.mean(0) - found.mean(0)) < 5 * error).all()
        assert found.var(0).sum() < 0.5 * shared.var(0).sum()


@every_estimator
def test_a_convolution_has_the_moments_of_its_weights(estimator):
    conv = MeanFieldConv2D(2, 2, **settings(law=laws.gaussian()))
    model = keras.Sequential([keras.Input((3, 3, 2)), conv])
    x = np.tile(inputs(1, 18).reshape(1, 3, 3, 2), (4000, 1, 1, 1))
    twin = estimators.with_estimator(model, estimator=estimator)
    repeats = 1 if estimator == "local" else 400
    call = tf.function(lambda: twin(x[: 4000 // repeats], training=True))
    found = np.concatenate([call().numpy() for _ in range(repeats)])
    squares = tf.nn.conv2d(np.square(x[:1]), np.full((2, 2, 2, 2), 0.3**2, np.float32), 1, "VALID").numpy()
    mean = tf.nn.conv2d(x[:1], conv.kernel_loc.value, 1, "VALID").numpy()
    # Of the 4000 draws flipout has 400 that are independent in all.
    independent = 4000 if estimator == "local" else 400
    assert (np.abs(found.mean(0) - mean) < 5 * np.sqrt(squares / independent)).all()
    np.testing.assert_allclose(found.var(0), squares[0], rtol=5 * np.sqrt(2 / independent))


@saves
@every_estimator
@pytest.mark.parametrize("make", [dense, convolutional])
def test_predictions_saving_and_the_way_back(make, estimator, tmp_path):
    model = make()
    x = inputs() if make is dense else inputs(features=60).reshape(20, 6, 5, 2)
    twin = estimators.with_estimator(model, estimator=estimator)
    np.testing.assert_array_equal(one_chip(twin, x), one_chip(model, x))
    twin.save(tmp_path / "twin.keras")
    loaded = keras.models.load_model(tmp_path / "twin.keras")
    assert loaded.layers[0].estimator == estimator
    back = estimators.with_estimator(twins.with_law(loaded, laws.uniform()), estimator="shared")
    assert [type(layer) for layer in back.layers] == [type(layer) for layer in model.layers]
    np.testing.assert_array_equal(one_chip(back, x), one_chip(twins.with_law(model, laws.uniform()), x))


def test_a_fit_reports_the_divergence_once():
    model = estimators.with_estimator(dense(), estimator="local")
    model.compile("sgd", "mse", jit_compile=False)
    history = model.fit(np.zeros((8, 4)), np.zeros((8, 2)), verbose=0).history
    assert np.isfinite(history["loss"]).all()  # inputs of 0 have no spread, whose root has no slope
    assert history["first_kl"][0] == pytest.approx(float(dense().layers[0].kl()), rel=1e-5)
    model(inputs(), training=True)
    assert len(model.losses) == 2


def test_what_cannot_be_estimated():
    with pytest.raises(ValueError, match="estimator must be one of shared, local, flipout, got 'dropout'"):
        estimators.with_estimator(dense(), estimator="dropout")
    with pytest.raises(ValueError, match="flipout turns signs, and empirical is skewed"):
        estimators.with_estimator(dense(law=EMPIRICAL), estimator="flipout")
    plain = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    with pytest.raises(ValueError, match="has no MeanFieldDense or MeanFieldConv2D"):
        estimators.with_estimator(plain, estimator="local")
