"""The record in a build: points are added one by one, and a book that finds them all computes nothing."""

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import numpy as np
import pytest
from miniature_project import Build, Project, lay_out

from noisyweights.experiments.points import read_point

LEFT = {f"left_sums/sum-{number}" for number in range(4)}
RIGHT = {f"right_sums/sum-{number}" for number in range(4)}
ALL_PAGES = {f"{chapter}: {step}" for chapter in ("01-left", "02-right") for step in ("executed", "page")}
MODULE = "lib/noisyweights/experiments/{}_sums.py"


def steps(points: set[str]) -> set[str]:
    """How the report names points."""
    chapters = {"left_sums": "01-left", "right_sums": "02-right"}
    parts = (name.split("/") for name in points)
    return {f"{chapters[experiment]}: {experiment}, point {point}" for experiment, point in parts}


def git(project: Project, *arguments: str) -> None:
    author = ("-c", "user.name=T", "-c", "user.email=t@example.org")
    subprocess.run(["git", "-C", project.folder, *author, *arguments], check=True, capture_output=True)


def commit(project: Project) -> None:
    git(project, "add", ".")
    git(project, "commit", "--quiet", "--message", "Change")


def recorded(project: Project) -> set[str]:
    files = (project.folder / "data" / "recorded").rglob("*")
    return {f"{file.parent.name}/{file.stem}" for file in files if file.is_file()}


def would_run(project: Project, *arguments: str) -> set[str]:
    build = project.make("book", "SNAKEMAKE_ARGS=-n", *arguments)
    assert build.code == 0, build.text
    return build.steps


@dataclass
class Recorded:
    """A miniature with all its points recorded, and what was said and there on the way."""

    project: Project
    sets: Path
    first: Build
    after_first: set[str]
    planned: set[str]
    rest: Build


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    """One point, then all others; the experiment on the left asks for an image set as published."""
    project = lay_out(tmp_path_factory.mktemp("recording") / "project")
    (project.folder / ".gitignore").write_text("_build/\n.snakemake/\n")
    git(project, "init", "--quiet")
    commit(project)
    sets = tmp_path_factory.mktemp("sets")
    (sets / "UTKFace").mkdir()
    (sets / "UTKFace" / "31_0_2_20170109.jpg").touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NOISYWEIGHTS_DATA", str(sets))
        first = project.make("record", "ARGS=left_sums sum-1")
        after_first, planned = recorded(project), would_run(project)
        rest = project.make("record")
        yield Recorded(project, sets, first, after_first, planned, rest)


@pytest.fixture
def copy(recording: Recorded, tmp_path: Path) -> Project:
    """A copy to change at will."""
    shutil.copytree(recording.project.folder, tmp_path / "project", symlinks=True)
    return Project(tmp_path / "project")


def test_one_point_is_one_file(recording: Recorded) -> None:
    assert recording.first.code == 0, recording.first.text
    assert recording.first.steps == {"device characterised"} | steps({"left_sums/sum-1"})
    assert recording.after_first == {"left_sums/sum-1"}
    assert "recorded " in recording.first.text


def test_a_chapter_that_lacks_a_point_is_computed_in_the_quick_profile(recording: Recorded) -> None:
    assert steps(LEFT | RIGHT) <= recording.planned


def test_the_rest_is_what_is_lacking_though_the_record_is_not_committed(recording: Recorded) -> None:
    assert recording.rest.code == 0, recording.rest.text
    assert recording.rest.steps == steps((LEFT | RIGHT) - {"left_sums/sum-1"})
    assert recorded(recording.project) == LEFT | RIGHT


def test_a_recorded_point_says_what_made_it(recording: Recorded) -> None:
    head = subprocess.run(
        ["git", "-C", recording.project.folder, "rev-parse", "HEAD"],
        capture_output=True,
        text=True,
        check=True,
    )
    for file in (recording.project.folder / "data" / "recorded").rglob("*.npz"):
        point = read_point(file)
        assert (point.profile, point.made["commit"], point.made["dirty"]) == (
            "full",
            head.stdout.strip(),
            False,
        )


def test_a_book_that_finds_all_points_computes_none(copy: Project) -> None:
    assert would_run(copy) == {"device characterised", "scoreboard", "site compiled"} | ALL_PAGES
    build = copy.make("book", "SNAKEMAKE_ARGS=--until execute")
    assert build.code == 0, build.text
    assert copy.points("record-reference") == {}
    for path in copy.edition("record-reference").glob("executed/*.ipynb"):
        assert "full: 0 computed, 4 recorded" in str(nbformat.read(path, as_version=4))
    # What a page shows follows the record: another point there, and its chapter alone runs again.
    shutil.copy(*(copy.folder / f"data/recorded/left_sums/sum-{number}.npz" for number in (0, 9)))
    assert would_run(copy) == {
        "01-left: executed",
        "01-left: page",
        "02-right: page",
        "scoreboard",
        "site compiled",
    }


