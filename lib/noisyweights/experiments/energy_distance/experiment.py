"""Energy distance: networks trained to one predictive law, and what becomes of it under other weight laws.

Chapter 4; §4.1, eq. 8, Figs. 4 and 8, App. C and D of the device paper.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from scipy import stats

from noisyweights import seeds
from noisyweights.experiments import trained_weights, trainings
from noisyweights.experiments.compared_laws import LAWS, controls
from noisyweights.experiments.device import Device
from noisyweights.experiments.energy_distance import width_claims
from noisyweights.ledger.claims import Measurement
from noisyweights.networks.mean_field import energy_distance, twins
from noisyweights.networks.mean_field.layers import MeanFieldDense
from noisyweights.noise import laws
from noisyweights.noise.quadrature import rules
from noisyweights.scores.estimates import Interval
from noisyweights.scores.metrics import kl_from_samples
from noisyweights.scores.replicates import TAIL, Estimator, largest, mean_interval

import keras  # isort: skip  (the library loads TensorFlow quietly)

__all__ = [
    "BINS",
    "LAWS",
    "PROFILES",
    "Config",
    "Result",
    "collect",
    "compute",
    "make_network",
    "measurements",
    "points",
    "target",
]

BINS = np.linspace(-4, 4, 121)  # of the histograms
# Readings of what the paper does not print: deterministic biases and a start from small weights; random
# biases; deterministic biases and a start by Glorot's rule, which keeps a signal's size from layer to layer.
LEARNED, RANDOM, GLOROT = "learned", "random", "glorot"
ALPHA = 1.5  # exponent of the distance
ORIGIN = np.zeros((1, 1), np.float32)
LOSSES = 100  # means of the loss that are kept of a training


@dataclass(frozen=True)
class Config:
    """Settings of the chapter; the paper's where it states them."""

    seed: int = field(metadata={"words": "of starts, trainings and draws"})
    seeds: int = field(metadata={"words": "trainings of each network", "counts": True})
    depths: tuple[int, ...] = field(metadata={"words": "hidden layers", "counts": True})
    widths: tuple[int, ...] = field(metadata={"words": "units in a hidden layer", "counts": True})
    iterations: int = field(metadata={"words": "of Adam; 10,000 in the paper"})
    predicted: int = field(metadata={"words": "networks drawn from each trained one, and from each law"})
    random_depth: int = field(
        metadata={"words": "hidden layers where the biases are random too", "counts": True}
    )
    draws: int = field(default=100, metadata={"words": "networks in one iteration"})
    nodes: int = field(default=64, metadata={"words": "of the Gauss–Hermite rule over the target"})
    initial_loc: float = field(
        default=0.1, metadata={"words": "standard deviation of means and biases at the start"}
    )
    initial_scale: float = field(
        default=0.05, metadata={"words": "standard deviation of a weight at the start"}
    )


