"""Models of a trace that a telegraph signal must beat: laws of one to four peaks, with and without memory.

Each has a law, of one to four Gaussians, and memory through a Gaussian copula: z = Φ⁻¹(F(x)) is noise of any
colour, of which the likelihood is that of an autoregression of up to 20 reads or of a sum of relaxations,
whichever is higher. So neither slow noise nor several peaks in the histogram are taken for a telegraph
signal, nor both at once.

Models are compared by BIC = −2 log likelihood + (number of parameters) log n.
"""

import math
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, special
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from noisyweights.noise.dynamics import coloured_noise

__all__ = ["Alternative", "alternative", "colour", "mixture"]

Array = NDArray[np.float64]

MOST_ORDER = 20
BANDS = 300
# The starts of a mixture are fitted to so many readings, taken evenly over the trace.
START_READINGS = 20_000


@dataclass(frozen=True)
class Alternative:
    """A model without levels that the trace jumps between: its BIC, and whether its law has memory."""

    bic: float
    memory: bool


def mixture(samples: Array, levels: int) -> GaussianMixture:
    """Law of `levels` Gaussians of independent readings, shape (n,), by maximum likelihood."""
    column = samples[:, None]
    few = column[:: -(-len(samples) // START_READINGS)]
    means = np.quantile(few, (np.arange(levels) + 0.5) / levels)[:, None]
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", ConvergenceWarning
        )  # a mixture that is still crawling is none of note
        law = GaussianMixture(levels, means_init=means, max_iter=100).fit(few)
        if len(few) < len(column):
            start = {
                "means_init": law.means_,
                "weights_init": law.weights_,
                "precisions_init": law.precisions_,
            }
            law = GaussianMixture(levels, **start, max_iter=20).fit(column)
    return law


def alternative(samples: Array, law: GaussianMixture) -> Alternative:
    """The likeliest model with this law for one reading; samples in order of time, shape (n,)."""
    centres, widths = law.means_.ravel(), np.sqrt(law.covariances_.ravel())
    quantile = special.ndtr((samples[:, None] - centres) / widths) @ law.weights_
    z = special.ndtri(np.clip(quantile, 1e-12, 1 - 1e-12))
    coloured = colour(z)
    return Alternative(float(law.bic(samples[:, None])) + min(coloured, 0.0), coloured < 0)


def colour(z: Array) -> float:
    """BIC of the best coloured noise less that of white noise, for z near unit normal in time, shape (n,)."""
    normal = np.sum(z**2) + len(z) * math.log(2 * math.pi)
    return float(min(_autoregression(z), _relaxations(z)) - normal)


def _autoregression(z: Array) -> float:
    """BIC of the best autoregression (Burg's recursion)."""
    n, power = len(z), np.mean(z**2)
    forward, backward, best = z[1:], z[:-1], math.inf
    for order in range(1, min(MOST_ORDER, n // 10) + 1):
        reflection = 2 * (forward @ backward) / (forward @ forward + backward @ backward)
        power *= 1 - reflection**2
        best = min(best, n * (math.log(2 * math.pi * power) + 1) + order * math.log(n))
        forward, backward = (
            (forward - reflection * backward)[1:],
            (backward - reflection * forward)[:-1],
        )
    return best


def _relaxations(z: Array) -> float:
    """BIC of the best sum of relaxations, by Whittle's likelihood in bands of frequency."""
    n = len(z)
    power = fft.dct(z, norm="ortho")[1:] ** 2
    edges = np.unique(np.geomspace(1, n, BANDS).astype(int)) - 1
    edges = edges[edges < len(power)]
    count = np.diff(np.append(edges, len(power)))
    banded = np.add.reduceat(power, edges) / count
    angle = math.pi * (1 + edges + (count - 1) / 2) / n
    spectra = coloured_noise.relaxation_spectra(angle, n)
    weights = coloured_noise.fit_weights(banded[None], spectra, count=count, steps=100)
    used = np.sum(weights > 1e-3 * weights.sum())
    deviance = coloured_noise.deviance(banded[None], weights @ spectra, count=count)[0]
    return float(deviance + n * math.log(2 * math.pi) + used * math.log(n))
