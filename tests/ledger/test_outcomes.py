"""Outcomes: what a notebook holds and a file of an earlier run tells comes back, and damage is seen."""

import json
import math
from pathlib import Path

import pytest

from noisyweights.ledger import outcomes
from noisyweights.ledger.claims import Measurement
from noisyweights.ledger.outcomes import Outcome, Recorded
from noisyweights.pages import display
from page_fixtures import leave

OUTCOME = Outcome(
    experiment="quadrature",
    profile="full",
    device={"name": "reference", "sha256": "ab", "reference": True},
    measurements=(
        Measurement.exact("P-wheeler", "first_unstable_nodes", 11, "nodes"),
        Measurement("P-two-point", "max_error", 1.0, -math.inf, math.inf, 5),
        Measurement.exact("P-laguerre", "nodes_ratio_kl", math.inf),  # a rule that never settles
    ),
)
FACTS = {"config": {"seed": 1}, "seed": 1, "commit": "c0ffee", "dirty": False, "duration_s": 12.5}


def test_a_file_of_an_earlier_run_is_read_as_it_was_left(tmp_path: Path) -> None:
    path = leave(Recorded(OUTCOME, FACTS), tmp_path)
    assert outcomes.read(path) == Recorded(OUTCOME, FACTS)
    assert outcomes.read_all(tmp_path) == {"quadrature": Recorded(OUTCOME, FACTS)}
    assert outcomes.read_all(tmp_path / "nowhere") == {}


@pytest.mark.parametrize("path", sorted(outcomes.FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_every_file_of_the_record_is_whole(path: Path) -> None:
    recorded = outcomes.read(path)
    assert recorded.outcome.experiment == path.stem
    assert recorded.outcome.profile == "full"
    assert recorded.outcome.device["reference"]


def test_a_payload_is_plain_json_and_comes_back() -> None:
    """Infinity has no name in JSON; a browser would refuse it."""
    text = json.dumps(OUTCOME.as_json())
    payload = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} in the payload"))
    assert (payload["measurements"][1]["low"], payload["measurements"][2]["value"]) == ("-inf", "inf")
    assert Outcome.from_json(payload) == OUTCOME


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"value": 11.0', '"value": 12.0'),  # also outside its own interval
        ('"seed": 1,', '"seed": 2,'),
        ('"experiment"', '"experimant"'),
        ("{", "", ),
        ('"sha256": "', '"sha257": "'),
    ],
)  # fmt: skip
def test_damage_names_the_file_and_the_mend(tmp_path: Path, old: str, new: str) -> None:
    path = leave(Recorded(OUTCOME, FACTS), tmp_path)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text[::-1].replace(old[::-1], new[::-1], 1)[::-1], encoding="utf-8")
    with pytest.raises(ValueError, match=r"quadrature\.json.*git checkout -- data/recorded/quadrature\.json"):
        outcomes.read(path)


def test_outcomes_are_gathered_from_a_notebook(shown, notebook, device, config) -> None:
    measurements = [Measurement.exact("P-wheeler", "first_unstable_nodes", 11)]
    display.verdicts(measurements, experiment="quadrature", profile="full", device=device)
    display.provenance(experiment="quadrature", profile="full", device=device, config=config)
    (found,) = outcomes.collect([notebook(shown)])
    assert found.outcome.measurements == tuple(measurements)
    assert found.outcome.device["sha256"] == device.sha256
    assert found.facts["seed"] == config.seed
    assert found.facts.keys() >= {"config", "commit", "dirty", "duration_s", "machine", "versions"}


def test_what_a_page_says_of_the_recorded_run_is_gathered_apart(shown, notebook, device, config) -> None:
    measured, recorded = (
        tuple(Measurement.exact("P-wheeler", "first_unstable_nodes", value) for value in (nodes,))
        for nodes in (11, 12)
    )
    full = Recorded(Outcome("quadrature", "full", {"name": "reference", "reference": True}, recorded), FACTS)
    display.verdicts(measured, experiment="quadrature", profile="quick", device=device, recorded=full)
    display.provenance(experiment="quadrature", profile="quick", device=device, config=config)
    path = notebook(shown)
    assert outcomes.of_record([path, path]) == (full, full)
    (here,) = outcomes.collect([path])
    assert here.outcome.measurements == measured


def test_a_page_without_provenance_is_named(shown, notebook, device) -> None:
    measurements = [Measurement.exact("P-wheeler", "first_unstable_nodes", 11)]
    display.verdicts(measurements, experiment="quadrature", profile="full", device=device)
    with pytest.raises(ValueError, match="no provenance of quadrature"):
        outcomes.collect([notebook(shown)])


def test_a_page_that_reports_an_experiment_twice_is_named(shown, notebook, device) -> None:
    measurements = [Measurement.exact("P-wheeler", "first_unstable_nodes", 11)]
    for _ in range(2):
        display.verdicts(measurements, experiment="quadrature", profile="full", device=device)
    with pytest.raises(
        ValueError, match=r"01-device-noise\.ipynb reports an experiment twice \(quadrature, "
    ):
        outcomes.outcomes(notebook(shown))


def test_what_is_no_notebook_is_named(tmp_path) -> None:
    path = tmp_path / "x.ipynb"
    path.write_text("{")
    with pytest.raises(ValueError, match=r"x\.ipynb is not an executed notebook"):
        outcomes.outcomes(path)
