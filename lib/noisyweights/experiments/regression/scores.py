"""What one training of the regression is scored by: predictions on the grid, error on a test set."""

from collections.abc import Sequence

import numpy as np
from scipy import special

from noisyweights.networks.mean_field import inference
from noisyweights.scores.metrics import gaussian_mixture_nll

__all__ = ["energy_distances", "scored"]

Y_NODES = 401  # of the trapezoid over targets


def scored(predictions: Sequence[np.ndarray], tested: Sequence[np.ndarray], y: np.ndarray) -> dict[str, list]:
    """What `results.Result` describes, of one training.

    Args:
        predictions, tested: of each network, the one with Gaussian weights first, (draws, n, 2) of predicted
            mean and standard deviation on the grid and on the test set.
        y: targets of the test set, (n,).
    """
    parts = [inference.decompose(prediction) for prediction in predictions]
    return {
        "mean": [part.mean for part in parts],
        "aleatoric": [part.aleatoric for part in parts],
        "epistemic": [part.epistemic for part in parts],
        "distance": [energy_distances(prediction, predictions[0]) for prediction in predictions],
        "nll": [gaussian_mixture_nll(*np.moveaxis(test, -1, 0), y).mean() for test in tested],
    }


def energy_distances(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Energy distance 2 ∫ (F − G)² dy between two predictive laws at every input: (n,), unbiased, so that
    equal laws give values on both sides of 0.

    Args:
        first, second: (draws, n, 2) of predicted mean and standard deviation. The draws are split in
            halves: a product of the two differences has the square's expectation without its noise.
    """
    found = np.empty(first.shape[1])
    for at in range(len(found)):
        mixtures = first[:, at].astype(float), second[:, at].astype(float)
        means, scales = np.concatenate(mixtures).T
        y = np.linspace((means - 6 * scales).min(), (means + 6 * scales).max(), Y_NODES)
        even, odd = (_cdf(mixtures[0][half::2], y) - _cdf(mixtures[1][half::2], y) for half in (0, 1))
        found[at] = 2 * np.trapezoid(even * odd, y)
    return found


def _cdf(mixture: np.ndarray, y: np.ndarray) -> np.ndarray:
    means, scales = mixture.T[..., np.newaxis]
    return special.ndtr((y - means) / scales).mean(axis=0)
