"""Bills by layer and component: areas, times and storage by hand, and other figures in place of ours."""

import json
from collections import defaultdict
from dataclasses import replace

import keras
import pytest

from noisyweights.hardware import chip, drive
from noisyweights.hardware.costs import (
    Array,
    areas,
    coin_flips,
    digital,
    digital_scales,
    figures,
    kinds,
    mean_field,
    scale_bayes,
)
from noisyweights.hardware.costs.ranges import Figure, between
from noisyweights.networks.binary import models

SCALE = models.RandomScale(prior_loc=1.0, prior_scale=0.1, kl_weight=0.0, bits=4, initial_scale=0.05)
LENET = models.lenet5(models.Binary(scale=SCALE), seed=0)
ARRAY = Array(rows=8, columns=4, dac_bits=8, adc_bits=8, columns_per_adc=3)
SMALL = keras.Sequential([keras.Input((20,)), keras.layers.Dense(7), keras.layers.Dense(3)])
BILLS = {
    "weights": mean_field(SMALL, array=ARRAY, passes=2),
    "coins": coin_flips(SMALL, array=ARRAY, coin="sot", passes=2),
    "scales": scale_bayes(LENET, array=ARRAY, vectors=8, cells_per_scale=2, passes=2),
    "digital": digital(SMALL, arithmetic="int8", drawn=True, lanes=4, passes=2),
    "digital scales": digital_scales(LENET, vectors=8, lanes=4, passes=2),
}


def parts(bill, place):
    layer = list(dict.fromkeys(part.layer for part in bill.parts))[place]
    return {part.component: part.count for part in bill.parts if part.layer == layer}


def test_what_is_built_for_a_layer_by_hand():
    """20 inputs and 7 units on arrays of 8 rows and 4 columns, 3 columns a converter: 3 × 2 tiles."""
    assert parts(BILLS["weights"], 0) == {
        "level cells": 2 * 140,
        "junctions": 20 * (7 + 2),
        "DAC": 20 * 2,
        "decoders": 20 * 2,
        "ADC": 3 * 3,
        "sums of tiles": 3 * 2,
        "shift": 3,
        "activation": 3,
        "inputs in SRAM": 8 * 20,
        "shifts in SRAM": 32 * 7,
    }
    by_hand = 280 * 2 * 0.0864 + 180 * 2**0.5 * 0.0864 + 40 * (8 * 170 / 1024 * 438) ** 0.5 + 9 * 1200
    by_hand += 40 * 8**0.5 * 0.798 + 9 * 137 + 3 * 36 + (160 + 224) * 0.692
    first = [part for part in BILLS["weights"].parts if part.layer == BILLS["weights"].parts[0].layer]
    assert sum(part.total.typical for part in first) == pytest.approx(by_hand)


def test_signs_with_scales_in_logic_by_hand():
    found = defaultdict(int)
    for item in BILLS["digital scales"].items:
        found[item.component] += item.count
    weights = 25 * 6 + 150 * 16 + 400 * 120 + 120 * 84 + 84 * 10
    outputs = 14 * 14 * 6 + 5 * 5 * 16 + 120 + 84 + 10
    assert found == {
        "weight fetch": 2 * weights,
        "accumulate": 2 * 416_520,
        "inputs in SRAM": 2 * 2 * (8 * 784 + 14 * 14 * 6 + 400 + 120 + 84),
        "scales in SRAM": 2 * 4 * 236,
        "random bits": 2 * 5 * 3,
        "scale multiply": 2 * outputs,
        "shift": 2 * outputs,
        "comparators": 2 * (784 * 6 + 100 * 16 + 120 + 84 + 10),
        "accumulator": 2 * 10,
    }
    assert BILLS["digital scales"].memory_bits == weights + 8 * 4 * 236 + 32 * 236
    with pytest.raises(ValueError, match="has no random scales"):
        digital_scales(SMALL, vectors=8, lanes=4, passes=1)
    with pytest.raises(ValueError, match="vectors must be at least 1"):
        digital_scales(LENET, vectors=0, lanes=4, passes=1)


