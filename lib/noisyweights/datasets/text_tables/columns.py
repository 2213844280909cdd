"""What each column of a table is for: readings, when they were taken, of which cell, at which level."""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from noisyweights.datasets.text_tables.dialect import turns_never
from noisyweights.datasets.text_tables.units import TIME, UNIT, split_label

__all__ = ["cell_columns", "choose", "level_columns", "time_column"]

_NUMBER_OF = r"([\s_.]*(index|idx|id|no|nr|num|number|name|label)\.?)?"
CELL = re.compile(
    r"(cell|device|dev|die|dut|chip|wafer|site|row|col(umn)?|word|bit|element|junction|mtj)" + _NUMBER_OF,
    re.I,
)
COUNTER = re.compile(  # headings that say which reading it is, or when, but not what was read
    r"((cell|sample|device|die|point|reading|row)[\s_.]*)?(index|idx|id|no|nr|num|number)\.?"
    r"|cycle|step|reads?|repeat|trial|iteration|date|elapsed|t|time([\s_]*stamp)?",
    re.I,
)
LEVEL = re.compile(
    r"(.*[\s_.])?(target(ed)?|prog(rammed)?|set([\s_]?point)?|nominal|intended|desired|goal|level|state)([\s_.].*)?",
    re.I,
)
NUMBERED = re.compile(r"(.*?)[\s_.#-]*(\d+)|(.*?)[\s_.#-]+([A-Z])")
TERMINALS = re.compile(r"i|v|u|ch|chan(nel)?|smu|data|column|trace", re.I)  # of one device, perhaps
EVEN = 0.8  # of the steps


def choose(
    table: Mapping[int, np.ndarray], labels: Sequence[str], *, column: str | int | None, texts: bool
) -> tuple[int, ...]:
    """The column of readings; several where they are alike but for a number, as `cell 1 (uS)`, `cell 2 (uS)`.

    Args:
        table: the first values of each column with numbers.
        labels: the headings of all columns.
        column: the caller's choice, by heading (with or without its unit) or by place, counted from 1.
        texts: whether there are columns of text, which may be numbers that were not understood.

    Raises ValueError for a column that is not there, and if nothing decides between several.
    """
    if column is not None:
        return (_named(table, labels, column),)
    left = [k for k, values in table.items() if np.any(np.isfinite(values))] or list(table)
    passed_over = (
        lambda k: _counts(labels[k]) or bool(CELL.fullmatch(split_label(labels[k])[0])),
        lambda k: turns_never(table[k]) or _counts_in_groups(table[k]),
        lambda k: bool(LEVEL.fullmatch(split_label(labels[k])[0])),
    )
    for is_none in passed_over:
        left = [k for k in left if not is_none(k)] or left
    if len(labels) > 1 and all(passed_over[0](k) or (texts and passed_over[1](k)) for k in left):
        raise ValueError(
            f"no column of readings beside {labels[left[0]]!r}: write them as plain numbers, or name that "
            "column as `column`"
        )
    if len(left) > 1 and not _alike([labels[k] for k in left]):
        names = ", ".join(repr(labels[k]) for k in left[:5]) + (", …" if len(left) > 5 else "")
        raise ValueError(
            f"{len(left)} columns may hold the noise ({names}): keep one, or name it as `column` "
            f"(make book … COLUMN='{labels[left[0]]}')"
        )
    return tuple(left)


def cell_columns(labels: Sequence[str], readings: Sequence[int], texts: Sequence[int]) -> tuple[int, ...]:
    """Columns whose headings say that they name the cell of each reading, or its state in words."""
    names = [split_label(label)[0] for label in labels]
    return tuple(
        k
        for k, name in enumerate(names)
        if k not in readings and (CELL.fullmatch(name) or (k in texts and LEVEL.fullmatch(name)))
    )


def level_columns(
    table: Mapping[int, np.ndarray], labels: Sequence[str], readings: Sequence[int]
) -> tuple[int, ...]:
    """Columns that may hold what was programmed: those that say so, then physical ones that never turn."""
    others = [k for k in table if k not in readings and not _counts(labels[k])]
    said = [k for k in others if LEVEL.fullmatch(split_label(labels[k])[0])]
    physical = [
        k
        for k in others
        if UNIT.fullmatch(split_label(labels[k])[1]) and turns_never(table[k]) and k not in said
    ]
    return (*said, *physical)


def time_column(
    table: Mapping[int, np.ndarray], labels: Sequence[str], readings: Sequence[int]
) -> int | None:
    """The first column whose heading tells of time."""
    times = (k for k in table if k not in readings and _tells_time(labels[k]))
    return next(times, None)


def _tells_time(label: str) -> bool:
    name, unit = split_label(label)
    return bool(TIME.fullmatch(unit) or re.fullmatch(r"t|time|elapsed", name, re.I))


def _counts(label: str) -> bool:
    name, unit = split_label(label)
    return bool(COUNTER.fullmatch(name) or TIME.fullmatch(unit))


def _counts_in_groups(values: np.ndarray) -> bool:
    """Whether values rise evenly and fall back now and then, as numbers and times of each cell do."""
    steps = np.diff(values[np.isfinite(values)])
    if not steps.size:
        return True
    usual = np.median(steps)
    even = np.abs(steps - usual) <= 0.01 * abs(usual)
    return bool(usual > 0 and np.mean(even) >= EVEN and np.all(steps[~even] < 0))


def _alike(labels: Sequence[str]) -> bool:
    """Whether headings differ in a number or letter alone, and do not speak of one device's terminals."""
    names, units = zip(*map(split_label, labels), strict=True)
    found = [NUMBERED.fullmatch(name) for name in names]
    if not all(found) or len(set(units)) > 1 or len(set(names)) < len(names):
        return False
    stems = {(match[1] if match[2] else match[3]).lower() for match in found}
    stem = stems.pop()
    return not stems and bool(stem) and not TERMINALS.fullmatch(stem)


def _named(table: Mapping[int, np.ndarray], labels: Sequence[str], column: str | int) -> int:
    """The column of this heading (with or without its unit) or place, counted from 1."""
    for matches in (
        lambda k: column == labels[k],
        lambda k: column == split_label(labels[k])[0],
        lambda k: str(column) == str(k + 1),
    ):
        found = [k for k in table if matches(k)]
        if len(found) == 1:
            return found[0]
    names = ", ".join(f"{k + 1} ({labels[k]})" for k in table)
    raise ValueError(f"no column {column!r} with numbers: there are {names}")
