"""Fitting laws to a device's noise: maximum likelihood, goodness of fit, and the choice among laws."""

from noisyweights.noise.fitting.boundary import explained
from noisyweights.noise.fitting.estimation import Fit, fit, refit
from noisyweights.noise.fitting.families import FAMILIES
from noisyweights.noise.fitting.goodness import (
    GoodnessOfFit,
    bootstrap_statistics,
    combine,
    goodness_of_fit,
    observed_statistics,
    sequential_test,
)
from noisyweights.noise.fitting.prediction import HeldOut, Interval, held_out
from noisyweights.noise.fitting.readings import ReadingsFit, coarse_step, fit_readings
from noisyweights.noise.fitting.selection import Choice, choose

__all__ = [
    "FAMILIES",
    "Choice",
    "Fit",
    "GoodnessOfFit",
    "HeldOut",
    "Interval",
    "ReadingsFit",
    "bootstrap_statistics",
    "choose",
    "coarse_step",
    "combine",
    "explained",
    "fit",
    "fit_readings",
    "goodness_of_fit",
    "held_out",
    "observed_statistics",
    "refit",
    "sequential_test",
]
