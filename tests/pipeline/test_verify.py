"""Verification: equal numbers agree to the bit, near ones within tolerance, others not; who is drawn."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from noisyweights.experiments import points, record
from noisyweights.experiments.points import Point
from noisyweights.pipeline import verify

STORED = Point(
    experiment="regression",
    point="magnitude.0",
    profile="full",
    settings={"seed": 1},
    device="",
    arrays={
        "x": np.array([3.0, 4.0]),
        "n": np.array([7, 0], np.uint16),
        "nan": np.array([np.nan, 2.0]),
        "inf": np.array([np.inf, 2.0]),
    },
    seconds=2.0,
)


def recomputed(**arrays) -> Point:
    return replace(STORED, arrays=STORED.arrays | {key: np.asarray(value) for key, value in arrays.items()})


def test_the_same_numbers_agree_to_the_bit() -> None:
    assert verify.compare(STORED, replace(STORED, seconds=9.0)) == ("to the bit", "", 0.0)


@pytest.mark.parametrize(
    ("arrays", "outcome", "worst", "difference"),
    [
        ({"x": [3.0 + 0.005, 4.0]}, "within tolerance", "x", 0.001),  # 0.005 / √2 over 5 / √2
        ({"x": [3.0 + 0.5, 4.0]}, "differs", "x", 0.1),
        ({"n": np.array([7, 1], np.uint16)}, "differs", "n", 1 / 7),
        ({"n": np.array([7, 0], np.int64)}, "within tolerance", "x", 0.0),  # another type, equal numbers
        ({"nan": [2.0, np.nan]}, "differs", "nan", np.inf),
        ({"inf": [np.inf, 2.2]}, "differs", "inf", 0.1),  # what is unbounded hides nothing beside it
        ({"inf": [-np.inf, 2.0]}, "differs", "inf", np.inf),
        ({"inf": [5.0, 2.0]}, "differs", "inf", np.inf),
        ({"x": [np.inf, 4.0]}, "differs", "x", np.inf),
        ({"x": [3.0, 4.0, 5.0]}, "differs", "x", np.inf),
        ({"more": [1.0]}, "other arrays", "more", np.inf),
    ],
)
def test_how_far_numbers_are_apart(arrays, outcome: str, worst: str, difference: float) -> None:
    found = verify.compare(STORED, recomputed(**arrays))
    assert found[:2] == (outcome, worst)
    assert found[2] == pytest.approx(difference)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty points of one experiment: one by earlier code, one of other settings, one that takes long."""
    states = {1: record.State.EARLIER_CODE, 2: record.State.OTHER_SETTINGS}
    found = {
        f"p-{number}": SimpleNamespace(
            header={"seconds": 500.0 if number == 3 else 10.0},
            state=states.get(number, record.State.CURRENT),
        )
        for number in range(40)
    }
    monkeypatch.setattr(verify.dependencies, "all_experiments", lambda: ("regression", "faces"))
    monkeypatch.setattr(record, "kept", lambda name: found if name == "regression" else {"f": found["p-0"]})


@pytest.mark.usefixtures("kept")
def test_earlier_code_is_drawn_first_and_the_commit_draws_the_rest() -> None:
    drawn = verify.drawn("c0ffee", seconds=105)
    assert len(drawn) == 10
    assert drawn[0] == ("regression", "p-1")
    assert not {("regression", "p-2"), ("regression", "p-3"), ("faces", "f")} & set(drawn)
    assert verify.drawn("c0ffee", seconds=105) == drawn
    assert verify.drawn("decaf", seconds=105)[1:] != drawn[1:]


@pytest.mark.usefixtures("kept")
def test_what_cannot_be_verified_is_named() -> None:
    with pytest.raises(ValueError, match="the record holds no point 'q' of regression; it holds p-0, p-1"):
        verify.verify("regression", "q", device=None)
    with pytest.raises(ValueError, match="p-2 was computed with other settings than those of today"):
        verify.verify("regression", "p-2", device=None)
    with pytest.raises(SystemExit, match="error: no experiment is called 'nothing'"):
        verify.main(["nothing"])


def test_a_point_is_computed_again_and_the_table_says_how_it_came_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = SimpleNamespace(header={}, state=record.State.EARLIER_CODE)
    monkeypatch.setattr(record, "kept", lambda name: {"magnitude.0": one})
    monkeypatch.setattr(record, "as_point", lambda kept: STORED)
    again = replace(recomputed(x=[3.5, 4.0]), seconds=3.0)
    monkeypatch.setattr(points, "compute", lambda name, point, *, profile, device: again)
    found = verify.verify("regression", "magnitude.0", device=None)
    assert (found.agrees, found.seconds) == (False, (2.0, 3.0))
    line = verify.table([found]).splitlines()[1]
    assert "regression magnitude.0" in line
    assert "differs (x: 1.0e-01), computed by earlier code" in line
