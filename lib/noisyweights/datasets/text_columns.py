"""One column of numbers out of a text table whose layout nobody wrote down.

Readers of tables, such as NumPy's and pandas', want to be told what is told here by the rows themselves:
delimiter, decimal comma, preamble, and which column holds the readings.
"""

import csv
import re
from collections import Counter
from dataclasses import dataclass
from io import TextIOBase

import numpy as np

__all__ = ["read_column", "split_label"]

BLOCK = 1 << 23  # characters read at once
LOOK_AHEAD_ROWS, LOOK_AHEAD_CHARACTERS = 2000, 1 << 20  # what the layout is guessed from
COMMENTS = ("#", "%", "//")
MISSING = {"", "-", "--", "na", "n/a", "#n/a", "null", "none"}  # besides nan and inf, which float() knows

COUNTER = re.compile(  # headings that say which reading it is, or when, but not what was read
    r"((cell|sample|device|die|point|reading|row)[\s_.]*)?(index|idx|id|no|nr|num|number)\.?"
    r"|cell|device|die|row|col(umn)?|word|bit|cycle|step|date|elapsed|t|time([\s_]*stamp)?",
    re.IGNORECASE,
)
TIME = re.compile(r"[fpnµm]?s|sec|min|h")
UNIT = re.compile(r"[fpnµmkMG]?(S|A|V|W|T|Hz|Oe|Ω)|[fpnµm]?s|%")
CLEAR = {"conductance": "S", "current": "A", "voltage": "V", "power": "W", "field": "T", "time": "s"}


def read_column(text: TextIOBase, *, column: str | int | None = None) -> tuple[np.ndarray, str]:
    """Values of one column, NaN where one is missing, and its heading (or "column k").

    Most rows look alike: their form decides what is a delimiter, a decimal comma and a row of data. Lines
    above the first such row are a preamble, the last of which may hold the headings. The text is read in
    blocks, the layout is guessed from the first.

    Raises ValueError for a text without numbers, for columns between which nothing decides, and for a field
    of the column that is neither a number nor missing.
    """
    lines = text.readlines(BLOCK)
    layout = _layout(lines, column)
    before, lines = layout.first, lines[layout.first :]
    blanks, blocks = 0, []
    while lines:
        try:
            values = _quick(lines, layout)
            values, blanks = np.concatenate([np.full(blanks, np.nan), values]), 0
        except (ValueError, IndexError):
            values, blanks = _careful(lines, layout, before, blanks)
        blocks.append(values)
        before += len(lines)
        lines = text.readlines(BLOCK)
    return np.concatenate(blocks), layout.label


def split_label(label: str) -> tuple[str, str]:
    """Name and unit ("" where none is clear) in a heading: `G (µS)`, `G [uS]`, `G / uS`, `delta_G_uS`."""
    if bracket := re.fullmatch(r"(.*?)\s*[(\[]\s*([^)\]]+?)\s*[)\]]", label):
        return bracket[1], _symbol(bracket[2])
    if (slash := re.fullmatch(r"(.+?)\s*/\s*(\S+)", label)) and UNIT.fullmatch(_symbol(slash[2])):
        return slash[1], _symbol(slash[2])
    if (suffix := re.fullmatch(r"(.+)[\s_]([^\s_]+)", label)) and UNIT.fullmatch(_symbol(suffix[2])):
        name, unit = suffix[1], _symbol(suffix[2])
        quantity = re.split(r"[\s_]", name.lower())[-1]
        if len(unit) > 1 or CLEAR.get(quantity) == unit:  # the A of cell_A is no ampere
            return name, unit
    return label, ""


@dataclass(frozen=True)
class _Dialect:
    """How a line is cut into fields (`delimiter` None is white space) and a field read."""

    delimiter: str | None
    decimal_comma: bool

    def fields(self, line: str) -> list[str]:
        if self.delimiter is None:
            return line.replace('"', " ").split()
        if '"' in line:
            return next(csv.reader([line.strip()], delimiter=self.delimiter, skipinitialspace=True))
        return line.split(self.delimiter)

    def number(self, field: str) -> float | None:
        """The value of a field, NaN if it is missing, None if it is text."""
        field = field.strip().lower()
        if field in MISSING:
            return np.nan
        if self.decimal_comma:
            if "." in field:
                return None
            field = field.replace(",", ".")
        try:
            return float(field)
        except ValueError:
            return None

    def values(self, line: str) -> tuple[float | None, ...]:
        return tuple(self.number(field) for field in self.fields(line))

    def headings(self, line: str, width: int) -> list[str]:
        """The headings of `width` columns, or nothing if the line does not hold so many."""
        if width == 1:
            found = [line]
        elif self.delimiter is None:
            found = re.findall(r"\S+(?:\s*[(\[][^)\]]*[)\]])?", line)  # a unit in brackets may stand apart
        else:
            found = self.fields(line)
        found = [field.strip(" \t\r\n\"'") for field in found]
        text = all(not field or self.number(field) is None for field in found)
        return found if text and len(found) == width else []


