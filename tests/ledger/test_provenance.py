"""Provenance: the commit, the machine and the versions are told truly, with and without git."""

import platform
import subprocess
from importlib import metadata
from pathlib import Path

import pytest

from noisyweights.ledger import provenance


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with one committed source."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "module.py").write_text("x = 1\n")
    (tmp_path / "notes.txt").write_text("a\n")
    for command in (
        ("init", "--quiet"),
        ("add", "."),
        ("-c", "user.name=T", "-c", "user.email=t@example.org", "commit", "--quiet", "-m", "Start"),
    ):
        subprocess.run(["git", "-C", tmp_path, *command], check=True)
    return tmp_path


def test_a_clean_checkout(checkout: Path) -> None:
    found = provenance.commit(checkout)
    head = subprocess.run(
        ["git", "-C", checkout, "rev-parse", "HEAD"], capture_output=True, text=True, check=True
    )
    assert (found.id, found.dirty) == (head.stdout.strip(), False)
    assert str(found) == found.id[:10]


@pytest.mark.parametrize("name", ["lib/module.py", "lib/new.py", "data/new.csv"])
def test_a_changed_or_new_source_is_dirty(checkout: Path, name: str) -> None:
    (checkout / name).parent.mkdir(exist_ok=True)
    (checkout / name).write_text("x = 2\n")
    found = provenance.commit(checkout)
    assert found.dirty
    assert "uncommitted" in str(found)


def test_what_no_number_depends_on_is_not_dirty(checkout: Path) -> None:
    (checkout / "notes.txt").write_text("b\n")
    assert provenance.commit(checkout).dirty is False


def test_a_folder_may_be_left_out(checkout: Path) -> None:
    (checkout / "data" / "recorded").mkdir(parents=True)
    (checkout / "data" / "recorded" / "new.npz").write_text("x")
    assert provenance.commit(checkout).dirty is True
    assert provenance.commit(checkout, apart="data/recorded").dirty is False
    (checkout / "data" / "new.csv").write_text("x")
    assert provenance.commit(checkout, apart="data/recorded").dirty is True


def test_outside_a_checkout_nothing_is_claimed(tmp_path: Path) -> None:
    assert provenance.commit(tmp_path) == provenance.Commit("", None)
    assert str(provenance.commit(tmp_path)) == "not under version control"


def test_a_package_inside_somebody_elses_checkout_is_not_theirs(checkout: Path) -> None:
    assert provenance.commit(checkout / "lib") == provenance.Commit("", None)


def test_without_git(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert provenance.commit(checkout) == provenance.Commit("", None)


def test_versions_are_the_installed_ones() -> None:
    found = provenance.versions()
    assert found["numpy"] == metadata.version("numpy")
    assert found["python"] == platform.python_version()


def test_machine_is_told() -> None:
    found = provenance.machine()
    assert found.cpu
    assert found.cores >= 1
    assert found.memory_gib > 0.1


def test_time_goes_on() -> None:
    assert 0 <= provenance.elapsed() <= provenance.elapsed()
