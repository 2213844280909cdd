"""Networks: what a network does with noisy weights, and what it makes of their law."""

from noisyweights import lazy_loading
from noisyweights.quiet_tensorflow import load_tensorflow

__all__ = [
    "binary",
    "checkpoints",
    "classifiers",
    "coin_flips",
    "compiled_epochs",
    "fused_adam",
    "mean_field",
    "serialization",
    "weight_draws",
]
__getattr__ = lazy_loading.modules(__name__)

load_tensorflow()  # before a module of the room does it aloud