@dataclass(frozen=True)
class _Layout:
    """Where the values stand: from line `first` on, in field `column` of `width`, under heading `label`."""

    dialect: _Dialect
    first: int
    column: int
    width: int
    label: str


def _layout(lines: list[str], column: str | int | None) -> _Layout:
    rows, size = [], 0
    for place, line in enumerate(lines):
        if line.strip() and not line.lstrip().startswith(COMMENTS):
            rows.append((place, line))
            size += len(line)
        if len(rows) == LOOK_AHEAD_ROWS or size > LOOK_AHEAD_CHARACTERS:
            break
    if rows and len(rows[0][1]) > LOOK_AHEAD_CHARACTERS:
        raise ValueError("the first row is longer than a million characters: put one sample on a line")
    dialect = _dialect([line for _, line in rows])
    values = [(place, dialect.values(line)) for place, line in rows]
    shapes = Counter(_shape(row) for _, row in values if not all(field is None for field in row))
    if not shapes:
        seen = f"; it begins with {rows[0][1].strip()[:40]!r}" if rows else " below its comments"
        raise ValueError(f"no numbers{seen}: put one sample on a line")
    shape = shapes.most_common(1)[0][0]
    data = [(place, row) for place, row in values if _shape(row) == shape]
    first, width = data[0][0], len(shape)
    if len(data) == 1 and width > 1:
        raise ValueError(f"one row of {width} numbers: put one sample on a line")
    headings = _headings(lines[:first], dialect, width)
    labels = [heading or f"column {k}" for k, heading in enumerate(headings or [""] * width, 1)]
    numbers = [k for k in range(width) if not shape[k]]
    table = {k: np.array([row[k] for _, row in data]) for k in numbers}
    chosen = _choose(table, labels) if column is None else _named(table, labels, column)
    return _Layout(dialect, first, chosen, width, labels[chosen])


def _shape(row: tuple[float | None, ...]) -> tuple[bool, ...]:
    return tuple(field is None for field in row)


def _dialect(lines: list[str]) -> _Dialect:
    """The dialect that finds a number in most rows; among equals, fewer texts to a number; then the first."""
    frequent = [mark for mark in (";", "\t", ",") if sum(mark in line for line in lines) > len(lines) / 2]
    options = [_Dialect(mark, False) for mark in frequent]
    options += [_Dialect(mark, True) for mark in frequent if mark != ","]
    options += [_Dialect(None, False)] + ([_Dialect(None, True)] if "," in frequent else [])

    def score(dialect: _Dialect) -> tuple[int, int]:
        rows = [[-1 if v is None else int(not np.isnan(v)) for v in dialect.values(line)] for line in lines]
        return sum(1 in row for row in rows), sum(map(sum, rows))

    best = max(options, key=score)
    return _decimal_or_delimiter(lines) if best == _Dialect(",", False) else best


def _decimal_or_delimiter(lines: list[str]) -> _Dialect:
    """Settle "1,25": one number with a decimal comma, or two whole numbers?"""
    two, one = _Dialect(",", False), _Dialect(None, True)
    whole_or_pair = re.compile(r"\s*([+-]?\d+)(?:,(\d+)(?:[eE][+-]?\d+)?)?\s*")
    matches = [whole_or_pair.fullmatch(line) for line in lines]
    others = [line for line, match in zip(lines, matches, strict=True) if not match]
    if any(value is not None for line in others for value in two.values(line)):
        return two  # some row has a decimal point, a third number or a signed second one
    if others:  # text, so headings: as many as columns
        return two if "," in others[-1] else one
    pairs = [match.groups() for match in matches if match[2]]
    if any(whole == "-0" or (len(part) > 1 and part[0] == "0") for whole, part in pairs):
        return one  # nobody writes whole numbers so
    first = np.array([float(whole) for whole, _ in pairs])
    if first[0] != first[-1] and _turns_never(first):
        return two  # the first counts the rows
    raise ValueError(
        "rows such as '1,25' may be one number with a decimal comma, or two: "
        "write decimal points, or put a heading above each column"
    )


