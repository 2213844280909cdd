"""Calibration: whether what is predicted with probability p happens in a fraction p of cases."""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from noisyweights.scores.input_checks import (
    finite,
    gaussian_mixture,
    integer_labels,
    matching,
    point_weights,
    probabilities,
)

__all__ = [
    "Reliability",
    "calibration_curve",
    "expected_calibration_error",
    "gaussian_cdf",
    "regression_calibration_error",
    "reliability_curve",
    "sample_cdf",
]

Array = NDArray[np.float64]
Kind = Literal["central", "quantile"]
Binning = Literal["equal width", "equal mass"]


def gaussian_cdf(means: ArrayLike, scales: ArrayLike, targets: ArrayLike) -> Array:
    """Probability that each draw's Gaussian puts at or below the target, Φ((yᵢ − µ_di)/σ_di).

    The average over draws is the predictive CDF at the target, of a mixture of Gaussians with equal weights.

    Args:
        means: µ, shape (draws, n). scales: σ > 0, any shape that broadcasts to it. targets: y, shape (n,).

    Returns: shape (draws, n).

    Raises: ValueError for NaN, shapes that do not match and scales that are not positive.
    """
    mean, scale, y = gaussian_mixture(means, scales, targets)
    return special.ndtr((y - mean) / scale)


def sample_cdf(draws: ArrayLike, targets: ArrayLike) -> Array:
    """Same as `gaussian_cdf` from draws of the target itself, shape (draws, n).

    Its average over D draws, (k + ½)/(D + 1) where k of them lie below the target (ties count half), is
    uniform over D + 1 equally likely ranks when the forecast is right.

    Raises: ValueError for NaN and shapes that do not match.
    """
    z = finite("draws", draws, 2)
    y = matching("targets", targets, "draws", z.shape[1:])
    below = 0.5 * (z < y) + 0.5 * (z <= y)
    return (len(z) * below + 0.5) / (len(z) + 1)


def calibration_curve(
    cdf: ArrayLike, *, levels: ArrayLike, kind: Kind, weights: ArrayLike | None = None
) -> Array:
    """Fraction of targets inside the region to which the prediction gives probability p, for each p.

    `central`: |2uᵢ − 1| ≤ p, the target lies between the quantiles (1 ∓ p)/2, as when residuals are held
    against thresholds of the predicted distribution (A. Kendall and Y. Gal, NeurIPS 2017, Fig. 3).
    `quantile`: uᵢ ≤ p, the target lies below the p-quantile (V. Kuleshov, N. Fenner and S. Ermon, ICML 2018),
    which sees a shift that the other does not. A calibrated prediction gives the diagonal in both.

    Args:
        cdf: predictive CDF at the target, uᵢ, shape (n,): `gaussian_cdf` or `sample_cdf`, draws averaged.
        levels: p in [0, 1], shape (m,).
        weights: of the points, equal unless given.

    Returns: fractions, shape (m,).

    Raises: ValueError for NaN, u or p outside [0, 1] and an unknown kind.
    """
    u, p = _unit("values of the CDF", cdf), _unit("levels", levels)
    w = point_weights(weights, len(u))
    if kind not in ("central", "quantile"):
        raise ValueError(f"kind is {kind!r}: choose 'central' or 'quantile'")
    level = np.abs(2 * u - 1) if kind == "central" else u
    order = np.argsort(level)
    cumulative = np.concatenate([[0.0], np.cumsum(w[order])])
    return np.minimum(cumulative[np.searchsorted(level[order], p, side="right")], 1.0)


def regression_calibration_error(
    cdf: ArrayLike, *, levels: ArrayLike, kind: Kind, weights: ArrayLike | None = None
) -> float:
    """Mean absolute gap between the calibration curve and the diagonal, over `levels`.

    Raises: ValueError as `calibration_curve`.
    """
    curve = calibration_curve(cdf, levels=levels, kind=kind, weights=weights)
    return float(np.mean(np.abs(curve - np.asarray(levels))))


class Reliability(NamedTuple):
    """Mean confidence, accuracy and share of points in each bin that holds any, shape (at most bins,)."""

    confidence: Array
    accuracy: Array
    share: Array


def reliability_curve(
    p: ArrayLike,
    labels: ArrayLike,
    *,
    bins: int,
    binning: Binning = "equal width",
    weights: ArrayLike | None = None,
) -> Reliability:
    """Accuracy against confidence (the largest class probability), in bins of confidence.

    `equal width` cuts [0, 1] into intervals open on the left, `equal mass` at quantiles of the confidences,
    each counted with its point's weight.

    Args:
        p: mean class probabilities, shape (n, classes). labels: class numbers, shape (n,).
        bins: number of bins. weights: of the points, equal unless given.

    Raises: ValueError for NaN, sums other than 1, labels out of range, fewer than one bin.
    Source: C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, ICML 2017, eq. 3.
    """
    p = probabilities(p, 2)
    right = p.argmax(1) == integer_labels(labels, *p.shape)
    confidence, w = p.max(1), point_weights(weights, len(p))
    if bins < 1:
        raise ValueError(f"{bins} bins hold no point: take at least one, 15 is usual")
    if binning == "equal width":
        edges = np.linspace(0, 1, bins + 1)
    elif binning == "equal mass":
        edges = np.quantile(confidence, np.linspace(0, 1, bins + 1), weights=w, method="inverted_cdf")
    else:
        raise ValueError(f"binning is {binning!r}: choose 'equal width' or 'equal mass'")
    place = np.searchsorted(edges[1:-1], confidence)
    share, sure, hit = (np.bincount(place, w * what, bins) for what in (1, confidence, right))
    some = share > 0
    return Reliability(sure[some] / share[some], hit[some] / share[some], share[some])


def expected_calibration_error(
    p: ArrayLike,
    labels: ArrayLike,
    *,
    bins: int,
    binning: Binning = "equal width",
    weights: ArrayLike | None = None,
) -> float:
    """Σ share·|accuracy − confidence| over the bins of `reliability_curve`, whose arguments it takes.

    Sampling noise in each bin makes it positive even for a calibrated classifier, by about
    Σ √(2·share·accuracy·(1 − accuracy)/(π n)): compare equal n and bins alone.

    Raises: ValueError as `reliability_curve`.
    """
    bin_ = reliability_curve(p, labels, bins=bins, binning=binning, weights=weights)
    return float(np.sum(bin_.share * np.abs(bin_.accuracy - bin_.confidence)))


def _unit(name: str, values: ArrayLike) -> Array:
    array = finite(name, values, 1)
    if array.min() < 0 or array.max() > 1:
        outside = array.min() if array.min() < 0 else array.max()
        raise ValueError(f"{name} lie in [0, 1], got {outside}: they are probabilities")
    return array
