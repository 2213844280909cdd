"""What it means, in words, that a fit ended at the edge of the admissible set."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from noisyweights.noise.fitting.estimation import Fit
from noisyweights.noise.fitting.families import FAMILIES
from noisyweights.noise.fitting.readings import ReadingsFit, units

__all__ = ["explained"]

# An estimate within this share of a coordinate's interval is at its edge.
NEAR = 1e-3
# For each coordinate of a family its lower and its upper edge.
_DEVICE = (
    (
        "the peak at the centre is as narrow as is allowed, a fortieth of the range",
        "the exponential is so wide that the density no longer depends on B",
    ),
    (
        "the density is 0 at the centre, since the samples keep away from their mean, as two states do",
        "the density ends without a slope, since the samples show no edge",
    ),
    (
        "the support ends at the outermost sample",
        "the support is twice as wide as the samples, which do not tell where it ends",
    ),
)
_WORDS = {
    "gaussian": (("", ""), ("", "")),
    "bimodal": (
        ("", ""),
        ("the two peaks coincide, and one Gaussian says as much", "the peaks are as narrow as is allowed"),
        ("", ""),
    ),
    "bayes_mtj": _DEVICE,
    "ecram": _DEVICE,
}


def explained(fit: Fit, samples: ArrayLike) -> str:
    """Return a sentence on a fit that ended at the boundary, "" for one inside.

    It names the edges that were reached and what they say of the samples. Eq. 3 fitted to telegraph noise,
    for instance, has no density at its centre: its A is whatever makes it so, and no constant of the device.
    """
    if not fit.at_boundary:
        return ""
    words = "; ".join(_reached(fit, np.asarray(samples, float))) or (
        "a parameter is nearer to the edge of what is allowed than its error"
    )
    return (
        f"{words}: the parameters are those of the nearest law of this form, not constants of the device, "
        "and they have no standard errors"
    )


def _reached(fit: Fit, samples: np.ndarray) -> list[str]:
    model, values = FAMILIES[fit.family], {**fit.params, **fit.given}
    step = fit.step if isinstance(fit, ReadingsFit) else 0.0
    known = {key: np.array([value]) for key, value in fit.given.items()}
    origin, unit = known.get("loc", np.array([samples.mean()])), known.get("half_width")
    if unit is None:
        unit = units([samples], origin, step=step, folded=model.folded)
    (at,) = model.coordinates(values, origin, unit)
    near = NEAR * (model.high - model.low)
    at_low = at <= model.low + near
    if "half_width" in fit.given:
        at_low[-1] = False
    edges = zip(_WORDS[fit.family], at_low, at >= model.high - near, strict=True)
    return [word for words, *hits in edges for word, hit in zip(words, hits, strict=True) if word and hit]
