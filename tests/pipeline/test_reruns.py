"""What an edit makes the pipeline do again: what depends on it, and nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest
from miniature_project import Build, Project

LEFT = {f"01-left: left_sums, point sum-{number}" for number in range(3)}
RIGHT = {f"02-right: right_sums, point sum-{number}" for number in range(3)}
ALWAYS = {"site compiled"}  # the site describes every module, so it follows every edit of the library


def executed(chapter: str) -> set[str]:
    return {f"{chapter}: executed", f"{chapter}: page", "scoreboard"}


def test_a_first_build_runs_everything(first_build: tuple[Project, Build]) -> None:
    project, build = first_build
    everything = {"device characterised"} | LEFT | RIGHT | executed("01-left") | executed("02-right") | ALWAYS
    assert build.steps == everything
    assert "To do: 6 points, 2 chapters, the site." in build.text
    site = project.edition("smoke-reference") / "site" / "index.html"
    assert build.text.rstrip().endswith(f"Site: {site}")
    assert site.is_file()


def test_unchanged_runs_nothing(built: Project) -> None:
    build = built.make("book", "PROFILE=smoke")
    assert build.code == 0
    assert build.steps == set()
    assert "To do" not in build.text
    assert "Site: " in build.text


def test_touching_every_file_runs_nothing(built: Project) -> None:
    for path in (
        *built.folder.glob("lib/**/*.py"),
        *built.folder.glob("book/**/*"),
        *built.folder.glob("data/**/*"),
    ):
        path.touch()
    assert built.make("book", "PROFILE=smoke").steps == set()


def test_an_edit_to_prose_executes_nothing(built: Project) -> None:
    built.edit("book/01-left.md", "What it shows", "What this shows")
    build = built.make("book", "PROFILE=smoke")
    assert build.steps == {"01-left: page"} | ALWAYS
    assert "What this shows" in (built.edition("smoke-reference") / "site" / "01-left.html").read_text(
        "utf-8"
    )


def test_an_edit_to_display_tags_executes_nothing(built: Project) -> None:
    built.edit("book/01-left.md", "hide-input", "remove-input")
    assert built.would_run() == {"01-left: page"} | ALWAYS


def test_an_edit_to_a_page_without_code_only_compiles(built: Project) -> None:
    built.edit("book/intro.md", "Two chapters", "Both chapters")
    assert built.would_run() == ALWAYS


def test_an_edit_to_code_executes_its_chapter(built: Project) -> None:
    built.edit("book/01-left.md", ">= 3", ">= 2")
    assert built.would_run() == executed("01-left") | ALWAYS


def test_an_edit_to_a_module_reruns_what_imports_it(built: Project) -> None:
    before = built.points("smoke-reference")
    built.edit("lib/noisyweights/noise/left.py", "2 * BASE", "4 * BASE")
    assert built.would_run() == LEFT | executed("01-left") | ALWAYS
    assert built.make("book", "PROFILE=smoke", "SNAKEMAKE_ARGS=--until point").steps == LEFT
    after = built.points("smoke-reference")
    assert {name for name in before if before[name] != after[name]} == {
        f"left_sums/sum-{number}" for number in range(3)
    }


def test_an_edit_to_an_experiment_may_ask_for_further_points(built: Project) -> None:
    built.edit("lib/noisyweights/experiments/left_sums.py", "seed=1, count=3", "seed=1, count=5")
    further = {f"01-left: left_sums, point sum-{number}" for number in (3, 4)}
    assert built.would_run() == LEFT | further | executed("01-left") | ALWAYS


def test_an_edit_to_a_module_reruns_what_imports_it_indirectly(built: Project) -> None:
    built.edit("lib/noisyweights/noise/shared.py", "3.0", "5.0")
    assert built.would_run() == LEFT | RIGHT | executed("01-left") | executed("02-right") | ALWAYS


def test_an_edit_to_the_claims_executes_the_chapters_and_counts_again(built: Project) -> None:
    built.edit("data/claims.yml", "bound: 0.02", "bound: 0.03")
    assert built.would_run() == executed("01-left") | executed("02-right") | ALWAYS


def test_an_edit_to_what_no_chapter_imports_executes_nothing(built: Project) -> None:
    built.edit("lib/noisyweights/noise/unused.py", "0", "1")
    assert built.would_run() == ALWAYS


def test_other_data_rerun_the_experiment_that_loads_them(
    built: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faces = tmp_path / "sets" / "UTKFace"
    faces.mkdir(parents=True)
    (faces / "31_0_2_20170109.jpg").touch()
    monkeypatch.setenv("NOISYWEIGHTS_DATA", str(faces.parent))
    assert built.would_run() == LEFT | executed("01-left") | ALWAYS


def test_a_folder_of_data_that_is_not_there_is_said_at_once(
    built: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOISYWEIGHTS_DATA", str(tmp_path / "nowhere"))
    build = built.make("book", "PROFILE=smoke")
    assert build.code != 0
    assert "which is no folder: name the one that holds UTKFace/, or unset it" in build.text
    assert "Traceback" not in build.text


def test_parsing_the_snakefile_imports_no_tensorflow(built: Project) -> None:
    code = (
        "import sys; from noisyweights.pipeline.plan import plan; plan('smoke'); "
        "sys.exit('tensorflow' in sys.modules)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code],
        cwd=built.folder,
        env=built.environment,
        capture_output=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
