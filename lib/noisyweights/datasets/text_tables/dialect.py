"""How a line is cut into fields: the delimiter, found from the rows themselves."""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from noisyweights.datasets.text_tables.fields import MISSING, NUMBER, TEXT, Field, parse
from noisyweights.datasets.text_tables.units import prefix_of

__all__ = ["COMMENTS", "Dialect", "is_comment", "most_common_form", "turns_never", "without_remark"]

COMMENTS = ("#", "%", "//")
_ERRORS = re.compile(r"#(n/a|div/0!|num!|value!|ref!|null!|name\?)", re.IGNORECASE)
_REMARK = re.compile(r"\s(#|//)(?!n/a|div/0|num!|value!|ref!|null!|name\?).*", re.IGNORECASE | re.DOTALL)
ALMOST = 0.9  # of the rows that a dialect may give one form: a heading or a footer may fit another by chance
SURE = (";", "\t", "|")  # marks that no number holds
FEW = 10  # rows that may count by chance


@dataclass(frozen=True)
class Dialect:
    """How a line is cut into fields: at `delimiter`; at white space if it is None, nowhere if it is ""."""

    delimiter: str | None

    def cut(self, line: str) -> list[str]:
        line = line.strip("\r\n")
        if self.delimiter == "":
            return [line.strip(' \t"')]
        if self.delimiter is None:
            return re.findall(r'"[^"]*"|[^ \t"]+', line) if '"' in line else re.split(r"[ \t]+", line.strip())
        if '"' in line:
            return next(csv.reader([line.strip(" ")], delimiter=self.delimiter, skipinitialspace=True))
        return line.split(self.delimiter)

    def read(self, line: str) -> tuple[list[str], list[Field]]:
        """The fields of a line, and what they say; 0,1 412,5 is not cut into 0 and 1412."""
        cut = self.cut(line)
        spaces = self.delimiter != "," or '"' in line
        return cut, [parse(field, spaces=spaces) for field in cut]

    def heads(self, line: str) -> list[str]:
        """The headings in a line; at white space, a unit in brackets may stand apart."""
        if self.delimiter is None:
            return re.findall(r"\S+(?:\s*[(\[][^)\]]*[)\]])?", line)
        return self.cut(line)

    @classmethod
    def of(cls, lines: Sequence[str]) -> "Dialect":
        """The dialect that gives most rows one form; among equals, fewer texts to a number; then the first.

        Raises ValueError where "1,25" may be one number or two.
        """
        often = [mark for mark in ";\t,|" if sum(mark in line for line in lines) > len(lines) / 2]
        options = [cls(mark) for mark in (*often, "", None)]
        read = {option: [option.read(line) for line in lines] for option in options}
        scores = {option: _score(option, lines, read[option]) for option in options}
        most = max(alike for alike, *_ in scores.values())
        if most <= 0 > min(alike for alike, *_ in scores.values()):
            raise ValueError(
                f"rows such as {lines[-1].strip()[:40]!r} cannot be cut for sure, since marks between fields "
                "stand in numbers too: write decimal points, and no thousands separators"
            )
        likely = [option for option in options if scores[option][0] >= ALMOST * most]
        if any(option.delimiter in SURE and scores[option][2] >= scores[option][0] for option in likely):
            likely = [option for option in likely if option.delimiter is not None]  # spaces are within fields
        best = max(likely, key=lambda option: scores[option][1:])
        single = [row for _, row in read[cls(None)] if len(row) == 1 and row[0].kind == NUMBER]
        cut = sum(any(field.kind == NUMBER for field in row) for _, row in read[best])
        return _one_or_two(lines) if best.delimiter == "," and len(single) >= cut else best


def is_comment(line: str) -> bool:
    """Whether a line begins as a comment does; #N/A and its like are readings that a spreadsheet lost."""
    start = line.lstrip()
    return start.startswith(COMMENTS) and not _ERRORS.match(start)


