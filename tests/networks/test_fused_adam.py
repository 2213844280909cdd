"""Adam in one pass, against Keras's own."""

import keras
import numpy as np
import pytest
from small import dense, inputs

from noisyweights.networks.fused_adam import FusedAdam


def embedded():
    return keras.Sequential([keras.Input((4,)), keras.layers.Embedding(9, 3), keras.layers.GRU(2)])


def fitted(make, optimizer, x):
    keras.utils.set_random_seed(0)
    model = make()
    model.compile(optimizer, "mse", jit_compile=False)
    model.fit(x, np.ones((len(x), 2)), batch_size=5, epochs=5, shuffle=False, verbose=0)
    return model


@pytest.mark.parametrize(
    ("make", "settings"),
    [
        (dense, {"learning_rate": 0.05}),
        (dense, {"learning_rate": keras.optimizers.schedules.CosineDecay(0.05, 20), "weight_decay": 0.1}),
        (dense, {"clipnorm": 0.1, "beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3}),
        (dense, {"amsgrad": True}),
        (embedded, {"learning_rate": 0.05}),
    ],
)
def test_a_training_is_that_of_keras(make, settings):
    x = np.abs(np.rint(inputs() * 2)) % 9 if make is embedded else inputs()
    fused, plain = (fitted(make, kind(**settings), x) for kind in (FusedAdam, keras.optimizers.Adam))
    other = fitted(make, keras.optimizers.Adam(learning_rate=0.04), x)
    for one, two, three in zip(
        fused.trainable_weights, plain.trainable_weights, other.trainable_weights, strict=True
    ):
        np.testing.assert_allclose(one, two, rtol=2e-4, atol=2e-5)  # of 20 steps in another order of sums
        assert np.abs(two.numpy() - three.numpy()).max() > 1e-3


def test_it_is_known_by_its_configuration():
    made = keras.optimizers.deserialize(keras.optimizers.serialize(FusedAdam(learning_rate=0.5)))
    assert type(made) is FusedAdam
    assert float(made.learning_rate) == 0.5
