"""Bills of the chapter: of every method, of Table IV, and of the widest network that so many µJ pay for."""

from collections import Counter

import pytest

from noisyweights.experiments.crossbar.networks import costs as crossbar_costs
from noisyweights.experiments.crossbar.networks import energy_claims
from noisyweights.experiments.crossbar.networks.experiment import METHODS, PROFILES
from noisyweights.hardware.costs import uncertainty
from noisyweights.hardware.costs.ranges import Figure
from noisyweights.ledger import verdicts

CONFIG = PROFILES["smoke"]


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_a_bill_in_logic_and_some_on_arrays(method):
    single, ten = (crossbar_costs.bill(CONFIG, method, "digital", passes=n) for n in (1, 10))
    times = CONFIG.members if method == "ensemble" else 10
    one = crossbar_costs.bill(CONFIG, "plain", "digital", passes=1) if method == "ensemble" else single
    assert ten.energy_pJ.typical == pytest.approx(times * one.energy_pJ.typical)
    if method in crossbar_costs.CHIPS:
        assert crossbar_costs.bill(CONFIG, method, "array", passes=1).cells > 0
    else:
        with pytest.raises(ValueError, match="has no chip"):
            crossbar_costs.bill(CONFIG, method, "array", passes=1)
    with pytest.raises(ValueError, match="place must be one of array, digital"):
        crossbar_costs.bill(CONFIG, method, "moon", passes=1)


def test_draws_cost_what_numbers_do_not():
    plain, random = (
        crossbar_costs.bill(CONFIG, method, "digital", passes=1) for method in ("plain", "mean-field")
    )
    assert random.energy_pJ.low > plain.energy_pJ.low
    assert {item.component for item in random.items} - {item.component for item in plain.items} == {
        "Gaussian samples",
        "draw, multiply",
        "draw, add",
    }


def test_logic_shares_its_draws_between_images():
    alone, many, more = (crossbar_costs.shared(CONFIG, images=images) for images in (1, 100, 10**9))
    ours, random, plain = (
        crossbar_costs.bill(CONFIG, *one, passes=1)
        for one in (("mean-field", "array"), ("mean-field", "digital"), ("plain", "digital"))
    )
    assert alone == pytest.approx(ours.energy_pJ.typical / random.energy_pJ.typical)
    fetch = sum(item.total.typical for item in plain.items if item.component == "weight fetch")
    assert more == pytest.approx(ours.energy_pJ.typical / (plain.energy_pJ.typical - fetch))
    assert alone < many < more
    # Draws side by side share the fetch alone, of means and deviations.
    fetch = sum(item.total.typical for item in random.items if item.component == "weight fetch")
    beside = crossbar_costs.shared(CONFIG, images=1, draws=10**9)
    assert beside == pytest.approx(ours.energy_pJ.typical / (random.energy_pJ.typical - fetch))


def test_the_widest_network_for_an_energy():
    width, found = crossbar_costs.sized(CONFIG, 1.0, adc_bits=6)
    wider = crossbar_costs.published(CONFIG, "vgg_small", adc_bits=6, width=width + 1)
    assert found.energy_uJ.typical <= 1.0 < wider.energy_uJ.typical
    with pytest.raises(ValueError, match=r"the smallest VGG costs 0\.\d+ µJ, more than 0.1"):
        crossbar_costs.sized(CONFIG, 0.1, adc_bits=6)


def test_measurements_are_ratios_of_bills():
    measured = {one.quantity: one for one in crossbar_costs.counted(CONFIG)}
    lenet = measured["energy_lenet"]
    assert lenet.low < lenet.value < lenet.high
    rivals = crossbar_costs.rivals()
    assert measured["ratio_rram"].value == pytest.approx(9.30 / lenet.value)
    assert measured["ratio_domain_wall"].low == pytest.approx(0.79 / lenet.high)
    assert rivals["FPGA"].typical == pytest.approx(1e6 / 44_700)
    ours, theirs = (
        crossbar_costs.bill(CONFIG, "mean-field", place, passes=1) for place in ("array", "digital")
    )
    assert measured["energy_ratio"].value == pytest.approx(ours.energy_pJ.typical / theirs.energy_pJ.typical)


def test_what_figures_allow_lies_within_what_they_span():
    """Draws of all figures lie between the bill with all at their low ends and that with all at the high."""
    measured = {(one.claim, one.quantity): one for one in energy_claims.counted(CONFIG)}
    for claim in ("A-energy-allowed", "A-energy-one-figure", "A-energy-below", "A-energy-order"):
        assert verdicts.check_states(claim, measured.values())
    one, rival = (
        crossbar_costs.bill(CONFIG, "mean-field", place, passes=1) for place in ("array", "digital")
    )
    widest, ratio = one.over(rival), measured["L-energy-allowed", "energy_ratio"]
    assert widest.low < ratio.low < ratio.value < ratio.high < widest.high
    lenet = crossbar_costs.published(CONFIG, "lenet5", adc_bits=6)
    (drawn,) = uncertainty.drawn_pJ(lenet, draws=1000, seed=CONFIG.seed)
    assert lenet.energy_pJ.low < drawn.min() < lenet.energy_pJ.typical < drawn.max() < lenet.energy_pJ.high
    assert set(uncertainty.figures_of(lenet, one, rival)) <= set(uncertainty.NAMES)


def test_a_bill_without_converters_for_pixels():
    lenet = crossbar_costs.published(CONFIG, "lenet5", adc_bits=6)
    found = energy_claims.on_word_lines(CONFIG, "lenet5", adc_bits=6)
    counts = [Counter() for _ in range(2)]
    for count, one in zip(counts, (lenet, found), strict=True):
        for item in one.items:
            count[item.component] += item.count
    assert "DAC" not in counts[1]
    drives = sum(item.count for item in found.items if item.component == "row drivers")
    assert drives == counts[0]["DAC"] + counts[0]["row drivers"]
    # Of 8 bits of each of 784 pixels 7 are no longer written and read, in each of ten passes.
    assert counts[0]["inputs in SRAM"] - counts[1]["inputs in SRAM"] == 10 * 2 * 7 * 784
    assert found.energy_pJ.typical < lenet.energy_pJ.typical


def test_a_printed_energy_that_a_figure_reaches_counts(monkeypatch):
    lenet = crossbar_costs.published(CONFIG, "lenet5", adc_bits=6)
    typical = lenet.energy_uJ.typical
    printed = {"LeNet-5": Figure(typical, typical, typical, "µJ", "our own count")}
    monkeypatch.setattr(energy_claims.figures, "PRINTED_uJ", printed)
    # Every figure is at its typical value then, and so within its range.
    assert energy_claims.suffice(CONFIG, "lenet") == len(uncertainty.figures_of(lenet))
    least = lenet.energy_uJ.low / 10
    printed["LeNet-5"] = Figure(least, least, least, "µJ", "beyond reach")
    assert energy_claims.suffice(CONFIG, "lenet") == 0
