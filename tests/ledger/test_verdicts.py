"""Verdicts that follow from fabricated measurements, and measurements that none can follow from."""

import math
from pathlib import Path

import pytest

from noisyweights.ledger import claims, verdicts
from noisyweights.ledger.claims import Measurement
from noisyweights.ledger.verdicts import State, Verdict

FILE = claims.DEFAULT_PATH
M = Measurement


@pytest.mark.parametrize(
    ("relation", "bound", "interval", "expected"),
    [
        ("<=", (1.0,), (0.2, 1.0), State.HOLDS),
        ("<=", (1.0,), (0.9, 1.1), State.UNDECIDED),
        ("<=", (1.0,), (1.01, 2.0), State.FAILS),
        (">=", (0.0,), (0.0, 3.0), State.HOLDS),
        (">=", (0.0,), (-0.1, 3.0), State.UNDECIDED),
        (">=", (0.0,), (-2.0, -0.1), State.FAILS),
        ("within", (8.0, 14.0), (8.0, 14.0), State.HOLDS),
        ("within", (8.0, 14.0), (7.0, 15.0), State.UNDECIDED),
        ("within", (8.0, 14.0), (13.0, 15.0), State.UNDECIDED),
        ("within", (8.0, 14.0), (15.0, 16.0), State.FAILS),
        ("within", (8.0, 14.0), (-math.inf, math.inf), State.UNDECIDED),
    ],
)
def test_the_whole_interval_decides(relation, bound, interval, expected) -> None:
    check = claims.Check("q", "", relation, bound, "words")
    assert (
        verdicts.state(
            check, M("c", "q", sum(interval) / 2 if all(map(math.isfinite, interval)) else 0, *interval, 9)
        )
        is expected
    )


def measured(ks: float, ratio: float, gain: float) -> list[Measurement]:
    """Fabricate the three quantities of P-fit-mtj with narrow intervals."""
    values = {"ks_distance": ks, "ks_ratio_to_gaussian": ratio, "heldout_loglik_gain_nats": gain}
    return [M("P-fit-mtj", q, v, v - 1e-4, v + 1e-4, 100) for q, v in values.items()]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((0.01, 0.3, 0.02), Verdict.REPRODUCED),
        ((0.01, 0.9, 0.02), Verdict.PARTLY),
        ((0.03, 0.9, -0.02), Verdict.NOT_REPRODUCED),
        ((0.02, 0.5, 0.0), Verdict.UNDECIDED),  # every interval straddles its bound
        ((0.01, 0.5, 0.0), Verdict.UNDECIDED),  # one holds
        ((0.03, 0.5, 0.0), Verdict.NOT_REPRODUCED),  # one fails
        ((0.03, 0.5, 0.02), Verdict.PARTLY),  # one fails, one holds, one straddles
    ],
)
def test_verdict_from_fabricated_measurements(values, expected) -> None:
    assert verdicts.verdict("P-fit-mtj", measured(*values)) is expected


def test_measurements_of_other_claims_do_not_count() -> None:
    assert verdicts.verdict("P-moments", measured(0.01, 0.3, 0.02)) is Verdict.NOT_MEASURED


def test_a_claim_that_is_not_testable_stays_so(tmp_path: Path) -> None:
    file = tmp_path / "claims.yml"
    file.write_text(
        "- {id: X-1, paper: liu2022, place: p, statement: S., published: x, chapter: 09-crossbar,"
        " testable: false, reason: No such device.}"
    )
    assert verdicts.verdict("X-1", [], claims=claims.load(file)) is Verdict.NOT_TESTABLE


def test_a_computed_value_decides_like_a_sampled_one() -> None:
    m = M.exact("P-wheeler", "first_unstable_nodes", 11)
    assert verdicts.verdict("P-wheeler", [m]) is Verdict.REPRODUCED


def test_unknown_claim_names_the_nearest() -> None:
    with pytest.raises(KeyError, match=r"P-wheelr.*did you mean 'P-wheeler'"):
        verdicts.verdict("P-wheelr", [])


def test_unknown_quantity_names_the_nearest() -> None:
    with pytest.raises(
        ValueError, match=r"no quantity 'first_unstable'.*did you mean 'first_unstable_nodes'"
    ):
        verdicts.verdict("P-wheeler", [M.exact("P-wheeler", "first_unstable", 11)])


@pytest.mark.parametrize(
    ("measurements", "message"),
    [
        (measured(0.01, 0.3, 0.02)[:2], "no measurement of heldout_loglik_gain_nats"),
        (measured(0.01, 0.3, 0.02) + measured(0.01, 0.3, 0.02), "measured twice"),
        ([M.exact("P-fit-mtj", "ks_distance", 0.01, unit="bits")], "measured in 'bits'"),
    ],
)
def test_incomplete_or_contradictory_measurements(measurements, message) -> None:
    with pytest.raises(ValueError, match=message):
        verdicts.verdict("P-fit-mtj", measurements)


def test_negative_control_a_loosened_bound_changes_the_verdict(tmp_path: Path) -> None:
    """The verdict depends on the file: were it blind to the bounds, this would not change."""
    file = tmp_path / "claims.yml"
    file.write_text(
        FILE.read_text(encoding="utf-8").replace("bound: 0.02", "bound: 0.001", 1), encoding="utf-8"
    )
    values = measured(0.01, 0.3, 0.02)
    assert verdicts.verdict("P-fit-mtj", values) is Verdict.REPRODUCED
    assert verdicts.verdict("P-fit-mtj", values, claims=claims.load(file)) is Verdict.PARTLY
