"""Which points an edition needs: a complete record spares them all, and one that is not spares none."""

from pathlib import Path
from typing import Any

import pytest

from noisyweights.pipeline import points_needed
from noisyweights.pipeline.edition import Edition
from noisyweights.pipeline.points_needed import computed, profiles

REFERENCE = Edition("record", "", "record-reference")
MINE = Edition("record", "mine.csv", "record-mine")
POINTS = {"smoke": ["a"], "quick": ["a", "b"], "full": ["a", "b", "c"]}


def described(recorded: str, *, reusable: str = "", retrains: bool = False) -> dict[str, Any]:
    """An experiment of which points are recorded for a device, and others for the reference alone."""
    return {"points": POINTS, "recorded": [*recorded], "reusable": [*reusable], "retrains": retrains}


@pytest.mark.parametrize(
    ("edition", "experiment", "profile", "points"),
    [
        (REFERENCE, described("abc"), "full", ()),
        (REFERENCE, described("abcd"), "full", ()),
        (REFERENCE, described("ab"), "quick", ("a", "b")),
        (REFERENCE, described("ab", reusable="abc"), "quick", ("a", "b")),
        (REFERENCE, described("abc", retrains=True), "full", ()),
        (MINE, described("abc"), "full", ()),
        (MINE, described("a", reusable="bc"), "full", ("b", "c")),
        (MINE, described("", reusable="abc"), "full", ("a", "b", "c")),
        (MINE, described("a", reusable="b"), "quick", ("a", "b")),
        (MINE, described("a", reusable="bc", retrains=True), "quick", ("a", "b")),
        (MINE, described("abc", retrains=True), "full", ()),
    ],
    ids=[
        "all recorded",
        "more than all recorded",
        "one point lacking",
        "settings alone are the same",
        "what retrains is recorded",
        "nothing hangs on the device",
        "a part hangs on the device",
        "all hangs on the device",
        "one point lacking for a device",
        "the device's law is trained with",
        "no device has a part in what retrains",
    ],
)
def test_what_the_record_spares(
    edition: Edition, experiment: dict[str, Any], profile: str, points: tuple[str, ...]
) -> None:
    assert profiles(edition, [["one"]], {"one": experiment}) == {"one": profile}
    assert computed(experiment, profile) == points


def test_a_chapter_is_shown_in_one_profile() -> None:
    experiments = {"whole": described("abc"), "half": described("ab"), "other": described("abc")}
    found = profiles(REFERENCE, [["whole", "half"], ["other"], []], experiments)
    assert found == {"whole": "quick", "half": "quick", "other": "full"}


@pytest.mark.parametrize("profile", ["smoke", "quick", "full"])
def test_the_other_profiles_compute_what_is_asked(profile: str) -> None:
    edition = Edition(profile, "", f"{profile}-reference")
    assert profiles(edition, [["one"]], {"one": described("abc")}) == {"one": profile}


def test_the_full_profile_computes_what_the_record_lacks() -> None:
    assert computed(described("ac"), "full") == ("b",)
    assert computed(described("ac"), "quick") == ("a", "b"), "the record holds the full profile"


def test_what_a_kill_left_in_the_record_is_no_file_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = points_needed.RECORDED / "one"
    folder.mkdir(parents=True)
    for name in ("b.npz", "a.npz", ".12-c.npz"):
        (folder / name).touch()
    assert points_needed.recorded_files("one") == [folder / "a.npz", folder / "b.npz"]
    assert points_needed.recorded_files("two") == []
