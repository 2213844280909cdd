"""The forms a trend may have: a line, a logarithm of time, a step; and their fit amid coloured noise."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from noisyweights.noise.dynamics import coloured_noise

__all__ = ["FORMS", "Fitted", "averaged", "curves", "fit_forms"]

Array = NDArray[np.float64]
FORMS: tuple[str, ...] = ("linear", "logarithmic", "step")

# A logarithm log(1 + k / s) may begin before the first reading, k = 0, by s reads.
STARTS = (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000)
# A step may lie at so many places, none of them so near to an end that a few readings make it.
PLACES, MARGIN, FEWEST = 64, 0.03, 3
# Rounds of: best curve for a spectrum, best spectrum for what is left.
ROUNDS, FIRST_STEPS, NEXT_STEPS = 3, 40, 12


@dataclass(frozen=True, eq=False)
class Fitted:
    """One form, fitted to each row of a batch; arrays of shape (rows,).

    `gain`: fall of −2 log likelihood by the trend. `which`: the curve among those of the form. `size`: its
    factor, `error` the standard error.
    """

    gain: Array
    which: NDArray[np.int64]
    size: Array
    error: Array


def curves(form: str, n: int, *, block: int) -> tuple[Array, Array]:
    """Parameters of the curves of a form over n readings, and the curves' means over blocks of readings.

    Of shape (curves, n // block); readings that fill no block are left out.

    The parameter is the start s of a logarithm, the first reading after a step, and 0 for the line.
    """
    reading = np.arange(n)
    if form == "linear":
        return np.zeros(1), averaged(reading / (n - 1), block)[None]
    if form == "logarithmic":
        starts = np.array([start for start in STARTS if start <= max(1, n / 10)], float)
        return starts, np.array([averaged(np.log1p(reading / start), block) for start in starts])
    blocks = n // block
    edge = max(FEWEST, MARGIN * blocks)
    places = np.unique(np.linspace(edge, blocks - edge, PLACES).astype(int))  # at the edges of blocks
    return places * float(block), (np.arange(blocks) >= places[:, None]).astype(float)


def averaged(values: Array, block: int) -> Array:
    """Means of values (n,) over blocks of so many, (n // block,)."""
    blocks = len(values) // block
    return values[: blocks * block].reshape(blocks, block).mean(axis=1)


def fit_forms(
    coefficients: Array, curve_sets: dict[str, Array], spectra: Array
) -> tuple[Array, dict[str, Fitted]]:
    """Fit noise alone, and noise beside each form, to rows of cosine coefficients, shape (rows, n − 1).

    Args:
        coefficients: of the readings, without the one of their mean.
        curve_sets: for each form its curves, shape (curves, n).
        spectra: variances of the coefficients, as of `coloured_noise.cosine_variances`.

    Returns the variances under noise alone, shape (rows, n − 1), and each form's fit.
    """
    alone = coloured_noise.fit_weights(coefficients**2, spectra, steps=FIRST_STEPS) @ spectra
    deviance = coloured_noise.deviance(coefficients**2, alone)
    fits = {}
    for form, drawn in curve_sets.items():
        curve = fft.dct(drawn, axis=1, norm="ortho")[:, 1:]
        variance, weights = np.ones_like(coefficients), None
        for _ in range(ROUNDS):
            which, size, _ = _best_curve(coefficients, curve, variance)
            power = (coefficients - size[:, None] * curve[which]) ** 2
            steps = FIRST_STEPS if weights is None else NEXT_STEPS
            weights = coloured_noise.fit_weights(power, spectra, start=weights, steps=steps)
            variance = weights @ spectra
        which, size, error = _best_curve(coefficients, curve, variance)
        power = (coefficients - size[:, None] * curve[which]) ** 2
        fits[form] = Fitted(deviance - coloured_noise.deviance(power, variance), which, size, error)
    return alone, fits


def _best_curve(coefficients: Array, curve: Array, variance: Array) -> tuple[NDArray[np.int64], Array, Array]:
    """Generalised least squares: the likeliest curve of each row, its factor and that one's error."""
    overlap, weight = (coefficients / variance) @ curve.T, (1 / variance) @ (curve**2).T
    which = np.argmax(overlap**2 / weight, axis=1)
    row = np.arange(len(coefficients))
    return which, overlap[row, which] / weight[row, which], 1 / np.sqrt(weight[row, which])
