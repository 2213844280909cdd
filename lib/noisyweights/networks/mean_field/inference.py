"""Predictions of a mean-field network: draw by draw, and what part of their spread is whose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from noisyweights.networks.mean_field.array_draws import predict_draws

__all__ = ["Decomposition", "decompose", "predict_draws", "predictive_quantiles"]


@dataclass(frozen=True)
class Decomposition:
    """A predictive distribution's mean, and the two parts of its standard deviation; each of shape (n,).

    `aleatoric` is the noise that the network predicts, the root of its mean square over draws; `epistemic`
    is the spread of the predicted means over draws. Their squares add up to the predictive variance.
    """

    mean: np.ndarray
    aleatoric: np.ndarray
    epistemic: np.ndarray

    @property
    def total(self) -> np.ndarray:
        """Standard deviation of the predictive distribution."""
        return np.hypot(self.aleatoric, self.epistemic)


def decompose(draws: np.ndarray) -> Decomposition:
    """Split the variance of a prediction: Var y = E σ² + Var μ (Kendall & Gal 2017, eq. 9).

    Args:
        draws: (draws, n, 2) of predicted mean μ and standard deviation σ; at least 2 draws.

    Raises: ValueError for another shape, fewer draws, NaN or infinite values, and σ that are not positive.
    """
    means, scales = _mixture(draws)
    return Decomposition(
        mean=means.mean(0),
        aleatoric=np.sqrt(np.square(scales).mean(0)),
        epistemic=means.std(0, ddof=1),
    )


def predictive_quantiles(draws: np.ndarray, levels: ArrayLike) -> np.ndarray:
    """Quantiles of the predictive distribution, the mixture of N(μ, σ²) over draws: shape (levels, n).

    Args:
        draws: (draws, n, 2) of predicted mean μ and standard deviation σ.
        levels: probabilities in (0, 1).

    The bisection ends below 1e-9 of the mixture's width.

    Raises: ValueError for levels outside of (0, 1), and for draws that `decompose` refuses.
    """
    means, scales = _mixture(draws)
    levels = np.atleast_1d(np.asarray(levels, float))
    if not ((levels > 0) & (levels < 1)).all():
        raise ValueError(f"levels are probabilities in (0, 1), got {levels}")
    found = []
    for level in levels:
        low, high = (
            (means + special.ndtri(level) * scales).min(0),
            (means + special.ndtri(level) * scales).max(0),
        )
        for _ in range(30):
            middle = (low + high) / 2
            below = special.ndtr((middle - means) / scales).mean(0) < level
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        found.append((low + high) / 2)
    return np.stack(found)


def _mixture(draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    draws = np.asarray(draws, float)
    if draws.ndim != 3 or draws.shape[-1] != 2 or len(draws) < 2:
        raise ValueError(f"draws must have shape (draws, n, 2) with 2 draws or more, got {draws.shape}")
    if bad := np.sum(~np.isfinite(draws)):
        raise ValueError(f"draws hold {bad} NaN or infinite values: leave out the inputs that make them")
    if not (draws[..., 1] > 0).all():
        raise ValueError(
            f"every predicted standard deviation draws[..., 1] must be positive, got {draws[..., 1].min()}: "
            "let the network add a floor"
        )
    return draws[..., 0], draws[..., 1]
