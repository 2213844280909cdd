"""What the tied scales measured of this book's own claims."""

from noisyweights.experiments.tied_scale.results import JUDGED, Result
from noisyweights.experiments.tied_scale.settings import CLAIMED, FREE
from noisyweights.ledger.claims import Measurement

__all__ = ["measurements"]


def measurements(result: Result) -> list[Measurement]:
    """Quantities of T-lowest, T-common-mode, T-layer and T-deployed, each relative to free scales."""
    found = []
    for task, score in JUDGED.items():
        free, lowest, layer, weight = (result.score(task, one, score) for one in (FREE, *CLAIMED))
        deployed = result.score(task, CLAIMED[0], score, deployed=True)
        quantities = {
            "T-lowest": ("excess", lowest - free),
            "T-common-mode": ("beyond_half", weight - (free + lowest) / 2),
            "T-layer": ("layer_excess", layer - weight),
            "T-deployed": ("deployed_excess", deployed - lowest),
        }
        for claim, (name, values) in quantities.items():
            interval = result.relative_excess(task, values)
            found.append(Measurement(claim, f"{name}_{task}", *interval, len(values)))
    return found
