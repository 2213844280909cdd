"""Chapters executed in children of one process that has loaded what they import, which takes seconds each.

Run as a program it reads lines of JSON (see `Chapters.run`) and answers each with one.
"""

import json
import os
import subprocess
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
WHOLE = "the record's profile where it holds all points, else smoke"


@dataclass(frozen=True)
class Executed:
    """What became of a chapter: its profile, how many cells ran, and the error that ended it, if one did."""

    profile: str
    cells: int
    error: str


class Chapters:
    """The process that executes chapters of the book, at the root of the checkout."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            cwd=ROOT,
            env=os.environ | {"MPLBACKEND": "agg"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, chapter: str, parameters: dict[str, str], experiments: tuple[str, ...]) -> Executed:
        """Execute a chapter with parameters; where `profile` is `WHOLE`, its experiments tell which it is."""
        asked = {"chapter": chapter, "parameters": parameters, "experiments": experiments}
        print(json.dumps(asked), file=self._process.stdin, flush=True)
        return Executed(**json.loads(self._process.stdout.readline()))

    def end(self) -> None:
        self._process.communicate()


def _profile(experiments: list[str]) -> str:
    from noisyweights.experiments import catalogue, record

    points = {name: set(catalogue.names(name, profile=record.PROFILE)) for name in experiments}
    reference = record.reference()
    whole = points and all(
        names <= set(record.usable(name, sha256=reference)) for name, names in points.items()
    )
    return record.PROFILE if whole else "smoke"


def _execute(chapter: str, parameters: dict[str, str]) -> Executed:
    """Execute the cells of a chapter in this very process, after papermill has put the parameters in."""
    import papermill
    from IPython.core.interactiveshell import InteractiveShell

    from noisyweights.pipeline import chapters

    with TemporaryDirectory() as folder:
        source = Path(folder) / f"{chapter}.ipynb"
        source.write_text(chapters.code_only(chapters.read(f"book/{chapter}.md")), "utf-8")
        notebook = papermill.execute_notebook(source, None, parameters, prepare_only=True, progress_bar=False)
    shell, cells = InteractiveShell.instance(), 0
    for cell in notebook.cells:
        if cell.cell_type == "code":
            answer = shell.run_cell(cell.source, store_history=True)
            if not answer.success:
                error = answer.error_before_exec or answer.error_in_exec
                return Executed(parameters.get("profile", ""), cells, f"{cell.source}\n\n{error!r}")
            cells += 1
    return Executed(parameters.get("profile", ""), cells, "")


def _in_a_child(chapter: str, parameters: dict[str, str]) -> str:
    """What a child of this process says of a chapter that it executes; its output goes to standard error."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.dup2(2, 1)
            answer = json.dumps(_execute(chapter, parameters).__dict__)
            os.write(writing, answer.encode())
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return answer or json.dumps({"profile": "", "cells": 0, "error": f"{chapter} ended its process"})


def main() -> None:
    """Load what chapters import, and execute each that is asked for."""
    import papermill  # noqa: F401
    import sympy  # noqa: F401
    from IPython.core import interactiveshell  # noqa: F401

    from noisyweights.experiments import points
    from noisyweights.pages import display, plots  # noqa: F401
    from noisyweights.pipeline import chapters  # noqa: F401
    from noisyweights.quiet_tensorflow import load_tensorflow

    load_tensorflow()
    for line in sys.stdin:
        asked = json.loads(line)
        parameters = asked["parameters"]
        for name in asked["experiments"]:
            points.prepare(name)
        if parameters.get("profile") == WHOLE:
            parameters |= {"profile": _profile(asked["experiments"])}
        print(_in_a_child(asked["chapter"], parameters), flush=True)


if __name__ == "__main__":
    main()
