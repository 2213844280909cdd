"""Readings of the paper's words: what each changes of the bill, and what one known figure decides."""

from collections import Counter

import numpy as np
import pytest

from noisyweights.experiments.crossbar.networks import costs as crossbar_costs
from noisyweights.experiments.crossbar.networks import energy_claims, energy_readings
from noisyweights.experiments.crossbar.networks.energy_readings import READINGS
from noisyweights.experiments.crossbar.networks.experiment import PROFILES
from noisyweights.hardware.costs import figures
from noisyweights.ledger import verdicts

CONFIG = PROFILES["smoke"]
TITLES = [one.title for one in READINGS]


def counts(title, topology="lenet5"):
    found = Counter()
    for item in READINGS[TITLES.index(title)].count(CONFIG, topology).items:
        found[item.component] += item.count
    return found


def test_each_reading_changes_what_it_says_and_nothing_else():
    ours = counts("as counted")
    assert ours == Counter(
        {component: 10 * count for component, count in counts("one pass, not ten").items()}
    )
    assert counts("reads of a nanosecond") == counts("a comparison in place of an ADC") == ours
    lines = counts("pixels on word lines of one bit")
    assert {one for one in ours if ours[one] != lines[one]} == {"DAC", "row drivers", "inputs in SRAM"}
    read = counts("each crossbar read once a pass")
    # 784 and 100 places of 25 and 150 rows become one each; 6 columns on one tile, 16 on two.
    assert ours["ADC"] - read["ADC"] == 10 * (783 * 6 + 99 * 2 * 16)
    assert ours["DAC"] - read["DAC"] == 10 * 783 * 25


def test_digits_are_smaller_pictures():
    colour, grey = (counts(title, "vgg_small") for title in ("as counted", "pictures of 28 × 28, grey"))
    assert colour["DAC"] == 10 * 32 * 32 * 27
    assert grey["DAC"] == 10 * 28 * 28 * 9


def test_a_nanosecond_and_a_comparison_have_other_prices():
    ours, fast, compared = (
        READINGS[TITLES.index(title)].count(CONFIG, "lenet5")
        for title in ("as counted", "reads of a nanosecond", "a comparison in place of an ADC")
    )

    def of(bill, component):
        return sum(item.total.typical for item in bill.items if item.component == component)

    assert of(fast, "weight cell reads") == pytest.approx(of(ours, "weight cell reads") / 2.8)
    assert of(compared, "ADC") == pytest.approx(of(ours, "ADC") / 2**5)
    assert of(fast, "ADC") == of(ours, "ADC")


def test_the_order_alike_has_one_converter_on_both_sides():
    for weights, scales in energy_readings.order_alike(CONFIG).values():
        prices = [{item.each for item in one.items if item.component == "ADC"} for one in (weights, scales)]
        assert prices[0] == prices[1]
        assert len(prices[0]) == 1
    measured = energy_readings.counted(CONFIG)
    assert verdicts.check_states("A-energy-order-alike", measured)
    flash = next(one for one in measured if one.quantity == "ratio_flash")
    assert flash.low < flash.value < flash.high


def test_one_known_figure_narrows_the_ratio(monkeypatch):
    monkeypatch.setattr(energy_readings, "DRAWS", 4000)
    found = energy_readings.decides(CONFIG)
    first, last = (list(found)[at] for at in (0, -1))
    assert first == figures.FLASH_ADC_fJ
    assert found[first].low > found[last].low
    # A coin in 25 that nobody notices changes nothing but the draws' rounding.
    (unknown,) = (one for one in energy_claims.counted(CONFIG) if one.quantity == "ratio_weights_to_scales")
    # 2.5 % quantile of 4,000 draws: a relative error of some per cent
    assert found[figures.COIN_pJ["sot"]].low == pytest.approx(unknown.low, rel=0.08)
    most = energy_readings.decided_below(CONFIG, first)
    assert first.low < most < first.high
    assert energy_readings._known(CONFIG, first, most).low == pytest.approx(1, abs=0.01)


def test_the_word_lines_are_those_of_the_chapter():
    word_lines = READINGS[TITLES.index("pixels on word lines of one bit")].count(CONFIG, "lenet5")
    bits = crossbar_costs.CHIPS["scales"].adc_bits
    assert word_lines == energy_claims.on_word_lines(CONFIG, "lenet5", adc_bits=bits)
    assert np.isfinite(word_lines.energy_uJ.typical)
