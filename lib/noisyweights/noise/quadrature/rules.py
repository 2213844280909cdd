"""Quadrature rules: nodes and weights for ∫ f dx, and the step from there to an expectation under a law."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from noisyweights.noise.law import Law

__all__ = ["Rule", "composite", "fejer", "graded", "hermite", "laguerre", "legendre"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Rule:
    """Nodes x_i and weights w_i, both of shape (n,): `rule(f)` is Σ w_i f(x_i)."""

    nodes: Array
    weights: Array

    def __call__(self, f: Callable[[Array], Array]) -> float:
        return float(self.weights @ np.asarray(f(self.nodes)))

    def __len__(self) -> int:
        return len(self.nodes)

    def under(self, law: Law) -> Rule:
        """Return the rule for E f(z) under `law` that this one for ∫ f(z) dz makes: w_i p(z_i) for w_i."""
        return Rule(self.nodes, self.weights * law.prob(self.nodes).numpy())


def legendre(nodes: int, *, support: tuple[float, float]) -> Rule:
    """Return the Gauss–Legendre rule for ∫ f dx over a finite interval, exact to degree 2·nodes − 1."""
    return _mapped(*special.roots_legendre(nodes), support)


def fejer(nodes: int, *, support: tuple[float, float]) -> Rule:
    """Return Fejér's first rule for ∫ f dx over a finite interval, exact to degree nodes − 1.

    Its nodes and weights are explicit and good to the last digit, where those of a Gauss–Legendre rule of
    hundreds of nodes carry errors of 1e-13. Source: J. Waldvogel, BIT 46, 195 (2006).
    """
    angles = np.pi * (np.arange(nodes) + 0.5) / nodes
    k = np.arange(1, nodes // 2 + 1)
    weights = 2 / nodes * (1 - 2 * (np.cos(2 * np.outer(angles, k)) / (4 * k**2 - 1)).sum(axis=1))
    return _mapped(-np.cos(angles), weights, support)


def hermite(nodes: int, *, scale: float) -> Rule:
    """Return the Gauss–Hermite rule for ∫ f dx over the line.

    It is exact where f is exp(−x²/(2 scale²)) times a polynomial of degree 2·nodes − 1.
    """
    x, w = special.roots_hermite(nodes)
    return Rule(math.sqrt(2) * scale * x, math.sqrt(2) * scale * w * np.exp(x**2))


def laguerre(nodes: int, *, scale: float) -> Rule:
    """Return the two-sided Gauss–Laguerre rule for ∫ f dx over the line, `nodes` on each side.

    The one-sided rule is applied to f(x) + f(−x) on [0, ∞): exact where that is exp(−x/scale) times a
    polynomial of degree 2·nodes − 1. Weights underflow beyond some 180 nodes a side.
    Source: the device paper, App. B.
    """
    x, w = special.roots_laguerre(nodes)
    w = scale * w * np.exp(x)
    return Rule(scale * np.concatenate([-x[::-1], x]), np.concatenate([w[::-1], w]))


def composite(nodes: int, *, support: tuple[float, float], epsilon: float, inner: int) -> Rule:
    """Return Gauss–Legendre outside ±epsilon and the trapezoidal rule inside, for ∫ f dx with a kink at 0.

    Source: the device paper, App. B, which gives neither epsilon nor the numbers of nodes.

    Args:
        nodes: on each outer interval.
        support: the whole interval.
        epsilon: half width of the inner interval, in the unit of `support`.
        inner: nodes of the trapezoidal rule; an odd number puts one on the kink.

    Raises: ValueError unless ±epsilon lie inside `support` and there are two inner nodes.
    """
    low, high = support
    if not low < -epsilon < epsilon < high:
        raise ValueError(f"epsilon = {epsilon} must be positive and lie inside the support {support}")
    if inner < 2:
        raise ValueError(f"the trapezoidal rule needs two nodes or more, got inner = {inner}")
    left, right = (legendre(nodes, support=s) for s in ((low, -epsilon), (epsilon, high)))
    middle = np.linspace(-epsilon, epsilon, inner)
    weights = np.full(inner, 2 * epsilon / (inner - 1))
    weights[[0, -1]] /= 2
    return _joined([left, Rule(middle, weights), right])


def graded(
    law: Law, nodes: int, *, base: Callable[..., Rule] = legendre, cut: float = 46.0, folded: bool = False
) -> Rule:
    """Return the rule for E f(z) under `law`, with `nodes` nodes on each smooth piece of its density.

    The line is split at the law's breakpoints, or in the middle where there are none and both ends are
    finite. A piece that ends at an edge of the support is integrated in a variable that makes p log p smooth
    (`_between`). A density without breakpoints on the whole line gets the trapezoidal rule, which converges
    geometrically there. Infinite ends are cut where the density is exp(−cut).

    Args:
        law: with density.
        nodes: on each piece.
        base: rule for a finite interval, `legendre` or `fejer`.
        cut: minus the logarithm of the density that counts as none.
        folded: keep the nodes on the right of 0 alone, with the weights of both sides: enough for an even f
            under a symmetric law.

    Raises: NotImplementedError for a law without density; ValueError to fold a law that is not symmetric.
    """
    if folded and not law.symmetric:
        raise ValueError(f"{law} is not the mirror image of itself: leave out `folded`")
    low, high = law.support
    points = [low, *law.breakpoints, high]
    if len(points) == 2 and math.isfinite(high - low):
        points.insert(1, (low + high) / 2)

    def piece(a: float, b: float) -> Rule:
        edges = [end for end, outer in ((a, low), (b, high)) if end == outer and math.isfinite(end)]
        whole_line = math.isinf(a) and math.isinf(b)
        a = _reach(law, -1.0, cut) if math.isinf(a) else a
        b = _reach(law, 1.0, cut) if math.isinf(b) else b
        if whole_line:
            return Rule(np.linspace(a, b, nodes), np.full(nodes, (b - a) / (nodes - 1)))
        if not edges:
            return base(nodes, support=(a, b))
        knee = None if law.knee is None else law.knee / (b - a)
        x, y, weights = _between(base(nodes, support=(0.0, 1.0)), knee=knee, hollow=law.mode is None)
        inner, outer = (b, a) if edges[0] == a else (a, b)
        # counted from the nearer end, so that neither a narrow peak nor the edge loses digits
        z = np.where(x < y, inner + (outer - inner) * x, outer + (inner - outer) * y)
        return Rule(z, (b - a) * weights)

    rule = _joined([piece(a, b) for a, b in itertools.pairwise(points)])
    return (_folded(rule) if folded else rule).under(law)


def _between(base: Rule, *, knee: complex | None, hollow: bool) -> tuple[Array, Array, Array]:
    """Return distances x from the inner and y = 1 − x from the outer end of a piece of length 1, and weights.

    `base` is a rule on [0, 1]. Three things keep p log p from being a polynomial there. Where p vanishes at
    the edge, it is like y log y: in s, y = s⁴, that becomes s⁷ log s. It changes fast up to the `knee`, and
    log p is singular at complex zeros of p near that: s = centre + width sinh(u) makes the nodes dense there
    and takes these zeros away from the real axis. And a `hollow` density may vanish at the inner end too:
    there u starts like the cube of the distance.
    Source: T. W. Tee and L. N. Trefethen, SIAM J. Sci. Comput. 28, 1798 (2006), for the map by sinh.
    """
    power = 3 if hollow else 1
    rest = (1 - base.nodes) ** power
    s, short, slope = 1 - rest, rest, 1.0  # short = 1 − s, with all its digits
    if knee is not None:
        focus = (1 - knee) ** 0.25
        centre, width = focus.real, abs(focus.imag)
        low, high = math.asinh(-centre / width), math.asinh((1 - centre) / width)
        u = high - (high - low) * rest
        # differences of two values of sinh, as products
        s = 2 * width * np.cosh((u + low) / 2) * np.sinh((high - low) * s / 2)
        short = 2 * width * np.cosh((high + u) / 2) * np.sinh((high - low) * rest / 2)
        slope = (high - low) * width * np.cosh(u)
    x, y = short * (1 + s) * (1 + s**2), s**4
    return x, y, 4 * s**3 * slope * power * (1 - base.nodes) ** (power - 1) * base.weights


def _folded(rule: Rule) -> Rule:
    """Return the right half of a symmetric rule, a node at 0 included, with the weights of both halves."""
    order = np.argsort(rule.nodes)
    half = len(order) // 2
    weights = 2 * rule.weights[order][half:]
    if len(order) % 2:
        weights[0] /= 2
    return Rule(rule.nodes[order][half:], weights)


def _reach(law: Law, side: float, cut: float) -> float:
    """Where, on one side of the mean, the density has fallen to exp(−cut)."""
    outer = 1.0
    while law.log_prob(side * outer) > -cut:
        outer *= 2
    return side * optimize.brentq(lambda z: law.log_prob(side * z).numpy().item() + cut, 0, outer)


def _mapped(x: Array, w: Array, support: tuple[float, float]) -> Rule:
    low, high = support
    return Rule(low + (high - low) * (1 + x) / 2, (high - low) / 2 * w)


def _joined(rules: list[Rule]) -> Rule:
    return Rule(np.concatenate([r.nodes for r in rules]), np.concatenate([r.weights for r in rules]))
