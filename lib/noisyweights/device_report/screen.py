"""A report on one screen of a terminal."""

import textwrap
from collections.abc import Iterable

import click

from noisyweights.device_report import facts
from noisyweights.device_report.report import Report
from noisyweights.experiments.device_verdict.verdict import State

__all__ = ["text"]

_WIDTH, _LABEL = 100, 16
_COLOURS = {"fit": "green", "fit if": "yellow", "unfit": "red"}
_MARKS = {State.MET: "✓", State.CONDITION: "◐", State.UNFIT: "✗", State.OPEN: "?"}


def text(report: Report) -> str:
    """The verdict first, then why, then what it rests on."""
    verdict = report.verdict
    parts = [
        click.style(f"{report.trace.name}: {verdict.headline}", fg=_COLOURS.get(verdict.word), bold=True),
        *(_wrapped("  ✗ ", reason) for reason in verdict.reasons),
        *(
            _wrapped(f"  {_MARKS[one.state]} ", one.sentence)
            for one in verdict.findings
            if (one.state is not State.OPEN or one.measured is not None)
            and one.sentence not in verdict.reasons
        ),
    ]
    untold = [
        one.criterion.title for one in verdict.findings if one.state is State.OPEN and one.measured is None
    ]
    if untold:
        parts.append(_wrapped("  ? ", f"This file does not tell: {'; '.join(untold)}."))
    return "\n".join(
        [
            *parts,
            *_section("What was read", facts.read(report)),
            *_section("Over time", facts.over_time(report, most=1)),
            *_section("Law", facts.law(report)),
            *_section("Trained networks under this law, against Gaussian weights", _networks(report)),
        ]
    )


def _networks(report: Report) -> list[tuple[str, str]]:
    """Of each quantity the network in which it changes most; of what has none, why."""
    most: dict[tuple[str, str], tuple[float, tuple[str, str]]] = {}
    for row, change in facts.differences(report):
        size, key = abs(row.difference.value), (row.task, row.quantity)
        if key not in most or size > most[key][0]:
            kind = f" ({row.kind})" if row.kind else ""
            most[key] = size, (row.task, f"{row.quantity}: {change}{kind}")
    missing = report.swapped.missing if report.swapped else {}
    return [line for _, line in most.values()] + [*missing.items()]


def _section(title: str, rows: Iterable[tuple[str, str]]) -> list[str]:
    rows = list(rows)
    if not rows:
        return []
    labels = [label for label, _ in rows]
    shown = [label if label != before else "" for before, label in zip(["", *labels], labels, strict=False)]
    lines = [_wrapped(f"  {label:<{_LABEL}} ", text) for label, (_, text) in zip(shown, rows, strict=True)]
    return ["", click.style(title, bold=True), *lines]


def _wrapped(first: str, sentence: str) -> str:
    return textwrap.fill(
        sentence, _WIDTH, initial_indent=first, subsequent_indent=" " * min(len(first), _LABEL + 3)
    )
