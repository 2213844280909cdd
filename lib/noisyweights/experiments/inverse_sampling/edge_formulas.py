"""The Taylor polynomial of eq. 3's CDF at its edge and its inverse: derived, and as the paper prints them."""

import sympy as sp

__all__ = ["edge_expansion", "mismatched_terms", "printed_formulas"]


def edge_expansion() -> tuple[sp.Expr, sp.Expr]:
    """Second-order Taylor polynomial of eq. 3's CDF at −1, in the distance x from there, and its inverse."""
    A, B, C, x, u, s = sp.symbols("A B C x u s", positive=True)
    density = A * sp.exp((s - 1) / B) - A * sp.exp(-1 / B) + C * (1 - (s - 1) ** 2)
    polynomial = sp.series(sp.integrate(density, (s, 0, x)), x, 0, 3).removeO()
    inverse = sp.solve(sp.Eq(polynomial, u), x)
    return sp.expand(polynomial), next(
        root for root in inverse if root.subs({A: 1, B: 1, C: 1, u: 1}) > 0
    ) - 1


def printed_formulas() -> tuple[sp.Expr, sp.Expr]:
    """Right-hand sides of eq. 11 and eq. 12 as the paper prints them."""
    A, B, C, x, u = sp.symbols("A B C x u", positive=True)
    k = A + 2 * B * C * sp.exp(1 / B)
    return k * (x + 1) ** 2 * sp.exp(-1 / B) / (2 * B), (
        -k + sp.sqrt(2) * sp.sqrt(B * u * k * sp.exp(1 / B))
    ) / k


def mismatched_terms(derived: sp.Expr, printed: sp.Expr) -> int:
    """Number of powers of x (or of √u) whose coefficients differ."""
    variable = sp.Symbol("t", positive=True)
    difference = (derived - printed).subs({sp.Symbol("x", positive=True): variable})
    difference = sp.expand(difference.subs({sp.Symbol("u", positive=True): variable**2}))
    coefficients = sp.collect(difference, variable, evaluate=False).values()
    return sum(sp.simplify(coefficient) != 0 for coefficient in coefficients)
