"""The virtual environment of a checkout, made from the hash-pinned lock: what `make` runs first.

This file runs by itself, on a bare Python, so it uses the standard library only.
"""

import fcntl
import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

__all__ = ["check", "prepare"]

VENV = Path(".venv")
LOCK = Path("requirements.lock")
PROJECT = Path("pyproject.toml")  # says which commands an installation offers
STAMP = VENV / "made-from"  # what a finished environment was made from
UNFINISHED = VENV / "unfinished"  # lies there while pip is at work
CHECKSUM = re.compile(r"# sha256: ([0-9a-f]{64})\n")


def check(lock: str) -> str:
    """Return the checksum of a lock's text; raises ValueError when the text is not what `make lock` wrote."""
    header = CHECKSUM.match(lock)
    digest = hashlib.sha256(lock[header.end() :].encode()).hexdigest() if header else ""
    if header is None or header[1] != digest:
        raise ValueError(
            f"{LOCK} is damaged (its content does not match the checksum in its first line): "
            f"restore it with `git checkout {LOCK}`, or resolve it anew with `make lock`"
        )
    return digest


def prepare(*, python_given: bool) -> None:
    """Bring the environment in line with the lock and the project's own commands, where it is not already.

    Packages are installed where the lock changed; where only the project's description did, it alone is.
    Raises ValueError for a damaged lock and RuntimeError, with the mend, when the environment cannot be made.
    """
    pins = check(LOCK.read_text("utf-8"))
    project = hashlib.sha256(PROJECT.read_bytes()).hexdigest()
    wanted = f"{pins} {project} {Path.cwd()}\n"
    with LOCK.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # two makes at once: the second waits
        whole = _usable(python_given=python_given)
        made_from = STAMP.read_text("utf-8") if whole and STAMP.is_file() else ""
        if made_from == wanted:
            return
        if not whole:
            _create()
        UNFINISHED.touch()
        _install(packages=not made_from.startswith(f"{pins} "))
        UNFINISHED.unlink()
        STAMP.write_text(wanted, "utf-8")


def _usable(*, python_given: bool) -> bool:
    """Whether there is a whole environment, made for this place, of the Python that was asked for."""
    if UNFINISHED.exists() or not (VENV / "bin" / "python").exists():
        return False
    if STAMP.is_file() and not STAMP.read_text("utf-8").endswith(f" {Path.cwd()}\n"):
        return False
    code = "import sys, pip; print('%d.%d' % sys.version_info[:2])"
    answer = subprocess.run(
        [VENV / "bin" / "python", "-c", code], capture_output=True, text=True, check=False
    )
    here = "{}.{}".format(*sys.version_info[:2])
    return answer.returncode == 0 and (not python_given or answer.stdout.strip() == here)


def _create() -> None:
    print(f"Making {VENV} with Python {sys.version.split()[0]}.", flush=True)
    base = getattr(sys, "_base_executable", sys.executable)
    answer = subprocess.run(
        [base, "-m", "venv", "--clear", VENV], capture_output=True, text=True, check=False
    )
    if answer.returncode:
        raise RuntimeError(
            f"{base} cannot make a virtual environment:\n{(answer.stdout + answer.stderr).strip()}\n"
            "On Debian and Ubuntu: apt install python3-venv. Or name another Python: make PYTHON=python3.12 …"
        )


def _install(*, packages: bool) -> None:
    """Install the project, and before it what the lock pins, unless that is there."""
    if packages:
        pins = sum(1 for line in LOCK.read_text("utf-8").splitlines() if "==" in line)
        print(
            f"Installing the packages that {LOCK} pins, up to {pins} (once; this takes minutes).", flush=True
        )
        _pip("--require-hashes", "-r", str(LOCK))
    else:
        print(f"Installing the project again, since {PROJECT} changed.", flush=True)
    _pip("--no-build-isolation", "--no-deps", "-e", ".")


def _pip(*arguments: str) -> None:
    command = [str(VENV / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    answer = subprocess.run(
        [*command, "install", "--quiet", *arguments], capture_output=True, text=True, check=False
    )
    if answer.returncode:
        lines = (answer.stdout + answer.stderr).strip().splitlines()
        raise RuntimeError(
            "pip cannot install what the lock pins:\n" + "\n".join(lines[-20:]) + "\n"
            "Without a package index, set PIP_INDEX_URL or PIP_FIND_LINKS; if no wheel fits this Python, "
            "name another one: make PYTHON=python3.12 …"
        )


if __name__ == "__main__":
    try:
        prepare(python_given=bool(os.environ.get("PYTHON")))
    except (ValueError, RuntimeError, OSError) as error:
        sys.exit(f"error: {error}")
