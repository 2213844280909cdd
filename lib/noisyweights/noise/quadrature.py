"""Expectations and divergences under a law, with no more nodes than they need."""

from collections.abc import Callable

import numpy as np
import tensorflow_probability as tfp
from numpy.typing import NDArray

from noisyweights.noise.gauss import chaospy_rule, from_recurrence, stieltjes, wheeler
from noisyweights.noise.law import Law
from noisyweights.noise.moments import moment, raw_moments
from noisyweights.noise.rules import Rule, composite, fejer, graded, hermite, laguerre, legendre

__all__ = [
    "Rule",
    "chaospy_rule",
    "composite",
    "expectation",
    "fejer",
    "from_recurrence",
    "graded",
    "hermite",
    "kl",
    "laguerre",
    "legendre",
    "moment",
    "raw_moments",
    "stieltjes",
    "wheeler",
]


def expectation(f: Callable[[NDArray[np.float64]], NDArray], *, law: Law, nodes: int = 200) -> float:
    """Return E f(z) = ∫ f(z) p(z) dz under `law`, with `nodes` nodes on each smooth piece of its density.

    `f` takes and returns an array of shape (n,), smooth between the law's breakpoints. The nodes are those of
    `rules.graded`.

    Raises: NotImplementedError for a law without density.
    """
    return graded(law, nodes)(f)


def kl(law: Law, other: Law | tfp.distributions.Distribution, *, nodes: int = 200) -> float:
    """Return KL(law ‖ other) = E[log p(z) − log other(z)] in nats, +∞ where `other` lacks mass of `law`.

    From eq. 3 or eq. 13 to a Gaussian, with `nodes` on either side of 0, the error is below 1e-12 from 20
    nodes for B ≥ 0.2, from 40 for B ≥ 0.07 and from 60 for B ≥ 0.05, if the law has no hole at 0 (A ≥ 0).
    Two Gaussians need 80 to 200: the nearer `separation` is to 1, the narrower the peaks.

    Raises: NotImplementedError for a law without density.
    """
    rule = graded(law, nodes)
    inside = rule.weights > 0
    z = rule.nodes[inside]
    log_ratio = law.log_prob(z).numpy() - other.log_prob(z).numpy()
    return float(rule.weights[inside] @ log_ratio)
