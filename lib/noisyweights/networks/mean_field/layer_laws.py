"""Laws as layers take and keep them: of mean 0 and variance 1, and so that a saved network can be loaded."""

from __future__ import annotations

import functools
from typing import Any

import keras
import numpy as np

from noisyweights.noise import laws
from noisyweights.noise.law import Law

__all__ = ["check_moments", "restored", "saved"]


def saved(law: Law) -> Any:
    """What a layer's configuration holds of its law: that of the law for one of `noise.laws`, else the law.

    Of a law of the user's own Keras writes down the class, as it does of any object's.
    """
    return law.get_config() if _is_ours(law) else law


def restored(saved: Any) -> Law:
    """The law of a layer's configuration; one that is no dictionary is returned as it is.

    Raises: ValueError for a class that is neither of `noise.laws` nor registered with Keras.
    """
    if not isinstance(saved, dict):
        return saved
    if "class_name" not in saved:
        return laws.from_config(saved)
    name = saved["registered_name"]
    if (own := keras.saving.get_registered_object(name)) is None:
        raise ValueError(
            f"the law {name} is none of noise.laws, and Keras does not know its class: import the module "
            "that registers it by keras.saving.register_keras_serializable, or give load_model "
            f"custom_objects={{{name!r}: {saved['class_name']}}}"
        )
    return own(**{key: value for key, value in saved["config"].items() if key != "law"})


def _is_ours(law: Law) -> bool:
    config = law.get_config()
    try:
        return type(laws.from_config(config)) is type(law)
    except (TypeError, ValueError):  # other parameters, or another name
        return False


@functools.lru_cache(typed=True)  # a subclass can be equal to a law that passed
def check_moments(law: Law) -> None:
    """Raise ValueError for a law whose mean is not 0, or whose variance is not 1."""
    t = (np.arange(2048) + 0.5) / 2048
    u = np.maximum(t**3 / 2, 2.0**-24)  # midpoints in t, so that the tails count
    lower, upper = law.quantile(np.float32(u)).numpy(), law.quantile(np.float32(1 - u)).numpy()
    mean, square = (np.mean(1.5 * t**2 * (lower**power + upper**power)) for power in (1, 2))
    if not (abs(mean) < 2e-3 and abs(square - 1) < 2e-3):
        raise ValueError(
            f"a law has mean 0 and variance 1, but {law.name} has {mean:.4g} and {square - mean**2:.4g}: "
            "standardise it, as laws.empirical does"
        )
