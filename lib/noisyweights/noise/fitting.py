"""Fitting laws to a device's noise: maximum likelihood, goodness of fit, and the choice among laws."""

from noisyweights.noise.estimation import Fit, fit, refit
from noisyweights.noise.families import FAMILIES
from noisyweights.noise.goodness import (
    GoodnessOfFit,
    bootstrap_statistics,
    combine,
    goodness_of_fit,
    observed_statistics,
)
from noisyweights.noise.selection import Choice, HeldOut, Interval, choose, held_out

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
