"""Verdicts as a chapter displays them, beside those of the recorded run."""

import json

import pytest
from displayed import html, moments

from noisyweights.ledger import claims, outcomes
from noisyweights.ledger.claims import Measurement
from noisyweights.ledger.outcomes import Outcome, Recorded
from noisyweights.pages import display
from page_fixtures import leave


def test_verdicts_show_claim_criterion_and_state(shown, device) -> None:
    display.verdicts(moments(1e-16), experiment="device_noise", profile="quick", device=device)
    text = html(shown[0])
    for words in ("P-moments", "scoreboard.html#P-moments", "reproduced", "holds", "≤ 1 × 10⁻¹²", "computed"):
        assert words in text
    assert claims.find("P-moments").criterion[:40] in text
    assert 'scope="col"' in text
    assert 'scope="row"' in text


def test_verdicts_leave_what_a_program_reads(shown, device) -> None:
    display.verdicts(moments(1e-16), experiment="device_noise", profile="quick", device=device)
    outcome = Outcome.from_json(json.loads(json.dumps(shown[0]["metadata"][outcomes.MEASUREMENTS])))
    assert outcome.measurements == tuple(moments(1e-16))
    assert (outcome.experiment, outcome.profile) == ("device_noise", "quick")


REFERENCE = {"name": "reference", "sha256": "", "reference": True}


def recorded(value: float, **facts: object) -> Recorded:
    """Fabricate what the recorded full run says of P-moments."""
    return Recorded(Outcome("device_noise", "full", REFERENCE, tuple(moments(value))), facts)


def test_the_recorded_run_has_the_headline_and_the_page_says_why_they_differ(shown, device) -> None:
    display.verdicts(
        moments(1e-3), experiment="device_noise", profile="quick", device=device, recorded=recorded(1e-16)
    )
    text = html(shown[0])
    assert text.index("reproduced") < text.index("recorded full run") < text.index("this build")
    assert "Why they differ" in text
    assert "profile “full” against “quick”" in text


def test_the_recorded_run_is_left_for_the_scoreboard(shown, device) -> None:
    full = recorded(1e-16, commit="c0ffee")
    display.verdicts(moments(0), experiment="device_noise", profile="quick", device=device, recorded=full)
    assert shown[0]["metadata"][outcomes.RECORDED] == full.as_json()
    display.verdicts(moments(0), experiment="device_noise", profile="quick", device=device)
    assert outcomes.RECORDED not in shown[1]["metadata"]


def test_a_page_of_the_full_run_stands_alone(shown, device) -> None:
    """Its points are the record: nothing stands beside them."""
    display.verdicts(
        moments(1e-16), experiment="device_noise", profile="full", device=device, recorded=recorded(1e-3)
    )
    text = html(shown[0])
    assert "the full run" in text
    assert "recorded full run" not in text
    assert "this build" not in text
    assert shown[0]["metadata"].keys() == {outcomes.MEASUREMENTS}


def test_of_an_experiment_without_points_an_earlier_run_is_shown(shown, device) -> None:
    leave(recorded(1e-16), outcomes.FOLDER)
    display.verdicts(moments(1e-3), experiment="device_noise", profile="quick", device=device)
    assert "recorded full run" in html(shown[0])
    assert shown[0]["metadata"][outcomes.RECORDED] == recorded(1e-16).as_json()
    display.verdicts(
        moments(1e-3), experiment="device_noise", profile="quick", device=device, recorded=recorded(2e-16)
    )
    assert shown[1]["metadata"][outcomes.RECORDED] == recorded(2e-16).as_json(), "points go before it"


@pytest.mark.parametrize("profile", ["quick", "full"])
def test_a_readers_device_stands_beside_the_reference(shown, device, profile: str) -> None:
    device.reference, device.name = False, "cell <17>"
    display.verdicts(
        moments(1e-3), experiment="device_noise", profile=profile, device=device, recorded=recorded(0)
    )
    text = html(shown[0])
    assert "reference, recorded full run" in text
    assert "cell &lt;17&gt;" in text
    assert ("it is the device or the code that differs" in text) == (profile == "full")


def test_a_claim_that_does_not_exist_names_the_nearest(shown, device) -> None:
    wrong = [Measurement.exact("P-moment", "max_abs_mean", 0.0)]
    with pytest.raises(KeyError, match=r"P-moment'.*did you mean 'P-moments'"):
        display.verdicts(wrong, experiment="device_noise", profile="quick", device=device)
    assert not shown


def test_no_measurements_are_an_error(shown, device) -> None:
    with pytest.raises(ValueError, match="measured nothing"):
        display.verdicts([], experiment="device_noise", profile="quick", device=device)


def test_a_claim_that_was_not_measured_stands_beside_the_recorded_run(shown, device, notebook) -> None:
    display.verdicts(
        [],
        experiment="device_noise",
        profile="quick",
        device=device,
        recorded=recorded(1e-16),
        also=["P-moments"],
    )
    text = html(shown[0])
    assert (
        text.index("✓</span> reproduced") < text.index("recorded full run") < text.index("not yet measured")
    )
    assert outcomes.collect([notebook(shown)]) == ()
    assert outcomes.of_record([notebook(shown)]) == (recorded(1e-16),)


def test_a_damaged_file_of_an_earlier_run_is_an_error(shown, device) -> None:
    outcomes.FOLDER.mkdir()
    (outcomes.FOLDER / "device_noise.json").write_text("{}")
    with pytest.raises(ValueError, match=r"corrupted.*git checkout -- data/recorded/device_noise\.json"):
        display.verdicts(moments(0), experiment="device_noise", profile="quick", device=device)
