"""A miniature of the project: the real pipeline on two tiny chapters, without TensorFlow."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from noisyweights.experiments.points import read_point
from noisyweights.pipeline import dependencies

ROOT = Path(__file__).resolve().parents[2]
MINIATURE = Path(__file__).parent / "miniature"
STEP = re.compile(
    r"^(?:\[ *\d+/\d+\]|would run ) (.*?)(?: \(\d+ of \d+ points\))?(?:  \d+ s)?$", re.MULTILINE
)


def until(condition: Callable[[], object], *, seconds: float = 60) -> None:
    """Wait for something that comes to pass by itself."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to pass"
        time.sleep(0.01)


def gone(*processes: psutil.Process) -> bool:
    """Whether processes have ended, even where nobody has asked yet how."""
    return not any(map(_lives, processes))


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@dataclass
class Build:
    """What one `make` said and did."""

    code: int
    text: str

    @property
    def steps(self) -> set[str]:
        """The steps that ran (in a dry run, those that would), as the report names them."""
        return set(STEP.findall(self.text))


@dataclass
class Project:
    """A folder with a miniature of the project in it."""

    folder: Path

    def command(self, *arguments: str) -> list[str]:
        # The tests' own environment stands in for .venv, which takes minutes to make.
        return [
            "make",
            "--no-print-directory",
            "-o",
            "environment",
            f"BIN={Path(sys.executable).parent}",
            *arguments,
        ]

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {"PYTHONPATH": str(self.folder / "lib"), "PYTHONDONTWRITEBYTECODE": "1"}

    def make(self, *arguments: str) -> Build:
        answer = subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Build(answer.returncode, answer.stdout)

    def would_run(self) -> set[str]:
        """The steps that a build of the smoke edition would take now."""
        build = self.make("book", "PROFILE=smoke", "SNAKEMAKE_ARGS=-n")
        assert build.code == 0, build.text
        return build.steps

    def start(self, *arguments: str) -> subprocess.Popen:
        """Start a make in a process group of its own."""
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def kill_when(self, ready: Callable[[], bool], *arguments: str) -> None:
        """Start a make and kill -9 it with all its children, as soon as `ready` says so."""
        process = self.start(*arguments)
        try:
            until(lambda: ready() or process.poll() is not None, seconds=180)
            assert process.poll() is None, "the build ended before the moment to kill it came"
        finally:
            everyone = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            until(lambda: gone(*everyone))  # a lock is free when its holder is, which may take a moment

    def edit(self, path: str, old: str, new: str) -> None:
        file = self.folder / path
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new), "utf-8")

    def edition(self, name: str) -> Path:
        return self.folder / "_build" / name

    def points(self, edition: str) -> dict[str, str]:
        """Checksums of the computed points, by their file's name; what a kill left unfinished is hidden."""
        files = sorted(self.edition(edition).glob("points/*/[!.]*.npz"))
        return {f"{file.parent.name}/{file.stem}": read_point(file).sha256 for file in files}


def lay_out(folder: Path) -> Project:
    """Put the miniature together: the real pipeline, its own devices and experiments."""
    library = folder / "lib" / "noisyweights"
    pipeline = [name for name in dependencies.graph().modules if ".pipeline" in name]
    programs = ("experiments.__main__", "experiments.results", "pages.scoreboard")
    needed = dependencies.closure([*pipeline, *(f"noisyweights.{program}" for program in programs)])
    noise = "noisyweights.noise."
    for file in dependencies.files(name for name in needed if not f"{name}.".startswith(noise)):
        target = library / Path(file).relative_to(dependencies.root())
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)
    shutil.copytree(MINIATURE / "lib", library, dirs_exist_ok=True)
    shutil.copytree(MINIATURE / "book", folder / "book")
    shutil.copytree(MINIATURE / "data", folder / "data")
    shutil.copytree(ROOT / "book" / "_static", folder / "book" / "_static")
    shutil.copy(ROOT / "book" / "references.bib", folder / "book")
    shutil.copy(ROOT / "data" / "claims.yml", folder / "data")
    for file in ("Makefile", "Snakefile", "_config.yml"):
        shutil.copy(ROOT / file, folder)
    return Project(folder)
