"""Workers: a point by the server is the one computed alone, and whatever is killed leaves nothing behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from miniature_project import ROOT, Project, gone, lay_out, until

from noisyweights.experiments.points import read_point
from noisyweights.pipeline import workers
from noisyweights.pipeline.workers import ONE_THREAD, VARIABLE

HOLDER = """
import os, sys
from noisyweights.pipeline.workers import VARIABLE, serving
with serving(sys.argv[1:]):
    print(os.environ[VARIABLE], flush=True)
    sys.stdin.read()
"""
SLOW, QUICK = "quick", "smoke"  # a point of one takes half a minute, of the other a moment


class Book:
    """A process that holds a server as the main process of a build does, and jobs that call it."""

    def __init__(self, folder: Path, environment: dict[str, str], out: Path, *experiments: str) -> None:
        self.folder, self.out = folder, out
        self.main = subprocess.Popen(
            [sys.executable, "-c", HOLDER, *experiments],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.environment = environment | ONE_THREAD | {VARIABLE: self.main.stdout.readline().strip()}
        (self.server,) = psutil.Process(self.main.pid).children()

    def job(
        self,
        point: str,
        profile: str,
        *,
        experiment: str = "left_sums",
        device: str = "",
        alone: bool = False,
    ) -> subprocess.Popen:
        """Start a job of the pipeline."""
        out = self.file(point, alone=alone)
        asked = ["compute", experiment, point, "--profile", profile, "--device", device, "--out", str(out)]
        return subprocess.Popen(
            [sys.executable, "-m", "noisyweights.pipeline.workers", str(out.with_suffix(".log")), *asked],
            cwd=self.folder,
            env=self.environment | ({VARIABLE: "/nowhere"} if alone else {}),
        )

    def file(self, point: str, *, alone: bool = False) -> Path:
        return self.out / f"{point}{'-alone' * alone}.npz"

    def child(self, point: str) -> psutil.Process:
        """The child of the server that computes a point, as soon as it does."""
        log = self.file(point).with_suffix(".log")
        until(lambda: log.exists() and log.read_text("utf-8"))
        (child,) = self.server.children()
        return child

    def end(self) -> None:
        """End the build, as it ends by itself."""
        try:
            if not self.main.stdin.closed:
                self.main.communicate(timeout=60)
            until(lambda: gone(self.server))
        finally:
            for process in (self.main, self.server):
                with suppress(psutil.NoSuchProcess):
                    process.kill()


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A miniature whose points tell by which process they are computed, and take long in one profile."""
    project = lay_out(tmp_path_factory.mktemp("workers") / "project")
    module = "lib/noisyweights/experiments/left_sums.py"
    project.edit(module, "seconds=0.5", "seconds=30.0")
    project.edit(
        module,
        "    time.sleep",
        "    print('parent', __import__('os').getppid(), flush=True)\n    time.sleep",
    )
    return project


@pytest.fixture
def book(slow: Project, tmp_path: Path) -> Iterator[Book]:
    book = Book(slow.folder, slow.environment, tmp_path, "left_sums")
    yield book
    book.end()


def test_the_server_computes_what_a_job_alone_computes(book: Book) -> None:
    for alone in (False, True):
        job = book.job("sum-0", QUICK, alone=alone)
        assert job.wait() == 0
        parent = os.getpid() if alone else book.server.pid
        assert book.file("sum-0", alone=alone).with_suffix(".log").read_text() == f"parent {parent}\n"
    mine, served = (read_point(book.file("sum-0", alone=alone)) for alone in (True, False))
    assert mine.sha256 == served.sha256
    assert mine.made == served.made


def test_a_killed_child_fails_its_job_and_no_other(book: Book) -> None:
    job = book.job("sum-0", SLOW)
    book.child("sum-0").kill()
    assert job.wait() == 1
    assert "error: the process that computed this was killed" in (book.out / "sum-0.log").read_text("utf-8")
    assert book.job("sum-1", QUICK).wait() == 0
    assert {path.name for path in book.out.iterdir()} == {"sum-0.log", "sum-1.log", "sum-1.npz"}


