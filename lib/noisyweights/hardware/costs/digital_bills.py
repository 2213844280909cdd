"""Bills of the same draws in digital logic, the rival of every array: of numbers, or signs and scales."""

from __future__ import annotations

import math

import keras

from noisyweights.hardware.costs import areas, figures
from noisyweights.hardware.costs.bills import (
    BITS,
    NUMBER_BITS,
    Bill,
    built,
    check_count,
    itemised,
    one_after_another,
)
from noisyweights.hardware.costs.ranges import Figure
from noisyweights.hardware.costs.workloads import Workload, scaled_workloads, workloads

__all__ = ["ARITHMETICS", "digital", "digital_scales"]

# Bits of a number, and what a multiplication, an addition of two such, and a step of a long sum cost.
ARITHMETICS = {
    "int8": (8, figures.INT8_MULTIPLY_pJ, figures.INT8_ADD_pJ, figures.INT32_ADD_pJ),
    "fp32": (32, figures.FP32_MULTIPLY_pJ, figures.FP32_ADD_pJ, figures.FP32_ADD_pJ),
}
# Areas of the three.
_UNITS = {
    "int8": (areas.INT8_MULTIPLY_um2, areas.INT8_ADD_um2, areas.INT32_ADD_um2),
    "fp32": (areas.FP32_MULTIPLY_um2, areas.FP32_ADD_um2, areas.FP32_ADD_um2),
}


def digital(model: keras.Model, *, arithmetic: str, drawn: bool, lanes: int, passes: int) -> Bill:
    """Bill of the same draws in digital logic of 45 nm, with Gaussian samples on the chip: w = µ + σ·ε.

    µ and σ come from SRAM once a pass, where each weight is drawn; it then meets all positions without being
    stored, which favours the rival. A product is a multiplication and an addition. Inputs and activations are
    as in `array_bills.mean_field`. Control, clocks and leakage are not counted. `lanes` products are made in
    a clock, by multipliers that all layers share, each with an adder, and with a source of samples where
    weights are drawn.

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
    check_count("lanes", lanes)
    bill = one_after_another(
        _digital_layer(work, arithmetic, lanes, drawn=drawn) for work in workloads(model)
    )
    return (bill + Bill((), (), built(*_lanes(arithmetic, lanes, drawn=drawn)))).times(passes)


def _lanes(arithmetic: str, lanes: int, *, drawn: bool) -> list[tuple[str, int, Figure, str]]:
    """What is built once for all layers."""
    multiply, add, accumulate = _UNITS[arithmetic]
    draws = [
        ("Gaussian samples", lanes, areas.GAUSSIAN_SAMPLER_um2, ""),
        ("draw, multiply", lanes, multiply, ""),
        ("draw, add", lanes, add, ""),
    ]
    units = [("multiply", lanes, multiply, ""), ("accumulate", lanes, accumulate, "")]
    return [*units, *draws] if drawn else units


def _digital_layer(work: Workload, arithmetic: str, lanes: int, *, drawn: bool) -> Bill:
    bits, multiply, add, accumulate = ARITHMETICS[arithmetic]
    stored = (1 + drawn) * bits * work.weights
    draws = (
        ("Gaussian samples", work.weights, figures.GAUSSIAN_SAMPLE_pJ),
        ("draw, multiply", work.weights, multiply),
        ("draw, add", work.weights, add),
    )
    return Bill(
        itemised(
            ("weight fetch", stored, figures.SRAM_BIT_pJ),
            *(draws if drawn else ()),
            ("multiply", work.products, multiply),
            ("accumulate", work.products, accumulate),
            ("inputs in SRAM", 2 * bits * work.arrivals, figures.SRAM_BIT_pJ),
            ("shift", work.departures, accumulate),
            ("activation", work.departures, add),
            layer=work.name,
        ),
        itemised(("clocks", -(-work.products // lanes), figures.CLOCK_ns), layer=work.name),
        built(
            ("weights in SRAM", stored, areas.SRAM_BIT_um2, BITS),
            ("inputs in SRAM", bits * work.arrivals, areas.SRAM_BIT_um2, ""),
            ("shifts in SRAM", NUMBER_BITS * work.columns, areas.SRAM_BIT_um2, BITS),
            layer=work.name,
        ),
    )


def digital_scales(model: keras.Model, *, vectors: int, lanes: int, passes: int) -> Bill:
    """Bill of a prediction with weights of one bit and random scales in digital logic of 45 nm.

    A product with a sign is an addition. Pixels have 8 bits, signs one. Weights come from SRAM once a pass,
    as do the scales, one vector of `vectors`; each bit of the choice is priced as an addition of 8 bits. The
    last layer's outputs accumulate. Otherwise as `digital`, of the same design as `array_bills.scale_bayes`.

    Args:
        model: sequential or functional, all its matrices in layers with random scales.
        vectors: stored draws of the scales.
        lanes: adders that work at once.
        passes: draws in a prediction.

    Raises: ValueError for a layer without random scales, counts below 1, or as `workloads.workloads` does.
    Source: M. Horowitz, ISSCC 2014, for operations.
    """
    for name, value in (("vectors", vectors), ("lanes", lanes)):
        check_count(name, value)
    found = scaled_workloads(model)
    bill = one_after_another(_signs_layer(work, vectors=vectors, lanes=lanes) for work in found)
    shared = Bill(
        itemised(("accumulator", found[-1].departures, figures.INT32_ADD_pJ)),
        (),
        built(
            ("accumulate", lanes, areas.INT32_ADD_um2, ""),
            ("scale multiply", 1, areas.INT8_MULTIPLY_um2, ""),
            ("accumulator", 1, areas.INT32_ADD_um2, ""),
        ),
    )
    return (bill + shared).times(passes)


def _signs_layer(work: Workload, *, vectors: int, lanes: int) -> Bill:
    bits = 1 if work.sign_inputs else 8
    scales = work.scale_bits * work.columns
    choices = math.ceil(math.log2(vectors))
    return Bill(
        itemised(
            ("weight fetch", work.weights, figures.SRAM_BIT_pJ),
            ("accumulate", work.products, figures.INT32_ADD_pJ),
            ("inputs in SRAM", 2 * bits * work.arrivals, figures.SRAM_BIT_pJ),
            ("scales in SRAM", scales, figures.SRAM_BIT_pJ),
            ("random bits", choices, figures.INT8_ADD_pJ),
            ("scale multiply", work.departures, figures.INT8_MULTIPLY_pJ),
            ("shift", work.departures, figures.INT32_ADD_pJ),
            ("comparators", work.positions * work.columns, figures.INT8_ADD_pJ),
            layer=work.name,
        ),
        itemised(("clocks", -(-work.products // lanes), figures.CLOCK_ns), layer=work.name),
        built(
            ("weights in SRAM", work.weights, areas.SRAM_BIT_um2, BITS),
            ("scales in SRAM", vectors * scales, areas.SRAM_BIT_um2, BITS),
            ("inputs in SRAM", bits * work.arrivals, areas.SRAM_BIT_um2, ""),
            ("shifts in SRAM", NUMBER_BITS * work.columns, areas.SRAM_BIT_um2, BITS),
            layer=work.name,
        ),
    )
