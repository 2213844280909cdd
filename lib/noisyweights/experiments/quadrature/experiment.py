"""Quadrature: how many nodes each rule needs for the variance of a law and for its KL to a Gaussian.

Chapter 2; Fig. 2, §3.1.2 and App. B of the device paper.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from noisyweights.experiments.compared_laws import BIMODAL
from noisyweights.experiments.device import Device
from noisyweights.experiments.quadrature import gauss_nodes
from noisyweights.experiments.quadrature.compared_rules import QUANTITIES, RIVALS, RULES, exact, series
from noisyweights.experiments.quadrature.convergence import Series
from noisyweights.ledger.claims import Measurement
from noisyweights.noise import laws

__all__ = [
    "PROFILES",
    "Config",
    "Result",
    "collect",
    "compute",
    "measurements",
    "points",
    "settings",
    "uses_device",
]


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
POINTS = {"device": "q_D", "bimodal": "q_M"}  # and the law that each integrates under
_OWN = {"device": ("epsilon", "inner", "wheeler"), "bimodal": ("scale", "scales")}


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
        return self.series[law, rule].error(self.exact[law])

    def nodes_ratio(self, law: str, quantity: int) -> float:
        """Nodes at which the custom rule settles over those at which the standard one does."""
        custom, standard = (self.series[law, rule] for rule in RIVALS[law])
        return custom.settled_nodes(quantity, ours=True) / standard.settled_nodes(quantity, ours=False)

    def settled_error(self, law: str, quantity: int) -> float:
        """Error of the custom rule where it has settled, ∞ if it never does."""
        custom, _ = RIVALS[law]
        index = self.series[law, custom].settles(quantity)
        return math.inf if index is None else self.error(law, custom)[quantity, index + 1]

    def close(self, law: str, rule: str) -> list[float]:
        """Nodes needed to come and stay within 1e-8 of both quantities; ∞ for never."""
        return self.series[law, rule].close(self.exact[law])


def points(config: Config) -> tuple[str, ...]:
    """One point for each law."""
    return tuple(POINTS)


def uses_device(point: str) -> bool:
    """Whether the device's law is the one that is integrated under."""
    return point == "device"


def settings(config: Config, point: str) -> dict[str, Any]:
    """What determines one point."""
    return {key: getattr(config, key) for key in ("seed", "nodes", *_OWN[point])}


def compute(config: Config, point: str, device: Device) -> dict[str, np.ndarray]:
    """Values of every rule of one law at every order, and what is asked of that law alone."""
    name = POINTS[point]
    law = device.eq3 if point == "device" else BIMODAL
    arrays = {f"exact-{name}": exact(law)}
    for rule in RULES[name]:
        found = _series(config, law, rule, scale=config.scale)
        arrays |= {f"nodes-{name}-{rule}": found.nodes, f"values-{name}-{rule}": found.values}
    if point == "device":
        return arrays | gauss_nodes.node_errors(law, device.law, largest=config.wheeler)
    for rule in RIVALS[name]:
        close = [_series(config, law, rule, scale=scale).close(exact(law)) for scale in config.scales]
        arrays[f"scaled-{rule}"] = np.array(close)
    return arrays


def _series(config: Config, law: laws.Law, rule: str, *, scale: float) -> Series:
    return series(law, rule, most=config.nodes, epsilon=config.epsilon, inner=config.inner, scale=scale)


def collect(config: Config, device: Device, points: Mapping[str, dict[str, np.ndarray]]) -> Result:
    """Name the arrays of the two points."""
    if missing := [point for point in POINTS if point not in points]:
        raise ValueError(f"the points lack {' and '.join(missing)}: compute what is missing")
    arrays = points["device"] | points["bimodal"]
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
    """Quantities of P-quad-var, P-quad-kl, P-two-point, P-wheeler in each reading, and P-laguerre."""
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
    sharp, floats = map(gauss_nodes.first_unstable, (result.wheeler, result.wheeler_float_moments))
    return [
        *found,
        Measurement.exact("P-two-point", "max_error", result.two_point_error),
        Measurement.exact("P-wheeler", "first_unstable_nodes", sharp),
        Measurement.exact("P-wheeler-symbolic", "first_unstable_symbolic", sharp),
        Measurement.exact("P-wheeler-floats", "first_unstable_floats", floats),
    ]
