"""Convergence of a quadrature at growing order: from where on it no longer changes, or is near the truth."""

import math
from dataclasses import dataclass

import numpy as np

__all__ = ["CLOSE", "SETTLED", "Series", "nodes_at", "stays_below"]

SETTLED = 1e-12  # squared change from one order to the next
CLOSE = 1e-8  # error that P-laguerre asks for


@dataclass(frozen=True)
class Series:
    """One rule at growing order: nodes (k,) in all its pieces, its values of both quantities (2, k)."""

    nodes: np.ndarray
    values: np.ndarray

    def error(self, exact: np.ndarray) -> np.ndarray:
        """|value − exact| of both quantities, (2, k)."""
        return np.abs(self.values - exact[:, None])

    @property
    def change(self) -> np.ndarray:
        """Squared difference from the order before, (2, k − 1): what Fig. 2 plots."""
        return np.diff(self.values) ** 2

    def settles(self, quantity: int) -> int | None:
        """Index of the first order from which every later change is at most `SETTLED`; None if none is."""
        return stays_below(self.change[quantity], SETTLED)

    def settled_nodes(self, quantity: int, *, ours: bool) -> float:
        """Nodes at which the rule settles; if it never does, ∞ for a rule of ours, else the most tried."""
        return nodes_at(self.nodes[1:], self.settles(quantity), ours=ours)

    def close(self, exact: np.ndarray) -> list[float]:
        """Nodes needed to come and stay within `CLOSE` of both quantities; ∞ for never."""
        return [nodes_at(self.nodes, stays_below(row, CLOSE), ours=True) for row in self.error(exact)]


def stays_below(values: np.ndarray, bound: float) -> int | None:
    """Index of the first value from which all are at most `bound`; None if there is none."""
    above = np.flatnonzero(~(values <= bound))
    first = int(above[-1]) + 1 if above.size else 0
    return first if first < len(values) else None


def nodes_at(nodes: np.ndarray, index: int | None, *, ours: bool) -> float:
    """Nodes at an index; for None, ∞ for a rule of ours, else the most that were tried."""
    if index is None:
        return math.inf if ours else float(nodes[-1])
    return float(nodes[index])
