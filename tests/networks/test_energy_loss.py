"""Energy distance against closed forms and SciPy's own."""

import re

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import special, stats
from small import DEVICE, dense, inputs, settings

from noisyweights import seeds
from noisyweights.networks import weight_draws
from noisyweights.networks.mean_field import energy_distance, inference, twins
from noisyweights.networks.mean_field.layers import MeanFieldDense
from noisyweights.noise import laws
from noisyweights.noise.quadrature import rules

X = np.array([[1.0, -0.5]], np.float32)


def moment(loc, scale, alpha):
    """E|y|^α for y ~ N(loc, scale²)."""
    shape = special.hyp1f1(-alpha / 2, 0.5, -((loc / scale) ** 2) / 2)
    return scale**alpha * 2 ** (alpha / 2) * special.gamma((1 + alpha) / 2) / np.sqrt(np.pi) * shape


def gaussian_target(loc, scale):
    unit = rules.graded(laws.gaussian(), 200)
    return rules.Rule(loc + scale * unit.nodes, unit.weights)


@pytest.mark.parametrize("alpha", [0.5, 1.0, 1.5, 1.9])
def test_the_loss_of_gaussian_draws_has_its_exact_mean(alpha):
    sets, draws, (loc, scale), (target_loc, target_scale) = 400, 5, (0.3, 0.7), (-0.2, 1.1)
    outputs = seeds.generator(1, "outputs").normal(loc, scale, size=(sets, draws))
    target = gaussian_target(target_loc, target_scale)
    found = [float(energy_distance.energy_loss(tf.constant(one), target, alpha=alpha)) for one in outputs]
    exact = 2 * moment(loc - target_loc, np.hypot(scale, target_scale), alpha) - moment(
        0, np.sqrt(2) * scale, alpha
    )
    assert np.mean(found) == pytest.approx(exact, abs=4 * np.std(found) / np.sqrt(sets))
    # Negative control: counting a draw against itself would bias the second mean by (n − 1)/n.
    biased = exact + moment(0, np.sqrt(2) * scale, alpha) / draws
    assert abs(np.mean(found) - biased) > 4 * np.std(found) / np.sqrt(sets)


def test_the_loss_at_alpha_1_is_that_of_scipy():
    generator = seeds.generator(2, "scipy")
    outputs, nodes, weights = (
        generator.normal(size=30),
        generator.normal(size=8),
        generator.dirichlet(np.ones(8)),
    )
    found = float(energy_distance.energy_loss(tf.constant(outputs), rules.Rule(nodes, weights), alpha=1.0))
    within = np.abs(outputs[:, None] - outputs).sum()
    target = weights @ np.abs(nodes[:, None] - nodes) @ weights
    squared = stats.energy_distance(outputs, nodes, v_weights=weights) ** 2
    assert found == pytest.approx(squared + target - within * (1 / (30 * 29) - 1 / 30**2), rel=1e-9)


@pytest.mark.parametrize("alpha", [0.5, 1.0, 1.5])
def test_gradients_are_finite_where_draws_coincide(alpha):
    outputs = tf.Variable([0.0, 0.0, 1.0])
    with tf.GradientTape() as tape:
        loss = energy_distance.energy_loss(
            outputs, rules.Rule(np.array([0.0, 2.0]), np.array([0.5, 0.5])), alpha=alpha
        )
    gradient = tape.gradient(loss, outputs).numpy()
    assert np.isfinite(gradient).all()
    assert gradient[2] != 0


