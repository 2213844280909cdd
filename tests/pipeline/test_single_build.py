"""One build of an edition at a time: who holds the lock is named, and a dead holder holds nothing."""

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from noisyweights.pipeline.edition import Edition
from noisyweights.pipeline.single_build import exclusive

HOLDER = """
import fcntl, os, time
file = open({path!r}, "a+")
fcntl.flock(file, fcntl.LOCK_EX)
file.write(str(os.getpid())); file.flush()
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def edition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Edition:
    monkeypatch.chdir(tmp_path)
    return Edition.of("smoke")


def free(edition: Edition) -> bool:
    """Whether nobody holds the lock for himself: one that is shared would let another build in."""
    with (edition.folder / "building").open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def test_it_holds_the_lock_as_long_as_the_block_lasts(edition: Edition) -> None:
    with exclusive(edition):
        assert not free(edition)
        assert (edition.folder / "building").read_text() == str(os.getpid())
    assert free(edition)


def test_an_error_frees_it(edition: Edition) -> None:
    with pytest.raises(RuntimeError), exclusive(edition):
        raise RuntimeError
    assert free(edition)


def test_the_build_that_holds_it_may_ask_again(edition: Edition) -> None:
    with exclusive(edition):
        with exclusive(edition):
            pass
        assert not free(edition), "the inner block must not free what the outer one holds"


def test_a_living_build_is_named_and_a_killed_one_is_in_nobodys_way(edition: Edition) -> None:
    edition.folder.mkdir(parents=True)
    code = HOLDER.format(path=str(edition.folder / "building"))
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        message = f"process {holder.pid} is building smoke-reference: wait for it or stop it"
        with pytest.raises(BlockingIOError, match=message), exclusive(edition):
            pass
        holder.send_signal(signal.SIGKILL)
    with exclusive(edition):
        assert not free(edition)
