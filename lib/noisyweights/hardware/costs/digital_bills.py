"""The bill of the same draws in digital logic, the rival of every array."""

from __future__ import annotations

import keras

from noisyweights.hardware.costs import figures
from noisyweights.hardware.costs.bills import NUMBER_BITS, Bill, check_count, itemised, one_after_another
from noisyweights.hardware.costs.workloads import Workload, workloads

__all__ = ["ARITHMETICS", "digital"]

# Bits of a number, and what a multiplication, an addition of two such, and a step of a long sum cost.
ARITHMETICS = {
    "int8": (8, figures.INT8_MULTIPLY_pJ, figures.INT8_ADD_pJ, figures.INT32_ADD_pJ),
    "fp32": (32, figures.FP32_MULTIPLY_pJ, figures.FP32_ADD_pJ, figures.FP32_ADD_pJ),
}


def digital(model: keras.Model, *, arithmetic: str, drawn: bool, lanes: int, passes: int) -> Bill:
    """Bill of the same draws in digital logic of 45 nm, with Gaussian samples on the chip: w = µ + σ·ε.

    µ and σ come from SRAM once a pass, where each weight is drawn; it then meets all positions without being
    stored, which favours the rival. A product is a multiplication and an addition. Inputs and activations are
    as in `array_bills.mean_field`. Control, clocks and leakage are not counted. `lanes` products are made in
    a clock.

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
    return bill.times(passes)


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
        ),
        figures.CLOCK_ns.times(-(-work.products // lanes)),
        0,
        stored + NUMBER_BITS * work.columns,
    )
