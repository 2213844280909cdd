"""Gaussian quadrature with a law as the weight: n nodes are exact for polynomials of degree 2n − 1."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence

import numpy as np
from mpmath import mp, mpf
from scipy import linalg

from noisyweights.noise.law import Law
from noisyweights.noise.quadrature.rules import Rule, fejer, graded

__all__ = ["chaospy_rule", "from_recurrence", "stieltjes", "wheeler"]


def from_recurrence(centres: Sequence[float], squares: Sequence[float]) -> Rule:
    """Return the n-point rule of p_{k+1} = (x − a_k) p_k − b_k p_{k−1}, with a and b of length n.

    Nodes are the eigenvalues of the Jacobi matrix, weights the squared first components of its eigenvectors
    times b_0, the mass. Source: G. Golub and J. Welsch, Math. Comp. 23, 221 (1969).
    """
    # Bisection and inverse iteration halve the rounding of the weights that the default solver shows.
    nodes, vectors = linalg.eigh_tridiagonal(np.array(centres), np.sqrt(squares[1:]), lapack_driver="stebz")
    return Rule(nodes, squares[0] * vectors[0] ** 2)


def wheeler(moments: Sequence[float] | Sequence[mpf], *, digits: int | None) -> Rule:
    """Return the n-point Gauss rule that 2n raw moments determine, by Wheeler's algorithm.

    With σ_{−1,l} = 0, σ_{0,l} = m_l, a_0 = m_1/m_0, b_0 = m_0, and for k ≥ 1, l = k … 2n − k − 1,

        σ_{k,l} = σ_{k−1,l+1} − a_{k−1} σ_{k−1,l} − b_{k−1} σ_{k−2,l},
        a_k = σ_{k,k+1}/σ_{k,k} − σ_{k−1,k}/σ_{k−1,k−1},   b_k = σ_{k,k}/σ_{k−1,k−1}.

    The way from raw moments to a and b magnifies errors up to some (1 + √2)² ≈ 6-fold with each node for a
    symmetric law on [−1, 1]. Floats last to about 25 nodes from exact moments, and to between 8 and 25,
    depending on B, from moments that were themselves evaluated in floats.
    Source: J. C. Wheeler, Rocky Mountain J. Math. 4, 287 (1974); the device paper, App. B.

    Args:
        moments: m_0 … m_{2n−1}.
        digits: decimal digits of the arithmetic; None for floats.

    Raises: ValueError for an odd number of moments; ArithmeticError where rounding has made a norm negative.
    """
    if not moments or len(moments) % 2:
        raise ValueError(f"n nodes need the 2n moments m_0 … m_(2n−1), got {len(moments)}")
    n = len(moments) // 2
    with mp.workdps(digits or mp.dps):
        older, sigma = [0] * (2 * n), [float(m) if digits is None else mpf(m) for m in moments]
        a, b = [sigma[1] / sigma[0]], [sigma[0]]
        for k in range(1, n):
            following = [0] * (2 * n)
            for j in range(k, 2 * n - k):
                following[j] = sigma[j + 1] - a[-1] * sigma[j] - b[-1] * older[j]
            if not following[k] > 0:
                raise ArithmeticError(
                    f"the polynomial of degree {k} has the squared norm {float(following[k]):.3g}: rounding "
                    "has used up the moments' digits; give moments and arithmetic more, or use stieltjes"
                )
            a.append(following[k + 1] / following[k] - sigma[k] / sigma[k - 1])
            b.append(following[k] / sigma[k - 1])
            older, sigma = sigma, following
    return from_recurrence([float(x) for x in a], [float(x) for x in b])


def stieltjes(law: Law, nodes: int) -> Rule:
    """Return the Gauss rule of `law` by the discretised Stieltjes procedure, stable for any number of nodes.

    The inner products in a_k = ⟨z p_k, p_k⟩/⟨p_k, p_k⟩ and b_k = ⟨p_k, p_k⟩/⟨p_{k−1}, p_{k−1}⟩ are sums over
    a rule that is split at the law's breakpoints and fine enough to be exact to rounding.
    Source: W. Gautschi, Orthogonal Polynomials (2004), §2.2.

    Raises: NotImplementedError for a law without density; ValueError for fewer than one node.
    """
    if nodes < 1:
        raise ValueError(f"a rule has at least one node, got {nodes}")
    # Degree 2n in z is degree 8n in the fourth root that grades the edges; below exp(−700) no tail is left.
    fine = graded(law, 200 + 10 * nodes, base=fejer, cut=700.0)
    weights = fine.weights / fine.weights.sum()  # the law's mass is 1, so what is missing is rounding
    older, p = np.zeros(len(fine)), np.ones(len(fine))  # orthonormal, so that nothing overflows
    a, b = [], [1.0]
    for _ in range(nodes):
        a.append(weights @ (fine.nodes * p**2))
        following = (fine.nodes - a[-1]) * p - math.sqrt(b[-1]) * older
        b.append(weights @ following**2)
        older, p = p, following / math.sqrt(b[-1])
    return from_recurrence(a, b[:-1])


def chaospy_rule(law: Law, nodes: int, *, algorithm: str, scale: float = 1.0) -> Rule:
    """Return chaospy's Gauss rule for scale·z, with z drawn from `law`, for comparison with `stieltjes`.

    With chaospy 4.3.21, "stieltjes" asked for two nodes looks at the edges alone, where a device law
    vanishes, and declares itself converged: its nodes are ±1 whatever the scale, right only where the
    variance happens to be 1. "lanczos" is right there. Elsewhere both are good to 1e-5 or better.

    Args:
        law: with density and bounded support.
        nodes: number of nodes.
        algorithm: "stieltjes", chaospy's default, or "lanczos".
        scale: `law.raw_scale` gives the paper's coordinate on [−1, 1].

    Raises: ValueError for another algorithm, or an unbounded support, which chaospy would cut.
    """
    import chaospy

    if algorithm not in ("stieltjes", "lanczos"):
        raise ValueError(f"chaospy offers 'stieltjes' and 'lanczos', not {algorithm!r}")
    low, high = law.support
    if math.isinf(high - low):
        raise ValueError(f"the support of {law.name} is unbounded; compare with hermite or laguerre")
    weight = chaospy.UserDistribution(
        cdf=lambda x: law.cdf(x / scale).numpy(),
        pdf=lambda x: law.prob(x / scale).numpy() / scale,
        lower=lambda: low * scale,
        upper=lambda: high * scale,
    )
    # lanczos divides 0 by 0 on its way, and logs a failure to converge that the caller is about to measure.
    logger = logging.getLogger("chaospy.recurrence.lanczos")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with np.errstate(invalid="ignore"):
            (x,), w = chaospy.quadrature.gaussian(nodes - 1, weight, recurrence_algorithm=algorithm)
    finally:
        logger.setLevel(level)
    return Rule(x, w)
