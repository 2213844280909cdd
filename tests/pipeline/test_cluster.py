"""The same Snakefile runs on a batch system, here one that starts each job on this machine."""

from miniature_project import Project

SUBMIT = """#!/bin/sh
echo "$1" >> submitted
nohup sh "$1" > /dev/null 2>&1 &
echo $!
"""


def test_jobs_go_through_the_submit_command(fresh: Project, undisturbed: Project) -> None:
    submit = fresh.folder / "submit.sh"
    submit.write_text(SUBMIT, "utf-8")
    submit.chmod(0o755)
    executor = f"--until execute --executor cluster-generic --cluster-generic-submit-cmd {submit} --jobs 4"
    build = fresh.make(
        "book", "PROFILE=smoke", f"SNAKEMAKE_ARGS={executor} --seconds-between-status-checks 1"
    )
    assert build.code == 0, build.text
    submitted = (fresh.folder / "submitted").read_text("utf-8").splitlines()
    assert len(submitted) == 9, "the device, 6 points, 2 chapters"
    assert fresh.points("smoke-reference") == undisturbed.points("smoke-reference")
    # What is summed up from them takes a moment and is made here, all but the site.
    pages = {"01-left: page", "02-right: page", "scoreboard"}
    assert fresh.would_run() == pages | {"site compiled"}
