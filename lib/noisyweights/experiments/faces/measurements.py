"""What the faces measure of the claims on UTKFace."""

from noisyweights.experiments.faces.results import Result
from noisyweights.experiments.faces.settings import LAWS
from noisyweights.ledger.claims import Measurement

__all__ = ["measurements"]


def measurements(result: Result) -> list[Measurement]:
    """Quantities of P-utk-calibration, P-utk-training and, from the whole set, P-utk-rmse.

    The claims are about UTKFace: drawn faces measure none of them. A part of the photographs compares laws,
    but does not tell the error of a network trained on all.
    """
    if result.source.drawn:
        return []
    fewest = min(result.trainings)
    n = fewest if fewest > 1 else result.tested  # what the intervals are over
    found = [
        Measurement("P-utk-calibration", "max_calibration_gap", *result.gap_curves[0], n),
        Measurement("P-utk-training", "max_calibration_gap", *result.worst_gap_curves, n),
        Measurement("P-utk-training", "max_rmse_gap", *result.worst_gap_rmse, n, "points"),
    ]
    if result.config.limit is not None:
        return found
    return [
        *found,
        *(
            Measurement("P-utk-rmse", f"rmse_{law}", *result.rmse[0, at], n, "%")
            for at, law in enumerate(LAWS)
        ),
        Measurement("P-utk-rmse", "max_rmse_gap", *result.gap_rmse[0], n, "points"),
    ]
