"""Variational inference against regressions whose evidence is known exactly."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats
from small import dense, functional, inputs, settings
from weights import same

from noisyweights import seeds
from noisyweights.networks.mean_field import twins, variational
from noisyweights.networks.mean_field.layers import MeanFieldDense
from noisyweights.noise import laws

NOISE, PRIOR = 0.5, 1.3


class Regression:
    """y = x·w + noise with a Gaussian prior on w: posterior and evidence by linear algebra."""

    def __init__(self, x):
        generator = seeds.generator(4, "regression")
        self.x = np.asarray(x, np.float32)
        n, features = self.x.shape
        self.y = (
            self.x @ generator.normal(0, PRIOR, size=features) + generator.normal(0, NOISE, size=n)
        ).astype(np.float32)
        precision = self.x.T @ self.x / NOISE**2 + np.eye(features) / PRIOR**2
        self.loc = np.linalg.solve(precision, self.x.T @ self.y / NOISE**2)
        self.scale = 1 / np.sqrt(np.diag(precision))  # of the best Gaussian that factorises
        covariance = PRIOR**2 * self.x @ self.x.T + NOISE**2 * np.eye(n)
        self.log_evidence = stats.multivariate_normal(np.zeros(n), covariance).logpdf(self.y)

    def network(self, loc, scale, law=None):
        layer = MeanFieldDense(
            1,
            **settings(
                law=law or laws.gaussian(), prior_scale=PRIOR, biases="none", kl_weight=1 / len(self.x)
            ),
        )
        model = keras.Sequential([keras.Input((self.x.shape[1],)), layer])
        layer.kernel_loc.assign(np.reshape(loc, (-1, 1)))
        layer.kernel_log_scale.assign(np.log(np.reshape(scale, (-1, 1))))
        return model

    def elbo(self, model, draws=1000):
        return variational.elbo(
            model,
            self.x,
            self.y,
            log_likelihood=lambda y, one: stats.norm(one[:, 0], NOISE).logpdf(y),
            draws=draws,
            seed=2,
        )


CORRELATED = Regression(inputs(12, 3))
INDEPENDENT = Regression(np.linalg.qr(inputs(12, 3))[0] * 2)  # its posterior factorises


def test_the_bound_is_the_evidence_where_the_posterior_factorises():
    found = INDEPENDENT.elbo(INDEPENDENT.network(INDEPENDENT.loc, INDEPENDENT.scale))
    assert found.value == pytest.approx(INDEPENDENT.log_evidence, abs=4 * found.standard_error)
    assert found.standard_error < 0.1
    assert found.value == found.log_likelihood - found.kl


@pytest.mark.parametrize("problem", [CORRELATED, INDEPENDENT], ids=["correlated", "independent"])
@pytest.mark.parametrize(("shift", "stretch"), [(0, 1), (0.5, 1), (0, 3), (0, 0.3)])
def test_the_bound_is_below_the_evidence_by_the_divergence_from_the_posterior(problem, shift, stretch):
    loc, scale = problem.loc + shift, problem.scale * stretch
    found = problem.elbo(problem.network(loc, scale))
    precision = problem.x.T @ problem.x / NOISE**2 + np.eye(3) / PRIOR**2
    gap = 0.5 * (
        (np.diag(precision) * scale**2).sum()
        + (loc - problem.loc) @ precision @ (loc - problem.loc)
        - 3
        - np.linalg.slogdet(precision)[1]
        - 2 * np.log(scale).sum()
    )
    assert found.value == pytest.approx(problem.log_evidence - gap, abs=4 * found.standard_error + 1e-4)
    # Negative control: with the sign of the divergence turned round, the bound is none.
    if (shift, stretch) == (0, 1):
        assert found.log_likelihood + found.kl > problem.log_evidence


def test_a_law_of_another_shape_bounds_less_than_the_gaussian():
    best = (INDEPENDENT.loc, INDEPENDENT.scale)
    gaussian = INDEPENDENT.elbo(INDEPENDENT.network(*best))
    uniform = INDEPENDENT.elbo(INDEPENDENT.network(*best, law=laws.uniform()))
    # The likelihood knows two moments only, so the bounds differ by the difference of entropies.
    lost = 3 * (stats.norm.entropy() - np.log(np.sqrt(12)))
    error = np.hypot(gaussian.standard_error, uniform.standard_error)
    assert gaussian.value - uniform.value == pytest.approx(lost, abs=4 * error)


def test_training_finds_the_posterior():
    model = CORRELATED.network(np.zeros(3), np.full(3, 0.05))
    history = variational.train(
        model,
        CORRELATED.x,
        CORRELATED.y,
        loss=lambda y, f: tf.square(y - f) / (2 * NOISE**2),
        epochs=600,
        batch_size=12,
        seed=1,
        optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.1, 600)),
    )
    layer = model.layers[0]
    # What is left is the noise of the last steps, an order below the posterior's standard deviations.
    np.testing.assert_allclose(
        layer.kernel_loc.numpy()[:, 0], CORRELATED.loc, atol=0.15 * CORRELATED.scale.max()
    )
    np.testing.assert_allclose(np.exp(layer.kernel_log_scale.numpy()[:, 0]), CORRELATED.scale, rtol=0.2)
    assert history["loss"].shape == (600,)
    assert history["loss"][-50:].mean() < history["loss"][:50].mean()


def test_divergence_of_a_network_is_the_sum_over_its_layers():
    model = functional()
    total = sum(float(layer.kl()) for layer in model._flatten_layers() if hasattr(layer, "kl"))
    assert float(variational.kl_divergence(model)) == pytest.approx(total, rel=1e-6)


@pytest.mark.parametrize("shape", [(5,), (5, 1)])
def test_gaussian_nll(shape):
    generator = seeds.generator(0, "nll")
    y, mean, scale = generator.normal(size=5), generator.normal(size=5), generator.uniform(0.1, 2, size=5)
    found = variational.GaussianNLL()(y.reshape(shape), np.stack([mean, scale], -1))
    assert float(found) == pytest.approx(-stats.norm(mean, scale).logpdf(y).mean(), rel=1e-5)


# --- training


def trained(**changes):
    x = inputs()
    model = dense()
    options = {"loss": "mse", "epochs": 3, "batch_size": 8, "seed": 1} | changes
    history = variational.train(model, x, x[:, :2], **options)
    return history, [weight.numpy().copy() for weight in model.weights]


def test_training_follows_from_its_seeds_alone():
    tf.random.set_seed(1)
    history, weights = trained()
    tf.random.set_seed(2)
    again, weights_again = trained()
    assert same(weights, weights_again)
    np.testing.assert_array_equal(history["loss"], again["loss"])
    assert not same(weights, trained(seed=2)[1])


def test_every_epoch_shows_every_example_once_in_another_order():
    x = np.arange(10.0)[:, None]
    batches = list(variational._batches(x, x[:, 0], batch_size=4, epochs=2, seed=1))
    assert [len(given) for given, _ in batches] == [4, 4, 2] * 2
    epochs = np.concatenate([target for _, target in batches]).reshape(2, 10)
    for epoch in epochs:
        np.testing.assert_array_equal(np.sort(epoch), np.arange(10))
        assert (epoch != np.arange(10)).any()
    assert (epochs[0] != epochs[1]).any()
    assert all((given[:, 0] == target).numpy().all() for given, target in batches)


class Record(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.kept = []

    def on_train_batch_end(self, batch, logs=None):
        self.kept.append([float(layer.kl_weight) for layer in self.model.layers])


def test_tempering_lowers_the_weight_of_the_divergence_and_gives_it_back():
    model, x, record = dense(kl_weight=0.5), inputs(), Record()
    model.layers[1].initial_kl_weight = 0.25
    model.compile(keras.optimizers.SGD(0.0), "mse")
    callbacks = [variational.Tempering(time=4), record]
    model.fit(x, x[:, :2], batch_size=4, epochs=2, callbacks=callbacks, verbose=0)
    expected = np.exp(-np.arange(10) / 4)[:, None] * [0.5, 0.25]
    np.testing.assert_allclose(record.kept, expected, rtol=1e-6)
    assert [float(layer.kl_weight) for layer in model.layers] == [0.5, 0.25]
    model.fit(x, x[:, :2], batch_size=20, callbacks=callbacks, verbose=0)
    np.testing.assert_allclose(record.kept[-1], np.exp(-10 / 4) * np.array([0.5, 0.25]), rtol=1e-6)


def test_tempered_training_lets_the_scales_be():
    # Where the outputs are not asked for, the divergence alone moves log σ up to the prior's.
    moved = []
    for tempering in (None, 0.01):
        model = dense(kl_weight=1.0)
        variational.train(
            model,
            np.zeros((20, 4)),
            np.zeros((20, 2)),
            loss=lambda y, f: 0 * f,
            epochs=5,
            batch_size=5,
            seed=1,
            tempering=tempering,
            optimizer=keras.optimizers.SGD(0.01),
        )
        moved.append(float(model.layers[0].kernel_log_scale.numpy().mean() - np.log(0.3)))
    assert moved[0] > 10 * moved[1] > 0


def test_deterministic_networks_train_too():
    model = keras.Sequential([keras.layers.Dense(2)])
    history = variational.train(model, inputs(), inputs()[:, :2], loss="mse", epochs=3, batch_size=8, seed=1)
    assert set(history) == {"loss"}
    assert history["loss"][-1] < history["loss"][0]


def test_a_twin_trains_from_the_maximum_likelihood_estimate_with_its_biases_fixed():
    x = inputs()
    labels = (x[:, 0] > 0).astype(int)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(5, "relu"), keras.layers.Dense(2)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    variational.train(model, x, labels, loss=loss, epochs=2, batch_size=5, seed=1)
    twin = twins.from_deterministic(
        model,
        law=laws.uniform(),
        prior_scale=1.0,
        kl_weight=1 / 20,
        biases="fixed",
        initial_scale=1e-3,
        seed=1,
    )
    at_start = loss(labels, twin(x))
    assert float(at_start) == pytest.approx(float(loss(labels, model(x))), abs=0.01)  # σ = 1e-3 of noise
    bias = twin.layers[0].bias.numpy().copy()
    variational.train(twin, x, labels, loss=loss, epochs=2, batch_size=5, seed=1)
    np.testing.assert_array_equal(twin.layers[0].bias, bias)
