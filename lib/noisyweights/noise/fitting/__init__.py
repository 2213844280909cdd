"""Fitting laws to a device's noise: maximum likelihood, goodness of fit, and the choice among laws."""

from noisyweights.noise.fitting.estimation import Fit, fit, refit
from noisyweights.noise.fitting.families import FAMILIES
from noisyweights.noise.fitting.goodness import (
    GoodnessOfFit,
    bootstrap_statistics,
    combine,
    goodness_of_fit,
    observed_statistics,
)
from noisyweights.noise.fitting.selection import Choice, HeldOut, Interval, choose, held_out

__all__ = [
    "FAMILIES",
    "Choice",
    "Fit",
    "GoodnessOfFit",
    "HeldOut",
    "Interval",
    "bootstrap_statistics",
    "choose",
    "combine",
    "fit",
    "goodness_of_fit",
    "held_out",
    "observed_statistics",
    "refit",
]
