"""What a person reads while a book is built, event by event, as Snakemake tells them."""

import logging
from pathlib import Path
from types import SimpleNamespace

import pytest
from snakemake_interface_logger_plugins.common import LogEvent

from noisyweights.pipeline import progress


class Report:
    """A build of which only the events happen."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *, dryrun: bool = False) -> None:
        self.handler = progress.LogHandler(SimpleNamespace(dryrun=dryrun), None)
        self.capsys = capsys

    def tell(self, event: LogEvent | None, message: str = "", **facts: object) -> str:
        """What the terminal shows of one event."""
        self.handler.emit(logging.makeLogRecord({"event": event, "msg": message, **facts}))
        return self.capsys.readouterr().err

    def start(self, jobid: int, rule: str, *, log: tuple[Path, ...] = (), **wildcards: str) -> str:
        facts = {"rule_name": rule, "wildcards": wildcards, "log": [str(path) for path in log]}
        return self.tell(LogEvent.JOB_INFO, jobid=jobid, **facts)


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Report:
    monkeypatch.setattr(progress, "_chapters", {"sums": "01-left"})
    return Report(capsys)


STATS = {"all": 1, "point": 2, "execute": 1, "site": 1, "total": 5}


def test_what_there_is_to_do_is_said_once(report: Report) -> None:
    assert report.tell(LogEvent.RUN_INFO, stats=STATS) == "To do: 2 points, 1 chapters, the site.\n"
    assert report.tell(LogEvent.RUN_INFO, stats=STATS) == ""


def test_only_what_is_to_do_is_named(report: Report) -> None:
    assert report.tell(LogEvent.RUN_INFO, stats={"device": 1, "point": 3}) == "To do: 3 points.\n"


def test_nothing_to_do_is_not_worth_a_line(report: Report) -> None:
    assert report.tell(LogEvent.RUN_INFO, stats={"all": 1, "total": 1}) == ""


def test_each_step_that_ends_is_counted(report: Report) -> None:
    report.tell(LogEvent.RUN_INFO, stats=STATS)
    assert report.start(1, "point", experiment="sums", point="first") == ""
    line = report.tell(LogEvent.JOB_FINISHED, job_id=1)
    assert line.startswith("[  1/4] 01-left: sums, point first (1 of 2 points)  0 s")
    report.start(2, "execute", chapter="01-left")
    assert report.tell(LogEvent.JOB_FINISHED, job_id=2).startswith("[  2/4] 01-left: executed  ")
    report.start(3, "all")
    assert report.tell(LogEvent.JOB_FINISHED, job_id=3) == "", "the target is no step"


def test_a_note_in_the_log_of_a_step_is_passed_on(report: Report, tmp_path: Path) -> None:
    log = tmp_path / "device.log"
    log.write_text("a warning of a library\nnote: 2,000 samples, 3 readings dropped\n")
    report.start(1, "device", log=(log,))
    lines = report.tell(LogEvent.JOB_FINISHED, job_id=1).splitlines()
    assert "device characterised" in lines[0]
    assert [line.strip() for line in lines[1:]] == ["2,000 samples, 3 readings dropped"]


def test_a_failed_step_shows_its_error_and_where_its_log_is(report: Report, tmp_path: Path) -> None:
    log = tmp_path / "execute.log"
    log.write_text("noise\nWARNING: odd\nerror: 01-left: a cell fails\n\n    assert False\n")
    report.start(1, "execute", log=(log,), chapter="01-left")
    facts = {"jobid": 1, "rule_name": "execute", "log": [str(log)]}
    text = report.tell(LogEvent.JOB_ERROR, **facts)
    assert "not done: 01-left: executed" in text
    assert "WARNING: odd\nerror: 01-left: a cell fails\n\n    assert False\n" in text
    assert "noise" not in text
    assert f"Log: {log}" in text


def test_a_log_without_an_error_of_ours_is_shown_from_its_end(report: Report, tmp_path: Path) -> None:
    log = tmp_path / "point.log"
    log.write_text("".join(f"line {number}\n" for number in range(100)) + "Killed\n")
    report.start(1, "point", log=(log,), experiment="sums", point="first")
    text = report.tell(LogEvent.JOB_ERROR, jobid=1, rule_name="point", log=[str(log)])
    assert "Killed" in text
    assert "line 10\n" not in text


def test_an_error_of_snakemake_is_said_but_not_twice(report: Report) -> None:
    told = report.tell(LogEvent.ERROR, "the disk is full", exception="WorkflowError")
    assert told == "error: the disk is full\n"
    assert report.tell(LogEvent.ERROR, "of a rule", exception="RuleException") == ""
    unfinished = "At least one job did not complete successfully."
    assert report.tell(LogEvent.ERROR, unfinished, exception="WorkflowError") == ""


def test_a_dry_run_lists_what_it_would_do(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report(capsys, dryrun=True)
    assert report.start(1, "execute", chapter="01-left") == "would run  01-left: executed\n"
    assert report.start(2, "all") == ""


def test_other_events_are_silent(report: Report) -> None:
    assert report.tell(None, "chatter") == ""
    assert report.tell(LogEvent.SHELLCMD, "python -m …") == ""
