"""Every metric by name: calibration, scores, divergence, and the bootstrap that compares predictions."""

from noisyweights.scores.bootstrap import Bootstrap, paired_bootstrap
from noisyweights.scores.calibration import (
    Reliability,
    calibration_curve,
    expected_calibration_error,
    gaussian_cdf,
    regression_calibration_error,
    reliability_curve,
    sample_cdf,
)
from noisyweights.scores.classification import (
    accuracy,
    auroc,
    brier_score,
    class_nll,
    entropy,
    mutual_information,
)
from noisyweights.scores.divergence import kl_from_samples
from noisyweights.scores.estimates import Estimate
from noisyweights.scores.regression import (
    crps_gaussian_mixture,
    crps_samples,
    energy_score,
    gaussian_mixture_nll,
    rmse,
)

__all__ = [
    "Bootstrap",
    "Estimate",
    "Reliability",
    "accuracy",
    "auroc",
    "brier_score",
    "calibration_curve",
    "class_nll",
    "crps_gaussian_mixture",
    "crps_samples",
    "energy_score",
    "entropy",
    "expected_calibration_error",
    "gaussian_cdf",
    "gaussian_mixture_nll",
    "kl_from_samples",
    "mutual_information",
    "paired_bootstrap",
    "regression_calibration_error",
    "reliability_curve",
    "rmse",
    "sample_cdf",
]
