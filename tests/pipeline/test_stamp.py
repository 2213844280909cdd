"""The stamp of a finished build: whatever has changed since, it does not hold."""

import os
from pathlib import Path

import pytest

from noisyweights.pipeline import stamp
from noisyweights.pipeline.edition import Edition

READ = (
    "lib/noisyweights/noise/laws.py",
    "book/01-left.md",
    "book/_static/custom.css",
    "data/claims.yml",
    "data/recorded/sums/sum-0.npz",
    "_config.yml",
    "Snakefile",
    "pyproject.toml",
)
MADE = (
    "device.json",
    "points/sums/sum-0.npz",
    "executed/01-left.ipynb",
    "pages/01-left.ipynb",
    "site/index.html",
)


@pytest.fixture
def edition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Edition:
    """An edition whose build has been stamped."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(stamp.datasets, "fingerprint", lambda name: f"sample of {name}")
    edition = Edition("quick", "cell.csv", "quick-cell")
    for file in (*map(Path, READ), *(edition.folder / name for name in MADE), edition.source):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("as it was", "utf-8")
        os.utime(file, (1, 1))  # an edit in the same tick of the clock would not be seen
    assert not stamp.holds(edition)
    stamp.write(edition)
    return edition


def test_it_holds_while_nothing_changes(edition: Edition) -> None:
    assert stamp.holds(edition)
    (edition.folder / "logs").mkdir()
    Path("notes.txt").touch()
    assert stamp.holds(edition)


@pytest.mark.parametrize("name", [*READ, *MADE, "cell.csv"])
def test_an_edit_breaks_it(edition: Edition, name: str) -> None:
    file = edition.folder / name if name in MADE else Path(name)
    for text in ("was as it", "other text"):  # of the same length first
        file.write_text(text, "utf-8")
        assert not stamp.holds(edition)


@pytest.mark.parametrize("name", [*READ, *MADE])
def test_a_file_that_is_gone_breaks_it(edition: Edition, name: str) -> None:
    (edition.folder / name if name in MADE else Path(name)).unlink()
    assert not stamp.holds(edition)


@pytest.mark.parametrize("name", ["book/new.md", "data/recorded/sums/sum-1.npz", "lib/noisyweights/new.py"])
def test_a_new_file_breaks_it(edition: Edition, name: str) -> None:
    Path(name).touch()
    assert not stamp.holds(edition)


def test_other_packages_and_image_sets_break_it(edition: Edition, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(stamp.metadata, "version", lambda name: "99")
        assert not stamp.holds(edition)
    with monkeypatch.context() as patch:
        patch.setattr(stamp.datasets, "fingerprint", lambda name: f"real {name}")
        assert not stamp.holds(edition)
    assert stamp.holds(edition)


def test_where_image_sets_cannot_be_looked_up_it_never_holds(
    edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> str:
        raise FileNotFoundError(name)

    monkeypatch.setattr(stamp.datasets, "fingerprint", missing)
    assert not stamp.holds(edition)
    stamp.write(edition)
    assert not stamp.holds(edition)
