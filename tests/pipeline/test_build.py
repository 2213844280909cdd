"""How Snakemake is called: without its limit of jobs in a second, unless one is asked for."""

from types import SimpleNamespace

import pytest

from noisyweights.pipeline.build import build
from noisyweights.pipeline.edition import Edition

BOOK = SimpleNamespace(edition=Edition.of("smoke"), chapters=(), points={})


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> list:
    """Settings that Snakemake is called with; it does nothing and succeeds."""
    called = []
    monkeypatch.setattr("snakemake.cli.args_to_api", lambda args, _: called.append(args) or True)
    return called


def test_there_is_no_limit_of_jobs_in_a_second(settings: list) -> None:
    """It wakes the scheduler every second once more for each job that has ended."""
    assert build(BOOK)
    assert [one.max_jobs_per_timespan for one in settings] == [None]


def test_a_limit_that_is_asked_for_holds(settings: list) -> None:
    assert build(BOOK, iter(["--max-jobs-per-timespan", "5/1m"]))
    limit = settings[0].max_jobs_per_timespan
    assert (limit.max_jobs, limit.timespan) == (5, 60)


def test_what_snakemake_does_not_know_fails_the_build(
    settings: list, capfd: pytest.CaptureFixture[str]
) -> None:
    assert not build(BOOK, ["--nonsense"])
    assert "unrecognized arguments: --nonsense" in capfd.readouterr().err
    assert not settings


def test_an_error_of_snakemake_fails_the_build_and_is_shown(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> bool:
        raise ValueError("a disk that is full")

    monkeypatch.setattr("snakemake.cli.args_to_api", fails)
    assert not build(BOOK)
    assert "a disk that is full" in caplog.text
