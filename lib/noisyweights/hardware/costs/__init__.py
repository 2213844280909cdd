"""Costs of a prediction: energy, time and storage, counted from the network and priced by published figures.

Four ways to compute: three on arrays of magnetic cells, one in digital logic. Each gives a bill, item by
item, whose range runs from all figures at their low ends to all at their high ends, the widest there is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import keras

from noisyweights.hardware.chip import Chip
from noisyweights.hardware.costs import figures
from noisyweights.hardware.costs.figures import Figure
from noisyweights.hardware.costs.workloads import Workload, workloads

__all__ = ["ARITHMETICS", "Array", "Bill", "Item", "coin_flips", "digital", "mean_field", "scale_bayes"]

_JUNCTION_pJ = figures.read_pJ(figures.JUNCTION_uS, figures.JUNCTION_V)
_NUMBER = 32  # bits of a shift or a bias, which stays in digital memory
_ENDS = ("low", "typical", "high")


@dataclass(frozen=True, kw_only=True)
class Array:
    """Size of an array, and its converters.

    Args:
        rows, columns: weights of an array, whose two cells and junction stand at the same place of arrays of
            their own. A larger matrix is cut into tiles: those below each other are converted one by one and
            added up as numbers, those beside each other have each their own drivers.
        dac_bits: of an input that is no sign.
        adc_bits: of a column.
        columns_per_adc: columns that take turns at one converter.

    Raises: ValueError for less than 1 of any, or a number that is not whole.
    """

    rows: int
    columns: int
    dac_bits: int
    adc_bits: int
    columns_per_adc: int

    def __post_init__(self) -> None:
        for name in ("rows", "columns", "dac_bits", "adc_bits", "columns_per_adc"):
            _check_count(name, getattr(self, name))

    @classmethod
    def of(cls, chip: Chip, *, columns_per_adc: int) -> Array:
        """The arrays of a chip on which networks are deployed.

        A read of a cell has the price of `figures`, whatever the chip's cells conduct: see `Bill.repriced`.

        Raises: ValueError for a chip with exact converters, which have no price.
        """
        if chip.dac_bits is None or chip.adc_bits is None:
            raise ValueError(
                f"exact converters have no price: give the chip bits, got {chip.dac_bits} and {chip.adc_bits}"
            )
        names = ("rows", "columns", "dac_bits", "adc_bits")
        return cls(**{name: getattr(chip, name) for name in names}, columns_per_adc=columns_per_adc)

    def tiles(self, work: Workload) -> tuple[int, int]:
        """Tiles of a layer's matrix below each other, and beside each other."""
        return -(-work.rows // self.rows), -(-work.columns // self.columns)


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
        return _sum("pJ", (item.energy_pJ for item in self.items))

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
        return replace(self, items=_merged(items))

    def times(self, passes: int) -> Bill:
        """The bill of so many passes, one after the other, of the same network: storage stays as it is.

        Raises: ValueError for less than 1, or a number that is not whole.
        """
        _check_count("passes", passes)
        items = tuple(replace(item, count=item.count * passes) for item in self.items)
        return replace(self, items=items, latency_ns=self.latency_ns.times(passes))

    def __add__(self, other: Bill) -> Bill:
        if not isinstance(other, Bill):
            return NotImplemented
        return Bill(
            _merged((*self.items, *other.items)),
            _sum("ns", (self.latency_ns, other.latency_ns)),
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
                **{f"{end}_pJ": getattr(item.energy_pJ, end) for end in _ENDS},
                "share": item.energy_pJ.typical / total,
                "source": item.each.source,
            }
            for item in self.items
        ]
        return sorted(table, key=lambda row: -row["typical_pJ"])