@pytest.mark.parametrize(
    ("outputs", "alpha", "message"),
    [
        (tf.zeros(1), 1.5, "at least 2 draws of shape (draws,), got (1,)"),
        (tf.zeros((2, 1)), 1.5, "got (2, 1)"),
        (tf.zeros(2), 2.0, "alpha must lie in (0, 2)"),
        (tf.zeros(2), 0.0, "alpha must lie in (0, 2)"),
    ],
)
def test_bad_arguments_of_the_loss(outputs, alpha, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        energy_distance.energy_loss(outputs, gaussian_target(0, 1), alpha=alpha)


# --- training


def one_weight(law=None):
    """An output with the law of one weight: f = w·x at x = 1, with mean and standard deviation to find."""
    layer = MeanFieldDense(1, **settings(law=law or laws.gaussian(), biases="none"))
    return keras.Sequential([keras.Input((1,)), layer])


ONE = np.ones((1, 1), np.float32)


def fitted(model, **changes):
    options = {"iterations": 5, "draws": 10, "seed": 1, "alpha": 1.5} | changes
    return energy_distance.train(model, ONE, gaussian_target(0.5, 0.8), **options)


def test_training_finds_the_target():
    model = one_weight()
    schedule = keras.optimizers.schedules.CosineDecay(0.05, 500)
    losses = fitted(model, iterations=510, draws=200, optimizer=keras.optimizers.Adam(schedule))
    layer = model.layers[0]
    # The noise of a step with 200 draws, at a rate that falls to 0.
    assert float(layer.kernel_loc[0, 0]) == pytest.approx(0.5, abs=0.03)
    assert float(tf.exp(layer.kernel_log_scale[0, 0])) == pytest.approx(0.8, abs=0.03)
    assert losses.shape == (510,)
    at_best = 2 * moment(0, 0.8 * np.sqrt(2), 1.5) - moment(0, 0.8 * np.sqrt(2), 1.5)
    assert losses[-100:].mean() == pytest.approx(at_best, rel=0.03)


def test_training_follows_from_its_seed():
    found = []
    for seed in (1, 1, 2):
        model = one_weight()
        losses = fitted(model, seed=seed)
        found.append((*losses, *model.layers[0].kernel_loc.numpy()[0]))
    assert found[0] == found[1]
    assert found[0] != found[2]


@pytest.mark.parametrize(("x", "still"), [(X, set()), (np.zeros((1, 2)), {"kernel_loc", "kernel_log_scale"})])
def test_a_deep_network_trains_but_for_a_first_kernel_that_multiplies_zero(x, still):
    model = dense(features=2, units=1, biases="random")
    before = [weight.numpy().copy() for weight in model.trainable_weights]
    energy_distance.train(model, x, gaussian_target(0, 1), iterations=3, draws=10, seed=1, alpha=1.5)
    after = zip(model.trainable_weights, before, strict=True)
    assert {weight.name for weight, old in after if (weight.numpy() == old).all()} == still


def test_a_loss_that_diverges_leaves_the_weights_as_they_were():
    model = one_weight()
    before = model.layers[0].kernel_loc.numpy().copy()
    with pytest.raises(
        ValueError, match="energy distance became NaN or infinite; the weights are as they were"
    ):
        fitted(model, optimizer=keras.optimizers.SGD(1e30))
    np.testing.assert_array_equal(model.layers[0].kernel_loc, before)


def test_many_trainings_in_turn_bring_no_warning_of_retracing(caplog):
    for _ in range(5):
        model = one_weight()
        fitted(model, iterations=1)
        energy_distance.sample_outputs(model, ONE, draws=2, seed=1)
    assert not [record for record in caplog.records if "retracing" in record.getMessage()]


# --- sampling


def test_sampled_outputs_have_the_law_of_the_weight():
    model = one_weight(DEVICE)
    loc = float(model.layers[0].kernel_loc[0, 0])
    outputs = energy_distance.sample_outputs(model, ONE, draws=1500, seed=1, stack=1500)
    assert outputs.shape == (1500, 1)
    assert stats.kstest((outputs[:, 0] - loc) / 0.3, lambda z: DEVICE.cdf(z).numpy()).pvalue > 1e-3
    assert stats.kstest((outputs[:, 0] - loc) / 0.3, "norm").pvalue < 1e-3  # negative control


def test_sampled_outputs_are_those_of_single_chips():
    model = dense(features=2, units=3)
    outputs = energy_distance.sample_outputs(model, X, draws=7, seed=1, stack=3)
    assert outputs.shape == (7, 3)
    at = weight_draws.chip_seeds(model, draws=3, seed=1)
    with weight_draws.chip(model, tf.constant(at[1]), stack=3):
        kernels = [weight_draws.drawn(layer, "kernel").numpy() for layer in model.layers]
    for row, first, last in zip(outputs[3:6], *kernels, strict=True):
        np.testing.assert_allclose(row, (np.tanh(X @ first) @ last)[0], atol=1e-5)
    np.testing.assert_array_equal(energy_distance.sample_outputs(model, X, draws=7, seed=1, stack=3), outputs)


def test_sampled_outputs_have_the_moments_of_draws_of_predictions():
    model = dense(features=2, units=1)
    stacked = energy_distance.sample_outputs(model, X, draws=1500, seed=1)[:, 0]
    single = inference.predict_draws(model, X, draws=1500, seed=2)[:, 0, 0]
    assert stats.ks_2samp(stacked, single).pvalue > 1e-3


def test_laws_share_their_uniforms():
    model = dense(features=2, units=1, hidden=30)
    device, gaussian = (
        energy_distance.sample_outputs(twins.with_law(model, law), X, draws=300, seed=1)[:, 0]
        for law in (DEVICE, laws.gaussian())
    )
    assert stats.pearsonr(device, gaussian).statistic > 0.9


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x": np.zeros((2, 2))}, "one finite input of shape (1, features)"),
        ({"x": np.zeros(2)}, "one finite input of shape (1, features)"),
        ({"x": np.full((1, 2), np.nan)}, "one finite input of shape (1, features)"),
    ],
)
def test_bad_inputs(changes, message):
    model = dense(features=2, units=1)
    x = changes.pop("x", X)
    with pytest.raises(ValueError, match=re.escape(message)):
        energy_distance.train(model, x, gaussian_target(0, 1), iterations=1, draws=2, seed=1, alpha=1.5)
    with pytest.raises(ValueError, match=re.escape(message)):
        energy_distance.sample_outputs(model, x, draws=2, seed=1)


def test_bad_numbers():
    model = dense(features=2, units=1)
    for changes, message in (({"draws": 0}, "got 0 and 1000"), ({"stack": 0}, "got 3 and 0")):
        with pytest.raises(ValueError, match=message):
            energy_distance.sample_outputs(model, X, **({"draws": 3, "seed": 1} | changes))
    for changes, message in (({"iterations": 0}, "iterations must be"), ({"draws": 1}, "at least 2 draws")):
        with pytest.raises(ValueError, match=message):
            energy_distance.train(
                model,
                X,
                gaussian_target(0, 1),
                **({"iterations": 1, "draws": 2, "seed": 1, "alpha": 1.5} | changes),
            )
    with pytest.raises(ValueError, match=r"must have one output, shape \(1, 1\), got \(1, 2\)"):
        energy_distance.train(
            dense(), inputs(1), gaussian_target(0, 1), iterations=1, draws=2, seed=1, alpha=1.5
        )
    with pytest.raises(ValueError, match="has no random weights"):
        energy_distance.sample_outputs(keras.Sequential([keras.layers.Dense(1)]), X, draws=2, seed=1)
