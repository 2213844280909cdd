"""What goes wrong is said once, with the value and the mend, and leaves nothing half-written."""

from pathlib import Path

from miniature_project import Project


def test_a_failing_cell_is_shown_and_fails_the_build(built: Project) -> None:
    built.edit(
        "book/01-left.md", "assert len(result.sums) >= 3", 'assert len(result.sums) > 5, "too few sums"'
    )
    folder = built.edition("smoke-reference")
    site = (folder / "site" / "index.html").read_bytes()
    build = built.make("book", "PROFILE=smoke")
    assert build.code != 0
    assert "01-left: a cell fails with AssertionError: too few sums" in build.text
    assert '    assert len(result.sums) > 5, "too few sums"' in build.text
    assert "Log: _build/smoke-reference/logs/execute-01-left.log" in build.text
    assert "Traceback" not in build.text
    assert not (folder / "executed" / "01-left.ipynb").exists()
    assert (folder / "logs" / "01-left.ipynb").is_file()
    assert (folder / "site" / "index.html").read_bytes() == site
    assert "not finished" in build.text
    assert built.make("book", "PROFILE=smoke").code != 0, "the second attempt must not pass over the failure"

    built.edit("book/01-left.md", "> 5", "> 2")
    assert built.make("book", "PROFILE=smoke", "SNAKEMAKE_ARGS=--until execute").code == 0


def test_a_warning_of_the_site_fails_the_build_and_keeps_the_old_site(built: Project) -> None:
    built.edit("book/plain.md", "The bibliography", "See {ref}`nowhere`. The bibliography")
    build = built.make("book", "PROFILE=smoke")
    assert build.code != 0
    assert "undefined label: 'nowhere'" in build.text
    assert "the site has no warnings" in build.text
    assert (built.edition("smoke-reference") / "site" / "index.html").is_file()


def test_a_damaged_point_names_itself_and_deleting_it_mends(built: Project) -> None:
    point = built.edition("smoke-reference") / "points" / "left_sums" / "sum-1.npz"
    before = built.points("smoke-reference")
    point.write_bytes(point.read_bytes()[:-40])
    build = built.make("book", "PROFILE=smoke")
    assert build.code != 0
    assert "points/left_sums/sum-1.npz is damaged" in build.text
    assert "delete it, and it is computed anew" in build.text
    point.unlink()
    assert built.make("book", "PROFILE=smoke", "SNAKEMAKE_ARGS=--until execute").code == 0
    assert built.points("smoke-reference") == before


def test_a_noise_file_makes_its_own_edition(built: Project) -> None:
    before = snapshot(built.edition("smoke-reference"))
    rows = [f"{cell} {k + more}" for cell, more in (("a", 100), ("b", 500)) for k in range(20)]
    (built.folder / "my cell.csv").write_text("\n".join(rows), "utf-8")
    build = built.make("book", "PROFILE=smoke", "NOISE=my cell.csv", "COLUMN=2", "CELL=a")
    assert build.code == 0, build.text
    assert "my cell: mean 109.5" in build.text, "what a job has to say is shown"
    (folder,) = built.folder.glob("_build/smoke-my-cell-2-a-*")
    assert (folder / "site" / "index.html").is_file()
    assert built.points(folder.name) != built.points("smoke-reference")
    assert snapshot(built.edition("smoke-reference")) == before, "one edition leaves another as it is"
    assert built.make("book", "PROFILE=smoke").steps == set()


def test_a_useless_noise_file_says_so_and_leaves_nothing(built: Project) -> None:
    (built.folder / "short.csv").write_text("1\n2\n", "utf-8")
    build = built.make("book", "PROFILE=smoke", "NOISE=short.csv")
    assert build.code != 0
    assert "short.csv holds 2 samples: at least 3 are needed" in build.text
    assert "Traceback" not in build.text
    assert not list(built.folder.glob("_build/smoke-short-*"))


def test_a_missing_noise_file_and_an_unknown_profile(built: Project) -> None:
    build = built.make("book", "NOISE=nowhere.csv")
    assert "error: there is no noise file nowhere.csv" in build.text
    build = built.make("book", "COLUMN=2")
    assert "error: COLUMN is '2', but there is no NOISE" in build.text
    build = built.make("book", "PROFILE=tiny")
    assert "error: no profile is called 'tiny': PROFILE is one of record, smoke" in build.text
    assert "Traceback" not in build.text


def test_an_experiment_that_cannot_be_imported(built: Project) -> None:
    built.edit("lib/noisyweights/noise/left.py", "import BASE", "import BASES")
    build = built.make("book", "PROFILE=smoke")
    assert build.code != 0
    assert "error: the experiments cannot name their points" in build.text
    assert "cannot import name 'BASES'" in build.text


def test_a_chapter_that_imports_lazily(built: Project) -> None:
    built.edit(
        "book/02-right.md",
        "from noisyweights.experiments.device",
        "import noisyweights as nw\nfrom noisyweights.experiments.device",
    )
    build = built.make("book", "PROFILE=smoke")
    assert build.code != 0
    assert "error: book/02-right.md imports the package noisyweights, whose modules load lazily" in build.text


def test_a_page_that_is_not_there(built: Project) -> None:
    (built.folder / "book" / "plain.md").unlink()
    build = built.make("book", "PROFILE=smoke")
    assert "error: book/_toc.yml lists plain, but there is no book/plain.md" in build.text


def snapshot(folder: Path) -> dict[str, int]:
    return {
        str(path): path.stat().st_mtime_ns for path in sorted(folder.rglob("*")) if path.name != "building"
    }
