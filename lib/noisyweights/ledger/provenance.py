"""Where a number comes from: commit, machine, package versions, data and time."""

import os
import platform
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path

__all__ = ["Commit", "Machine", "commit", "elapsed", "machine", "versions"]

ROOT = Path(__file__).resolve().parents[3]
_STARTED = time.monotonic()  # a chapter imports this module in its first cells

# What the numbers depend on: an edit to prose does not make them doubtful.
_SOURCES = ("lib", "data", "pyproject.toml", "requirements.lock")

_PACKAGES = (
    "noisyweights",
    "tensorflow",
    "tensorflow-probability",
    "keras",
    "numpy",
    "scipy",
    "sympy",
    "chaospy",
    "matplotlib",
)


@dataclass(frozen=True)
class Commit:
    """The commit a result was computed from; `dirty` when sources differ from it, None when unknown."""

    id: str
    dirty: bool | None

    def __str__(self) -> str:
        if not self.id:
            return "not under version control"
        return self.id[:10] + (" with uncommitted changes" if self.dirty else "")


@dataclass(frozen=True)
class Machine:
    """The computer that a result was computed on."""

    cpu: str
    cores: int
    memory_gib: float
    system: str

    def __str__(self) -> str:
        memory = f"{self.memory_gib:.0f} GiB, " if self.memory_gib else ""
        return f"{self.cpu}, {self.cores} cores, {memory}{self.system}"


def commit(root: Path = ROOT, *, apart: str = "") -> Commit:
    """Return the commit that `root` is a checkout of; an empty one without git or outside a checkout.

    Changes in the folder `apart` do not make it dirty.
    """
    left_out = [f":(exclude){apart}"] if apart else []

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(root), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout.strip()

    try:
        if Path(git("rev-parse", "--show-toplevel")).resolve() != root.resolve():
            return Commit("", None)  # an installed package inside somebody else's checkout
        changes = git("status", "--porcelain", "--", *_SOURCES, *left_out)
        return Commit(git("rev-parse", "HEAD"), bool(changes))
    except (OSError, subprocess.SubprocessError):
        return Commit("", None)


@lru_cache(maxsize=1)
def machine() -> Machine:
    """Return the processor's model, the cores this process may use, the memory and the operating system."""
    return Machine(_cpu(), _cores(), _memory_gib(), f"{platform.system()} {platform.release()}")


def versions() -> Mapping[str, str]:
    """Return the versions of Python and of the installed packages that the numbers depend on."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def elapsed() -> float:
    """Return the seconds since this module was imported, which is about the time that a chapter has run."""
    return time.monotonic() - _STARTED


def _cpu() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return " ".join(line.partition(":")[2].split())
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory_gib() -> float:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (AttributeError, ValueError, OSError):
        return 0.0  # unknown
