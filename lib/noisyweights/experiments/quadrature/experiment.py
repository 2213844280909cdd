"""Quadrature: how many nodes each rule needs for the variance of a law and for its KL to a Gaussian.

Chapter 2; Fig. 2, §3.1.2 and App. B of the device paper.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from noisyweights.experiments.compared_laws import BIMODAL
from noisyweights.experiments.device import Device
from noisyweights.ledger.claims import Measurement
from noisyweights.noise import laws, quadrature
from noisyweights.noise.quadrature import Rule

__all__ = [
    "CROSS_ENTROPIES",
    "OFF",
    "PROFILES",
    "RULES",
    "SETTLED",
    "Config",
    "Result",
    "Series",
    "collect",
    "compute",
    "first_unstable",
    "measurements",
    "points",
]

QUANTITIES = ("variance", "kl")
SETTLED = 1e-12  # squared change from one order to the next
CLOSE = 1e-8  # error that P-laguerre asks for
OFF = 1e-3  # error of a node, in half-widths, that makes a rule unstable


@dataclass(frozen=True)
class Config:
    """Settings of the chapter. Nothing is random here."""

    seed: int = field(default=0, metadata={"words": "unused: nothing is drawn"})
    nodes: int = field(default=320, metadata={"words": "in the largest rule tried"})
    epsilon: float = field(default=1e-3, metadata={"words": "half width of the trapezoid, in half-widths"})
    inner: int = field(default=3, metadata={"words": "nodes of the trapezoid"})
    scale: float = field(default=1.0, metadata={"words": "of Gauss–Hermite and Gauss–Laguerre"})
    scales: tuple[float, ...] = field(
        default=(0.1, 0.25, 0.5, 1.0, 2.0), metadata={"words": "tried for both, as a check"}
    )
    wheeler: int = field(default=30, metadata={"words": "largest rule tried by Wheeler's algorithm"})


PROFILES = {"smoke": Config(nodes=64), "quick": Config(), "full": Config()}

# Shifts, scales, and the means and scales of Gaussian priors, whose cross entropies two nodes have to hit.
GRID = (np.linspace(-2, 2, 9), np.geomspace(0.01, 2, 9), np.linspace(-1, 1, 5), np.geomspace(0.1, 2, 7))
CROSS_ENTROPIES = math.prod(len(axis) for axis in GRID)

# What each law is integrated with. "graded" is this library's rule.
RULES = {
    "q_D": ("legendre", "composite", "graded"),
    "q_M": ("hermite", "laguerre", "graded"),
}
RIVALS = {law: (custom, standard) for law, (standard, custom, _) in RULES.items()}


@dataclass(frozen=True)
class Series:
    """One rule at growing order: nodes (k,) in all its pieces, its values of both `QUANTITIES` (2, k)."""

    nodes: np.ndarray
    values: np.ndarray


@dataclass(frozen=True)
class Result:
    """What the chapter shows.

    series: (law, rule) → `Series`. exact: law → true values of both quantities. scaled: rule of q_M →
    (scales, 2) nodes needed to come and stay within 1e-8. wheeler, wheeler_float_moments, stieltjes (n,):
    largest node error, in half-widths, of the 1 … n-point rules against 60-digit ones (∞ where the algorithm
    broke down); the first works in float64 on exact moments, the second on moments computed in float64 too.
    chaospy (2,): positive node of the 2-point rule by its two algorithms, beside the right one, `two_point`.
    two_point_error: largest relative error of a cross entropy by two nodes.
    """

    config: Config
    law: laws.DeviceLaw
    series: Mapping[tuple[str, str], Series]
    exact: Mapping[str, np.ndarray]
    scaled: Mapping[str, np.ndarray]
    wheeler: np.ndarray
    wheeler_float_moments: np.ndarray
    stieltjes: np.ndarray
    chaospy: np.ndarray
    two_point: float
    two_point_error: float

    def error(self, law: str, rule: str) -> np.ndarray:
        """|value − exact| of both quantities, (2, k)."""
        return np.abs(self.series[law, rule].values - self.exact[law][:, None])

    def change(self, law: str, rule: str) -> np.ndarray:
        """Squared difference from the order before, (2, k − 1): what Fig. 2 plots."""
        return np.diff(self.series[law, rule].values) ** 2

    def settles(self, law: str, rule: str, quantity: int) -> int | None:
        """Index of the first order from which every later change is at most `SETTLED`; None if none is."""
        return _stays(self.change(law, rule)[quantity], SETTLED)

    def nodes_ratio(self, law: str, quantity: int) -> float:
        """Nodes at which the custom rule settles over those at which the standard one does."""
        counts = [
            _nodes(self.series[law, rule].nodes[1:], self.settles(law, rule, quantity), ours=ours)
            for rule, ours in zip(RIVALS[law], (True, False), strict=True)
        ]
        return counts[0] / counts[1]

    def settled_error(self, law: str, quantity: int) -> float:
        """Error of the custom rule where it has settled, ∞ if it never does."""
        custom, _ = RIVALS[law]
        index = self.settles(law, custom, quantity)
        return math.inf if index is None else self.error(law, custom)[quantity, index + 1]

    def close(self, law: str, rule: str) -> list[float]:
        """Nodes needed to come and stay within `CLOSE` of both quantities; ∞ for never."""
        nodes = self.series[law, rule].nodes
        return [_nodes(nodes, _stays(row, CLOSE), ours=True) for row in self.error(law, rule)]


def first_unstable(error: np.ndarray) -> int:
    """Smallest unstable rule, given the errors of 1 … n nodes; n + 1 if none is."""
    bad = np.flatnonzero(error > OFF)
    return int(bad[0]) + 1 if bad.size else len(error) + 1


def _stays(values: np.ndarray, bound: float) -> int | None:
    above = np.flatnonzero(~(values <= bound))
    first = int(above[-1]) + 1 if above.size else 0
    return first if first < len(values) else None


def _nodes(nodes: np.ndarray, index: int | None, *, ours: bool) -> float:
    if index is None:
        return math.inf if ours else float(nodes[-1])
    return float(nodes[index])


def points(config: Config) -> tuple[str, ...]:
    """One point: the whole takes seconds."""
    return ("rules",)


def compute(config: Config, point: str, device: Device) -> dict[str, np.ndarray]:
    """Values of every rule at every order, and the errors of Wheeler's and Stieltjes' nodes."""
    law = device.eq3
    integrated = {"q_D": law, "q_M": BIMODAL}
    arrays = {}
    for name, rules in RULES.items():
        arrays[f"exact-{name}"] = _exact(integrated[name])
        for rule in rules:
            nodes, values = _series(config, integrated[name], rule, config.scale)
            arrays |= {f"nodes-{name}-{rule}": nodes, f"values-{name}-{rule}": values}
    for rule in RIVALS["q_M"]:
        arrays[f"scaled-{rule}"] = np.array([_close(config, rule, scale) for scale in config.scales])
    exact_moments = quadrature.raw_moments(law, count=2 * config.wheeler, digits=60)
    sharp = [
        quadrature.wheeler(exact_moments[: 2 * n], digits=60).nodes for n in range(1, config.wheeler + 1)
    ]
    float_moments = quadrature.raw_moments(law, count=2 * config.wheeler, digits=None)
    for name, moments in (("wheeler", exact_moments), ("wheeler_float_moments", float_moments)):
        in_floats = [_wheeler_in_floats(moments[: 2 * len(x)]) for x in sharp]
        arrays[name] = np.array([_node_error(*pair) for pair in zip(in_floats, sharp, strict=True)])
    arrays["stieltjes"] = np.array(
        [_node_error(law.raw_scale * quadrature.stieltjes(law, len(x)).nodes, x) for x in sharp]
    )
    arrays["chaospy"] = np.array(
        [
            quadrature.chaospy_rule(law, 2, algorithm=algorithm, scale=law.raw_scale).nodes.max()
            for algorithm in ("stieltjes", "lanczos")
        ]
    )
    arrays["two_point"] = sharp[1].max()
    arrays["two_point_error"] = max(
        _cross_entropy_error(quadrature.wheeler(exact_moments[:4], digits=60), law.raw_scale),
        _cross_entropy_error(quadrature.stieltjes(device.law, 2), 1.0),
    )
    return arrays


def _exact(law: laws.Law) -> np.ndarray:
    """Variance, and divergence from the standard Gaussian by the entropy of the law [nats]."""
    return np.array([1.0, (math.log(2 * math.pi) + 1) / 2 - law.entropy])


def _rule(config: Config, law: laws.Law, rule: str, order: int, scale: float) -> Rule:
    if rule == "graded":
        return quadrature.graded(law, order)
    if rule == "composite":
        epsilon = config.epsilon * law.support[1]
        bare = quadrature.composite(order, support=law.support, epsilon=epsilon, inner=config.inner)
    elif rule == "legendre":
        bare = quadrature.legendre(order, support=law.support)
    else:
        bare = getattr(quadrature, rule)(order, scale=scale)
    return bare.under(law)


def _series(config: Config, law: laws.Law, rule: str, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Nodes (k,) and values (2, k) of a rule at orders 2, 3, … until it has as many nodes as are tried."""
    gaussian = laws.gaussian()

    def divergence(z: np.ndarray) -> np.ndarray:
        # Where the density underflows, so does the integrand p log p, but not the logarithm alone.
        log_p = np.asarray(law.log_prob(z))
        return np.where(np.isfinite(log_p), log_p - np.asarray(gaussian.log_prob(z)), 0.0)

    nodes, values = [], []
    for order in itertools.count(2):
        current = _rule(config, law, rule, order, scale)
        if len(current) > config.nodes:
            return np.array(nodes), np.array(values).T
        nodes.append(len(current))
        values.append((current(np.square), current(divergence)))


