"""Moments of the device laws as formulas in A, B and C, and their values to any number of digits."""

from functools import cache

import sympy as sp
from mpmath import mp, mpf

from noisyweights.noise.laws.bayes_mtj_law import BayesMTJ
from noisyweights.noise.laws.device_law import DeviceLaw
from noisyweights.noise.laws.ecram_law import ECRAM

__all__ = ["A", "B", "C", "moment", "raw_moments"]

A, C = sp.symbols("A C", real=True)
B = sp.Symbol("B", positive=True)

# Digits kept beyond those asked for, against rounding in the last of them.
GUARD = 10


@cache
def moment(order: int, *, family: str) -> sp.Expr:
    """Return the raw moment ∫ x^k q_D(x) dx of eq. 3 ("bayes_mtj") or eq. 13 ("ecram") in closed form.

    With γ the lower incomplete gamma function, and p = 1 for eq. 3, p = 2 for eq. 13,

        ∫₀¹ x^k exp(−x^p/B) dx = B^((k+1)/p) γ((k+1)/p, 1/B) / p,

    and the odd moments vanish. `sympy.expand_func` turns γ into exponentials or an error function.

    Raises: ValueError for a negative order or an unknown family.
    """
    powers = {BayesMTJ.name: 1, ECRAM.name: 2}
    if family not in powers:
        raise ValueError(f"moments are known for {', '.join(powers)}, not for {family!r}")
    if order < 0:
        raise ValueError(f"the order of a moment counts from 0, got {order}")
    if order % 2:
        return sp.Integer(0)
    k, p = sp.Integer(order), powers[family]
    argument = (k + 1) / p
    peak = B**argument * sp.lowergamma(argument, 1 / B) / p
    return 2 * A * (peak - sp.exp(-1 / B) / (k + 1)) + 4 * C / ((k + 1) * (k + 3))


def raw_moments(law: DeviceLaw, *, count: int, digits: int | None) -> tuple[float, ...] | tuple[mpf, ...]:
    """Return the moments m_k = E x^k of x on [−1, 1], k = 0 … count − 1.

    Args:
        law: of eq. 3 or eq. 13.
        count: how many.
        digits: decimal digits to which they are correct, as mpmath numbers, for m_0 = 1 and the exact binary
            fractions A : C and B. None evaluates the expanded formula in doubles, where differences of
            terms of the size k! Bᵏ cost every digit by k ≈ 30: what a symbolic moment is worth if its
            evaluation is left to floats.

    Raises: ValueError for a law of another family.
    """
    if not isinstance(law, DeviceLaw):
        raise ValueError(
            f"closed-form moments are for bayes_mtj and ecram, not for {law.name}; use stieltjes"
        )
    formulas = [moment(k, family=law.name) for k in range(count)]
    if digits is None:
        in_floats = sp.lambdify((A, B, C), [sp.expand_func(formula) for formula in formulas], "math")
        return tuple(float(value) for value in in_floats(law.A, law.B, law.C))
    exact = {symbol: sp.Rational(value) for symbol, value in ((A, law.A), (B, law.B), (C, law.C))}
    with mp.workdps(digits + GUARD):
        values = [mpf(sp.N(formula.subs(exact), digits + GUARD)) for formula in formulas]
        return tuple(value / values[0] for value in values)