def _headings(above: list[str], dialect: _Dialect, width: int) -> list[str]:
    """Headings from the last line above the data, commented out or not; bare units join the names above."""
    found = []
    for line in [line for line in above if line.strip()][:-3:-1]:
        text = line.strip()
        if text.startswith(COMMENTS):
            text = text.lstrip("#%/ \t")
            # Over one column, a comment of one word (and perhaps a unit) is a heading; any other is prose.
            if width == 1 and not re.fullmatch(r"\S+(\s*[(\[/].*)?", text):
                break
        found.append(dialect.headings(text, width))
    found += [[], []]
    if found[1] and found[0] and all(not unit or UNIT.fullmatch(_symbol(unit)) for unit in found[0]):
        return [f"{name} ({unit})" if unit else name for unit, name in zip(*found[:2], strict=True)]
    return found[0]


def _choose(table: dict[int, np.ndarray], labels: list[str]) -> int:
    """The one column that can be noise: not one that counts, tells the time or never turns back."""

    def is_counter(k: int) -> bool:
        name, unit = split_label(labels[k])
        return bool(COUNTER.fullmatch(name) or TIME.fullmatch(unit))

    left = [k for k, values in table.items() if np.any(np.isfinite(values))] or list(table)
    left = [k for k in left if not is_counter(k)] or left
    left = [k for k in left if not _turns_never(table[k])] or left
    if len(left) > 1:
        names = ", ".join(repr(labels[k]) for k in left[:5]) + (", …" if len(left) > 5 else "")
        raise ValueError(
            f"{len(left)} columns may hold the noise ({names}): keep one, or name it as `column`"
        )
    return left[0]


def _named(table: dict[int, np.ndarray], labels: list[str], column: str | int) -> int:
    """The column of this heading (with or without its unit) or place, counted from 1."""
    for k in table:
        if column in (k + 1, labels[k], split_label(labels[k])[0]):
            return k
    names = ", ".join(f"{k + 1} ({labels[k]})" for k in table)
    raise ValueError(f"no column {column!r} with numbers: there are {names}")


def _turns_never(values: np.ndarray) -> bool:
    """Whether the values only rise, only fall or stay, as no noise does over a hundred readings."""
    steps = np.diff(values[np.isfinite(values)])
    return bool(np.all(steps >= 0) or np.all(steps <= 0))


def _quick(lines: list[str], layout: _Layout) -> np.ndarray:
    """Values of lines that are all data; raises ValueError or IndexError for any other line."""
    dialect = layout.dialect
    if layout.width > 1 and any(mark in line for mark in COMMENTS for line in lines):
        raise ValueError("a comment could hold a number in the column's place")
    if layout.width > 1 or dialect.delimiter is not None:
        lines = [line.split(dialect.delimiter)[layout.column] for line in lines]
    if dialect.decimal_comma:
        if any("." in field for field in lines):
            raise ValueError("a point is no decimal comma")
        lines = [field.replace(",", ".") for field in lines]
    return np.array(lines, dtype=np.float64)


def _careful(lines: list[str], layout: _Layout, before: int, blanks: int) -> tuple[np.ndarray, int]:
    """Values of any lines, and how many blank ones end them: a blank is missing only if a reading follows."""
    values: list[float] = []
    for place, line in enumerate(lines, before + 1):
        if not line.strip():
            blanks += 1
            continue
        if line.lstrip().startswith(COMMENTS):
            continue
        fields = layout.dialect.fields(line)
        field = fields[layout.column] if layout.column < len(fields) else ""
        value = layout.dialect.number(field)
        if value is None:
            raise ValueError(
                f"{field.strip()!r} on line {place} ({layout.label}) is not a number: "
                "correct it, or write NaN for a missing reading"
            )
        values += [np.nan] * blanks + [value]
        blanks = 0
    return np.array(values, dtype=np.float64), blanks


def _symbol(unit: str) -> str:
    """One spelling of a unit: u, μ (Greek) → µ (the sign); ohm, Ω (the sign) → Ω (Greek)."""
    unit = re.sub(r"(?i)ohms?$", "Ω", unit).replace("\N{OHM SIGN}", "\N{GREEK CAPITAL LETTER OMEGA}")
    return re.sub(r"^[u\N{GREEK SMALL LETTER MU}](?=[A-Za-zΩ])", "\N{MICRO SIGN}", unit)