def _close(config: Config, rule: str, scale: float) -> list[float]:
    """Nodes that a rule of q_M needs to come and stay within `CLOSE`, for both quantities; ∞ for never."""
    nodes, values = _series(config, BIMODAL, rule, scale)
    error = np.abs(values - _exact(BIMODAL)[:, None])
    return [_nodes(nodes, _stays(row, CLOSE), ours=True) for row in error]


def _wheeler_in_floats(moments: Sequence) -> np.ndarray | None:
    """Nodes by Wheeler's algorithm in float64; None where it breaks down."""
    try:
        rule = quadrature.wheeler(moments, digits=None)
    except ArithmeticError:
        return None
    sound = np.isfinite(rule.nodes).all() and (rule.weights > 0).all() and (np.abs(rule.nodes) <= 1).all()
    return rule.nodes if sound else None


def _node_error(nodes: np.ndarray | None, sharp: np.ndarray) -> float:
    return math.inf if nodes is None else float(np.abs(np.sort(nodes) - np.sort(sharp)).max())


def _cross_entropy_error(rule: Rule, raw_scale: float) -> float:
    """Largest error of −E log N(μ + σz; m, s) by a rule in x = raw_scale·z, over a grid, relative above 1."""
    grid = np.meshgrid(*GRID)
    mu, sigma, m, s = (axis.ravel()[:, None] for axis in grid)
    square = ((mu + sigma * rule.nodes / raw_scale - m) / s) ** 2
    constant = np.log(s[:, 0]) + math.log(2 * math.pi) / 2
    exact = constant + ((mu - m) ** 2 + sigma**2)[:, 0] / (2 * s[:, 0] ** 2)
    error = np.abs(square @ rule.weights / 2 + constant - exact)
    return float((error / np.maximum(1, np.abs(exact))).max())