@pytest.mark.parametrize("name", BILLS)
def test_the_table_holds_all_of_a_bill(name):
    bill, sums = BILLS[name], defaultdict(float)
    table = json.loads(json.dumps(bill.table()))
    for row in table:
        sums[row["quantity"], row["unit"]] += row["typical"]
        assert row["low"] <= row["typical"] <= row["high"]
        assert row["component"] in kinds.KINDS[row["kind"]]
    assert sums["energy", "pJ"] == pytest.approx(bill.energy_pJ.typical)
    assert sums["time", "ns"] == pytest.approx(bill.latency_ns.typical)
    assert sums["area", "µm²"] == pytest.approx(1e6 * bill.area_mm2.typical)
    assert (sums["storage", "cells"], sums["storage", "bits"]) == (bill.cells, bill.memory_bits)
    layers = 5 if "scales" in name else 2
    assert len({row["layer"] for row in table} - {""}) == layers


def test_a_chip_whose_steps_and_slices_are_not_counted_is_refused():
    driven = replace(chip.DOMAIN_WALL, drive=drive.BIT_SERIAL_ANALOG)
    with pytest.raises(ValueError, match="this chip has a drive of its own"):
        Array.of(driven, columns_per_adc=8)
    assert Array.of(replace(driven, drive=None), columns_per_adc=8).adc_bits == 8


def test_passes_build_nothing_more():
    one, two = (digital(SMALL, arithmetic="fp32", drawn=False, lanes=4, passes=n) for n in (1, 2))
    assert one.parts == two.parts
    assert {part.component for part in one.parts if not part.layer} == {"multiply", "accumulate"}
    with pytest.raises(KeyError, match="no bill has 'glue'"):
        kinds.kind_of("glue")


def test_other_figures_stand_wherever_ours_stood():
    bill = BILLS["weights"]
    half, same = (
        replace(
            figures.READ_V,
            **{end: factor * getattr(figures.READ_V, end) for end in ("low", "typical", "high")},
        )
        for factor in (0.5, 1.0)
    )
    assert bill.with_figures({}) == bill
    assert bill.with_figures({figures.READ_V: same}).energy_pJ.high == pytest.approx(bill.energy_pJ.high)

    def of(one, component):
        return sum(item.total.typical for item in one.items if item.component == component)

    found = bill.with_figures({figures.READ_V: half})
    assert of(found, "level cell reads") == pytest.approx(of(bill, "level cell reads") / 4)
    assert of(found, "junction reads") == of(bill, "junction reads")
    slow = between(20.0, 20.0, unit="ns", source="slow")
    late = bill.with_figures({figures.READ_ns: slow})
    assert late.latency_ns.typical - bill.latency_ns.typical == pytest.approx(2 * 2 * (20 - 2.8))
    assert of(late, "junction reads") == pytest.approx(of(bill, "junction reads") * 20 / 2.8)
    code = Figure(1.0, 2.0, 3.0, "µm²", "small")
    small = bill.with_figures({areas.SAR_ADC_um2: code})
    (adc,) = {part.each.typical for part in small.parts if part.component == "ADC"}
    assert adc == pytest.approx(2.0 * 2**8)
    # Known values, whose three ends are rounded apart.
    for fJ in (1.9, 3.7, 5.1, 7.3, 9.9, 13.7):
        known = Figure(fJ, fJ, fJ, "fJ", "known")
        adc = bill.with_figures({figures.SAR_ADC_fJ: known})
        assert of(adc, "ADC") == pytest.approx(2 * 24 * 2**8 * fJ * 1e-3)
    # A product that is given itself counts before its factors.
    add = Figure(1.0, 1.0, 1.0, "pJ", "mine")
    both = bill.with_figures({figures.LOGIC_times: figures.LOGIC_times.times(10), figures.INT8_ADD_pJ: add})
    assert of(both, "activation") == pytest.approx(2 * 10 * 1.0)
    assert of(both, "shift") == pytest.approx(10 * of(bill, "shift"))
