"""`noisyweights bill` and `noisyweights figures`: a saved network's bill, with figures of one's own."""

import json

import keras
import pytest
from click.testing import CliRunner

from noisyweights import command_line
from noisyweights.command_line import network_bill
from noisyweights.hardware.costs import own_figures

# Of Keras, as it saves.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture
def saved(tmp_path):
    file = tmp_path / "small.keras"
    keras.Sequential([keras.Input((20,)), keras.layers.Dense(7, name="hidden"), keras.layers.Dense(3)]).save(
        file
    )
    return file


def run(*arguments):
    return CliRunner().invoke(command_line.main, [*map(str, arguments)])


@pytest.mark.parametrize("design", [one for one in network_bill.DESIGNS if one != "scales"])
def test_a_saved_network_has_a_bill(saved, design):
    answer = run("bill", saved, "--design", design, "--passes", 3, "--json", "-")
    assert answer.exit_code == 0, answer.output
    found = json.loads(answer.stdout)
    rows = [row for row in found["table"] if row["quantity"] == "energy"]
    assert sum(row["typical"] for row in rows) == pytest.approx(found["totals"]["energy"]["typical"])
    assert "hidden" in {row["layer"] for row in rows}
    assert "hidden" in run("bill", saved, "--design", design).output


def test_ones_own_figures_change_it(saved, tmp_path):
    printed = run("figures").stdout
    assert printed == own_figures.template()
    mine = tmp_path / "mine.yml"
    mine.write_text("SAR_ADC_fJ: 1 pJ\n", "utf-8")
    ours, changed = (
        json.loads(run("bill", saved, *more, "--json", "-").stdout) for more in ((), ("--figures", mine))
    )
    adc = [
        sum(
            row["typical"] for row in one["table"] if (row["quantity"], row["component"]) == ("energy", "ADC")
        )
        for one in (ours, changed)
    ]
    # 10 conversions of 8 bits, at 1 pJ a code
    assert adc[1] == pytest.approx(10 * 256)
    totals = [one["totals"]["energy"]["typical"] for one in (ours, changed)]
    assert totals[1] - totals[0] == pytest.approx(adc[1] - adc[0])


def test_what_goes_wrong_is_one_line(saved, tmp_path):
    mine = tmp_path / "mine.yml"
    mine.write_text("SAR_ADC_fJ: 1 ns\n", "utf-8")
    for arguments, words in (
        ((saved, "--figures", mine), "mine.yml, line 1: SAR_ADC_fJ is an energy, and '1 ns' a time"),
        ((saved, "--design", "scales"), "has no random scales"),
        ((tmp_path / "none.keras",), "there is no file"),
        ((saved, "--passes", 0), "0 is not in the range"),
    ):
        answer = run("bill", *arguments)
        assert answer.exit_code != 0
        assert words in answer.output
        assert "Traceback" not in answer.output
