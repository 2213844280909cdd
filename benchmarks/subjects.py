"""What several benchmarks look at: laws of a weight, two networks by name, and digits as their inputs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from noisyweights import datasets
from noisyweights.noise import laws

__all__ = ["ECRAM", "LENET", "MLP", "MTJ", "SEPARATION", "device_laws", "digits", "digits_source"]

MTJ = {"A": 1.8, "B": 0.2, "C": 0.3}
ECRAM = {"A": 1.0, "B": 0.1, "C": 0.2}
SEPARATION = 0.9
MLP, LENET = "784-400-10", "LeNet-5"


def device_laws() -> dict[str, laws.Law]:
    """The laws of devices, whose parameters these are."""
    return {
        "bayes_mtj": laws.bayes_mtj(**MTJ),
        "ecram": laws.ecram(**ECRAM),
        "bimodal": laws.bimodal(separation=SEPARATION),
    }


def digits(count: int) -> np.ndarray:
    """As many handwritten digits as wanted, (count, 784) in [0, 1], over again if there are fewer."""
    found = datasets.mnist(split="test").images
    return np.resize(found, (count, 28, 28)).reshape(count, 784) / np.float32(255)


def digits_source() -> dict[str, Any]:
    """Where the digits come from, as a record has it."""
    return asdict(datasets.mnist(split="test").source)
