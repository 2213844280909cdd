"""`noisyweights claims`: what holds, without a browser."""

import json
import math
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from noisyweights import command_line
from noisyweights.command_line import claim_list
from noisyweights.experiments import recorded_claims
from noisyweights.experiments.recorded_claims import Stated
from noisyweights.ledger import claims, outcomes, verdicts
from noisyweights.ledger.claims import Measurement

ROOT = Path(__file__).resolve().parents[2]


def stated(claim_id: str, *measurements: Measurement) -> Stated:
    return Stated(
        claims.find(claim_id),
        verdicts.verdict(claim_id, measurements),
        verdicts.check_states(claim_id, measurements),
        "toy",
    )


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> tuple[Stated, ...]:
    found = (
        stated("P-fit-mtj"),
        stated("L-mvm", *_measured("L-mvm", value=1e6)),
        stated("P-energy-kl", *_measured("P-energy-kl", low=-math.inf, high=math.inf)),
    )
    monkeypatch.setattr(claim_list, "load", lambda: found)
    return found


def _measured(claim_id: str, *, value: float = 0.0, **ends: float) -> list[Measurement]:
    interval = {"low": value, "high": value} | ends
    return [
        Measurement(claim_id, check.quantity, value, n=3, **interval)
        for check in claims.find(claim_id).checks
    ]


def test_json_on_standard_output_is_nothing_but_json(three: tuple[Stated, ...]) -> None:
    answer = CliRunner().invoke(command_line.main, ["claims", "--json", "-"])
    assert answer.exit_code == 0, answer.output
    rows = json.loads(answer.stdout)["claims"]
    assert [(row["id"], row["verdict"]) for row in rows] == [
        ("P-fit-mtj", "not yet measured"),
        ("L-mvm", "not reproduced"),
        ("P-energy-kl", "undecided"),
    ]
    assert rows[0]["measured"] == []
    assert {m["state"] for m in rows[1]["measured"]} == {"fails"}
    assert rows[2]["measured"][0]["interval"] == [None, None]
    assert all(row["published"] and row["statement"] for row in rows)


def test_text_names_each_claim_with_its_verdict_and_counts_them(three: tuple[Stated, ...]) -> None:
    answer = CliRunner().invoke(command_line.main, ["claims"])
    assert answer.exit_code == 0, answer.output
    lines = answer.stdout.splitlines()
    assert lines[-1] == "3 claims: 1 not reproduced, 1 undecided, 1 not yet measured"
    assert any(line.startswith("not reproduced") and "L-mvm" in line for line in lines)
    checks = sum(len(one.checks) for one in three)
    assert len(lines) == 3 + checks + 1


def test_a_file_of_json_comes_beside_the_text(three: tuple[Stated, ...], tmp_path: Path) -> None:
    target = tmp_path / "claims.json"
    answer = CliRunner().invoke(command_line.main, ["claims", "--json", str(target)])
    assert answer.exit_code == 0, answer.output
    assert len(json.loads(target.read_text("utf-8"))["claims"]) == 3
    assert "3 claims" in answer.stdout


def test_a_damaged_record_is_an_error_and_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged() -> None:
        raise ValueError("data/recorded/x.npz is damaged: restore it")

    monkeypatch.setattr(claim_list, "load", damaged)
    answer = CliRunner().invoke(command_line.main, ["claims"])
    assert answer.exit_code == 1
    assert answer.stderr == "Error: data/recorded/x.npz is damaged: restore it\n"


def test_the_verdicts_are_those_of_the_runs_that_chapters_show() -> None:
    text = "".join(path.read_text("utf-8") for path in sorted((ROOT / "book").glob("[01]*.md")))
    assert list(recorded_claims.RUNS) == re.findall(r'recorded\("([\w.]+)", device=device\)', text)


def test_recorded_points_go_before_an_earlier_run(monkeypatch: pytest.MonkeyPatch) -> None:
    earlier = outcomes.Outcome(
        "quadrature",
        "full",
        {"reference": True},
        (Measurement.exact("P-wheeler", "first_unstable_nodes", 1),),
    )
    monkeypatch.setattr(outcomes, "read_all", lambda: {"quadrature": outcomes.Recorded(earlier, {})})
    monkeypatch.setattr(recorded_claims, "RUNS", ("quadrature",))
    found = {one.claim.id: one for one in recorded_claims.load()}
    assert list(found) == list(claims.load())
    assert found["P-wheeler"].experiment == "quadrature"
    assert found["P-wheeler"].checks[0].measurement.value > 1
    assert found["L-mvm"].checks == ()
