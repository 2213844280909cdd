"""What trained networks ask of a device: how many weights share a sum, and how wide they are."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from noisyweights import datasets
from noisyweights.experiments import image_inputs
from noisyweights.experiments.swapped_networks.recorded import Trained, mean_network
from noisyweights.networks.mean_field import linearised
from noisyweights.noise import sums

import keras  # isort: skip  (the library loads TensorFlow quietly)

__all__ = ["Needs", "needs", "network_needs"]

PICTURES = 3
_REGRESSION = np.linspace(-1, 1, 5)[:, np.newaxis]
_MIDDLE = (0.1, 0.9)


@dataclass(frozen=True)
class Needs:
    """What the networks ask for, over all their output sums and all their columns.

    effective_weights: effective number of weights that nine sums in ten reach, and that one in ten does.
    sigma_of_range: width of a column's weights, in root mean square over its inputs, over the largest of its
    means: least and largest of the middle eight tenths; typical_sigma_of_range: their median. networks: how
    many.
    """

    effective_weights: tuple[float, float]
    sigma_of_range: tuple[float, float]
    typical_sigma_of_range: float
    networks: int


def needs(networks: Iterable[Trained]) -> Needs | None:
    """What recorded networks ask for that predict something: those for the energy distance are left out.

    None where there are no others.
    """
    found = [network_needs(*_network(one)) for one in networks if one.task in ("regression", "clothes")]
    if not found:
        return None
    numbers, ratios = (np.concatenate([np.ravel(one[at]) for one in found]) for at in (0, 1))
    return Needs(
        effective_weights=tuple(map(float, np.quantile(numbers, _MIDDLE))),
        sigma_of_range=tuple(map(float, np.quantile(ratios, _MIDDLE))),
        typical_sigma_of_range=float(np.median(ratios)),
        networks=len(found),
    )


def _network(trained: Trained) -> tuple[keras.Model, np.ndarray]:
    if trained.task == "regression":
        return mean_network(trained), _REGRESSION
    test = datasets.fashion_mnist(split="test", dataset="sample")
    return trained.network, image_inputs.scaled(image_inputs.first(test, PICTURES))


def network_needs(network: keras.Model, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Effective numbers of a network's output sums at inputs x (n, …), shape (n, outputs), and the width over
    range of each column of its kernels, (columns of all layers,).

    A dense layer's column has the deviation σ that leaves its product the variance it has, Σ x²σ² / Σ x², and
    as range its largest mean |µ|, of inputs that are ever driven.
    """
    factors = (linearised.noise_factors(network, one[np.newaxis]) for one in x)
    numbers = np.stack([sums.effective_numbers(one).kurtosis for one in factors])
    ratios = []
    for layer, inputs in linearised.layer_inputs(network, x):
        power = np.square(inputs.astype(float)).mean(0)
        kernel = layer.distribution("kernel")
        variance, means = kernel.variance().numpy().astype(float), np.abs(kernel.mean().numpy())
        sigma = np.sqrt(power @ variance / power.sum())
        ratios.append(sigma / means[power > 0].max(0))
    return numbers, np.concatenate(ratios)
