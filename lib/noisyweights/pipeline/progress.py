"""What a person reads while a book is built: one line for each step that ended, and each error once."""

import shutil
import sys
import time
from collections import Counter
from logging import LogRecord
from pathlib import Path
from types import SimpleNamespace

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.registry import LoggerPluginRegistry

from noisyweights.pipeline.plan import Plan

__all__ = ["NAME", "LogHandler", "register"]

NAME = "book"
_UNFINISHED = "At least one job did not complete"  # said of each job already
_NOTE = "note: "  # begins a line of a job's log that the person who builds should read
_TAIL = 25  # lines of a failed job's log that are shown
_STEPS = {
    "device": "device characterised",
    "execute": "{chapter}: executed",
    "page": "{chapter}: page",
    "front_page": "front page",
    "scoreboard": "scoreboard",
    "site": "site compiled",
}
_chapters: dict[str, str] = {}  # which chapter shows an experiment


class LogHandler(LogHandlerBase):
    """Snakemake's events as lines of a report: steps done and to do, with the time each took."""

    writes_to_stream = True
    writes_to_file = False
    has_filter = True
    has_formatter = True
    needs_rulegraph = False

    def __post_init__(self) -> None:
        self.total: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        self.jobs: dict[int, SimpleNamespace] = {}

    def emit(self, record: LogRecord) -> None:
        match getattr(record, "event", None):
            case LogEvent.RUN_INFO:
                self._plan(record.stats)
            case LogEvent.JOB_INFO:
                job = SimpleNamespace(
                    rule=record.rule_name,
                    wildcards=dict(record.wildcards),
                    start=time.monotonic(),
                    log=[Path(log) for log in record.log],
                    ended=False,
                )
                self.jobs[record.jobid] = job
                if self.common_settings.dryrun and job.rule != "all":
                    self._say(f"would run  {_step(job)}")
                self._running()
            case LogEvent.JOB_FINISHED:
                self._finished(self.jobs.get(record.job_id))
            case LogEvent.JOB_ERROR:
                self._failed(record)
            case LogEvent.ERROR if (
                record.exception != "RuleException" and _UNFINISHED not in record.getMessage()
            ):
                self._say(f"error: {record.getMessage()}")

    def _plan(self, stats: dict[str, int]) -> None:
        if self.total:  # a dry run says it again at its end
            return
        self.total.update({rule: count for rule, count in stats.items() if rule not in ("total", "all")})
        if not self.total:
            return
        chapters, points = self.total["execute"], self.total["point"]
        steps = {f"{points} points": points, f"{chapters} chapters": chapters, "the site": self.total["site"]}
        self._say(f"To do: {', '.join(step for step, count in steps.items() if count)}.")

    def _finished(self, job: SimpleNamespace | None) -> None:
        if job is None or job.rule == "all":
            return
        job.ended = True
        self.done[job.rule] += 1
        step = _step(job)
        if job.rule == "point":
            step += f" ({self.done['point']} of {self.total['point']} points)"
        self._say(
            f"[{self.done.total():>3}/{self.total.total()}] {step}  {time.monotonic() - job.start:.0f} s"
        )
        for log in job.log:
            lines = log.read_text("utf-8", errors="replace").splitlines() if log.is_file() else []
            for line in lines:
                if line.startswith(_NOTE):
                    self._say(f"          {line.removeprefix(_NOTE)}")

    def _failed(self, record: LogRecord) -> None:
        job = self.jobs[record.jobid]
        job.ended = True
        self._say(f"\nnot done: {_step(job)}")
        for log in record.log:
            path = Path(log)
            text = path.read_text("utf-8", errors="replace") if path.is_file() else ""
            self._say("\n".join(_telling(text.strip().splitlines())))
            if record.rule_name != "device":  # its message says it all, and an unusable edition is removed
                self._say(f"Log: {path}\n")

    def _say(self, text: str) -> None:
        if sys.stderr.isatty():
            text = f"\r\033[K{text}"  # in place of the line of what runs
        print(text, file=sys.stderr, flush=True)
        self._running()

    def _running(self) -> None:
        """On a terminal, a last line of what runs now; it is written over."""
        steps = [_step(job) for job in self.jobs.values() if not job.ended and job.rule != "all"]
        if sys.stderr.isatty() and steps and not self.common_settings.dryrun:
            line = f"running: {'; '.join(steps)}"[: shutil.get_terminal_size().columns - 1]
            print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)


def _step(job: SimpleNamespace) -> str:
    """What a job does, in words."""
    if job.rule == "point":
        chapter = _chapters.get(job.wildcards["experiment"], "")
        return "{chapter}: {experiment}, point {point}".format(chapter=chapter, **job.wildcards)
    return _STEPS.get(job.rule, job.rule).format(**job.wildcards)


def _telling(lines: list[str]) -> list[str]:
    """The lines of a log that tell what went wrong: the last error and the warnings before it, or the end."""
    starts = [number for number, line in enumerate(lines) if line.startswith("error: ")]
    if not starts:
        return lines[-_TAIL:]
    warnings = [line for line in lines[: starts[-1]] if "WARNING: " in line or "ERROR: " in line]
    return [*warnings[:_TAIL], *lines[starts[-1] :]]


def register(plan: Plan) -> None:
    """Make the handler known to Snakemake under `NAME`, for `--logger`."""
    _chapters.update({name: chapter.name for chapter in plan.chapters for name in chapter.experiments})
    LoggerPluginRegistry().register_plugin(NAME, sys.modules[__name__])
