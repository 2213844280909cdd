"""Costs: bills counted and added up by hand, how they grow, and what cannot be priced."""

import itertools
import math
from collections import Counter
from dataclasses import replace

import keras
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noisyweights.hardware.costs import (
    Array,
    Bill,
    Item,
    Part,
    coin_flips,
    digital,
    figures,
    mean_field,
    scale_bayes,
)
from noisyweights.hardware.costs.ranges import Figure
from noisyweights.networks.binary import models

SCALE = models.RandomScale(prior_loc=1.0, prior_scale=0.1, kl_weight=0.0, bits=4, initial_scale=0.05)
ARRAY = Array(rows=128, columns=128, dac_bits=8, adc_bits=6, columns_per_adc=8)
SCALES = {"vectors": 32, "cells_per_scale": 2}


def perceptron(*sizes):
    layers = [keras.layers.Dense(units) for units in sizes[1:]]
    return keras.Sequential([keras.Input((sizes[0],)), *layers])


SMALL = perceptron(20, 7, 3)
MNIST = perceptron(784, 400, 10)
BINARY = models.lenet5(models.Binary(scale=SCALE), seed=0)
DESIGNS = {
    "mean field": lambda passes=1, array=ARRAY: mean_field(SMALL, array=array, passes=passes),
    "scales": lambda passes=1, array=ARRAY: scale_bayes(BINARY, array=array, passes=passes, **SCALES),
    "coins": lambda passes=1, array=ARRAY: coin_flips(SMALL, array=array, coin="sot", passes=passes),
    "digital": lambda passes=1, array=None: digital(
        SMALL, arithmetic="int8", drawn=True, lanes=4, passes=passes
    ),
}


def counts(bill):
    """How often each component is on a bill, over all layers."""
    found = Counter()
    for item in bill.items:
        found[item.component] += item.count
    return dict(found)


def test_lenet_by_hand():
    """One pass on arrays of 128 × 128: the second and third layers take 2 and 4 tiles below each other."""
    found = counts(scale_bayes(BINARY, array=ARRAY, passes=1, **SCALES))
    places = {"conv1": 28 * 28, "conv2": 10 * 10}
    products = places["conv1"] * 25 * 6 + places["conv2"] * 150 * 16 + 400 * 120 + 120 * 84 + 84 * 10
    references = places["conv1"] * 25 + places["conv2"] * 150 + 400 + 120 + 84
    outputs = 14 * 14 * 6 + 5 * 5 * 16 + 120 + 84 + 10
    inputs = 2 * (8 * 784 + 14 * 14 * 6 + 400 + 120 + 84)  # bits, written and read; all but pixels are signs
    assert products == 416_520
    assert found == {
        "weight cell reads": products + references,
        "DAC": places["conv1"] * 25,
        "row drivers": places["conv2"] * 150 + 400 + 120 + 84,
        "decoders": places["conv1"] + 2 * places["conv2"] + 4 + 1 + 1 + 5,  # and one for each layer's scales
        "ADC": places["conv1"] * 6 + 2 * places["conv2"] * 16 + 4 * 120 + 84 + 10,
        "sums of tiles": places["conv2"] * 16 + 3 * 120,
        "comparators": places["conv1"] * 6 + places["conv2"] * 16 + 120 + 84 + 10,
        "scale multiply": outputs,
        "shift": outputs,
        "scale cell reads": 2 * (6 + 16 + 120 + 84 + 10),
        "scale ADC": 6 + 16 + 120 + 84 + 10,
        "random bits": 5 * 5,  # five layers, log2 of 32 vectors
        "random bits, read": 5 * 5,
        "inputs in SRAM": inputs,
        "accumulator": 10,
    }