def mean_field(model: keras.Model, *, array: Array, passes: int) -> Bill:
    """Bill of a prediction with Gaussian weights on an array: levels for means, junctions for widths.

    A weight is a pair of level cells, read with opposite signs, and a junction that fluctuates, so that every
    read is a draw; one more junction of each row and tile holds the mean that is taken off. A position costs
    a DAC for each row, a read of all cells, an ADC for each column and tile, and digital sums of tiles, shift
    and activation. A layer's inputs are written to and read from SRAM once, whatever a kernel's overlap.

    All rows are at the full voltage, though most pixels are dark. Programming is not counted, nor are what
    holds a current for its converter and the sources of bias. Time is
    that of a read and of the columns that share a converter, position by position, layer by layer, pass by
    pass; tiles work side by side, and logic and memory behind the scenes.

    Args:
        model: sequential or functional, of mean-field layers; others of the same shapes count alike.
        array: its size and converters.
        passes: draws in a prediction.

    Raises: ValueError as `workloads.workloads` does, or for no passes.
    Source: S. Liu et al., Front. Nanotechnol. 4, 1021943 (2022), abstract; the circuits around are our own.
    """
    bill = _network(_mean_field_layer(work, array) for work in workloads(model))
    return bill.times(passes)


def scale_bayes(model: keras.Model, *, array: Array, vectors: int, cells_per_scale: int, passes: int) -> Bill:
    """Bill of a prediction with binary weights and random scales, on two crossbars a layer.

    A weight is one binary cell, and a column of references stands in each tile. Pixels come by DACs, signs by
    drivers of one bit. Sums of the weight crossbar pass a flash ADC and a comparator, pooled ones are
    multiplied by the scale and shifted. The scales of a layer are read once a pass, one vector of `vectors`,
    which log₂(vectors) random bits choose. The last layer's outputs accumulate.
    Every pass repeats all of it, the first layer too, whose sums do not change. Otherwise as `mean_field`.

    Args:
        model: sequential or functional, all its matrices in layers with random scales.
        array: its size and converters.
        vectors: stored draws of the scales, N in the paper.
        cells_per_scale: level cells in tandem for one scale.
        passes: T in the paper.

    Raises: ValueError for a layer without random scales, counts below 1, or as `workloads.workloads` does.
    Source: S. T. Ahmed et al. (2023), §III-C and §IV-C.
    """
    _check_count("vectors", vectors)
    _check_count("cells_per_scale", cells_per_scale)
    found = workloads(model)
    if plain := [work.name for work in found if work.scale_bits is None]:
        raise ValueError(
            f"{', '.join(plain)} of {model.name} has no random scales, so no place on these crossbars: build "
            "all layers as ScaledBinaryDense or ScaledBinaryConv2D"
        )
    bill = _network(
        _scaled_layer(work, array, vectors=vectors, cells_per_scale=cells_per_scale) for work in found
    )
    votes = Item("accumulator", found[-1].departures, figures.INT32_ADD_pJ)
    # All layers choose their vectors at once, before a pass: set, read, reset.
    choice = _sum("ns", (figures.PULSE_ns.times(2), figures.READ_ns))
    return replace(
        bill,
        items=_merged((*bill.items, votes)),
        latency_ns=_sum("ns", (bill.latency_ns, *([choice] if vectors > 1 else []))),
    ).times(passes)


def coin_flips(model: keras.Model, *, array: Array, coin: str, passes: int) -> Bill:
    """Bill of votes by coin flips: every weight of every matrix is one random bit a draw, read in its place.

    A weight is a pair of binary cells, of which the one of its sign is a coin: tossed once a draw, it then
    holds, whatever the positions. Votes are added up. The currents that give each coin its probability are
    not counted. Otherwise as `mean_field`, with two pulses more a pass.

    Args:
        model: sequential or functional.
        array: its size and converters.
        coin: how coins are tossed, "sot", "stt" or "vcma".
        passes: draws, K in the paper.

    Raises: ValueError for another coin, no passes, or as `workloads.workloads` does.
    Source: J. B. Aimone et al. (2023), §II, for the coins; the array is our choice.
    """
    if coin not in figures.COIN_pJ:
        raise ValueError(f"coin must be one of {', '.join(figures.COIN_pJ)}, got {coin!r}")
    found = workloads(model)
    bill = _network(_coin_layer(work, array, figures.COIN_pJ[coin]) for work in found)
    votes = Item("accumulator", found[-1].departures, figures.INT32_ADD_pJ)
    return replace(
        bill,
        items=_merged((*bill.items, votes)),
        latency_ns=_sum("ns", (bill.latency_ns, figures.PULSE_ns.times(2))),
    ).times(passes)


