"""How a line is cut into fields: the delimiter, found from the rows themselves."""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from noisyweights.datasets.text_tables.fields import MISSING, NUMBER, TEXT, Field, parse

__all__ = ["COMMENTS", "Dialect", "Form", "is_comment", "most_common_form", "turns_never", "without_remark"]

COMMENTS = ("#", "%", "//")
_ERRORS = re.compile(r"#(n/a|div/0!|num!|value!|ref!|null!|name\?)", re.IGNORECASE)
_REMARK = re.compile(r"\s(#|//)(?!n/a|div/0|num!|value!|ref!|null!|name\?).*", re.IGNORECASE | re.DOTALL)
Form = tuple[bool, ...]  # of each field of a row, whether it is text


@dataclass(frozen=True)
class Dialect:
    """How a line is cut: at `delimiter`; at white space if it is None, nowhere if it is ""."""

    delimiter: str | None

    def cut(self, line: str) -> list[str]:
        line = line.strip("\r\n")
        if self.delimiter == "":
            return [line.strip(' \t"')]
        if self.delimiter is None:
            return re.split(r"[ \t]+", line.replace('"', " ").strip())
        if '"' in line:
            return next(csv.reader([line.strip(" ")], delimiter=self.delimiter, skipinitialspace=True))
        return line.split(self.delimiter)

    def parse(self, field: str) -> Field:
        return parse(field, spaces=self.delimiter != ",")

    def row(self, line: str) -> list[Field]:
        return [self.parse(field) for field in self.cut(line)]

    @classmethod
    def of(cls, lines: Sequence[str]) -> "Dialect":
        """The dialect that gives most rows one form; among equals, fewer texts to a number; then the first.

        Raises ValueError where "1,25" may be one number or two.
        """
        marks = [
            mark for mark in (";", "\t", ",", "|") if sum(mark in line for line in lines) > len(lines) / 2
        ]
        options = [cls(mark) for mark in (*marks, None, "")]
        rows = {option: [option.row(line) for line in lines] for option in options}
        best = max(options, key=lambda option: _score(rows[option]))
        single = [row for row in rows[cls(None)] if len(row) == 1 and row[0].kind == NUMBER]
        cut = sum(any(field.kind == NUMBER for field in row) for row in rows[best])
        return _one_or_two(lines) if best.delimiter == "," and len(single) >= cut else best


def is_comment(line: str) -> bool:
    """Whether a line begins as a comment does; #N/A and its like are readings that a spreadsheet lost."""
    start = line.lstrip()
    return start.startswith(COMMENTS) and not _ERRORS.match(start)


def without_remark(line: str) -> str:
    """The line without a remark behind its fields."""
    return _REMARK.sub("", line) if "#" in line or "//" in line else line


def most_common_form(rows: Sequence[Sequence[Field]]) -> Form | None:
    """Which fields are text in most of the rows that hold a number; None if none does."""
    forms = Counter(
        tuple(field.kind == TEXT for field in row)
        for row in rows
        if any(field.kind == NUMBER for field in row)
    )
    return forms.most_common(1)[0][0] if forms else None


def turns_never(values: np.ndarray) -> bool:
    """Whether the values only rise, only fall or stay, as no noise does over a hundred readings."""
    steps = np.diff(values[np.isfinite(values)])
    return bool(np.all(steps >= 0) or np.all(steps <= 0))


def _score(rows: Sequence[Sequence[Field]]) -> tuple[int, int]:
    form = most_common_form(rows)
    alike = [row for row in rows if tuple(field.kind == TEXT for field in row) == form]
    balance = sum((field.kind == NUMBER) - (field.kind == TEXT) for row in alike for field in row)
    return len(alike), balance


def _one_or_two(lines: Sequence[str]) -> Dialect:
    """Settle "1,25" and "1,250.5": one number with a comma in it, or several numbers?"""
    several, one = Dialect(","), Dialect("")
    rows = [[field.strip() for field in line.strip().split(",")] for line in lines]
    numeric = [row for row in rows if any(parse(field).kind == NUMBER for field in row)]
    above = rows[: rows.index(numeric[0])]
    if above:  # headings, as many as columns
        return several if sum(parse(field).kind == TEXT for field in above[-1]) > 1 else one
    cut = [row for row in numeric if len(row) > 1 and parse(row[1]).kind != MISSING]
    if any(row[0] == "-0" or any(re.match(r"0\d", field) for field in row[1:]) for row in cut):
        return one  # nobody writes whole numbers so
    if not cut:
        return several  # a comma ends each line
    first = np.array([float(row[0]) if re.fullmatch(r"[+-]?\d+", row[0]) else np.nan for row in cut])
    if first[0] != first[-1] and turns_never(first):
        return several  # the first counts the rows
    raise ValueError(
        f"rows such as '{','.join(cut[0])}' may be one number with a decimal comma, or two: "
        "write decimal points, or put a heading above each column"
    )
