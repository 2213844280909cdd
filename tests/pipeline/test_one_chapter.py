"""A chapter runs alone, by the command of the README, without the pipeline."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml
from miniature_project import ROOT, Project

from noisyweights.experiments.device import Device
from noisyweights.pipeline import chapters, plan

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


CHAPTERS = [
    name
    for name in plan.entries(yaml.safe_load((ROOT / "book" / "_toc.yml").read_text("utf-8")))
    if (page := ROOT / "book" / f"{name}.md").is_file() and chapters.is_chapter(page.read_text("utf-8"))
]
IN_README = "02-quadrature"
PARAMETRIZED = [name for name in CHAPTERS if chapters.parameters(chapters.read(ROOT / "book" / f"{name}.md"))]


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference device, characterised once: it takes as long as most chapters."""
    path = tmp_path_factory.mktemp("device") / "device.json"
    Device.open().save(path)
    return path


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_of_the_book_runs_alone(tmp_path: Path, device: Path, chapter: str) -> None:
    """By the README's command; the chapter that is named there characterises the device itself."""
    given = chapter in PARAMETRIZED and chapter != IN_README
    notebook = run(
        f"book/{chapter}.md",
        tmp_path / "out.ipynb",
        folder=ROOT,
        environment=dict(os.environ),
        more=f"-p device {shlex.quote(str(device))}" if given else "",
    )
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")


def test_the_readme_gives_that_command() -> None:
    command = ALONE.partition("; ")[2].format(chapter=f"book/{IN_README}.md", out="out.ipynb")
    assert command in (ROOT / "README.md").read_text("utf-8").splitlines()
    assert IN_README in CHAPTERS
