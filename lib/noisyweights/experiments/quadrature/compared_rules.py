"""The rules that chapter 2 compares for each law, and their values of the variance and the divergence."""

import itertools
import math

import numpy as np

from noisyweights.experiments.quadrature.convergence import Series
from noisyweights.noise import laws, quadrature
from noisyweights.noise.quadrature import Rule

__all__ = ["QUANTITIES", "RIVALS", "RULES", "exact", "rule", "series"]

QUANTITIES = ("variance", "kl")
# What each law is integrated with. "graded" is this library's rule.
RULES = {
    "q_D": ("legendre", "composite", "graded"),
    "q_M": ("hermite", "laguerre", "graded"),
}
RIVALS = {law: (custom, standard) for law, (standard, custom, _) in RULES.items()}


def exact(law: laws.Law) -> np.ndarray:
    """Variance, and divergence from the standard Gaussian by the entropy of the law [nats]."""
    return np.array([1.0, (math.log(2 * math.pi) + 1) / 2 - law.entropy])


def rule(law: laws.Law, name: str, order: int, *, epsilon: float, inner: int, scale: float) -> Rule:
    """A rule for the expectation under a law.

    Args:
        law: the law.
        name: one of `RULES`.
        order: nodes on each piece.
        epsilon, inner: of "composite": half width of the trapezoid in half-widths, and its nodes.
        scale: of "hermite" and "laguerre", in standard deviations.
    """
    if name == "graded":
        return quadrature.graded(law, order)
    if name == "composite":
        half_width = law.support[1]
        bare = quadrature.composite(order, support=law.support, epsilon=epsilon * half_width, inner=inner)
    elif name == "legendre":
        bare = quadrature.legendre(order, support=law.support)
    else:
        bare = getattr(quadrature, name)(order, scale=scale)
    return bare.under(law)


def series(law: laws.Law, name: str, *, most: int, epsilon: float, inner: int, scale: float) -> Series:
    """Values of both `QUANTITIES` by a rule at orders 2, 3, … until it has more than `most` nodes."""
    gaussian = laws.gaussian()

    def divergence(z: np.ndarray) -> np.ndarray:
        # Where the density underflows, so does the integrand p log p, but not the logarithm alone.
        log_p = np.asarray(law.log_prob(z))
        return np.where(np.isfinite(log_p), log_p - np.asarray(gaussian.log_prob(z)), 0.0)

    nodes, values = [], []
    for order in itertools.count(2):
        current = rule(law, name, order, epsilon=epsilon, inner=inner, scale=scale)
        if len(current) > most:
            return Series(np.array(nodes), np.array(values).T)
        nodes.append(len(current))
        values.append((current(np.square), current(divergence)))
