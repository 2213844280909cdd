"""The pins: three files that agree, and an environment that is made from them, whole or again."""

import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from noisyweights.pipeline import lock
from noisyweights.pipeline.environment import check

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = Path("lib/noisyweights/pipeline/environment.py")


@pytest.fixture(scope="module")
def text() -> str:
    return (ROOT / "requirements.lock").read_text("utf-8")


def test_the_lock_is_as_it_was_written(text: str) -> None:
    check(text)


def test_conda_users_get_the_same_pins(text: str) -> None:
    written = (ROOT / "environment.yml").read_text("utf-8")
    assert written == lock.environment(text)
    (pip,) = [entry for entry in yaml.safe_load(written)["dependencies"] if isinstance(entry, dict)]
    assert pip["pip"] == lock.pins(text)


def test_every_pin_has_hashes(text: str) -> None:
    pins = lock.pins(text)
    assert len(pins) > 100
    assert text.count("==") >= len(pins)
    blocks = text.replace("\\\n", " ").splitlines()[1:]
    assert len(blocks) == len(pins)
    assert all("--hash=sha256:" in block for block in blocks)


def test_the_pins_satisfy_what_the_project_asks_for(text: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    pinned: dict[str, set[str]] = {}
    for pin in lock.pins(text):
        requirement = Requirement(pin)
        (specifier,) = requirement.specifier
        pinned.setdefault(canonicalize_name(requirement.name), set()).add(specifier.version)
    asked = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    for extra in project["project"]["optional-dependencies"].values():
        asked += extra
    for line in asked:
        requirement = Requirement(line)
        versions = pinned.get(canonicalize_name(requirement.name))
        assert versions, f"{requirement.name} is not pinned: make lock"
        assert all(map(requirement.specifier.contains, versions)), (
            f"{line} is pinned to {versions}: make lock"
        )


@pytest.mark.parametrize("damage", ["a version", "a hash", "half of it", "no checksum"])
def test_a_damaged_lock_is_refused_with_the_mend(text: str, damage: str) -> None:
    changed = {
        "a version": text.replace("==1", "==2", 1),
        "a hash": text.replace("--hash=sha256:0", "--hash=sha256:1", 1),
        "half of it": text[: len(text) // 2],
        "no checksum": text.partition("\n")[2],
    }[damage]
    assert changed != text
    with pytest.raises(ValueError, match=r"damaged .*: restore it with `git checkout"):
        check(changed)


# A project small enough to install in a second: one package to pin, and a build backend of its own.
BACKEND = """
import pathlib, tomllib, zipfile

def build_editable(folder, settings=None, metadata=None):
    name = "tiny_project-1-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder) / name, "w") as wheel:
        wheel.writestr("tiny.pth", str(pathlib.Path.cwd() / "lib"))
        info = "tiny_project-1.dist-info/"
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: tiny-project\\nVersion: 1\\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        scripts = tomllib.loads(pathlib.Path("pyproject.toml").read_text())["project"].get("scripts", {})
        commands = "".join(f"{command} = {place}\\n" for command, place in scripts.items())
        wheel.writestr(info + "entry_points.txt", "[console_scripts]\\n" + commands)
        wheel.writestr(info + "RECORD", "")
    return name
"""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A miniature project with the real script that makes environments."""
    folder = tmp_path_factory.mktemp("tiny") / "project"
    (folder / SCRIPT).parent.mkdir(parents=True)
    shutil.copy(ROOT / SCRIPT, folder / SCRIPT)
    shutil.copy(ROOT / "Makefile", folder)
    (folder / "backend.py").write_text(BACKEND, "utf-8")
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "tiny-project"\nversion = "1"\n'
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
        "utf-8",
    )
    wheel = folder / "wheels" / "pinned-1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr("pinned.py", "answer = 42\n")
        info = "pinned-1.0.dist-info/"
        file.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: pinned\nVersion: 1.0\n")
        file.writestr(info + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(info + "RECORD", "")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (folder / "requirements.lock").write_text(lock.signed(f"pinned==1.0 --hash=sha256:{digest}\n"), "utf-8")
    return folder


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`make environment` as on a machine without an index, with this very Python."""
    python = getattr(sys, "_base_executable", sys.executable)
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "PYTHON"))}
    environment |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "wheels", "PIP_CONFIG_FILE": os.devnull}
    return subprocess.run(
        ["make", "--no-print-directory", "environment", *(arguments or (f"PYTHONS={python}",))],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_environment_is_made_once(tiny: Path) -> None:
    first = make(tiny)
    assert first.returncode == 0, first.stderr
    assert "Making .venv with Python" in first.stdout
    answer = [tiny / ".venv" / "bin" / "python", "-c", "import pinned; print(pinned.answer)"]
    assert subprocess.run(answer, capture_output=True, text=True, check=True).stdout == "42\n"
    made = (tiny / ".venv" / "pyvenv.cfg").stat().st_mtime_ns

    second = make(tiny)
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert (tiny / ".venv" / "pyvenv.cfg").stat().st_mtime_ns == made

    (tiny / ".venv" / "unfinished").touch()  # as a kill leaves it that comes while pip is at work
    third = make(tiny)
    assert third.returncode == 0, third.stderr
    assert "Making .venv" in third.stdout
    assert not (tiny / ".venv" / "unfinished").exists()

    moved = tiny.rename(tiny.with_name("moved"))
    try:
        fourth = make(moved)
        assert fourth.returncode == 0, fourth.stderr
        assert "Making .venv" in fourth.stdout, "an environment does not survive a move"
    finally:
        moved.rename(tiny)


def test_a_command_that_the_project_gained_is_installed_alone(tiny: Path, tmp_path: Path) -> None:
    """The packages are as they were, so their wheel may be gone; the next call has nothing to do."""
    folder = tmp_path / "grown"
    shutil.copytree(tiny, folder, ignore=shutil.ignore_patterns(".venv"))
    assert make(folder).returncode == 0
    assert not (folder / ".venv" / "bin" / "greet").exists()
    (folder / "lib" / "greeting.py").write_text("def main(): print('hello')\n", "utf-8")
    project = folder / "pyproject.toml"
    project.write_text(f'{project.read_text("utf-8")}[project.scripts]\ngreet = "greeting:main"\n', "utf-8")
    shutil.rmtree(folder / "wheels")
    made = (folder / ".venv" / "pyvenv.cfg").stat().st_mtime_ns

    again = make(folder)
    assert again.returncode == 0, again.stderr
    assert "Installing the project again, since pyproject.toml changed" in again.stdout
    answer = subprocess.run([folder / ".venv" / "bin" / "greet"], capture_output=True, text=True, check=True)
    assert answer.stdout == "hello\n"
    assert (folder / ".venv" / "pyvenv.cfg").stat().st_mtime_ns == made
    idle = make(folder)
    assert (idle.returncode, idle.stdout, idle.stderr) == (0, "", "")


def test_a_lock_that_is_damaged_or_does_not_fit_makes_nothing(tiny: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(tiny, damaged, ignore=shutil.ignore_patterns(".venv"))
    text = (damaged / "requirements.lock").read_text("utf-8")
    (damaged / "requirements.lock").write_text(text.replace("1.0", "1.1"), "utf-8")
    answer = make(damaged)
    assert answer.returncode != 0
    assert "error: requirements.lock is damaged" in answer.stderr
    assert not (damaged / ".venv").exists()

    # signed, but the index offers other bytes than the lock was made for
    other = text.partition("\n")[2].replace("sha256:", "sha256:0000")
    (damaged / "requirements.lock").write_text(
        lock.signed(other[: other.rindex("0000") + 64] + "\n"), "utf-8"
    )
    answer = make(damaged)
    assert answer.returncode != 0
    assert "error: pip cannot install what the lock pins" in answer.stderr
    assert "hash" in answer.stderr.lower()
    assert not (damaged / ".venv" / "made-from").exists()


def test_without_a_suitable_python_it_says_what_it_found(tiny: Path, tmp_path: Path) -> None:
    old = tmp_path / "python-of-old"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2" && exit 0\nexit 1\n', "utf-8")
    old.chmod(0o755)
    answer = make(tiny, f"PYTHONS={old} nowhere/python")
    assert answer.returncode != 0
    assert "error: this needs Python 3.11, 3.12 or 3.13. Found:" in answer.stderr
    assert f"{old}: Python 3.9.2" in answer.stderr
    assert "make PYTHON=" in answer.stderr
