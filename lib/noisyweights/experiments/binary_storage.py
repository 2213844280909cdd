"""Storage of binary networks and their rivals: bits and shares of parameters, counted in the networks.

§III-A and §IV-C of the scale paper.
"""

from typing import Protocol

from noisyweights.evidence.claims import Measurement
from noisyweights.experiments import recipes
from noisyweights.networks import models, storage

__all__ = ["TOPOLOGIES", "bits_of", "counted"]


class Settings(recipes.Settings, Protocol):
    """What a configuration says of the layers, and of the perceptron's width."""

    hidden: int


TOPOLOGIES = {
    "mlp": lambda config, recipe: models.mlp(recipe, hidden=config.hidden, seed=0),
    "lenet5": lambda config, recipe: models.lenet5(recipe, seed=0),
    "vgg_small": lambda config, recipe: models.vgg_small(recipe, seed=0),
    "resnet18": lambda config, recipe: models.resnet18(recipe, seed=0),
}


def bits_of(config: Settings, topology: str, method: str, *, vectors: int = 1) -> int:
    """Bits of weights and scales of a method's network: what the scale paper counts, to all appearance."""
    network = TOPOLOGIES[topology](config, recipes.recipe(config, method))
    bits = storage.stored_bits(network, vectors=vectors)
    return bits["weights"] + (bits["scales"] if method in ("irnet", "proposed") else 0)


def counted(config: Settings) -> list[Measurement]:
    """Quantities that are counted, not measured: of VGG-Small, one vector of scales, and of ResNet-18."""
    bits = {method: bits_of(config, "vgg_small", method) for method in ("relu", "irnet", "proposed")}
    ours = bits["proposed"]
    full = bits["relu"]
    shares = storage.parameter_counts(models.resnet18(recipes.recipe(config, "relu"), seed=0))
    total = sum(shares.values()) - shares["statistics"]
    exact = {
        ("A-memory", "ratio_variational", "×"): 2 * full / ours,
        ("A-memory", "ratio_ensemble", "×"): 5 * full / ours,
        ("A-memory", "ratio_dropout", "×"): full / ours,
        ("A-memory-binary", "saving", "%"): 100 * (1 - ours / bits["irnet"]),
        ("A-shares", "share_weights", "%"): 100 * shares["weights"] / total,
        ("A-shares", "share_biases", "%"): 100 * shares["biases"] / total,
        ("A-shares", "share_other", "%"): 100 * shares["scales"] / total,
    }
    return [Measurement(claim, name, *[value] * 3, 0, unit) for (claim, name, unit), value in exact.items()]
