"""Temperature scaling: class probabilities made surer or less sure by one number, fitted on other inputs."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from noisyweights.scores.classification import class_nll
from noisyweights.scores.input_checks import probabilities

__all__ = ["fitted_temperature", "tempered"]

RANGE = 100.0  # a temperature lies between 1/RANGE and RANGE


def tempered(p: ArrayLike, temperature: float) -> NDArray[np.float64]:
    """Probabilities ∝ p^(1/T), (…, classes): above 1 a temperature takes confidence away, below it adds some.

    The most probable class stays the same.

    Raises: ValueError for a temperature that is not positive and finite.
    """
    if not 0 < temperature < np.inf:
        raise ValueError(f"a temperature must be positive and finite, got {temperature}")
    with np.errstate(divide="ignore"):  # what is impossible stays so
        return special.softmax(np.log(np.asarray(p, float)) / temperature, axis=-1)


def fitted_temperature(p: ArrayLike, labels: ArrayLike) -> float:
    """The temperature from 0.01 to 100 by which probabilities (n, classes) explain labels (n,) best.

    Raises: ValueError for probabilities or labels that are none, and where a label has no probability at all.
    Source: C. Guo et al., ICML (2017), "On calibration of modern neural networks", §4.2.
    """
    p = probabilities(p, 2)
    if not np.isfinite(class_nll(p, labels)).all():
        raise ValueError("a label has probability 0, which no temperature mends: leave out such inputs")
    found = optimize.minimize_scalar(
        lambda log: class_nll(tempered(p, np.exp(log)), labels).mean(),
        bounds=(-np.log(RANGE), np.log(RANGE)),
        method="bounded",
    )
    return float(np.exp(found.x))
