"""Scores of predicted distributions of real targets, one to each test point: the smaller, the better."""

import numpy as np
import scoringrules
from numpy.typing import ArrayLike, NDArray
from scipy import special

from noisyweights.scores.input_checks import finite, gaussian_mixture, matching, point_weights

__all__ = [
    "crps_gaussian_mixture",
    "crps_samples",
    "energy_score",
    "gaussian_mixture_nll",
    "rmse",
]

Array = NDArray[np.float64]
PAIRS = 1 << 22  # pairs of draws worked out at a time


def rmse(means: ArrayLike, targets: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """Root mean square error of predictive means, both (n,), in the targets' unit.

    Raises: ValueError for NaN and shapes that do not match.
    """
    mean = finite("means", means, 1)
    y = matching("targets", targets, "means", mean.shape)
    return float(np.sqrt(point_weights(weights, len(y)) @ (mean - y) ** 2))


def gaussian_mixture_nll(means: ArrayLike, scales: ArrayLike, targets: ArrayLike) -> Array:
    """−log of the mean over draws of N(yᵢ; µ_di, σ_di²) [nats], shape (n,).

    Args:
        means: µ, shape (draws, n). scales: σ > 0, any shape that broadcasts to it. targets: y, shape (n,).

    Raises: ValueError for NaN, shapes that do not match and scales that are not positive.
    """
    mean, scale, y = gaussian_mixture(means, scales, targets)
    log_density = -0.5 * ((y - mean) / scale) ** 2 - np.log(scale) - 0.5 * np.log(2 * np.pi)
    return np.log(len(mean)) - special.logsumexp(log_density, axis=0)


def crps_gaussian_mixture(means: ArrayLike, scales: ArrayLike, targets: ArrayLike) -> Array:
    """Continuous ranked probability score ∫ (F(t) − 1[y ≤ t])² dt of a mixture of Gaussians, shape (n,).

    Exact, in time that grows as draws²·n. Arguments and errors as `gaussian_mixture_nll`, in the targets'
    unit. Source: T. Gneiting and A. E. Raftery, J. Am. Stat. Assoc. 102, 359 (2007), eq. 20.
    """
    mean, scale, y = gaussian_mixture(means, scales, targets)
    return np.concatenate(
        [
            scoringrules.crps_mixnorm(y[part], mean[:, part].T, scale[:, part].T)
            for part in _parts(len(y), len(mean))
        ]
    )


def crps_samples(draws: ArrayLike, targets: ArrayLike) -> Array:
    """Continuous ranked probability score E|X − y| − ½ E|X − X′| from draws of the target, shape (n,).

    Without bias at any number of draws: pairs of the same draw are left out.

    Args:
        draws: X, shape (draws, n). targets: y, shape (n,).

    Raises: ValueError for NaN, shapes that do not match and fewer than two draws.
    Source: M. Zamo and P. Naveau, Math. Geosci. 50, 209 (2018) (probability weighted moments).
    """
    x, y = _several(draws, targets, 2)
    return scoringrules.crps_ensemble(y, x, m_axis=0, estimator="pwm")


def energy_score(draws: ArrayLike, targets: ArrayLike, *, alpha: float) -> Array:
    """Energy score E‖X − y‖^α − ½ E‖X − X′‖^α, shape (n,), without bias; α = 1 is the CRPS.

    Args:
        draws: X, shape (draws, n) or (draws, n, d). targets: y, shape (n,) or (n, d).
        alpha: exponent in (0, 2), within which the score is strictly proper.

    Raises: ValueError for NaN, shapes that do not match, fewer than two draws, α out of range.
    Source: T. Gneiting and A. E. Raftery, J. Am. Stat. Assoc. 102, 359 (2007), eq. 22.
    """
    if not 0 < alpha < 2:
        raise ValueError(f"alpha is {alpha}: the energy score is strictly proper inside (0, 2) alone")
    x, y = _several(draws, targets, 2, 3)
    x, y = np.atleast_3d(x), y.reshape(len(y), -1)
    to_target = np.mean(np.linalg.norm(x - y, axis=-1) ** alpha, axis=0)
    spread = np.empty(len(y))
    for part in _parts(len(y), len(x) * x.shape[-1]):
        gaps = np.linalg.norm(x[:, None, part] - x[None, :, part], axis=-1)
        spread[part] = np.sum(gaps**alpha, axis=(0, 1)) / (len(x) * (len(x) - 1))
    return to_target - 0.5 * spread


def _several(draws: ArrayLike, targets: ArrayLike, *dimensions: int) -> tuple[Array, Array]:
    x = finite("draws", draws, *dimensions)
    if len(x) < 2:
        raise ValueError(f"{len(x)} draw shows no spread: give at least two")
    return x, matching("targets", targets, "draws", x.shape[1:])


def _parts(n: int, draws: int) -> list[slice]:
    size = max(1, PAIRS // draws**2)
    return [slice(i, i + size) for i in range(0, n, size)]
