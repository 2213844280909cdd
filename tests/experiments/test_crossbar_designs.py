"""Designs one could order: what draws share is counted once, and the front is that of brute force."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from noisyweights.experiments.crossbar.networks import costs as crossbar_costs
from noisyweights.experiments.crossbar.networks import designs, fronts
from noisyweights.experiments.crossbar.networks.designs import DESIGNS, Design
from noisyweights.experiments.crossbar.networks.experiment import PROFILES
from noisyweights.hardware.costs import Bill, Item
from noisyweights.hardware.costs.ranges import Figure

CONFIG = PROFILES["smoke"]
ONE = Figure(1.0, 1.0, 1.0, "pJ", "made up")
NS = Figure(1.0, 1.0, 1.0, "ns", "made up")


def test_what_draws_share_is_counted_once():
    lines = (("weight fetch", 7, "a"), ("multiply", 3, "a"), ("scale multiply", 2, "a"), ("multiply", 5, "b"))
    items = tuple(Item(component, count, ONE, layer) for component, count, layer in lines)
    one = Bill(items, (Item("clocks", 4, NS, "a"), Item("clocks", 6, NS, "b")), ())

    def energy(fixed):
        return designs.kept(one, draws=10, fixed=fixed).energy_pJ.typical

    assert energy({}) == pytest.approx(7 + 10 * (3 + 2 + 5))
    assert energy({"a": ()}) == pytest.approx(7 + 3 + 2 + 10 * 5)
    assert energy({"a": ("scale multiply",)}) == pytest.approx(7 + 3 + 10 * (2 + 5))
    assert designs.kept(one, draws=10, fixed={"a": ()}).latency_ns.typical == pytest.approx(4 + 60)
    with pytest.raises(ValueError, match="the bill has no layers c"):
        designs.kept(one, draws=10, fixed={"c": ()})


@pytest.mark.parametrize("design", DESIGNS, ids=lambda one: one.title)
def test_keeping_never_costs_more_products(design):
    """Between the bill of one draw and that of all drawn anew; an ensemble and one network have one bill."""
    bill = designs.bill_of(CONFIG, design)
    repeated = designs.bill_of(CONFIG, Design("", design.method, design.place))
    products = ("multiply", "accumulate", "weight cell reads", "ADC", "weight fetch")

    def of(one):
        return sum(item.total.typical for item in one.items if item.component in products)

    assert of(bill) <= of(repeated) * (1 + 1e-12)
    assert bill.latency_ns.typical <= repeated.latency_ns.typical
    assert (bill.cells, bill.memory_bits) == (repeated.cells, repeated.memory_bits)
    assert (of(bill) < of(repeated)) == (design.keeps and design.method not in ("plain", "ensemble"))


def test_sums_that_are_kept_are_written_once_and_read_in_every_draw():
    design = next(one for one in DESIGNS if one.title == "random scales, array, first sums kept")
    (found,) = (
        item for item in designs.bill_of(CONFIG, design).items if item.component == "kept sums in SRAM"
    )
    assert found.count == 32 * CONFIG.hidden * (1 + CONFIG.draws)
    adc = [
        sum(item.count for item in one.items if item.component == "ADC")
        for one in (designs.bill_of(CONFIG, design), crossbar_costs.bill(CONFIG, "scales", "array", passes=1))
    ]
    # 784 inputs on 7 tiles of 128 rows, once; 10 outputs in every draw.
    assert adc == [7 * CONFIG.hidden + 10 * CONFIG.draws, 7 * CONFIG.hidden + 10]


def test_an_ensemble_is_members_on_the_same_multipliers():
    one, many = (
        designs.bill_of(CONFIG, next(design for design in DESIGNS if design.method == method))
        for method in ("plain", "ensemble")
    )
    assert many.energy_pJ.typical == pytest.approx(CONFIG.members * one.energy_pJ.typical)
    assert many.memory_bits == CONFIG.members * one.memory_bits
    lanes = [[part for part in bill.parts if not part.layer] for bill in (one, many)]
    assert lanes[0] == lanes[1]


@settings(deadline=None, max_examples=50)
@given(arrays(float, st.tuples(st.integers(1, 7), st.just(3)), elements=st.integers(0, 4)))
def test_the_front_is_that_of_brute_force(losses):
    expected = [
        not any(
            all(a <= b for a, b in zip(other, one, strict=True))
            and any(a < b for a, b in zip(other, one, strict=True))
            for other in losses
        )
        for one in losses
    ]
    assert fronts.not_dominated(losses).tolist() == expected
    assert any(expected)
    stacked = fronts.not_dominated(np.stack([losses, losses[::-1]]))
    assert stacked.tolist() == [expected, expected[::-1]]


def made_up(scores):
    """A result whose methods have these accuracies and calibration errors in three trainings each."""
    noise = np.array([-0.1, 0.0, 0.1])[:, np.newaxis]
    reached = {
        method: np.array([accuracy, 0.0, error, 0.0]) + noise * [1, 0, 1e-3, 0]
        for method, (accuracy, error) in scores.items()
    }
    return SimpleNamespace(
        config=CONFIG,
        reached={name: SimpleNamespace(software=one, array=one) for name, one in reached.items()},
    )


def test_the_front_of_made_up_scores():
    methods = {design.method for design in DESIGNS}
    result = made_up(dict.fromkeys(methods, (50.0, 0.2)) | {"plain": (90.0, 0.01), "ensemble": (95.0, 0.005)})
    placed = {one.title: one for one in fronts.front(result, seed=1, draws=200)}
    assert list(placed) == sorted(placed, key=lambda title: placed[title].objectives[2].value)
    best, dear = placed["one network, digital"], placed["ensemble, digital"]
    assert best.on_front
    assert dear.on_front
    assert (best.share, dear.share) == (1.0, 1.0)
    beaten = placed["random weights, digital"]
    assert not beaten.on_front
    assert {"one network, digital", "ensemble, digital"} <= set(beaten.beaten_by)
    assert best.objectives[0].value == pytest.approx(10)
    # Student's interval of three values 0.1 apart
    assert best.objectives[0].high - 10 == pytest.approx(4.3027 * 0.1 / 3**0.5, rel=1e-4)
    energy = best.objectives[2]
    assert energy.low < energy.value < energy.high
    assert energy.value == pytest.approx(
        crossbar_costs.bill(CONFIG, "plain", "digital", passes=1).energy_pJ.typical / 1e3
    )


def test_a_single_training_is_taken_as_it_is():
    methods = {design.method for design in DESIGNS}
    result = made_up(dict.fromkeys(methods, (50.0, 0.2)))
    for one in result.reached.values():
        one.software, one.array = one.software[1:2], one.array[1:2]
    for one in fronts.front(result, seed=1, draws=50):
        assert np.isinf(one.objectives[0].high)
        assert 0 <= one.share <= 1