# Bits of a number, and what a multiplication, an addition of two such, and a step of a long sum cost.
ARITHMETICS = {
    "int8": (8, figures.INT8_MULTIPLY_pJ, figures.INT8_ADD_pJ, figures.INT32_ADD_pJ),
    "fp32": (32, figures.FP32_MULTIPLY_pJ, figures.FP32_ADD_pJ, figures.FP32_ADD_pJ),
}


def digital(model: keras.Model, *, arithmetic: str, drawn: bool, lanes: int, passes: int) -> Bill:
    """Bill of the same draws in digital logic of 45 nm, with Gaussian samples on the chip: w = µ + σ·ε.

    µ and σ come from SRAM once a pass, where each weight is drawn; it then meets all positions without being
    stored, which favours the rival. A product is a multiplication and an addition. Inputs and activations are
    as in `mean_field`. Control, clocks and leakage are not counted. `lanes` products are made in a clock.

    Args:
        model: sequential or functional.
        arithmetic: "int8", whose sums have 32 bits, or "fp32".
        drawn: whether weights are drawn; False for weights that are numbers, without σ, samples and draws.
        lanes: multipliers that work at once.
        passes: draws in a prediction.

    Raises: ValueError for another arithmetic, counts below 1, or as `workloads.workloads` does.
    Source: M. Horowitz, ISSCC 2014, for operations; Z. M. Enciso et al., arXiv:2501.04577, for samples.
    """
    if arithmetic not in ARITHMETICS:
        raise ValueError(f"arithmetic must be one of {', '.join(ARITHMETICS)}, got {arithmetic!r}")
    _check_count("lanes", lanes)
    bill = _network(_digital_layer(work, arithmetic, lanes, drawn=drawn) for work in workloads(model))
    return bill.times(passes)


def _mean_field_layer(work: Workload, array: Array) -> Bill:
    _, beside = array.tiles(work)
    junctions = work.rows * (work.columns + beside)
    return Bill(
        _items(
            ("level cell reads", 2 * work.products, figures.read_pJ(figures.LEVEL_CELL_uS, figures.READ_V)),
            ("junction reads", junctions * work.positions, _JUNCTION_pJ),
            *_around(work, array, figures.SAR_ADC_fJ, signs=False),
            ("activation", work.departures, figures.INT8_ADD_pJ),
        ),
        _array_ns(work, array),
        2 * work.weights + junctions,
        _NUMBER * work.columns,
    )


def _scaled_layer(work: Workload, array: Array, *, vectors: int, cells_per_scale: int) -> Bill:
    _, beside = array.tiles(work)
    cells = work.rows * (work.columns + beside)
    choices = math.ceil(math.log2(vectors))
    binary = figures.read_pJ(figures.BINARY_CELL_uS, figures.READ_V)
    coin = figures.COIN_pJ["sot"]
    scale_adc = figures.conversion_pJ(figures.FLASH_ADC_fJ, bits=work.scale_bits)
    return Bill(
        _items(
            ("weight cell reads", cells * work.positions, binary),
            *_around(work, array, figures.FLASH_ADC_fJ, signs=work.sign_inputs),
            # A comparison is a subtraction.
            ("comparators", work.positions * work.columns, figures.INT8_ADD_pJ),
            ("scale multiply", work.departures, figures.INT8_MULTIPLY_pJ),
            (
                "scale cell reads",
                cells_per_scale * work.columns,
                figures.read_pJ(figures.LEVEL_CELL_uS, figures.READ_V),
            ),
            ("scale ADC", work.columns, scale_adc),
            ("decoders", 1, figures.DECODER_pJ),
            ("random bits", choices, coin),
            ("random bits, read", choices, binary),
        ),
        _array_ns(work, array),
        cells + vectors * work.columns * cells_per_scale + choices,
        _NUMBER * work.columns,
    )


