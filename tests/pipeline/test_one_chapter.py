"""A chapter runs alone, without the pipeline; the one that the README names, by its command."""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
import yaml
from forked_chapters import WHOLE, Chapters
from miniature_project import ROOT, Project

from noisyweights.experiments.device import Device
from noisyweights.pipeline import chapters, dependencies, plan

ALONE = "set -e -o pipefail; jupytext --to ipynb -o - {chapter} | papermill - {out} -p profile smoke"


def run(
    chapter: str, out: Path, *, folder: Path, environment: dict[str, str], more: str = ""
) -> nbformat.NotebookNode:
    """Execute a chapter as the README says, with more arguments of papermill if there are any."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    answer = subprocess.run(
        ["bash", "-c", f"{ALONE.format(chapter=chapter, out=shlex.quote(str(out)))} {more}"],
        cwd=folder,
        env=environment | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr[-3000:]
    return nbformat.read(out, as_version=4)


def streams(notebook: nbformat.NotebookNode) -> str:
    return "".join(
        output.text
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.get("name") == "stdout"
    )


def test_a_chapter_alone_gives_what_the_pipeline_gives(undisturbed: Project, tmp_path: Path) -> None:
    alone = run(
        "book/01-left.md",
        tmp_path / "out.ipynb",
        folder=undisturbed.folder,
        environment=undisturbed.environment,
    )
    path = undisturbed.edition("smoke-reference") / "executed" / "01-left.ipynb"
    assert "sums: " in streams(alone)
    assert streams(alone) == streams(nbformat.read(path, as_version=4))


CHAPTERS = {
    name: text
    for name in plan.entries(yaml.safe_load((ROOT / "book" / "_toc.yml").read_text("utf-8")))
    if (page := ROOT / "book" / f"{name}.md").is_file()
    and chapters.is_chapter(text := page.read_text("utf-8"))
}
IN_README = "02-quadrature"


def test_the_chapter_of_the_readme_runs_by_its_command(tmp_path: Path) -> None:
    """It characterises the device itself, and computes all its points."""
    notebook = run(f"book/{IN_README}.md", tmp_path / "out.ipynb", folder=ROOT, environment=dict(os.environ))
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference device, characterised once: it takes as long as most chapters."""
    path = tmp_path_factory.mktemp("device") / "device.json"
    Device.open().save(path)
    return path


@pytest.fixture(scope="module")
def forked() -> Iterator[Chapters]:
    chapters = Chapters()
    yield chapters
    chapters.end()


@pytest.mark.parametrize("chapter", [name for name in CHAPTERS if name != IN_README])
def test_a_chapter_of_the_book_runs_alone(forked: Chapters, device: Path, chapter: str) -> None:
    """On recorded points where the record has them all, else on tiny ones, as experiments are tested."""
    notebook = chapters.read(ROOT / "book" / f"{chapter}.md")
    cells = sum(cell.cell_type == "code" for cell in notebook.cells)
    given = {"profile": WHOLE, "device": str(device)} if chapters.parameters(notebook) else {}
    done = forked.run(chapter, given, dependencies.experiments(chapters.code(notebook), where=chapter))
    assert done.error == ""
    assert done.cells == cells + bool(given), "papermill adds a cell of its own"


def test_a_chapter_that_fails_says_in_which_cell(forked: Chapters, device: Path) -> None:
    """The negative control."""
    done = forked.run("04-energy-distance", {"profile": "tiny", "device": str(device)}, ("energy_distance",))
    assert "no profile is called 'tiny'" in done.error


def test_the_readme_gives_that_command() -> None:
    command = ALONE.partition("; ")[2].format(chapter=f"book/{IN_README}.md", out="out.ipynb")
    assert command in (ROOT / "README.md").read_text("utf-8").splitlines()
    assert IN_README in CHAPTERS