def test_a_small_network_by_hand():
    """20 inputs, 7 and 3 units, arrays of 8 rows and 4 columns: 3 × 2 tiles, then 1 × 1."""
    array = Array(rows=8, columns=4, dac_bits=8, adc_bits=8, columns_per_adc=3)
    bill = mean_field(SMALL, array=array, passes=1)
    assert counts(bill) == {
        "level cell reads": 2 * (20 * 7 + 7 * 3),
        "junction reads": 20 * (7 + 2) + 7 * (3 + 1),
        "DAC": 20 * 2 + 7,
        "decoders": 3 * 2 + 1,
        "ADC": 3 * 7 + 3,
        "sums of tiles": 2 * 7,
        "shift": 7 + 3,
        "activation": 7 + 3,
        "inputs in SRAM": 2 * 8 * (20 + 7),
    }
    assert bill.cells == 2 * 161 + 20 * 9 + 7 * 4
    assert bill.memory_bits == 32 * 10
    # By hand in fJ, 2.8 ns: 57.412 µS at 0.25 V and 45.679 µS at 0.5 V; conversions; logic and memory.
    energy = 322 * 10.047 + 208 * 4 * 7.9937 + 47 * 256 * 3.7245 + 7 * 100 + 24 * 1562.5
    energy += 14 * 100 + 10 * 100 + 10 * 30 + 432 * 312.5
    assert bill.energy_pJ.typical == pytest.approx(energy * 1e-3, rel=1e-4)
    # Two layers, each a read and three turns at a converter.
    assert bill.latency_ns.typical == pytest.approx(2 * (2.8 + 3 / 1.28))


def test_the_digital_rival_by_hand():
    bill = digital(perceptron(5, 2), arithmetic="int8", drawn=True, lanes=4, passes=1)
    by_hand = 10 * (16 * 20 / 64 + 0.36 + 0.2 + 0.03 + 0.2 + 0.1) + 2 * 8 * 5 * 20 / 64 + 2 * (0.1 + 0.03)
    assert bill.energy_pJ.typical == pytest.approx(by_hand)
    assert bill.latency_ns.typical == 3  # ten products, four at once, in clocks of 1 ns
    assert (bill.cells, bill.memory_bits) == (0, 2 * 8 * 10 + 2 * 32)
    single = digital(perceptron(5, 2), arithmetic="fp32", drawn=True, lanes=4, passes=1)
    assert counts(single)["weight fetch"] == 4 * counts(bill)["weight fetch"]
    assert single.energy_pJ.typical > 4 * bill.energy_pJ.typical


def test_coins_cost_what_they_are_said_to():
    """317,600 coins of 0.1 pJ a pass: 31.8 nJ."""
    for coin, nJ in (("sot", 31.76), ("stt", 317.6), ("vcma", 6352)):
        bill = coin_flips(MNIST, array=ARRAY, coin=coin, passes=1)
        coins = [item for item in bill.items if item.component == "coins"]
        assert sum(item.count for item in coins) == 317_600
        assert sum(item.total.typical for item in coins) == pytest.approx(1e3 * nJ)


def test_coins_of_a_convolution_are_tossed_once():
    """A draw holds for all places of a kernel."""
    network = keras.Sequential([keras.Input((6, 6, 1)), keras.layers.Conv2D(2, 3)])
    found = counts(coin_flips(network, array=ARRAY, coin="sot", passes=1))
    assert (found["coins"], found["coin reads"]) == (9 * 2, 2 * 16 * 9 * 2)
    rival = counts(digital(network, arithmetic="int8", drawn=True, lanes=1, passes=1))
    assert (rival["Gaussian samples"], rival["multiply"]) == (9 * 2, 16 * 9 * 2)


@pytest.mark.parametrize("design", DESIGNS)
@settings(deadline=None)
@given(passes=st.integers(2, 1000))
def test_passes_multiply_energy_and_time_but_not_storage(design, passes):
    one, many = DESIGNS[design](), DESIGNS[design](passes)
    for end in ("low", "typical", "high"):
        assert getattr(many.energy_pJ, end) == pytest.approx(passes * getattr(one.energy_pJ, end))
        assert getattr(many.latency_ns, end) == pytest.approx(passes * getattr(one.latency_ns, end))
    assert (many.cells, many.memory_bits) == (one.cells, one.memory_bits)


