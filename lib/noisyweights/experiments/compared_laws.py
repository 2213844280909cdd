"""The laws that the book holds against each other: equal mean and variance, different shapes."""

from functools import cache

from noisyweights import datasets
from noisyweights.experiments.device import ECRAM, Device
from noisyweights.noise import fitting, laws

__all__ = ["BIMODAL", "LAWS", "compared", "controls", "ecram"]

LAWS = ("gaussian", "device", "bimodal", "ecram", "uniform", "two_point")  # names, in the order of `controls`

# The device paper prints no parameters for its bimodal law. Here the peaks stand 4.1 of their widths apart.
BIMODAL = laws.bimodal(separation=0.9)


def compared(device: Device) -> dict[str, laws.Law]:
    """The Gaussian, the device's law and the bimodal law, by the names that `plots.LAWS` styles."""
    return {"gaussian": laws.gaussian(), "device": device.law, "bimodal": BIMODAL}


def controls(device: Device) -> dict[str, laws.Law]:
    """The laws compared, the ECRAM's, and two at the far end: flat and two-valued."""
    return compared(device) | {"ecram": ecram(), "uniform": laws.uniform(), "two_point": laws.two_point()}


@cache
def ecram() -> laws.Law:
    """Eq. 13 of the device paper, fitted to the book's simulated ECRAM."""
    return fitting.fit(datasets.read_noise(ECRAM).samples, family="ecram").law
