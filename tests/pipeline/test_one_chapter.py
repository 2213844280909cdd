"""A chapter runs alone, by the command of the README, without the pipeline."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from miniature_project import ROOT, Project

ALONE = "set -e -o pipefail; jupytext --to ipynb -o - {chapter} | papermill - {out} -p profile smoke"


def run(chapter: str, out: Path, *, folder: Path, environment: dict[str, str]) -> nbformat.NotebookNode:
    path = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    answer = subprocess.run(
        ["bash", "-c", ALONE.format(chapter=chapter, out=out)],
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


@pytest.mark.parametrize("chapter", ["02-quadrature"])
def test_a_chapter_of_the_book_runs_alone(tmp_path: Path, chapter: str) -> None:
    notebook = run(f"book/{chapter}.md", tmp_path / "out.ipynb", folder=ROOT, environment=dict(os.environ))
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")
