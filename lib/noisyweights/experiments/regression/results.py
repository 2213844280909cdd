"""What the regression's trainings show together: differences between laws."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from noisyweights.experiments import trainings
from noisyweights.experiments.compared_laws import LAWS
from noisyweights.experiments.device import Device
from noisyweights.experiments.regression.settings import GRID, READINGS, Config
from noisyweights.scores.estimates import Interval
from noisyweights.scores.replicates import TAIL, mean_interval

__all__ = ["QUANTITIES", "Result", "collect"]

QUANTITIES = ("mean", "aleatoric", "epistemic", "distance", "nll")


@dataclass(frozen=True)
class Result:
    """What the chapter shows; each array by variant, trainings on the first axis.

    `mean`, `aleatoric` and `epistemic` (trainings, laws + 1, grid) are of the predictions on `grid`, in the
    order of `LAWS`, the last with Gaussian weights whose standard deviations are `WIDER` times as large.
    `distance`, of the same shape, is the energy distance from the prediction with Gaussian weights, and
    `nll` (trainings, laws + 1) the mean test NLL in nats.
    """

    config: Config
    grid: np.ndarray
    mean: Mapping[str, np.ndarray]
    aleatoric: Mapping[str, np.ndarray]
    epistemic: Mapping[str, np.ndarray]
    distance: Mapping[str, np.ndarray]
    nll: Mapping[str, np.ndarray]

    def trainings(self, variant: str = READINGS[0]) -> int:
        """How many trainings of a variant there are."""
        return len(self.nll[variant])

    def difference(
        self, quantity: str, law: str, *, variant: str = "magnitude", tail: float = TAIL
    ) -> Interval:
        """RMS difference over the grid between a law's prediction and the Gaussian's, over the trainings.

        That of the "mean" is relative to the root mean square of the total standard deviation; those of
        "aleatoric" and "epistemic" are relative to themselves.
        """
        values = getattr(self, quantity)[variant]
        own, gaussian = values[:, LAWS.index(law)], values[:, 0]
        if quantity == "mean":
            parts = (self.aleatoric[variant][:, 0], self.epistemic[variant][:, 0])
            return mean_interval(_rms(own - gaussian) / _rms(np.hypot(*parts)), tail=tail)
        return mean_interval(_rms(own / gaussian - 1), tail=tail)

    def shape_effect(self, law: str, *, variant: str = "magnitude", tail: float = TAIL) -> Interval:
        """Energy distance after swapping the law, over that after widening every weight: P-moments-only."""
        distance = self.distance[variant].mean(axis=-1)
        return mean_interval(distance[:, LAWS.index(law)] / distance[:, -1], tail=tail)

    def width_effect(self, *, variant: str = "magnitude") -> Interval:
        """RMS relative change of the epistemic deviation when every weight is `WIDER`."""
        epistemic = self.epistemic[variant]
        return mean_interval(_rms(epistemic[:, -1] / epistemic[:, 0] - 1))

    def nll_difference(self, law: str, *, variant: str) -> Interval:
        """Mean test NLL under a law minus that under Gaussian weights, in nats."""
        nll = self.nll[variant]
        return mean_interval(nll[:, LAWS.index(law)] - nll[:, 0])


def collect(config: Config, device: Device, points: Mapping[str, dict[str, np.ndarray]]) -> Result:
    """Stack the trainings that there are of each variant; raises ValueError for a variant without any."""
    return Result(
        config,
        GRID,
        *(
            {
                variant: trainings.stacked(points, variant, quantity, separator=".")
                for variant in config.variants
            }
            for quantity in QUANTITIES
        ),
    )


def _rms(values: np.ndarray) -> np.ndarray:
    return np.sqrt(np.square(values).mean(axis=-1))
