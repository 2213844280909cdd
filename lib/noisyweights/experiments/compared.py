"""The laws that the book holds against each other: equal mean and variance, three shapes."""

from noisyweights.experiments.device import Device
from noisyweights.noise import laws

__all__ = ["BIMODAL", "compared"]

# The device paper prints no parameters for its bimodal law. Here the peaks stand 4.1 of their widths apart.
BIMODAL = laws.bimodal(separation=0.9)


def compared(device: Device) -> dict[str, laws.Law]:
    """The Gaussian, the device's law and the bimodal law, by the names that `plots.LAWS` styles."""
    return {"gaussian": laws.gaussian(), "device": device.law, "bimodal": BIMODAL}
