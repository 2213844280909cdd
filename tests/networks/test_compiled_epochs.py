"""Epochs in one compiled call: the training is that of Keras itself, and is compiled once for several."""

import importlib.util
import subprocess
import sys

import pytest

CODE = """
import os; os.environ["KERAS_BACKEND"] = "jax"
import keras, numpy as np
from noisyweights import seeds
from noisyweights.networks import classifiers
from noisyweights.networks.binary import models
from noisyweights.networks.binary.layers import ErrorDecay

def network(recipe):
    start = seeds.generator(1, "start")
    x = keras.Input((5,))
    hidden = recipe.activate(recipe.dense(x, 16, start=start, first=True), start=start)
    return keras.Model(x, recipe.logits(hidden, 3, start=start))

rng = np.random.default_rng(0)
labels = rng.integers(3, size=110)  # the last of five steps has ten examples
x = (np.eye(3, 5)[labels] + rng.normal(size=(110, 5))).astype(np.float32)
adam = classifiers.decaying_adam(0.03)
for recipe in (models.FullPrecision(activation="relu"), models.Binary(scale=None)):
    ours, theirs = network(recipe), network(recipe)
    start = ours.get_weights()
    theirs.set_weights(start)
    settings = {"epochs": 3, "batch_size": 25, "seed": 1, "optimizer": adam}
    losses = classifiers.train(ours, x, labels, **settings)
    theirs.compile(adam(15), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    expected = []
    for epoch in range(3):
        order = seeds.generator(1, "order", epoch).permutation(110)
        fitted = theirs.fit(
            x[order], labels[order], batch_size=25, initial_epoch=epoch, epochs=epoch + 1, shuffle=False,
            callbacks=[ErrorDecay(epochs=3)], verbose=0,
        )
        expected += fitted.history["loss"]
    np.testing.assert_allclose(losses, expected, rtol=1e-5)
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
    ours.set_weights(start)
    again = classifiers.train(ours, x, labels, **settings)
    np.testing.assert_array_equal(again, losses)
    longer = classifiers.train(ours, x, labels, **settings | {"epochs": 4})
    assert longer.shape == (4,)
    assert ours._compiled_epoch[1]._cache_size() == 2  # for whole batches and for the rest
"""


@pytest.mark.skipif(not importlib.util.find_spec("jax"), reason="that backend of Keras is not installed")
def test_a_compiled_training_is_that_of_keras_and_is_compiled_once():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
