"""What is published: an archive that only its content determines, sums that check, notebooks that launch."""

import subprocess
import tarfile
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
import yaml
from nbformat import v4

from noisyweights.pipeline import release
from noisyweights.pipeline.edition import Edition
from noisyweights.pipeline.site import MANIFEST

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    (folder / "_static").mkdir(parents=True)
    (folder / "index.html").write_text("<html></html>", "utf-8")
    (folder / "_static" / "a.css").write_text("a {}", "utf-8")
    (folder / MANIFEST).write_text("{}", "utf-8")
    return folder


def test_the_archive_follows_from_the_content(site: Path) -> None:
    before = release.archive(site, name="book")
    for path in site.rglob("*"):
        path.touch()
    assert release.archive(site, name="book") == before
    (site / "index.html").write_text("<html>1</html>", "utf-8")
    assert release.archive(site, name="book") != before


def test_sums_check_and_the_archive_unpacks(site: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    release.write_site(site, out)
    check = subprocess.run(
        ["sha256sum", "--check", release.SUMS], cwd=out, capture_output=True, text=True, check=False
    )
    assert check.returncode == 0, check.stderr
    assert check.stdout.count(": OK") == 2
    (archive,) = out.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        names = [name.partition("/")[2] for name in tar.getnames()]
    assert sorted(names) == ["_static/a.css", "index.html", MANIFEST]


def test_a_notebook_installs_the_library_where_it_is_missing() -> None:
    page = v4.new_notebook(cells=[v4.new_markdown_cell("# A question")])
    notebook = release.launchable(page, source="git+https://example.org/book@abc")
    nbformat.validate(notebook)
    assert (
        '%pip install --quiet "noisyweights @ git+https://example.org/book@abc"' in notebook.cells[0].source
    )
    assert notebook.cells[1].source == "# A question"


def test_the_branch_of_notebooks_can_be_launched(tmp_path: Path) -> None:
    """Chapters with links among each other, the packages that Binder installs, and the commit they are of."""
    folder = tmp_path / "pages"
    folder.mkdir()
    for name, text in (("01-a", "See [b](02-b.md#part) and [plain](plain.md)."), ("02-b", "# B")):
        page = v4.new_notebook(cells=[v4.new_markdown_cell(text)])
        nbformat.write(page, folder / f"{name}.ipynb")
    book = SimpleNamespace(pages=lambda: [*map(str, sorted(folder.iterdir())), str(folder / "scoreboard.md")])
    config = {"repository": {"url": "https://example.org/book", "path_to_book": "book"}}
    out = tmp_path / "out"
    release.write_notebooks(book, out, config=config, commit="abc")
    assert sorted(path.name for path in (out / "book").iterdir()) == ["01-a.ipynb", "02-b.ipynb"]
    first = nbformat.read(out / "book" / "01-a.ipynb", as_version=4)
    assert first.cells[1].source == "See [b](02-b.ipynb#part) and [plain](plain.md)."
    requirements = (out / "requirements.txt").read_text("utf-8").splitlines()
    assert "noisyweights @ git+https://example.org/book@abc" in requirements
    constraints = (out / "constraints.txt").read_text("utf-8")
    assert "tensorflow==" in constraints
    assert "--hash" not in constraints, "pip takes no hashes in constraints beside a package from git"
    assert "abc" in (out / "README.md").read_text("utf-8")


def test_without_a_site_there_is_nothing_to_publish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edition = SimpleNamespace(index=tmp_path / "index.html", name="record-reference")
    monkeypatch.setattr(release, "plan", lambda profile: SimpleNamespace(edition=edition))
    with pytest.raises(SystemExit, match="there is no site of record-reference: make book PROFILE=record"):
        release.main(["--commit", "abc", "--out", str(tmp_path / "out")])
    assert not (tmp_path / "out").exists()


def test_the_repository_has_one_address() -> None:
    """Only _config.yml names it; whatever else mentions a repository of this project would have to agree."""
    address = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["repository"]["url"]
    name = address.rpartition("/")[2]
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split("\n")
    for file in filter(None, tracked):
        if file in ("_config.yml", "requirements.lock"):
            continue
        text = (ROOT / file).read_text("utf-8", errors="ignore") if (ROOT / file).is_file() else ""
        assert f"github.com/{name}" not in text, file
        assert address not in text, file


def test_the_workflow_publishes_the_edition_that_is_released_by_default() -> None:
    workflow = (ROOT / ".github/workflows/publish.yml").read_text("utf-8")
    assert f"path: {Edition.of('record').index.parent}\n" in workflow
