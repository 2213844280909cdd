"""Figures as ranges: a number with the least and the most that its sources allow, their sums and ratios."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

__all__ = ["ENDS", "Figure", "between", "codes", "ratio", "summed", "within_factor"]

ENDS = ("low", "typical", "high")


@dataclass(frozen=True)
class Figure:
    """A number with its range: the typical value, the least and the most that its sources allow.

    Args:
        low, typical, high: in `unit`.
        source: where the numbers are from, and which of them are assumed.
        factors: figures that it is a product of, each with its power; empty for one that stands by itself.
            Two figures that differ in nothing else are equal.

    Raises: ValueError unless 0 < low ≤ typical ≤ high < ∞.
    """

    low: float
    typical: float
    high: float
    unit: str
    source: str
    factors: tuple[tuple[Figure, float], ...] = field(default=(), compare=False, repr=False)

    def __post_init__(self) -> None:
        if not 0 < self.low <= self.typical <= self.high < math.inf:
            raise ValueError(
                "a figure needs 0 < low ≤ typical ≤ high, all finite, got "
                f"{self.low}, {self.typical} and {self.high} {self.unit}"
            )

    @property
    def own_factors(self) -> tuple[tuple[Figure, float], ...]:
        """The figures that vary by themselves behind this one, each with its power; it may be its own."""
        return self.factors or ((self, 1.0),)

    def times(self, factor: float, *, unit: str | None = None) -> Figure:
        """The figure `factor` times over, in `unit` if that changes. Raises ValueError unless factor > 0."""
        return Figure(
            self.low * factor,
            self.typical * factor,
            self.high * factor,
            self.unit if unit is None else unit,
            self.source,
            self.own_factors,
        )

    def replaced(self, own: Mapping[Figure, Figure]) -> Figure:
        """The figure with others in its place, or in that of its factors, as `own` gives them.

        A product keeps what it takes of each factor: twice a figure is twice the new one. It stays itself
        where `own` has none of its factors.
        """
        if self in own:
            return own[self]
        if not any(factor in own for factor, _ in self.own_factors):
            return self
        factors = tuple((own.get(factor, factor), power) for factor, power in self.own_factors)
        low, typical, high = (
            getattr(self, end)
            * math.prod(
                (getattr(new, end) / getattr(old, end)) ** power
                for (old, power), (new, _) in zip(self.own_factors, factors, strict=True)
            )
            for end in ENDS
        )
        source = "; ".join(dict.fromkeys(new.source for new, _ in factors))
        # A figure without a range has none afterwards, whatever the rounding.
        return Figure(min(low, typical), typical, max(typical, high), self.unit, source, factors)


def between(low: float, high: float, *, unit: str, source: str) -> Figure:
    """A figure of which sources give two ends: typical is their geometric mean √(low · high)."""
    return Figure(low, math.sqrt(low * high), high, unit, source)


def within_factor(value: float, factor: float, *, unit: str, source: str) -> Figure:
    """A figure of which there is but one number: from value / factor to value · factor."""
    return Figure(value / factor, value, value * factor, unit, source)


def ratio(first: Figure, second: Figure) -> Figure:
    """How many times the second the first is, from the first's low over the second's high to the reverse.

    The two are taken to err apart from each other, which is too wide for two that share figures.

    Raises: ValueError for figures in different units.
    """
    if first.unit != second.unit:
        raise ValueError(f"figures must have one unit to be compared, got {first.unit} and {second.unit}")
    return Figure(
        first.low / second.high,
        first.typical / second.typical,
        first.high / second.low,
        "",
        f"{first.source}; over {second.source}",
    )


def summed(unit: str, parts: Iterable[Figure]) -> Figure:
    """The sum of figures in one unit: all at their low ends, typical, or all at their high ends."""
    parts = tuple(parts)
    low, typical, high = (math.fsum(getattr(part, end) for part in parts) for end in ENDS)
    return Figure(low, typical, high, unit, "sum of figures, all at their low, typical or high ends")


def codes(bits: int) -> int:
    """Codes of a converter. Raises ValueError for other than 1 to 16 bits."""
    if not 1 <= bits <= 16 or bits != int(bits):
        raise ValueError(f"a converter has 1 to 16 bits, got {bits}")
    return 2**bits