def test_a_killed_job_takes_its_child_along(book: Book) -> None:
    job = book.job("sum-0", SLOW)
    child = book.child("sum-0")
    job.kill()
    assert job.wait() == -signal.SIGKILL
    until(lambda: gone(child))
    assert [path.name for path in book.out.iterdir()] == ["sum-0.log"]
    alone = book.job("sum-0", SLOW, alone=True)
    until((book.out / "sum-0-alone.log").exists)
    assert not psutil.Process(alone.pid).children(), "it computes in the job itself"
    alone.kill()
    assert alone.wait() == -signal.SIGKILL


def test_without_its_server_a_job_computes_alone(book: Book) -> None:
    assert book.job("sum-0", QUICK).wait() == 0
    book.server.kill()
    until(lambda: gone(book.server))
    assert book.job("sum-1", QUICK).wait() == 0
    assert (book.out / "sum-1.log").read_text() == f"parent {os.getpid()}\n"


@pytest.mark.parametrize("killed", ["main", "server and child"])
def test_a_killed_build_leaves_no_process_and_no_point(book: Book, killed: str) -> None:
    job = book.job("sum-0", SLOW)
    child = book.child("sum-0")
    if killed == "main":
        book.main.kill()
        book.main.wait()
    else:
        book.server.kill()
        child.kill()
    until(lambda: gone(book.server, child))
    assert job.wait() == 1
    assert [path.name for path in book.out.iterdir()] == ["sum-0.log"]


def test_a_build_that_ends_takes_its_server_along(book: Book) -> None:
    folder = Path(book.environment[VARIABLE]).parent
    assert folder.is_dir()
    book.main.communicate(timeout=60)
    assert gone(book.server)
    assert not folder.exists()


@pytest.mark.parametrize(
    ("profile", "point", "message"),
    [
        ("tiny", "sum-0", "error: no profile is called 'tiny'"),
        (QUICK, "sum-x", "ValueError: invalid literal"),
    ],
)
@pytest.mark.parametrize("alone", [False, True], ids=["served", "alone"])
def test_what_fails_says_why_in_its_log(
    book: Book, profile: str, point: str, message: str, alone: bool
) -> None:
    assert book.job(point, profile, alone=alone).wait() == 1
    file = book.file(point, alone=alone)
    assert message in file.with_suffix(".log").read_text("utf-8")
    assert not file.exists()


def test_an_experiment_that_cannot_be_loaded_fails_its_own_jobs(slow: Project, tmp_path: Path) -> None:
    book = Book(slow.folder, slow.environment, tmp_path, "nothing", "left_sums")
    try:
        assert book.job("sum-0", QUICK).wait() == 0
        assert book.job("sum-1", QUICK, experiment="nothing").wait() == 1
        assert "error: no experiment is called 'nothing'" in (tmp_path / "sum-1.log").read_text("utf-8")
    finally:
        book.end()


def test_beside_a_gpu_there_is_no_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_GPU", tmp_path)
    monkeypatch.delenv(VARIABLE, raising=False)
    with workers.serving(["left_sums"]):
        assert VARIABLE not in os.environ


def a_device(path: Path) -> str:
    """A device that nobody had to fit a law to."""
    from noisyweights.experiments.device import Device
    from noisyweights.noise import laws

    law = laws.bayes_mtj(A=1.0, B=0.2, C=0.5)
    texts = dict.fromkeys(("name", "source", "sha256", "unit", "reason"), "toy")
    Device(**texts, n=1, dropped=0, loc=0.0, half_width=1.0, law=law, eq3=law, reference=False).save(path)
    return str(path)


def test_a_network_by_the_server_is_the_one_trained_alone(tmp_path: Path) -> None:
    """TensorFlow is loaded before the server forks, and used after it: to the same numbers, to the bit."""
    device = a_device(tmp_path / "device.json")
    book = Book(ROOT, dict(os.environ), tmp_path, "coin_flips.epochs")
    try:
        jobs = [
            book.job("fashion-conv-0", "smoke", experiment="coin_flips.epochs", device=device, alone=alone)
            for alone in (False, True)
        ]
        assert [job.wait() for job in jobs] == [0, 0]
    finally:
        book.end()
    mine, served = (read_point(book.file("fashion-conv-0", alone=alone)) for alone in (True, False))
    assert mine.sha256 == served.sha256
