"""Networks: what a network does with noisy weights, and what it makes of their law."""

import importlib.util

from noisyweights import lazy_loading
from noisyweights.quiet_tensorflow import load_tensorflow

__all__ = [
    "binary",
    "classifiers",
    "coin_flips",
    "compiled_epochs",
    "mean_field",
    "serialization",
    "weight_draws",
]
__getattr__ = lazy_loading.modules(__name__)

# Before a module of the room does it aloud. Without it, binary networks work on another backend of Keras.
if importlib.util.find_spec("tensorflow"):
    load_tensorflow()
