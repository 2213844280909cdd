"""The spectrum of noise of any colour, as a sum of relaxations: white noise to a random walk, 1/f among them.

A relaxation is a first-order autoregression e^{−lag/T}. Sums of them, with weights that are not negative,
make every spectrum that falls steadily in the way device noise does. In the cosine basis (DCT-II) of n
readings, coefficients of such noise are nearly uncorrelated, and their variances are exact here:

    S_k = Σ_j w_j a_{jk},        −2 log likelihood = Σ_k (log S_k + Y_k² / S_k).

The weights are found by multiplicative updates, which keep them positive; each row of a batch is fitted by
itself.

Source: C. Févotte, N. Bertin and J.-L. Durrieu, Neural Comput. 21, 793 (2009), for the updates
(Itakura–Saito).
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft, linalg

__all__ = ["cosine_variances", "deviance", "fit_weights", "relaxation_spectra", "relaxation_times"]

Array = NDArray[np.float64]

# Times of the relaxations grow by this factor: closer ones could not be told apart.
STEP = 3.0


def relaxation_times(n: int) -> Array:
    """Relaxation times in reads, from one read to beyond a trace of n readings."""
    return STEP ** np.arange(int(np.log(4 * n) / np.log(STEP)) + 1)


@lru_cache(maxsize=8)
def cosine_variances(n: int) -> Array:
    """Variances of cosine coefficients 1 … n − 1 of white noise, each relaxation and a random walk.

    Shape (relaxations + 2, n − 1); each row has mean 1.
    """
    basis = fft.dct(np.eye(n), axis=0, norm="ortho")[1:]
    lag = np.arange(n)
    covariances = [linalg.toeplitz(np.exp(-lag / time)) for time in relaxation_times(n)]
    covariances = [np.eye(n), *covariances, np.minimum.outer(lag, lag).astype(float)]
    variances = np.array([np.einsum("ij,ij->i", basis @ c, basis) for c in covariances])
    return variances / variances.mean(axis=1, keepdims=True)


def relaxation_spectra(angle: Array, n: int) -> Array:
    """Spectra at angular frequencies `angle` (radians a read, shape (k,)); shape (relaxations + 2, k)."""
    cosine = np.cos(angle)
    decay = np.append(np.exp(-1 / relaxation_times(n)), 1.0)[:, None]
    spectra = np.concatenate([np.ones((1, len(angle))), 1 / (1 - 2 * decay * cosine + decay**2)])
    return spectra / spectra.mean(axis=1, keepdims=True)


def fit_weights(
    power: Array, spectra: Array, *, count: Array | float = 1.0, start: Array | None = None, steps: int = 40
) -> Array:
    """Weights of `spectra` (j, k) that make each row of `power` (rows, k) likeliest; shape (rows, j).

    `count` tells how many coefficients each entry of `power` is the mean of.
    """
    if start is None:
        start = np.repeat(power.mean(axis=1, keepdims=True) / len(spectra), len(spectra), axis=1)
    weights = start
    for _ in range(steps):
        variance = weights @ spectra
        weights = weights * ((count * power / variance**2) @ spectra.T) / ((count / variance) @ spectra.T)
        weights = np.maximum(weights, 1e-12 * weights.sum(axis=1, keepdims=True))
    return weights


def deviance(power: Array, variance: Array, *, count: Array | float = 1.0) -> Array:
    """Minus twice the log likelihood of each row, up to a constant: shape (rows,)."""
    return np.sum(count * (np.log(variance) + power / variance), axis=1)
