"""Rivals that take turns in one run: the speed of each is told by the baseline that ran right before it.

A ratio is thus that of two neighbours, which whatever else the machine does meets alike. A row holds the
median of the ratios and the range of nine in ten.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from noisyweights.files import replacing
from noisyweights.ledger import provenance

__all__ = [
    "Goal",
    "Outcome",
    "Rival",
    "Row",
    "measure",
    "options",
    "outcomes",
    "parser",
    "repeated",
    "table",
    "whole",
    "write",
]


@dataclass(frozen=True)
class Rival:
    """One way to do what a subject asks for: `run(count, repeat)` does it `count` times.

    Every repeat has another number, to draw other things. A slow rival has a smaller count than others.
    """

    subject: str
    method: str
    count: int
    run: Callable[[int, int], object]


@dataclass(frozen=True)
class Row:
    """What one rival reached: how many a second, and its rate over that of the baseline."""

    subject: str
    method: str
    count: int
    rate: float
    ratio: float
    ratio_low: float
    ratio_high: float

    def named(self, *, subject: str, unit: str) -> dict[str, Any]:
        """As a record that says what its subjects and counts are: `subject="law", unit="draws"`."""
        names = {"subject": subject, "count": unit, "rate": f"{unit}_per_second"}
        return {names.get(name, name): value for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Goal:
    """The baseline is to have at least `at_least` times the rate of a method."""

    subject: str
    method: str
    at_least: float


@dataclass(frozen=True)
class Outcome:
    """A goal, and how many times the method's rate the baseline had."""

    goal: Goal
    times: float
    low: float
    high: float

    @property
    def met(self) -> bool:
        """Whether the median reaches the goal."""
        return self.times >= self.goal.at_least

    def record(self) -> dict[str, Any]:
        """All of it, flat."""
        own = {"times": self.times, "low": self.low, "high": self.high, "met": self.met}
        return {**asdict(self.goal), **own}

    def __str__(self) -> str:
        goal = self.goal
        return (
            f"{goal.subject}: {self.times:.3g} ({self.low:.3g} to {self.high:.3g}) × {goal.method}, "
            f"goal at least {goal.at_least:g}: {'met' if self.met else 'NOT met'}"
        )


def repeated(run: Callable[[], object]) -> Callable[[int, int], None]:
    """A rival's `run` that does the same thing as many times as wanted."""

    def runs(count: int, repeat: int) -> None:
        for _ in range(count):
            run()

    return runs


def measure(rivals: list[Rival], *, repeats: int) -> list[Row]:
    """Time all rivals in turn, after a run of each that is not counted; the first is the baseline."""
    baseline = rivals[0]
    rates, ratios = np.empty((2, len(rivals), repeats))
    with tqdm(total=(repeats + 1) * len(rivals), desc=baseline.method, leave=False, disable=None) as bar:
        for rival in rivals:
            rival.run(rival.count, 0)
            bar.update()
        for repeat in range(repeats):
            for index, rival in enumerate(rivals):
                before = _rate(baseline, repeat + 1)
                rates[index, repeat] = _rate(rival, repeat + 1)
                ratios[index, repeat] = rates[index, repeat] / before
                bar.update()
    low, ratio, high = np.quantile(ratios, [0.05, 0.5, 0.95], axis=1)
    return [
        Row(rival.subject, rival.method, rival.count, *map(float, numbers))
        for rival, *numbers in zip(rivals, np.median(rates, axis=1), ratio, low, high, strict=True)
    ]


def _rate(rival: Rival, repeat: int) -> float:
    begin = time.perf_counter()
    rival.run(rival.count, repeat)
    return rival.count / (time.perf_counter() - begin)


def outcomes(goals: Iterable[Goal], rows: list[Row]) -> list[Outcome]:
    """What became of each goal whose method took part."""
    found = {(row.subject, row.method): row for row in rows}
    taken = [
        (goal, found[goal.subject, goal.method]) for goal in goals if (goal.subject, goal.method) in found
    ]
    return [Outcome(goal, 1 / row.ratio, 1 / row.ratio_high, 1 / row.ratio_low) for goal, row in taken]


def table(rows: list[Row], *, subject: str, unit: str, scale: float = 1.0) -> str:
    """The rows as text, best of a subject first; `unit` names the things whose rate is divided by `scale`."""
    wide, wider = (
        max(len(name) for name in names) for names in ([r.subject for r in rows], [r.method for r in rows])
    )
    lines = [
        f"{subject:<{wide}} {'method':<{wider}} {'count':>8} "
        f"{unit + '/s':>10} {'ratio':>7}  {'90 % of repeats':>16}"
    ]
    for row in sorted(rows, key=lambda row: (row.subject, -row.ratio)):
        spread = f"{row.ratio_low:.3g} to {row.ratio_high:.3g}"
        lines.append(
            f"{row.subject:<{wide}} {row.method:<{wider}} {row.count:>8.3g} {row.rate / scale:>10.3g} "
            f"{row.ratio:>7.3g}  {spread:>16}"
        )
    return "\n".join(lines)


def parser(description: str, *, repeats: int) -> argparse.ArgumentParser:
    """Command line of a benchmark, with the options that all have."""
    made = argparse.ArgumentParser(description=description.partition("\n")[0])
    made.add_argument("--repeats", type=int, default=repeats, help="repeats that count")
    made.add_argument("--json", type=Path, help="write the rows here")
    return made


def whole(text: str) -> int:
    """A whole number of the command line, which may be written as 1e4."""
    return int(float(text))


def options(parser: argparse.ArgumentParser, arguments: list[str] | None, **least: int) -> argparse.Namespace:
    """The options of a command line; it ends with a message if one named in `least`, or repeats, is less."""
    found = parser.parse_args(arguments)
    for name, bound in {"repeats": 1, **least}.items():
        if getattr(found, name) < bound:
            parser.error(f"--{name} must be at least {bound}")
    return found


def write(path: Path, *, benchmark: str, peers: Iterable[str] = (), **result: Any) -> None:
    """Write a result with the machine and the versions it was measured on, whole or not at all."""
    versions = dict(provenance.versions())
    for package in peers:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    whole = {
        "benchmark": benchmark,
        "machine": asdict(provenance.machine()),
        "versions": versions,
        **result,
    }
    with replacing(path) as unfinished:
        unfinished.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