@settings(deadline=None)
@given(rows=st.integers(1, 900), columns=st.integers(1, 500), bits=st.integers(1, 12))
def test_tiles_change_what_stands_around_the_cells(rows, columns, bits):
    array = Array(rows=rows, columns=columns, dac_bits=8, adc_bits=bits, columns_per_adc=8)
    found = counts(mean_field(MNIST, array=array, passes=1))
    below = [math.ceil(784 / rows), math.ceil(400 / rows)]
    beside = [math.ceil(400 / columns), math.ceil(10 / columns)]
    assert found["level cell reads"] == 2 * 317_600
    assert found["ADC"] == 400 * below[0] + 10 * below[1]
    assert found.get("sums of tiles", 0) == found["ADC"] - 410
    assert found["DAC"] == 784 * beside[0] + 400 * beside[1]
    finer = mean_field(MNIST, array=replace(array, adc_bits=bits + 1), passes=1)
    price = {item.component: item.each.typical for item in finer.items}
    assert finer.energy_pJ.typical - mean_field(
        MNIST, array=array, passes=1
    ).energy_pJ.typical == pytest.approx(found["ADC"] * price["ADC"] / 2)


def test_vectors_cost_cells_and_few_bits():
    one, many = (
        scale_bayes(BINARY, array=ARRAY, vectors=vectors, cells_per_scale=2, passes=1) for vectors in (1, 32)
    )
    assert "random bits, read" not in counts(one)
    assert many.cells - one.cells == 31 * 2 * 236 + 5 * 5
    assert many.energy_pJ.typical - one.energy_pJ.typical == pytest.approx(25 * (0.1 + 0.01048), rel=1e-3)
    # A pass begins with a choice: set, read, reset.
    assert many.latency_ns.typical - one.latency_ns.typical == pytest.approx(5 + 2.8 + 5)


PRICES = [
    Figure(low, low * up, low * up * more, "pJ", f"made up {low}")
    for low, up, more in ((1.0, 2.0, 3.0), (0.1, 5.0, 1.0), (7.0, 1.0, 1.5))
]


def made_up(*amounts):
    items = (Item(f"part {at}", n, PRICES[at]) for at, n in enumerate(amounts) if n)
    steps = (Item("step", 1, Figure(1, 2, 3, "ns", "made up")),)
    area = Figure(1, 2, 4, "µm²", "made up")
    return Bill(
        tuple(items), steps, (Part("cell", 5, area, holds="cells"), Part("bit", 7, area, holds="bits"))
    )


def test_bills_add_up():
    both = made_up(1, 2, 0) + made_up(0, 3, 4)
    assert counts(both) == {"part 0": 1, "part 1": 5, "part 2": 4}
    assert (both.cells, both.memory_bits, both.latency_ns.typical) == (10, 14, 4)
    assert both.energy_pJ.low == pytest.approx(1 + 0.5 + 28)
    assert both.energy_pJ.high == pytest.approx(6 + 2.5 + 42)
    assert both.energy_uJ.typical == pytest.approx(1e-6 * (2 + 2.5 + 28))
    with pytest.raises(TypeError):
        both + 1
    rows = both.rows()
    assert [row["component"] for row in rows] == ["part 2", "part 1", "part 0"]
    assert sum(row["share"] for row in rows) == pytest.approx(1)
    assert all(row["source"].startswith("made up") for row in rows)


def test_one_component_at_two_prices_stays_two_items():
    first, second = (Bill((Item("ADC", 1, PRICES[at]),), (), ()) for at in (0, 2))
    assert [item.count for item in (first + second).items] == [1, 1]


