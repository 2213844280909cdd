"""Bills of predictions on arrays of magnetic cells: mean-field weights, random scales, and coin flips."""

from __future__ import annotations

import math
from collections.abc import Sequence

import keras

from noisyweights.hardware.costs import areas, figures
from noisyweights.hardware.costs.arrays import Array, converters, periphery, periphery_area, reading
from noisyweights.hardware.costs.bills import CELLS, Bill, built, check_count, itemised, one_after_another
from noisyweights.hardware.costs.ranges import Figure
from noisyweights.hardware.costs.workloads import Workload, scaled_workloads, workloads

__all__ = ["coin_flips", "mean_field", "scale_bayes", "scale_bayes_of"]

_JUNCTION_pJ = figures.read_pJ(figures.JUNCTION_uS, figures.JUNCTION_V)


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
    bill = one_after_another(_mean_field_layer(work, array) for work in workloads(model))
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
    counts = {"vectors": vectors, "cells_per_scale": cells_per_scale, "passes": passes}
    return scale_bayes_of(scaled_workloads(model), array=array, **counts)


def scale_bayes_of(
    found: Sequence[Workload], *, array: Array, vectors: int, cells_per_scale: int, passes: int
) -> Bill:
    """Bill of `scale_bayes` for workloads as they are given, at least one, all with random scales.

    Raises: ValueError for counts below 1.
    """
    check_count("vectors", vectors)
    check_count("cells_per_scale", cells_per_scale)
    bill = one_after_another(
        _scaled_layer(work, array, vectors=vectors, cells_per_scale=cells_per_scale) for work in found
    )
    # All layers choose their vectors at once, before a pass: set, read, reset.
    choice = [("choices", 2, figures.PULSE_ns), ("choices", 1, figures.READ_ns)] if vectors > 1 else []
    return (bill + _votes(found[-1], array, choice)).times(passes)


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
    bill = one_after_another(_coin_layer(work, array, figures.COIN_pJ[coin]) for work in found)
    return (bill + _votes(found[-1], array, [("coins", 2, figures.PULSE_ns)])).times(passes)


def _votes(last: Workload, array: Array, before: list[tuple[str, int, Figure]]) -> Bill:
    """What all layers share: the sums of outputs over passes, and what has to happen before a pass."""
    return Bill(
        itemised(("accumulator", last.departures, figures.INT32_ADD_pJ)),
        itemised(*before),
        built(("accumulator", converters(last, array), areas.INT32_ADD_um2, "")),
    )


def _mean_field_layer(work: Workload, array: Array) -> Bill:
    _, beside = array.tiles(work)
    junctions = work.rows * (work.columns + beside)
    return Bill(
        itemised(
            ("level cell reads", 2 * work.products, figures.read_pJ(figures.LEVEL_CELL_uS, figures.READ_V)),
            ("junction reads", junctions * work.positions, _JUNCTION_pJ),
            *periphery(work, array, figures.SAR_ADC_fJ, signs=False),
            ("activation", work.departures, figures.INT8_ADD_pJ),
            layer=work.name,
        ),
        itemised(*reading(work, array), layer=work.name),
        built(
            ("level cells", 2 * work.weights, areas.LEVEL_CELL_um2, CELLS),
            ("junctions", junctions, areas.BINARY_CELL_um2, CELLS),
            *periphery_area(work, array, areas.SAR_ADC_um2, signs=False),
            ("activation", converters(work, array), areas.INT8_ADD_um2, ""),
            layer=work.name,
        ),
    )


def _scaled_layer(work: Workload, array: Array, *, vectors: int, cells_per_scale: int) -> Bill:
    _, beside = array.tiles(work)
    cells = work.rows * (work.columns + beside)
    choices = math.ceil(math.log2(vectors))
    binary = figures.read_pJ(figures.BINARY_CELL_uS, figures.READ_V)
    coin = figures.COIN_pJ["sot"]
    scales, level = work.columns * cells_per_scale, figures.read_pJ(figures.LEVEL_CELL_uS, figures.READ_V)
    outputs = converters(work, array)
    return Bill(
        itemised(
            ("weight cell reads", cells * work.positions, binary),
            *periphery(work, array, figures.FLASH_ADC_fJ, signs=work.sign_inputs),
            # A comparison is a subtraction.
            ("comparators", work.positions * work.columns, figures.INT8_ADD_pJ),
            ("scale multiply", work.departures, figures.INT8_MULTIPLY_pJ),
            ("scale cell reads", scales, level),
            ("scale ADC", work.columns, figures.conversion_pJ(figures.FLASH_ADC_fJ, bits=work.scale_bits)),
            ("decoders", 1, figures.DECODER_pJ),
            ("random bits", choices, coin),
            ("random bits, read", choices, binary),
            layer=work.name,
        ),
        itemised(*reading(work, array), layer=work.name),
        built(
            ("weight cells", cells, areas.BINARY_CELL_um2, CELLS),
            ("scale cells", vectors * scales, areas.LEVEL_CELL_um2, CELLS),
            ("random bits", choices, areas.BINARY_CELL_um2, CELLS),
            *periphery_area(work, array, areas.FLASH_ADC_um2, signs=work.sign_inputs),
            ("comparators", outputs, areas.INT8_ADD_um2, ""),
            ("scale multiply", outputs, areas.INT8_MULTIPLY_um2, ""),
            ("scale ADC", outputs, areas.converter_um2(areas.FLASH_ADC_um2, bits=work.scale_bits), ""),
            ("decoders", vectors, areas.DECODER_ROW_um2, ""),
            layer=work.name,
        ),
    )


def _coin_layer(work: Workload, array: Array, coin: Figure) -> Bill:
    cells = 2 * work.weights
    return Bill(
        itemised(
            ("coins", work.weights, coin),
            ("coin reads", cells * work.positions, figures.read_pJ(figures.BINARY_CELL_uS, figures.READ_V)),
            *periphery(work, array, figures.SAR_ADC_fJ, signs=False),
            ("activation", work.departures, figures.INT8_ADD_pJ),
            layer=work.name,
        ),
        itemised(*reading(work, array), layer=work.name),
        built(
            ("coin cells", cells, areas.BINARY_CELL_um2, CELLS),
            *periphery_area(work, array, areas.SAR_ADC_um2, signs=False),
            ("activation", converters(work, array), areas.INT8_ADD_um2, ""),
            layer=work.name,
        ),
    )