def _coin_layer(work: Workload, array: Array, coin: Figure) -> Bill:
    cells = 2 * work.weights
    return Bill(
        _items(
            ("coins", work.weights, coin),
            ("coin reads", cells * work.positions, figures.read_pJ(figures.BINARY_CELL_uS, figures.READ_V)),
            *_around(work, array, figures.SAR_ADC_fJ, signs=False),
            ("activation", work.departures, figures.INT8_ADD_pJ),
        ),
        _array_ns(work, array),
        cells,
        _NUMBER * work.columns,
    )


def _digital_layer(work: Workload, arithmetic: str, lanes: int, *, drawn: bool) -> Bill:
    bits, multiply, add, accumulate = ARITHMETICS[arithmetic]
    stored = (1 + drawn) * bits * work.weights
    draws = (
        ("Gaussian samples", work.weights, figures.GAUSSIAN_SAMPLE_pJ),
        ("draw, multiply", work.weights, multiply),
        ("draw, add", work.weights, add),
    )
    return Bill(
        _items(
            ("weight fetch", stored, figures.SRAM_BIT_pJ),
            *(draws if drawn else ()),
            ("multiply", work.products, multiply),
            ("accumulate", work.products, accumulate),
            ("inputs in SRAM", 2 * bits * work.arrivals, figures.SRAM_BIT_pJ),
            ("shift", work.departures, accumulate),
            ("activation", work.departures, add),
        ),
        figures.CLOCK_ns.times(-(-work.products // lanes)),
        0,
        stored + _NUMBER * work.columns,
    )


def _around(work: Workload, array: Array, adc_fJ: Figure, *, signs: bool) -> list[tuple[str, int, Figure]]:
    """What stands around the cells of an array: drivers, decoders, converters, sums of tiles, memory."""
    below, beside = array.tiles(work)
    drives = work.positions * work.rows * beside
    sums = work.positions * work.columns
    bits = 1 if signs else array.dac_bits
    return [
        ("row drivers", drives, figures.ROW_DRIVER_pJ)
        if signs
        else ("DAC", drives, figures.conversion_pJ(figures.DAC_fJ, bits=array.dac_bits)),
        ("decoders", work.positions * below * beside, figures.DECODER_pJ),
        ("ADC", sums * below, figures.conversion_pJ(adc_fJ, bits=array.adc_bits)),
        ("sums of tiles", sums * (below - 1), figures.INT32_ADD_pJ),
        ("shift", work.departures, figures.INT32_ADD_pJ),
        ("inputs in SRAM", 2 * bits * work.arrivals, figures.SRAM_BIT_pJ),
    ]


def _array_ns(work: Workload, array: Array) -> Figure:
    turns = min(array.columns_per_adc, array.columns, work.columns)
    return _sum("ns", (figures.READ_ns, figures.CONVERSION_ns.times(turns))).times(work.positions)


def _network(bills: Iterable[Bill]) -> Bill:
    first, *others = bills
    for bill in others:
        first = first + bill
    return first


def _items(*lines: tuple[str, int, Figure]) -> tuple[Item, ...]:
    return _merged(Item(*line) for line in lines)


def _merged(items: Iterable[Item]) -> tuple[Item, ...]:
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


def _sum(unit: str, parts: Iterable[Figure]) -> Figure:
    parts = tuple(parts)
    low, typical, high = (math.fsum(getattr(part, end) for part in parts) for end in _ENDS)
    return Figure(low, typical, high, unit, "sum of figures, all at their low, typical or high ends")


def _check_count(name: str, value: int) -> None:
    if value < 1 or value != int(value):
        raise ValueError(f"{name} must be at least 1, and whole, got {value}")