@given(own=st.tuples(*[st.integers(0, 50)] * 3), other=st.tuples(*[st.integers(0, 50)] * 3))
def test_a_ratio_knows_that_one_figure_has_one_value(own, other):
    """All corners of the figures' ranges, one by one."""
    if not (any(own) and any(other)):
        return
    corners = [
        sum(n * price for n, price in zip(own, prices, strict=True))
        / sum(n * price for n, price in zip(other, prices, strict=True))
        for prices in itertools.product(*[(price.low, price.high) for price in PRICES])
        if any(n for n in other)
    ]
    found = made_up(*own).over(made_up(*other))
    assert found.low == pytest.approx(min(corners))
    assert found.high == pytest.approx(max(corners))
    apart = figures.ratio(made_up(*own).energy_pJ, made_up(*other).energy_pJ)
    assert apart.low <= found.low * (1 + 1e-9)
    assert apart.high >= found.high * (1 - 1e-9)


def test_a_bill_over_itself_is_one():
    bill = mean_field(SMALL, array=ARRAY, passes=3)
    itself = bill.over(bill)
    assert (itself.low, itself.typical, itself.high) == pytest.approx((1, 1, 1))
    # Negative control: taken to err apart, the two would differ.
    assert figures.ratio(bill.energy_pJ, bill.energy_pJ).high > 5


@pytest.mark.parametrize("field", ["rows", "columns", "dac_bits", "adc_bits", "columns_per_adc"])
@pytest.mark.parametrize("value", [0, 1.5])
def test_an_array_has_whole_sizes(field, value):
    with pytest.raises(ValueError, match=f"{field} must be at least 1"):
        replace(ARRAY, **{field: value})


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: mean_field(SMALL, array=ARRAY, passes=0), "passes must be at least 1"),
        (lambda: scale_bayes(SMALL, array=ARRAY, passes=1, **SCALES), "no random scales"),
        (
            lambda: scale_bayes(BINARY, array=ARRAY, passes=1, vectors=0, cells_per_scale=2),
            "vectors must be at least 1",
        ),
        (
            lambda: scale_bayes(BINARY, array=ARRAY, passes=1, vectors=2, cells_per_scale=0),
            "cells_per_scale must be at least 1",
        ),
        (lambda: coin_flips(SMALL, array=ARRAY, coin="dime", passes=1), "sot, stt, vcma"),
        (lambda: digital(SMALL, arithmetic="int4", drawn=True, lanes=1, passes=1), "int8, fp32"),
        (
            lambda: digital(SMALL, arithmetic="int8", drawn=True, lanes=0, passes=1),
            "lanes must be at least 1",
        ),
    ],
)
def test_what_cannot_be_priced_is_said(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_weights_that_are_numbers_cost_less_than_draws():
    drawn, still = (
        digital(SMALL, arithmetic="int8", drawn=drawn, lanes=4, passes=1) for drawn in (True, False)
    )
    weights = 20 * 7 + 7 * 3
    gone = figures.GAUSSIAN_SAMPLE_pJ.typical + figures.INT8_MULTIPLY_pJ.typical + figures.INT8_ADD_pJ.typical
    saved = weights * (gone + 8 * figures.SRAM_BIT_pJ.typical)
    assert drawn.energy_pJ.typical - still.energy_pJ.typical == pytest.approx(saved)
    assert drawn.memory_bits - still.memory_bits == 8 * weights


def test_a_price_of_ones_own():
    bill = DESIGNS["mean field"](passes=2)
    mine = Figure(1.0, 2.0, 3.0, "pJ", "measured")
    repriced = bill.repriced("ADC", mine)
    assert {item.each for item in repriced.items if item.component == "ADC"} == {mine}
    assert counts(repriced) == counts(bill)
    old, new = ([item for item in one.items if item.component != "ADC"] for one in (bill, repriced))
    assert new == old
    with pytest.raises(ValueError, match="the bill has no 'adc': it has ADC, DAC"):
        bill.repriced("adc", mine)
    with pytest.raises(ValueError, match="prices are in pJ, got one in 'fJ'"):
        bill.repriced("ADC", replace(mine, unit="fJ"))
