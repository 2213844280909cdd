"""Gauss rules with the device's law as weight: the errors of their nodes, and what two nodes integrate."""

import math
from collections.abc import Sequence

import numpy as np

from noisyweights.noise import laws, quadrature
from noisyweights.noise.quadrature import Rule

__all__ = [
    "CROSS_ENTROPIES",
    "OFF",
    "cross_entropy_error",
    "first_unstable",
    "node_error",
    "node_errors",
    "wheeler_in_floats",
]

OFF = 1e-3  # error of a node, in half-widths, that makes a rule unstable
DIGITS = 60  # of the computation that the others are held against
# Shifts, scales, and the means and scales of Gaussian priors, whose cross entropies two nodes have to hit.
GRID = (np.linspace(-2, 2, 9), np.geomspace(0.01, 2, 9), np.linspace(-1, 1, 5), np.geomspace(0.1, 2, 7))
CROSS_ENTROPIES = math.prod(len(axis) for axis in GRID)


def first_unstable(error: np.ndarray) -> int:
    """Smallest unstable rule, given the errors of 1 … n nodes; n + 1 if none is."""
    bad = np.flatnonzero(error > OFF)
    return int(bad[0]) + 1 if bad.size else len(error) + 1


def node_errors(eq3: laws.DeviceLaw, law: laws.Law, *, largest: int) -> dict[str, np.ndarray | float]:
    """Errors of the nodes of rules of 1 … `largest` nodes by each algorithm, and all that rules of two show.

    "wheeler", "wheeler_float_moments", "stieltjes" (largest,): of eq. 3, in half-widths, against `DIGITS`
    digits; ∞ where an algorithm broke down. "chaospy" (2,): positive node of its 2-point rule by "stieltjes"
    and by "lanczos", beside the right one, "two_point". "two_point_error": the larger `cross_entropy_error`
    of eq. 3 by Wheeler's rule and of the device's law by Stieltjes'.
    """
    exact_moments = quadrature.raw_moments(eq3, count=2 * largest, digits=DIGITS)
    float_moments = quadrature.raw_moments(eq3, count=2 * largest, digits=None)
    sharp = [quadrature.wheeler(exact_moments[: 2 * n], digits=DIGITS) for n in range(1, largest + 1)]

    def errors(moments: Sequence) -> np.ndarray:
        in_floats = [wheeler_in_floats(moments[: 2 * len(rule)]) for rule in sharp]
        return np.array([node_error(*pair) for pair in zip(in_floats, [r.nodes for r in sharp], strict=True)])

    scale = eq3.raw_scale
    return {
        "wheeler": errors(exact_moments),
        "wheeler_float_moments": errors(float_moments),
        "stieltjes": np.array(
            [node_error(scale * quadrature.stieltjes(eq3, len(r)).nodes, r.nodes) for r in sharp]
        ),
        "chaospy": np.array(
            [
                quadrature.chaospy_rule(eq3, 2, algorithm=algorithm, scale=scale).nodes.max()
                for algorithm in ("stieltjes", "lanczos")
            ]
        ),
        "two_point": sharp[1].nodes.max(),
        "two_point_error": max(
            cross_entropy_error(sharp[1], scale),
            cross_entropy_error(quadrature.stieltjes(law, 2), 1.0),
        ),
    }


def node_error(nodes: np.ndarray | None, sharp: np.ndarray) -> float:
    """Largest distance of a node from the sharp one of its rank; ∞ where there are none."""
    return math.inf if nodes is None else float(np.abs(np.sort(nodes) - np.sort(sharp)).max())


def cross_entropy_error(rule: Rule, raw_scale: float) -> float:
    """Largest error of −E log N(μ + σz; m, s) by a rule in x = raw_scale·z, over `GRID`, relative above 1."""
    grid = np.meshgrid(*GRID)
    mu, sigma, m, s = (axis.ravel()[:, None] for axis in grid)
    square = ((mu + sigma * rule.nodes / raw_scale - m) / s) ** 2
    constant = np.log(s[:, 0]) + math.log(2 * math.pi) / 2
    exact = constant + ((mu - m) ** 2 + sigma**2)[:, 0] / (2 * s[:, 0] ** 2)
    error = np.abs(square @ rule.weights / 2 + constant - exact)
    return float((error / np.maximum(1, np.abs(exact))).max())


def wheeler_in_floats(moments: Sequence) -> np.ndarray | None:
    """Nodes by Wheeler's algorithm in float64; None where it breaks down."""
    try:
        rule = quadrature.wheeler(moments, digits=None)
    except ArithmeticError:
        return None
    sound = np.isfinite(rule.nodes).all() and (rule.weights > 0).all() and (np.abs(rule.nodes) <= 1).all()
    return rule.nodes if sound else None
