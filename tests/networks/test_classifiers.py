"""Training classifiers: what can be learnt is learnt, alike from one seed, and bad data is refused."""

import keras
import numpy as np
import pytest
from binary_layers import SCALE

from noisyweights import seeds
from noisyweights.networks import classifiers
from noisyweights.networks.binary import layers as binary
from noisyweights.networks.binary import models

CLASSES = 3
SCALES = models.RandomScale(**SCALE)
RECIPES = {
    "full": models.FullPrecision(activation="relu"),
    "dropout": models.FullPrecision(activation="tanh", dropout=0.1),
    "binary": models.Binary(scale=None),
    "scaled": models.Binary(scale=SCALES),
    "ends": models.Binary(scale=SCALES, binary_ends=False),
}


def clouds(n=300):
    """Points about three centres, six standard deviations apart."""
    generator = seeds.generator(0, "clouds")
    labels = generator.integers(CLASSES, size=n)
    return (6 * np.eye(CLASSES, 5)[labels] + generator.normal(size=(n, 5))).astype(np.float32), labels


def network(recipe, seed=1):
    start = seeds.generator(seed, "start")
    x = keras.Input((5,))
    hidden = recipe.activate(recipe.dense(x, 16, start=start, first=True), start=start)
    return keras.Model(x, recipe.logits(hidden, CLASSES, start=start))


def train(model, x, labels, *, rate=0.03, **changes):
    settings = {"epochs": 6, "batch_size": 25, "seed": 1} | changes
    return classifiers.train(model, x, labels, optimizer=classifiers.decaying_adam(rate), **settings)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_a_separable_problem_is_learnt(recipe):
    model, (x, labels) = network(recipe), clouds()
    losses = train(model, x, labels)
    assert losses.shape == (6,)
    assert losses[-1] < losses[0]
    predicted = model.predict(x, verbose=0).argmax(1)
    assert np.mean(predicted == labels) > 0.95


def test_labels_that_say_nothing_are_not_learnt():
    """The negative control of the test above; some of 300 labels can be learnt by heart."""
    model, (x, labels) = network(RECIPES["binary"]), clouds()
    labels = seeds.generator(1, "labels").permutation(labels)
    train(model, x, labels)
    assert np.mean(model.predict(x, verbose=0).argmax(1) == labels) < 0.8


@pytest.mark.parametrize("kind", ["scaled", "dropout"])
def test_the_same_seed_trains_the_same_weights_to_the_last_bit(kind):
    x, labels = clouds(100)
    runs = []
    for seed in (1, 1, 2):
        model = network(RECIPES[kind])
        losses = train(model, x, labels, epochs=2, seed=seed)
        runs.append([losses, *(w.numpy() for w in model.weights)])
    assert all(np.array_equal(a, b) for a, b in zip(runs[0], runs[1], strict=True))
    assert any((a != c).any() for a, c in zip(runs[0], runs[2], strict=True))


def test_the_estimator_is_sharpened_over_the_whole_training():
    model, (x, labels) = network(RECIPES["binary"]), clouds(50)
    train(model, x, labels, epochs=3)
    assert [float(one.sharpness) for one in model.layers if isinstance(one, binary.BinaryDense)] == [10, 10]


def test_the_rate_falls_to_0_at_the_end_of_the_last_epoch():
    model, (x, labels) = network(RECIPES["full"]), clouds(60)
    train(model, x, labels, epochs=4)  # of 3 steps, the last of 10 examples
    assert int(model.optimizer.iterations) == 12
    assert float(model.optimizer.learning_rate) == pytest.approx(0, abs=1e-9)


def test_what_layers_add_to_the_loss_counts():
    x, labels = clouds(50)
    losses = []
    for weight in (0.0, 10.0):
        scale = models.RandomScale(**(SCALE | {"kl_weight": weight, "prior_scale": 0.01}))
        losses.append(train(network(models.Binary(scale=scale)), x, labels, epochs=1)[0])
    assert losses[1] > losses[0] + 1000


@pytest.mark.parametrize(
    ("spoil", "changes", "message"),
    [
        (lambda x, y: (x * np.nan, y), {}, "x has 250 NaN or infinite values: leave them out"),
        (lambda x, y: (x, y + 1), {}, "labels must be whole numbers from 0 to 2"),
        (lambda x, y: (x, y - 1), {}, "labels must be whole numbers from 0 to 2"),
        (lambda x, y: (x, y.astype(float)), {}, "labels must be whole numbers from 0 to 2"),
        (lambda x, y: (x[:0], y[:0]), {}, "same number of examples, at least 1: 0 and 0"),
        (lambda x, y: (x, y[:-1]), {}, "same number of examples, at least 1: 50 and 49"),
        (lambda x, y: (x, y), {"epochs": 0}, "epochs and batch_size must be at least 1, got 0 and 25"),
        (lambda x, y: (x, y), {"batch_size": 0}, "epochs and batch_size must be at least 1, got 6 and 0"),
    ],
)
def test_bad_data_settings_and_results_are_refused(spoil, changes, message):
    x, labels = clouds(50)
    with pytest.raises(ValueError, match=message):
        train(network(RECIPES["full"]), *spoil(x, labels), **changes)


def test_a_training_that_diverges_ends_at_once_and_leaves_the_weights(monkeypatch):
    model, (x, labels) = network(RECIPES["full"]), clouds(50)
    before = [weight.numpy() for weight in model.weights]
    fits, fit = [], model.fit
    monkeypatch.setattr(model, "fit", lambda *args, **kwargs: fits.append(1) or fit(*args, **kwargs))
    with pytest.raises(ValueError, match="NaN or infinite; the weights are as they were: lower the learning"):
        train(model, x, labels, rate=1e30, epochs=5)
    assert len(fits) == 1
    for weight, value in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)


def test_a_network_without_weights_gets_them():
    model, (x, labels) = keras.Sequential([keras.layers.Dense(CLASSES)]), clouds(60)
    losses = train(model, x, labels)
    assert losses[-1] < losses[0]
    with pytest.raises(ValueError, match="labels must be whole numbers from 0 to 2"):
        train(model, x, labels + CLASSES)


@pytest.mark.parametrize("optimizer", ["adam", keras.optimizers.Adam()])
def test_an_optimizer_is_asked_for_by_the_number_of_steps(optimizer):
    x, labels = clouds(50)
    with pytest.raises(TypeError, match=r"such as decaying_adam\(1e-3\) gives, not (adam|Adam)"):
        classifiers.train(
            network(RECIPES["full"]), x, labels, epochs=1, batch_size=10, optimizer=optimizer, seed=0
        )
