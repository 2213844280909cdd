"""Laws to integrate, and what SciPy and mpmath say of them."""

import math

import mpmath
import pytest
import tensorflow_probability as tfp

from noisyweights.noise import laws

tfd = tfp.distributions


MTJ = laws.bayes_mtj(A=2.0, B=0.2, C=0.3)
ECRAM = laws.ecram(A=1.5, B=0.1, C=0.2)
PAIR = laws.bimodal(separation=0.9)
DEVICES = pytest.mark.parametrize("law", [MTJ, ECRAM], ids=["eq3", "eq13"])
# Rounding of a sum of weights and powers of nodes in double precision: a few units in the last place of 1.
ROUNDING = 1e-15


def reference_density(law, x):
    """q_D in mpmath, up to its normalisation: the paper's formula."""
    A, B, C = (mpmath.mpf(v) for v in (law.A, law.B, law.C))
    power = 1 if law.name == "bayes_mtj" else 2
    return A * (mpmath.exp(-(abs(x) ** power) / B) - mpmath.exp(-1 / B)) + C * (1 - x**2)


def device(family, B, w):
    """A mixture of both extreme densities: w of the sharpest peak, 1 − w of the deepest hole.

    They are f − r1 (1 − x²) and r0 (1 − x²) − f, with f the exponential less its value at the edge.
    """
    if family == "bayes_mtj":
        f_mass, r1 = -2 * B * math.expm1(-1 / B) - 2 * math.exp(-1 / B), math.exp(-1 / B) / (2 * B)
    else:
        f_mass = math.sqrt(math.pi * B) * math.erf(1 / math.sqrt(B)) - 2 * math.exp(-1 / B)
        r1 = math.exp(-1 / B) / B
    r0 = -math.expm1(-1 / B)
    peak, hole = f_mass - 4 / 3 * r1, 4 / 3 * r0 - f_mass
    return getattr(laws, family)(A=w / peak - (1 - w) / hole, B=B, C=(1 - w) * r0 / hole - w * r1 / peak)
