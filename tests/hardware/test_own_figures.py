"""Figures of one's own: what a file says is read with its units, and what is wrong names line and mend."""

import pytest

from noisyweights.hardware.costs import areas, figures, own_figures
from noisyweights.hardware.costs.own_figures import FIGURES


@pytest.fixture
def read(tmp_path):
    def written(text):
        (tmp_path / "mine.yml").write_text(text, "utf-8")
        return own_figures.read(tmp_path / "mine.yml")

    return written


def test_the_template_says_what_the_library_says(read):
    found = read(own_figures.template())
    assert {one: (own.low, own.typical, own.high) for one, own in found.items()} == {
        one: pytest.approx((one.low, one.typical, one.high), rel=1e-12) for one in FIGURES.values()
    }
    assert all(found[one].source == f"{name}: {one.source}" for name, one in FIGURES.items())


def test_prefixes_and_shorthands(read):
    found = read(
        """
READ_V: 200 mV          # known
SAR_ADC_fJ: {low: 8 fJ, typical: 12 fJ, high: 0.02 pJ, source: our converter}
COIN_pJ.sot: {low: 1e-14 J, high: 1 pJ}
SRAM_BIT_um2: {typical: 400000 nm², high: 1e-6 mm2}
LEVEL_CELL_uS: {typical: 50 uS, low: 0.04 mS}
LOGIC_times: 2
"""
    )
    ends = {one: (own.low, own.typical, own.high) for one, own in found.items()}
    assert ends == {
        figures.READ_V: pytest.approx((0.2, 0.2, 0.2)),
        figures.SAR_ADC_fJ: pytest.approx((8, 12, 20)),
        figures.COIN_pJ["sot"]: pytest.approx((0.01, 0.1, 1.0)),
        areas.SRAM_BIT_um2: pytest.approx((0.4, 0.4, 1.0)),
        figures.LEVEL_CELL_uS: pytest.approx((40, 50, 50)),
        figures.LOGIC_times: (2, 2, 2),
    }
    assert found[figures.SAR_ADC_fJ].source == "SAR_ADC_fJ: our converter"
    assert found[figures.READ_V].source.endswith("mine.yml, line 2")
    assert all(own.unit == one.unit for one, own in found.items())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("READ_V: 200", "line 1: READ_V has no unit: write '200 V'"),
        ("\nREAD_V: 3 ns", "line 2: READ_V is a voltage, and '3 ns' a time: give it in V"),
        ("SRAM_BIT_um2: 3 pJ", "line 1: SRAM_BIT_um2 is an area, and '3 pJ' an energy: give it in µm²"),
        ("READ_V: 1 volt", "line 1: READ_V is '1 volt': write a number and a unit, such as '1 V'"),
        (
            "REED_V: 1 V",
            r"line 1: REED_V is no figure \(did you mean READ_V\?\): `noisyweights figures` lists them",
        ),
        ("READ_V: 1 V\n\nREAD_V: 2 V", "line 3: READ_V stands there twice, first in .*line 1: keep one"),
        ("READ_V:\n  low: 1 V\n  hihg: 2 V", r"line 3: hihg is no part of a figure \(did you mean high\?\)"),
        ("READ_V:\n  low: 1 V\n  high: 2 A", "line 3: high of READ_V is '2 A'"),
        ("READ_V: {low: 1 V}", "line 1: READ_V lacks its typical value: give it, or both ends"),
        ("READ_V: {low: 3 V, high: 1 V}", "line 1: READ_V needs 0 < low ≤ high, got 3 and 1 V"),
        ("READ_V: {low: 3 V, typical: 1 V}", "line 1: a figure needs 0 < low ≤ typical ≤ high"),
        ("READ_V: -1 V", "line 1: a figure needs 0 < low"),
        ("READ_V: [1 V, 2 V]", "line 1: READ_V is a list: write 'READ_V: {low"),
        ("READ_V: {low: [1], typical: 1 V}", "line 1: low of READ_V has to be one quantity or text"),
        ("? [a]\n: 3", "line 1: a name has to be one word"),
        ("- 3", "write a figure a line, such as 'READ_V: 200 mV'"),
        ("READ_V: [", "no YAML in UTF-8"),
    ],
)
def test_what_is_wrong_names_the_line_and_the_mend(read, text, words):
    with pytest.raises(ValueError, match=words):
        read(text)


def test_figures_of_ones_own_are_never_equal_by_chance(read):
    found = read("JUNCTION_V: {typical: 0.3 V, source: ours}\nREAD_V: {typical: 0.3 V, source: ours}")
    assert len(set(found.values())) == 2