def without_remark(line: str) -> str:
    """The line without a remark behind its fields."""
    return _REMARK.sub("", line) if "#" in line or "//" in line else line


def most_common_form(rows: Sequence[Sequence[Field]]) -> tuple[bool, ...] | None:
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


def _score(
    dialect: Dialect, lines: Sequence[str], read: Sequence[tuple[list[str], list[Field]]]
) -> tuple[int, int, int]:
    """How many rows have one form (−1 if numbers may be cut), whether headed, numbers less texts."""
    cut, rows = [fields for fields, _ in read], [row for _, row in read]
    form = most_common_form(rows)
    alike = [k for k, row in enumerate(rows) if tuple(field.kind == TEXT for field in row) == form]
    if not alike:
        return 0, 0, 0
    first = next(k for k in alike if any(field.kind == NUMBER for field in rows[k]))
    heads = dialect.heads(lines[first - 1]) if first else []
    headed = len(form) > 1 and len(heads) == len(form) and all(parse(head).kind == TEXT for head in heads)
    wrong = _holds_marks if dialect.delimiter is None else _cuts_numbers
    if (not headed or dialect.delimiter is None) and sum(wrong(cut[k], rows[k]) for k in alike) > len(
        alike
    ) / 2:
        return -1, 0, 0
    balance = sum(field.kind == NUMBER for k in alike for field in rows[k])
    balance -= sum(_weight(cut[k][place]) for k in alike for place, is_text in enumerate(form) if is_text)
    return len(alike), int(headed), balance


def _holds_marks(cut: Sequence[str], row: Sequence[Field]) -> bool:
    """Whether white space is not all that stands between fields, as in 4.1 uS,0.1."""
    texts = (text for text, field in zip(cut, row, strict=True) if field.kind == TEXT)
    return any(re.search(r"[,;]([\d.+-]|$)|^[,;]", text) for text in texts)


def _cuts_numbers(cut: Sequence[str], row: Sequence[Field]) -> bool:
    """Whether a number may have been cut: auto 41|25, where whole numbers meet."""
    return any(
        left.kind == TEXT
        and right.kind == NUMBER
        and right.body.isdecimal()
        and re.search(r"\s[\"'+-]?\d[\d .,'\u00a0]*$", text.strip())
        for text, left, right in zip(cut, row, row[1:], strict=False)
    )


def _weight(text: str) -> int:
    """How much a text speaks against a dialect: a unit not at all, a delimiter in it more than a word."""
    if prefix_of(text.strip(' "')):
        return 0
    return 3 if re.search(r"[,;\t|]", text) else 1


def _one_or_two(lines: Sequence[str]) -> Dialect:
    """Settle "1,25" and "1,250.5": one number with a comma in it, or several numbers?"""
    several, one = Dialect(","), Dialect("")
    rows = [[field.strip() for field in line.strip().split(",")] for line in lines]
    numeric = [row for row in rows if any(parse(field).kind == NUMBER for field in row)]
    cut = [row for row in numeric if len(row) > 1 and parse(row[1]).kind != MISSING]
    first = np.array([float(row[0]) if re.fullmatch(r"[+-]?\d+", row[0]) else np.nan for row in cut])
    if not cut or (first.size > FEW and np.all(np.diff(first) == 1)):
        return several  # a comma ends each line; the first counts the rows
    above = rows[: rows.index(numeric[0])]
    if above:  # headings, as many as columns
        return several if sum(parse(field).kind == TEXT for field in above[-1]) > 1 else one
    if any(row[0] == "-0" or any(re.match(r"0\d", field) for field in row[1:]) for row in cut):
        return one  # nobody writes whole numbers so
    if all(parse(row[1]).unit and not parse(row[0]).unit for row in cut):
        return one
    if first[0] != first[-1] and turns_never(first):
        return several
    raise ValueError(
        f"rows such as '{','.join(cut[0])}' may be one number with a decimal comma, or two: "
        "write decimal points, or put a heading above each column"
    )
