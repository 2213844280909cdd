"""A build that is killed at any moment goes on where it was, to the same numbers."""

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from miniature_project import Project, until

EDITION = "quick-reference"  # its points take a moment each, so that there is a moment to kill them in


def points_made(folder: Path) -> Callable[[], bool]:
    return lambda: len(list(folder.glob("points/*/*.npz"))) >= 3


def a_chapter_runs(folder: Path) -> Callable[[], bool]:
    return lambda: any(folder.glob("logs/execute-*.log"))


def the_site_compiles(folder: Path) -> Callable[[], bool]:
    return lambda: any(folder.glob(".compiling-*/book"))


def outputs(folder: Path) -> dict[str, list]:
    """Outputs of the executed notebooks."""
    notebooks = {path.name: nbformat.read(path, as_version=4) for path in folder.glob("executed/*.ipynb")}
    return {name: [cell.outputs for cell in notebook.cells] for name, notebook in notebooks.items()}


def test_killed_three_times_it_finishes_with_the_same_numbers(fresh: Project, undisturbed: Project) -> None:
    folder = fresh.edition(EDITION)
    repeated = 0
    for moment in (points_made(folder), a_chapter_runs(folder), the_site_compiles(folder)):
        before = {path: path.stat().st_mtime_ns for path in folder.glob("points/*/*.npz")}
        fresh.kill_when(moment, "book", "PROFILE=quick")
        repeated += sum(path.stat().st_mtime_ns != made for path, made in before.items() if path.exists())
    build = fresh.make("book", "PROFILE=quick")
    assert build.code == 0, build.text
    assert fresh.make("book", "PROFILE=quick").steps == set()
    # Only what was in flight when the kill came is repeated: one job a core at most, each time.
    assert repeated <= 2 * os.cpu_count()

    assert undisturbed.make("book", "PROFILE=quick", "SNAKEMAKE_ARGS=--until execute").code == 0
    assert len(fresh.points(EDITION)) == 8
    assert fresh.points(EDITION) == undisturbed.points(EDITION)
    assert outputs(folder) == outputs(undisturbed.edition(EDITION))


@pytest.mark.parametrize("written", ["code/*.ipynb", "experiments.json"])
def test_killed_while_it_plans_it_starts_again(fresh: Project, written: str) -> None:
    folder = fresh.edition("smoke-reference")
    fresh.kill_when(lambda: any(folder.glob(written)), "book", "PROFILE=smoke")
    build = fresh.make("book", "PROFILE=smoke", "SNAKEMAKE_ARGS=-n")
    assert build.code == 0
    assert "To do: 6 points, 2 chapters, the site." in build.text


def test_a_second_build_waits_for_no_living_one(built: Project) -> None:
    shutil.rmtree(built.edition(EDITION), ignore_errors=True)  # another test may have built it
    first = built.start("book", "PROFILE=quick")
    try:
        until((built.edition(EDITION) / "logs").exists)
        os.killpg(first.pid, signal.SIGSTOP)  # or on a quick machine it might be done by then
        second = built.make("book", "PROFILE=quick")
        assert second.code != 0
        assert f"is building {EDITION}: wait for it or stop it" in second.text
        # Another edition is another matter.
        assert built.make("book", "PROFILE=smoke").code == 0
    finally:
        os.killpg(first.pid, 9)
        first.wait()
