"""What one training on faces is scored by: calibration, error and spread under each law, and their gaps."""

from collections.abc import Mapping

import numpy as np

from noisyweights.experiments.faces.settings import LAWS, LEVELS, Config
from noisyweights.networks.mean_field import inference
from noisyweights.scores import metrics
from noisyweights.scores.bootstrap import LEVEL, Bootstrap

__all__ = ["compared_predictions"]


def compared_predictions(
    config: Config, predictions: Mapping[str, np.ndarray], y: np.ndarray, *, seed: int
) -> dict[str, np.ndarray]:
    """Calibration, error and spread of each prediction, and the largest gaps between them.

    Args:
        config: of the bootstrap.
        predictions: by law, (draws, n, 2) of predicted mean and standard deviation, over the range of ages.
        y: ages over their range, (n,).
        seed: of the bootstrap.

    Returns: what `results.Result` describes, of one training.
    """
    bootstrap = {"resample": ("draws", "points"), "replicates": config.replicates, "seed": seed}
    cdf = {
        name: metrics.gaussian_cdf(*np.moveaxis(p, -1, 0), y)[..., None] for name, p in predictions.items()
    }
    curves = metrics.paired_bootstrap(
        lambda average, weights: metrics.calibration_curve(
            average[:, 0], levels=LEVELS, kind="central", weights=weights
        ),
        cdf,
        **bootstrap,
    )
    errors = metrics.paired_bootstrap(
        lambda average, weights: 100 * metrics.rmse(average[:, 0], y, weights=weights),
        {name: p[..., :1] for name, p in predictions.items()},
        **bootstrap,
    )
    parts = [inference.decompose(p) for p in predictions.values()]
    return {
        "curves": np.array([curves.values[name] for name in LAWS]),
        "rmse": np.array([errors.estimate(name)[:3] for name in LAWS]),
        "gap_curves": _gap(curves),
        "gap_rmse": _gap(errors),
        "aleatoric": np.array([100 * np.sqrt(np.square(part.aleatoric).mean()) for part in parts]),
        "epistemic": np.array([100 * np.sqrt(np.square(part.epistemic).mean()) for part in parts]),
    }


def _gap(found: Bootstrap) -> np.ndarray:
    """Largest gap between two testing laws: value, low, high, and a low end that holds for all laws."""
    together = found.largest_gap(LAWS, level=1 - (1 - LEVEL) / len(LAWS))
    return np.array([*found.largest_gap(LAWS)[:3], together.low])
