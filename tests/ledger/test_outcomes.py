"""Recorded results: what is written comes back, and damage is seen."""

import dataclasses
import json
import math

import pytest

from noisyweights.ledger import outcomes, provenance
from noisyweights.ledger.claims import Measurement
from noisyweights.ledger.outcomes import Outcome, Recorded
from noisyweights.pages import display

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


def test_round_trip_is_exact(tmp_path) -> None:
    path = outcomes.write(Recorded(OUTCOME, FACTS), tmp_path)
    assert outcomes.read(path) == Recorded(OUTCOME, FACTS)
    assert outcomes.read_all(tmp_path) == {"quadrature": Recorded(OUTCOME, FACTS)}


def test_the_file_is_plain_json(tmp_path) -> None:
    """Infinity has no name in JSON; a browser would refuse it."""
    text = outcomes.write(Recorded(OUTCOME, FACTS), tmp_path).read_text(encoding="utf-8")
    rows = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} in the file"))["measurements"]
    assert (rows[1]["low"], rows[2]["value"]) == ("-inf", "inf")


def test_writing_twice_gives_the_same_bytes_and_leaves_no_other_file(tmp_path) -> None:
    first = outcomes.write(Recorded(OUTCOME, FACTS), tmp_path).read_bytes()
    assert outcomes.write(Recorded(OUTCOME, FACTS), tmp_path).read_bytes() == first
    assert [path.name for path in tmp_path.iterdir()] == ["quadrature.json"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"profile": "quick"}, "profile 'quick'; only full runs"),
        ({"device": {"name": "mine", "reference": False}}, "'mine'; only the reference device"),
    ],
)
def test_only_full_runs_of_the_reference_are_recorded(tmp_path, changes, message) -> None:
    with pytest.raises(ValueError, match=message):
        outcomes.write(Recorded(dataclasses.replace(OUTCOME, **changes), FACTS), tmp_path)
    assert not list(tmp_path.iterdir())


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
def test_damage_names_the_file_and_the_mend(tmp_path, old: str, new: str) -> None:
    path = outcomes.write(Recorded(OUTCOME, FACTS), tmp_path)
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


def test_a_page_without_provenance_is_not_recorded(shown, notebook, device) -> None:
    measurements = [Measurement.exact("P-wheeler", "first_unstable_nodes", 11)]
    display.verdicts(measurements, experiment="quadrature", profile="full", device=device)
    with pytest.raises(ValueError, match="no provenance of quadrature"):
        outcomes.collect([notebook(shown)])


def test_what_is_no_notebook_is_named(tmp_path) -> None:
    path = tmp_path / "x.ipynb"
    path.write_text("{")
    with pytest.raises(ValueError, match=r"x\.ipynb is not an executed notebook"):
        outcomes.outcomes(path)


def test_a_run_with_uncommitted_changes_is_not_recorded(tmp_path) -> None:
    with pytest.raises(ValueError, match=r"uncommitted changes.*commit them"):
        outcomes.write(Recorded(OUTCOME, FACTS | {"dirty": True}), tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.fixture
def committed(monkeypatch) -> None:
    monkeypatch.setattr(provenance, "commit", lambda: provenance.Commit("c0ffee", dirty=False))


@pytest.mark.usefixtures("committed")
def test_command_line_writes(shown, notebook, device, config, tmp_path) -> None:
    measurements = [Measurement.exact("P-wheeler", "first_unstable_nodes", 11)]
    display.verdicts(measurements, experiment="quadrature", profile="full", device=device)
    display.provenance(experiment="quadrature", profile="full", device=device, config=config)
    outcomes.main([str(notebook(shown)), "--out", str(tmp_path / "out")])
    assert outcomes.read(tmp_path / "out" / "quadrature.json").outcome.profile == "full"


def test_command_line_ends_with_the_error(shown, notebook, device, config, tmp_path) -> None:
    measurements = [Measurement.exact("P-wheeler", "first_unstable_nodes", 11)]
    display.verdicts(measurements, experiment="quadrature", profile="smoke", device=device)
    display.provenance(experiment="quadrature", profile="smoke", device=device, config=config)
    with pytest.raises(SystemExit, match="error: quadrature ran in profile 'smoke'"):
        outcomes.main([str(notebook(shown)), "--out", str(tmp_path / "out")])
