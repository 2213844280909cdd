"""Storage of binary networks and their rivals: bits and shares of parameters, counted in the networks.

§III-A and §IV-C of the scale paper.
"""

from functools import cache, partial

from noisyweights.experiments import mean_field_training
from noisyweights.experiments.binary import recipes
from noisyweights.experiments.binary.settings import Settings
from noisyweights.ledger.claims import Measurement
from noisyweights.networks.binary import models, storage
from noisyweights.networks.mean_field import twins
from noisyweights.noise import laws

__all__ = ["MEMBERS", "SMALL", "TOPOLOGIES", "counted", "shares", "stored"]

TOPOLOGIES = {
    "mlp": partial(models.mlp, hidden=512, seed=0),
    "lenet5": partial(models.lenet5, seed=0),
    "vgg_small": partial(models.vgg_small, seed=0),
    "resnet18": partial(models.resnet18, seed=0),
}
MEMBERS = 5  # of an ensemble
SMALL = ("biases", "statistics")  # what the paper leaves out


@cache
def stored(
    settings: Settings, topology: str, method: str, *, vectors: int = 1, everything: bool = False
) -> int:
    """Bits of a method's network: of weights and scales, or with `everything` of biases and statistics too.

    Methods are those of `recipes.METHODS`, "ensemble", and "variational": mean and width for every weight.
    """
    if method == "ensemble":
        return MEMBERS * stored(settings, topology, "relu", everything=everything)
    layers = recipes.recipe(settings, "relu" if method == "variational" else method)
    network = TOPOLOGIES[topology](layers)
    if method == "variational":
        choices = {"law": laws.gaussian(), "kl_weight": 0.0, "biases": "fixed"}
        network = twins.from_deterministic(network, seed=0, **choices, **mean_field_training.KERNEL)
    bits = storage.stored_bits(network, vectors=vectors)
    return sum(size for role, size in bits.items() if everything or role not in SMALL)


@cache
def shares(settings: Settings, topology: str, method: str) -> dict[str, float]:
    """Shares of weights, scales and biases among a network's parameters [%], its statistics apart."""
    counts = storage.parameter_counts(TOPOLOGIES[topology](recipes.recipe(settings, method)))
    learnt = {role: count for role, count in counts.items() if role != "statistics"}
    return {role: 100 * count / sum(learnt.values()) for role, count in learnt.items()}


def counted(settings: Settings) -> list[Measurement]:
    """Quantities of A-memory and A-memory-binary, of VGG-Small with one vector of scales, and of A-shares.

    The paper names no topology. VGG-Small is one of its two large ones.
    """
    bits = {
        method: stored(settings, "vgg_small", method)
        for method in ("relu", "ensemble", "variational", "irnet", "proposed")
    }
    of_resnet = shares(settings, "resnet18", "relu")
    exact = {
        ("A-memory", "ratio_variational", "×"): bits["variational"] / bits["proposed"],
        ("A-memory", "ratio_ensemble", "×"): bits["ensemble"] / bits["proposed"],
        ("A-memory", "ratio_dropout", "×"): bits["relu"] / bits["proposed"],
        ("A-memory-binary", "saving", "%"): 100 * (1 - bits["proposed"] / bits["irnet"]),
        ("A-shares", "share_weights", "%"): of_resnet["weights"],
        ("A-shares", "share_biases", "%"): of_resnet["biases"],
        ("A-shares", "share_other", "%"): of_resnet["scales"],
    }
    return [Measurement(claim, name, *[value] * 3, 0, unit) for (claim, name, unit), value in exact.items()]