def test_another_device_computes_its_points_from_kept_weights(copy: Project) -> None:
    """The right side's first point is read: no device has a part in it."""
    (copy.folder / "cell.csv").write_text("1\n2\n6\n", "utf-8")
    build = copy.make("book", "NOISE=cell.csv", "SNAKEMAKE_ARGS=--until point")
    assert build.code == 0, build.text
    own = (LEFT | RIGHT) - {"right_sums/sum-0"}
    assert build.steps == {"device characterised"} | steps(own)
    (folder,) = copy.folder.glob("_build/record-cell-*")
    assert copy.points(folder.name).keys() == own
    for number in range(4):
        mine = read_point(folder / "points" / "left_sums" / f"sum-{number}.npz").arrays
        theirs = read_point(copy.folder / "data" / "recorded" / "left_sums" / f"sum-{number}.npz").arrays
        np.testing.assert_array_equal(mine["weights"], theirs["weights"])
        # slope() is 6: the device's mean, 3 here, counts six times beside the weights.
        assert mine["sum"] == pytest.approx(theirs["weights"].sum() + 6 * 3.0, rel=1e-12)


def test_what_trains_with_the_law_of_the_device_is_quick_for_another(copy: Project) -> None:
    (copy.folder / "cell.csv").write_text("1\n2\n6\n", "utf-8")
    copy.edit(MODULE.format("left"), "PROFILES = {", "RETRAINS = True\nPROFILES = {")
    copy.edit(MODULE.format("left"), "count=4, draws=1000, seconds=0.5", "count=2, draws=1000, seconds=0.5")
    planned = would_run(copy, "NOISE=cell.csv")
    assert {step for step in planned if "point" in step} == steps(
        {"left_sums/sum-0", "left_sums/sum-1"} | RIGHT - {"right_sums/sum-0"}
    )


def test_points_with_other_settings_are_not_used(copy: Project) -> None:
    copy.edit(MODULE.format("right"), "seed=3", "seed=4")
    assert {step for step in would_run(copy) if "point" in step} == steps(RIGHT)


def test_uncommitted_changes_are_refused(copy: Project) -> None:
    copy.edit(MODULE.format("left"), "seed=3", "seed=4")
    build = copy.make("record", "ARGS=left_sums sum-1")
    assert build.code != 0
    assert "error: there are uncommitted changes" in build.text
    assert build.steps == set()


def test_without_version_control_nothing_is_recorded(copy: Project) -> None:
    shutil.rmtree(copy.folder / ".git")
    build = copy.make("record", "ARGS=left_sums sum-1")
    assert build.code != 0
    assert "no commit would hold what makes the numbers" in build.text


def test_what_is_not_asked_for_rightly_is_refused(copy: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    build = copy.make("record", "ARGS=middle_sums")
    assert "error: no experiment is called 'middle_sums': there are left_sums, right_sums" in build.text
    monkeypatch.delenv("NOISYWEIGHTS_DATA")
    build = copy.make("record", "ARGS=left_sums sum-1")
    assert build.code != 0
    assert "left_sums is recorded on utkface as published, and here is only: drawn" in build.text
    assert "Traceback" not in build.text
    assert build.steps == set()


def test_a_point_is_recorded_anew_and_not_from_its_own_weights(copy: Project) -> None:
    """An edit of the code is in it, and a further training is added beside those that are asked for."""
    before = read_point(copy.folder / "data" / "recorded" / "left_sums" / "sum-1.npz")
    copy.edit(MODULE.format("left"), "generator.normal(device.loc,", "1 + generator.normal(device.loc,")
    commit(copy)
    build = copy.make("record", "ARGS=left_sums sum-1 sum-7")
    assert build.code == 0, build.text
    assert recorded(copy) == LEFT | RIGHT | {"left_sums/sum-7"}
    after = read_point(copy.folder / "data" / "recorded" / "left_sums" / "sum-1.npz")
    np.testing.assert_array_equal(after.arrays["weights"], 1 + before.arrays["weights"])
    assert after.made["code"] != before.made["code"]
    assert after.made["commit"] != before.made["commit"]


def test_what_uncommitted_code_computed_is_computed_again(copy: Project) -> None:
    (copy.folder / "data" / "recorded" / "right_sums" / "sum-2.npz").unlink()
    shutil.rmtree(copy.edition("full-reference"))
    copy.edit("lib/noisyweights/noise/unused.py", "0", "1")
    build = copy.make("book", "PROFILE=full", "SNAKEMAKE_ARGS=--until point")
    assert copy.points("full-reference").keys() == {"right_sums/sum-2"}
    commit(copy)
    build = copy.make("record", "ARGS=right_sums")
    assert build.code == 0, build.text
    assert recorded(copy) == LEFT | RIGHT


def test_a_failing_point_leaves_the_others_recorded(copy: Project) -> None:
    for number in (1, 2):
        (copy.folder / "data" / "recorded" / "right_sums" / f"sum-{number}.npz").unlink()
    copy.edit(MODULE.format("right"), "    centre =", "    assert point != 'sum-1'\n    centre =")
    commit(copy)
    build = copy.make("record", "ARGS=right_sums")
    assert build.code != 0
    assert "not all was computed" in build.text
    assert recorded(copy) == (LEFT | RIGHT) - {"right_sums/sum-1"}
