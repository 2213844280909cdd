"""Bills: what predictions cost, item by item, and how bills add up, are repriced and are compared."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from noisyweights.hardware.costs.ranges import ENDS, Figure, summed

__all__ = ["NUMBER_BITS", "Bill", "Item", "check_count", "itemised", "merged", "one_after_another"]

NUMBER_BITS = 32  # of a shift or a bias, which stays in digital memory


@dataclass(frozen=True)
class Item:
    """One line of a bill: what is done, how often, and what each time costs, in pJ."""

    component: str
    count: int
    each: Figure

    @property
    def energy_pJ(self) -> Figure:
        """Energy of all of them."""
        return self.each.times(self.count)


@dataclass(frozen=True)
class Bill:
    """What predictions cost, item by item.

    Args:
        items: energies.
        latency_ns: time from inputs to outputs.
        cells: magnetic cells that the network takes.
        memory_bits: bits of parameters in digital memory.

    Bills of parts that run one after the other add up: a + b.
    """

    items: tuple[Item, ...]
    latency_ns: Figure
    cells: int
    memory_bits: int

    @property
    def energy_pJ(self) -> Figure:
        """Energy of all items: low with all figures at their low ends, high with all at their high ends."""
        return summed("pJ", (item.energy_pJ for item in self.items))

    @property
    def energy_uJ(self) -> Figure:
        """The same in µJ."""
        return self.energy_pJ.times(1e-6, unit="µJ")

    def repriced(self, component: str, each: Figure) -> Bill:
        """The bill with another price of a component, in pJ each, such as that of your own converter.

        Raises: ValueError for a component that is not on the bill, or a price in another unit.
        """
        if component not in (known := {item.component for item in self.items}):
            raise ValueError(f"the bill has no {component!r}: it has {', '.join(sorted(known))}")
        if each.unit != "pJ":
            raise ValueError(f"prices are in pJ, got one in {each.unit!r}")
        items = (replace(item, each=each) if item.component == component else item for item in self.items)
        return replace(self, items=merged(items))

    def times(self, passes: int) -> Bill:
        """The bill of so many passes, one after the other, of the same network: storage stays as it is.

        Raises: ValueError for less than 1, or a number that is not whole.
        """
        check_count("passes", passes)
        items = tuple(replace(item, count=item.count * passes) for item in self.items)
        return replace(self, items=items, latency_ns=self.latency_ns.times(passes))

    def __add__(self, other: Bill) -> Bill:
        if not isinstance(other, Bill):
            return NotImplemented
        return Bill(
            merged((*self.items, *other.items)),
            summed("ns", (self.latency_ns, other.latency_ns)),
            self.cells + other.cells,
            self.memory_bits + other.memory_bits,
        )

    def over(self, other: Bill) -> Figure:
        """How many times the other's energy this one's is, at the least, typically and at the most.

        A figure that stands in both bills has the same value in both, so the range is that of Σ aᵢfᵢ / Σ bᵢfᵢ
        over all fᵢ from low to high.
        """
        counts: dict[Figure, list[int]] = {}
        for at, bill in enumerate((self, other)):
            for item in bill.items:
                counts.setdefault(item.each, [0, 0])[at] += item.count
        typical = self.energy_pJ.typical / other.energy_pJ.typical
        least, most = (_extreme(counts, typical, *ends) for ends in (("low", "high"), ("high", "low")))
        return Figure(least, typical, most, "", "ratio of sums of figures, from its least to its most")

    def rows(self) -> list[dict[str, Any]]:
        """Table of the items, dearest first: component, count, low, typical and high pJ, share, source.

        The share is that of the typical energy.
        """
        total = self.energy_pJ.typical
        table = [
            {
                "component": item.component,
                "count": item.count,
                **{f"{end}_pJ": getattr(item.energy_pJ, end) for end in ENDS},
                "share": item.energy_pJ.typical / total,
                "source": item.each.source,
            }
            for item in self.items
        ]
        return sorted(table, key=lambda row: -row["typical_pJ"])


def one_after_another(bills: Iterable[Bill]) -> Bill:
    """The bill of parts, of which there is at least one, that run in turn."""
    first, *others = bills
    for bill in others:
        first = first + bill
    return first


def itemised(*lines: tuple[str, int, Figure]) -> tuple[Item, ...]:
    """Items of a bill from component, count and price of each."""
    return merged(Item(*line) for line in lines)


def merged(items: Iterable[Item]) -> tuple[Item, ...]:
    """Items of one component and price as one, without those of which there are none."""
    counts: dict[tuple[str, Figure], int] = {}
    for item in items:
        key = (item.component, item.each)
        counts[key] = counts.get(key, 0) + item.count
    return tuple(Item(component, count, each) for (component, each), count in counts.items() if count)


def _extreme(counts: dict[Figure, list[int]], ratio: float, favoured: str, other: str) -> float:
    """The least or largest Σ aᵢfᵢ / Σ bᵢfᵢ: fᵢ is at one end if aᵢ exceeds bᵢ times it, else at the other.

    Source: W. Dinkelbach, Management Science 13, 492 (1967). It gets there in a few steps from anywhere.
    """
    while True:
        at_ends = [
            (own, rival, getattr(each, favoured if own > ratio * rival else other))
            for each, (own, rival) in counts.items()
        ]
        better = sum(own * end for own, _, end in at_ends) / sum(rival * end for _, rival, end in at_ends)
        if math.isclose(better, ratio, rel_tol=1e-12):
            return better
        ratio = better


def check_count(name: str, value: int) -> None:
    """Raise ValueError for a number of things that is less than 1, or not whole."""
    if value < 1 or value != int(value):
        raise ValueError(f"{name} must be at least 1, and whole, got {value}")