PROFILES = {
    "smoke": Config(
        seed=4, seeds=1, depths=(1,), widths=(2, 4), iterations=50, predicted=2000, random_depth=1
    ),
    "quick": Config(
        seed=4, seeds=2, depths=(1, 3), widths=(2, 8, 32), iterations=1000, predicted=10_000, random_depth=1
    ),
    "full": Config(
        seed=4, seeds=3, depths=(1, 2, 4), widths=(2, 4, 8, 16, 32), iterations=10_000,
        predicted=100_000, random_depth=2,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Result:
    """What the chapter shows: arrays (widths, trainings, laws) by reading and depth.

    ks_target, ks_gaussian: Kolmogorov–Smirnov distance of the predictive law from the target and from the
    prediction with Gaussian weights. kl: divergence [nats] from the latter, its low and its high end in a
    last axis; NaN for the two-point law. kurtosis: excess kurtosis of the predictive law. density
    (widths, laws, bins): histogram over `BINS` of the first training. loss (widths, trainings, steps): means
    of the loss over equal stretches of the training.
    """

    config: Config
    law_kurtosis: Mapping[str, float]
    ks_target: Mapping[tuple[str, int], np.ndarray]
    ks_gaussian: Mapping[tuple[str, int], np.ndarray]
    kl: Mapping[tuple[str, int], np.ndarray]
    kurtosis: Mapping[tuple[str, int], np.ndarray]
    density: Mapping[tuple[str, int], np.ndarray]
    loss: Mapping[tuple[str, int], np.ndarray]

    def slope(
        self, quantity: str, law: str, *, depth: int, reading: str = LEARNED, tail: float = TAIL
    ) -> Interval:
        """Slope of log KL ("kl") or log distance ("ks_target") against log width, over the trainings.

        A divergence below one draw in `predicted` cannot be told from 0, and counts as that.
        """
        values = getattr(self, quantity)[reading, depth][:, :, LAWS.index(law)]
        values = values[..., 0] if quantity == "kl" else values
        log_values = np.log(np.maximum(values, 1 / self.config.predicted))
        log_width = np.log(self.config.widths)
        centred = log_width - log_width.mean()
        return mean_interval(centred @ log_values / (centred @ centred), tail=tail)

    def trainings(self, *, depth: int, reading: str = LEARNED) -> int:
        """How many trainings there are of each width."""
        return self.loss[reading, depth].shape[1]

    def effective_weights(self, law: str, *, depth: int, reading: str = LEARNED) -> np.ndarray:
        """How many equal independent weights would give the excess kurtosis seen: (widths, trainings).

        A sum of n has that of one weight over n; what Gaussian weights give is taken off before.
        """
        kurtosis = self.kurtosis[reading, depth]
        return self.law_kurtosis[law] / (kurtosis[:, :, LAWS.index(law)] - kurtosis[:, :, 0])


def target(config: Config) -> rules.Rule:
    """Quadrature rule for expectations over the target, the standard normal law."""
    return rules.hermite(config.nodes, scale=1.0).under(laws.gaussian())


def make_network(config: Config, *, depth: int, width: int, reading: str, seed: int) -> keras.Sequential:
    """Return an untrained network from a real number to a real number, with Gaussian weights and ELU.

    Means and deterministic biases start at N(0, initial_loc²), standard deviations at `initial_scale`. Of the
    readings, "random" has random biases, and "glorot" kernels whose means start by Glorot's rule.
    """
    biases = "random" if reading == RANDOM else "learned"
    common = {"law": laws.gaussian(), "prior_scale": 1.0, "kl_weight": 0.0, "biases": biases}
    network = keras.Sequential([keras.Input((1,))])
    for layer in range(depth + 1):
        units, activation = (1, None) if layer == depth else (width, "elu")
        network.add(
            MeanFieldDense(
                units, activation=activation, initial_scale=config.initial_scale, seed=layer, **common
            )
        )
    start = seeds.generator(seed, "start")
    for layer in network.layers:
        kernel, bias = layer.kernel_loc, layer.bias_loc if reading == RANDOM else layer.bias
        loc = math.sqrt(2 / sum(kernel.shape)) if reading == GLOROT else config.initial_loc
        kernel.assign(start.normal(0, loc, kernel.shape))
        bias.assign(start.normal(0, config.initial_loc, bias.shape))
    return network


def _cases(config: Config) -> list[tuple[str, int]]:
    """Readings and depths that are trained; the start is varied where it matters most, in the deepest."""
    learned = [(LEARNED, depth) for depth in config.depths]
    return [*learned, (RANDOM, config.random_depth), (GLOROT, config.depths[-1])]


def points(config: Config) -> tuple[str, ...]:
    """One training of one architecture each: "learned.2.8.0" has two hidden layers of eight units."""
    return tuple(
        f"{reading}.{depth}.{width}.{repeat}"
        for reading, depth in _cases(config)
        for width in config.widths
        for repeat in range(config.seeds)
    )


def compute(
    config: Config, point: str, device: Device, trained: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """Train an architecture with Gaussian weights, and draw its predictions under every law.

    What is kept of the training, "weights", are the network's and behind them the means of the loss.
    """
    reading, depth, width, repeat = point.split(".")
    seed = config.seed + int(repeat)
    network = make_network(config, depth=int(depth), width=int(width), reading=reading, seed=seed)
    if trained is None:
        loss = energy_distance.train(
            network,
            ORIGIN,
            target(config),
            iterations=config.iterations,
            draws=config.draws,
            seed=seed,
            alpha=ALPHA,
        )
        kept = np.array([part.mean() for part in np.array_split(loss, min(LOSSES, len(loss)))])
        trained = np.concatenate([trained_weights.pack(network, np.float32), kept.astype(np.float32)])
    size = sum(int(np.prod(weight.shape)) for weight in network.weights)
    trained_weights.unpack(network, trained[:size])
    return {"weights": trained, "loss": trained[size:]} | _predicted(config, network, device, seed=seed)


def _predicted(config: Config, network: keras.Model, device: Device, *, seed: int) -> dict[str, np.ndarray]:
    """How far the predictive laws at the origin are from the target and from that of Gaussian weights."""
    laws_of = controls(device)
    drawn = {
        name: energy_distance.sample_outputs(
            twins.with_law(network, laws_of[name]), ORIGIN, draws=config.predicted, seed=seed
        )[:, 0].astype(float)
        for name in LAWS
    }
    gaussian = drawn["gaussian"]
    divergences = [
        kl_from_samples(values, gaussian, paired=True)[:3]
        if name not in ("gaussian", "two_point")
        else [np.nan] * 3
        for name, values in drawn.items()
    ]
    return {
        "ks_target": np.array([stats.kstest(values, "norm").statistic for values in drawn.values()]),
        "ks_gaussian": np.array([stats.ks_2samp(values, gaussian).statistic for values in drawn.values()]),
        "kl": np.array(divergences, float),
        "kurtosis": np.array([stats.kurtosis(values) for values in drawn.values()]),
        "density": np.array([np.histogram(values, BINS, density=True)[0] for values in drawn.values()]),
    }


def collect(config: Config, device: Device, points: Mapping[str, dict[str, np.ndarray]]) -> Result:
    """Stack the widths of each reading and depth, and the trainings that all of these widths have.

    Raises ValueError for an architecture without a training, and where no training is one of all widths.
    """
    laws_of = controls(device)
    found = {case: _of_all_widths(config, case, points) for case in _cases(config)}

    def stacked(quantity: str) -> dict[tuple[str, int], np.ndarray]:
        return {
            case: np.stack([[arrays[quantity] for arrays in own] for own in widths])
            for case, widths in found.items()
        }

    quantities = ("ks_target", "ks_gaussian", "kl", "kurtosis", "density", "loss")
    arrays = {quantity: stacked(quantity) for quantity in quantities}
    arrays["density"] = {case: density[:, 0] for case, density in arrays["density"].items()}
    return Result(config, {name: laws_of[name].excess_kurtosis for name in LAWS}, **arrays)


def _of_all_widths(
    config: Config, case: tuple[str, int], points: Mapping[str, dict[str, np.ndarray]]
) -> list[list[dict[str, np.ndarray]]]:
    """Arrays by width and training, of those trainings that every width has."""
    reading, depth = case
    kinds = [
        trainings.of_kind(points, f"{reading}.{depth}.{width}", separator=".") for width in config.widths
    ]
    common = sorted(set.intersection(*map(set, kinds)))
    if not common:
        raise ValueError(
            f"no training of {reading}.{depth} is there for all widths {config.widths}: add the missing ones"
        )
    return [[kind[number] for number in common] for kind in kinds]


def measurements(result: Result) -> list[Measurement]:
    """Quantities of P-energy, its further readings, P-energy-kl and P-ecram-energy."""
    config, others = result.config, ("device", "bimodal")
    cases = [(LEARNED, depth) for depth in config.depths]

    def cell(quantity: str, case: tuple[str, int], width: int, law: str) -> Estimator:
        values = getattr(result, quantity)[case][width, :, LAWS.index(law)]
        return partial(mean_interval, values[..., 0] if quantity == "kl" else values)

    def by_depth(quantity: str) -> dict[int, np.ndarray]:
        return {depth: getattr(result, quantity)[reading, depth] for reading, depth in cases}

    def slopes(quantity: str, *names: str) -> Interval:
        return largest(
            partial(result.slope, quantity, law, depth=depth) for law in names for depth in config.depths
        )

    widest = largest(cell("ks_target", case, -1, law) for case in cases for law in LAWS[:3])
    kl_widest = largest(cell("kl", case, -1, law) for case in cases for law in others)
    ecram = largest(cell("ks_gaussian", case, 0, "ecram") for case in cases)
    n = min(result.trainings(depth=depth) for depth in config.depths)
    return [
        Measurement("P-energy", "worst_ks_widest", *widest, n),
        Measurement("P-energy", "worst_width_slope", *slopes("ks_target", *others), n),
        Measurement("P-energy-kl", "worst_slope_device", *slopes("kl", "device"), n),
        Measurement("P-energy-kl", "worst_slope_bimodal", *slopes("kl", "bimodal"), n),
        Measurement("P-energy-kl", "worst_kl_widest", *kl_widest, n),
        Measurement("P-ecram-energy", "worst_ks_narrowest", *ecram, n),
        *width_claims.measurements(by_depth("ks_target"), by_depth("ks_gaussian"), widths=config.widths),
    ]
