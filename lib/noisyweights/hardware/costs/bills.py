"""Bills: what predictions cost, item by item, and how bills add up, are repriced and are compared."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from noisyweights.hardware.costs.kinds import kind_of
from noisyweights.hardware.costs.ranges import ENDS, Figure, summed

__all__ = [
    "BITS",
    "CELLS",
    "NUMBER_BITS",
    "Bill",
    "Item",
    "Part",
    "built",
    "check_count",
    "itemised",
    "merged",
    "one_after_another",
]

NUMBER_BITS = 32  # of a shift or a bias, which stays in digital memory
CELLS, BITS = "cells", "bits"  # what parts hold of a network
_QUANTITIES = {"energy": "pJ", "time": "ns", "area": "µm²"}  # of which a bill has items, each with its unit


@dataclass(frozen=True)
class Item:
    """One line of a bill: what is done or built, how often, what each takes, and for which layer.

    Args:
        component: what it is.
        count: how many.
        each: in pJ of an energy, in ns of a time, in µm² of an area.
        layer: name of the layer; empty for what all layers share.
    """

    component: str
    count: int
    each: Figure
    layer: str = ""

    @property
    def total(self) -> Figure:
        """What all of them take, in the unit of each."""
        return self.each.times(self.count)


@dataclass(frozen=True)
class Part(Item):
    """What stands on the chip, with its area.

    Args:
        holds: `CELLS` or `BITS` where it stores parameters of the network; empty where it does not.
    """

    holds: str = ""


@dataclass(frozen=True)
class Bill:
    """What predictions cost, item by item.

    Args:
        items: energies, in pJ.
        steps: times from inputs to outputs, one after the other, in ns.
        parts: what is built, in µm²; it also tells what is stored.

    Bills of parts that run one after the other add up: a + b.
    """

    items: tuple[Item, ...]
    steps: tuple[Item, ...]
    parts: tuple[Part, ...]

    @property
    def energy_pJ(self) -> Figure:
        """Energy of all items: low with all figures at their low ends, high with all at their high ends."""
        return summed("pJ", (item.total for item in self.items))

    @property
    def energy_uJ(self) -> Figure:
        """The same in µJ."""
        return self.energy_pJ.times(1e-6, unit="µJ")

    @property
    def latency_ns(self) -> Figure:
        """Time from inputs to outputs."""
        return summed("ns", (step.total for step in self.steps))

    @property
    def area_mm2(self) -> Figure:
        """Area of all parts, each in the process of its source, without wires between them and margins."""
        return summed("µm²", (part.total for part in self.parts)).times(1e-6, unit="mm²")

    @property
    def cells(self) -> int:
        """Magnetic cells that the network takes."""
        return sum(part.count for part in self.parts if part.holds == CELLS)

    @property
    def memory_bits(self) -> int:
        """Bits of parameters in digital memory."""
        return sum(part.count for part in self.parts if part.holds == BITS)

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

    def with_figures(self, own: Mapping[Figure, Figure]) -> Bill:
        """The bill by other figures wherever those that they replace stand: see `own_figures.read`.

        Energies, times and areas follow, those of products too: a read by its voltage, a conversion by its
        code.
        """

        def repriced(lines: tuple[Item, ...]) -> tuple[Any, ...]:
            return merged(replace(line, each=line.each.replaced(own)) for line in lines)

        return Bill(repriced(self.items), repriced(self.steps), repriced(self.parts))

    def times(self, passes: int) -> Bill:
        """The bill of so many passes, one after the other, of the same network: what is built stays as it is.

        Raises: ValueError for less than 1, or a number that is not whole.
        """
        check_count("passes", passes)
        items, steps = (
            tuple(replace(item, count=item.count * passes) for item in lines)
            for lines in (self.items, self.steps)
        )
        return replace(self, items=items, steps=steps)

    def __add__(self, other: Bill) -> Bill:
        if not isinstance(other, Bill):
            return NotImplemented
        return Bill(
            merged((*self.items, *other.items)),
            merged((*self.steps, *other.steps)),
            merged((*self.parts, *other.parts)),
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
        """Table of the energies, dearest first: component, count, low, typical and high pJ, share, source.

        A component stands there once for all layers; the share is that of the typical energy. For layers,
        times, areas and storage see `table`.
        """
        total = self.energy_pJ.typical
        lines = merged(replace(item, layer="") for item in self.items)
        table = [
            {
                "component": item.component,
                "count": item.count,
                **{f"{end}_pJ": getattr(item.total, end) for end in ENDS},
                "share": item.total.typical / total,
                "source": item.each.source,
            }
            for item in lines
        ]
        return sorted(table, key=lambda row: -row["typical_pJ"])

    def table(self) -> list[dict[str, Any]]:
        """All of the bill by layer and component, as JSON can hold it, in the order of layers.

        A row has `quantity` ("energy", "time", "area" or "storage"), `layer` (empty for what layers share),
        `component` and its `kind` (of `kinds.KINDS`), `count`, `low`, `typical` and `high` in `unit` (pJ, ns,
        µm²; of storage the count itself, in cells or bits), and `source`.

        Raises: KeyError for a component of no kind.
        """
        rows = [
            {
                "quantity": quantity,
                "layer": item.layer,
                "component": item.component,
                "kind": kind_of(item.component),
                "count": item.count,
                **{end: getattr(item.total, end) for end in ENDS},
                "unit": _QUANTITIES[quantity],
                "source": item.each.source,
            }
            for quantity, lines in zip(_QUANTITIES, (self.items, self.steps, self.parts), strict=True)
            for item in lines
        ]
        stored = [
            {
                "quantity": "storage",
                "layer": part.layer,
                "component": part.component,
                "kind": kind_of(part.component),
                "count": part.count,
                **dict.fromkeys(ENDS, part.count),
                "unit": part.holds,
                "source": "counted from the network",
            }
            for part in self.parts
            if part.holds
        ]
        return [*rows, *stored]


def one_after_another(bills: Iterable[Bill]) -> Bill:
    """The bill of parts, of which there is at least one, that run in turn."""
    first, *others = bills
    for bill in others:
        first = first + bill
    return first


def itemised(*lines: tuple[str, int, Figure], layer: str = "") -> tuple[Item, ...]:
    """Items of a bill from component, count and what each takes."""
    return merged(Item(*line, layer=layer) for line in lines)


def built(*lines: tuple[str, int, Figure, str], layer: str = "") -> tuple[Part, ...]:
    """Parts of a chip from component, count, area of each, and what it holds of the network."""
    return merged(Part(*line[:3], layer=layer, holds=line[3]) for line in lines)


def merged(items: Iterable[Item]) -> tuple[Any, ...]:
    """Items that differ in their count alone as one, without those of which there are none."""
    counts: dict[Item, int] = {}
    for item in items:
        one = replace(item, count=1)
        counts[one] = counts.get(one, 0) + item.count
    return tuple(replace(item, count=count) for item, count in counts.items() if count)


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
