"""What a saved mean-field network must be after loading."""

import keras
import numpy as np
from small import one_chip


def same_after_loading(model, x, path):
    model.save(path)
    loaded = keras.models.load_model(path)
    np.testing.assert_array_equal(one_chip(loaded, x), one_chip(model, x))
    return loaded