def collect(config: Config, device: Device, points: Mapping[str, dict[str, np.ndarray]]) -> Result:
    """Name the arrays of the one point."""
    arrays: Mapping[str, np.ndarray] = points["rules"]
    return Result(
        config=config,
        law=device.eq3,
        series={
            (law, rule): Series(arrays[f"nodes-{law}-{rule}"], arrays[f"values-{law}-{rule}"])
            for law, rules in RULES.items()
            for rule in rules
        },
        exact={law: arrays[f"exact-{law}"] for law in RULES},
        scaled={rule: arrays[f"scaled-{rule}"] for rule in RIVALS["q_M"]},
        wheeler=arrays["wheeler"],
        wheeler_float_moments=arrays["wheeler_float_moments"],
        stieltjes=arrays["stieltjes"],
        chaospy=arrays["chaospy"],
        two_point=float(arrays["two_point"]),
        two_point_error=float(arrays["two_point_error"]),
    )


def measurements(result: Result) -> list[Measurement]:
    """Quantities of P-quad-var, P-quad-kl, P-two-point, P-wheeler and P-laguerre."""
    found = []
    for index, claim in enumerate(("P-quad-var", "P-quad-kl")):
        found += [
            Measurement.exact(claim, f"nodes_ratio_{law}", result.nodes_ratio(law, index)) for law in RULES
        ]
        worst = max(result.settled_error(law, index) for law in RULES)
        found.append(Measurement.exact(claim, "max_custom_error", worst))
    at = result.config.scales.index(result.config.scale)
    custom, standard = (result.scaled[rule][at] for rule in RIVALS["q_M"])
    found += [
        Measurement.exact(
            "P-laguerre", f"nodes_ratio_{quantity}", ours / min(theirs, float(result.config.nodes))
        )
        for quantity, ours, theirs in zip(QUANTITIES, custom, standard, strict=True)
    ]
    return [
        *found,
        Measurement.exact("P-two-point", "max_error", result.two_point_error),
        Measurement.exact("P-wheeler", "first_unstable_nodes", first_unstable(result.wheeler)),
    ]
