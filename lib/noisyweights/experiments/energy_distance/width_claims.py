"""What Fig. 4 says of width: distances to the target fall with it, and from some width on they are small."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from noisyweights.experiments.compared_laws import LAWS
from noisyweights.ledger.claims import Measurement
from noisyweights.scores.estimates import Interval
from noisyweights.scores.replicates import largest, mean_interval

__all__ = ["CLOSE", "change", "enough", "measurements"]

CLOSE = 0.05  # distance to the target that the claims allow
DEPTHS, WIDTHS = (1, 2, 4), (2, 32)  # hidden layers, and the narrowest and the widest network, of the claims


def change(values: np.ndarray) -> Interval:
    """Logarithm of the distance in the widest networks over that in the narrowest, the largest of all laws.

    values: (widths, trainings, laws). Paired by training.
    """
    return largest(partial(mean_interval, one) for one in np.log(values[-1] / values[0]).T)


def enough(values: np.ndarray, widths: Sequence[int], *, bound: float) -> Interval:
    """Width from which on the distances of all laws are at most `bound`, in all networks tried.

    From the first that no interval excludes, to the first whose intervals all lie within the bound, ∞ for
    none; twice the widest stands for a width beyond those tried. values: (widths, trainings, laws).
    """
    joint = [
        largest(partial(mean_interval, one) for row in values[at:] for one in row.T)
        for at in range(len(widths))
    ]

    def first(ends: list[float], beyond: float) -> float:
        return next((float(width) for width, end in zip(widths, ends, strict=True) if end <= bound), beyond)

    beyond = 2.0 * widths[-1]
    value, low = (first([getattr(one, name) for one in joint], beyond) for name in ("value", "low"))
    return Interval(value, low, first([one.high for one in joint], np.inf))


def measurements(
    to_target: Mapping[int, np.ndarray], to_gaussian: Mapping[int, np.ndarray], *, widths: Sequence[int]
) -> list[Measurement]:
    """Quantities of P-energy-law, and of P-energy-width from networks of the sizes that it names.

    Args:
        to_target, to_gaussian: distances by depth from the target and from the prediction with Gaussian
            weights, (widths, trainings, laws) in the order of `LAWS`.
        widths: of the hidden layers.
    """
    exchanged = [LAWS.index(law) for law in ("device", "bimodal")]
    apart = largest(
        partial(mean_interval, distances[-1, :, law])
        for distances in to_gaussian.values()
        for law in exchanged
    )
    n = min(distances.shape[1] for distances in to_gaussian.values())
    found = [Measurement("P-energy-law", "worst_ks_to_gaussian", *apart, n)]
    if tuple(to_target) != DEPTHS or (widths[0], widths[-1]) != WIDTHS:
        return found
    for depth, distances in to_target.items():
        fall = change(distances[..., exchanged])
        width = enough(distances[..., :3], widths, bound=CLOSE)
        n = distances.shape[1]
        found.append(Measurement("P-energy-width", f"change_depth_{depth}", *fall, n))
        found.append(Measurement("P-energy-width", f"width_depth_{depth}", *width, n, "units"))
    return found
