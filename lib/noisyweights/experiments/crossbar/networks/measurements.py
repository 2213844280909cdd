"""What the networks on arrays measure of the claims L-classify and L-regress."""

from noisyweights.experiments.crossbar.networks.results import Result
from noisyweights.ledger.claims import Measurement
from noisyweights.scores.replicates import mean_interval

__all__ = ["measurements"]


def measurements(result: Result) -> list[Measurement]:
    """Quantities of L-classify and L-regress."""
    reached = result.reached["mean-field"]
    difference = reached.array - reached.software
    # Over the chips of a training first: trainings are what is independent.
    relative = result.rmse.mean(1) / result.software_rmse - 1
    gap = result.gap.mean(1)
    found = (
        ("L-classify", "accuracy_difference", difference[:, 0], "points"),
        ("L-classify", "ece_difference", difference[:, 2], ""),
        ("L-regress", "rmse_difference", relative, ""),
        ("L-regress", "max_calibration_gap", gap, ""),
    )
    return [
        Measurement(claim, name, *mean_interval(values), len(values), unit)
        for claim, name, values, unit in found
    ]
