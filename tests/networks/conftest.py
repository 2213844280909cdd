"""Loads TensorFlow as the library does, its own warnings held back: here they would be errors."""

import pytest

from noisyweights.quiet_tensorflow import load_tensorflow

load_tensorflow()


@pytest.fixture(autouse=True)
def _the_same_layers_of_keras_every_time():
    import keras

    keras.utils.set_random_seed(1)
