"""What stands above a table, or beside it: headings, and what the instrument says of itself."""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from noisyweights.datasets.text_tables.dialect import COMMENTS, Dialect
from noisyweights.datasets.text_tables.fields import NUMBER, TEXT, parse
from noisyweights.datasets.text_tables.units import UNIT, prefix_of, seconds_of, split_label, symbol

__all__ = ["Above", "headings", "said_interval", "said_unit"]

_INTERVAL = re.compile(
    r"(.*\.)?(sampl\w*|horizontal|x|time)[\s._]*(interval|period|increment|step)|dt|xincr(ement)?", re.I
)
_RATE = re.compile(r"(.*\.)?sampl\w*[\s._]*(rate|frequency)|fs", re.I)
_VERTICAL_UNIT = re.compile(r"(vertical|y)[\s._]*units?|units?", re.I)


class Above(NamedTuple):
    """The headings, "" where a column has none.

    told: how many headings there seem to be, 0 if none. plain: lines they take that are no comments.
    """

    labels: list[str]
    told: int
    plain: int


def headings(above: Sequence[str], dialect: Dialect, width: int) -> Above:
    """Headings from the last line above the data, commented out or not; bare units join the names above."""
    found: list[list[str]] = []
    plain, told = [], 0
    for line in [line for line in above if line.strip()][:-3:-1]:
        text = line.strip()
        plain.append(not text.startswith(COMMENTS))
        if not plain[-1]:
            text = text.lstrip("#%/ \t")
            # Over one column, a comment of one word (and perhaps a unit) is a heading; any other is prose.
            if width == 1 and not re.fullmatch(r"\S+(\s*[(\[/].*)?", text):
                break
        elif not found:
            told = _told(text, dialect)
        found.append(_labels(text, dialect, width))
    found += [[], []]
    units, names = found[:2]
    if names and units and all(not unit or UNIT.fullmatch(symbol(unit)) for unit in units):
        both = zip(names, units, strict=True)
        return Above([f"{name} ({unit})" if unit else name for name, unit in both], width, sum(plain))
    if units:
        return Above(units, width, int(plain[0]))
    return Above([""] * width, told, 0)


def _told(line: str, dialect: Dialect) -> int:
    fields = [field for field in dialect.cut(line) if field.strip()]
    return len(fields) if fields and all(parse(field).kind == TEXT for field in fields) else 0


def _labels(line: str, dialect: Dialect, width: int) -> list[str]:
    """The headings of `width` columns, or nothing if the line does not hold so many."""
    found = [line] if width == 1 else dialect.heads(line)
    found = [field.strip(" \t\r\n\"'") for field in found]
    while len(found) > width and not found[-1]:
        found.pop()
    text = any(found) and all(parse(field).kind != NUMBER for field in found)
    return found if text and len(found) == width else []


def _pairs(lines: Iterable[str]) -> list[tuple[str, str]]:
    """Names and values in lines such as `Sample Interval,1.0e-02` or `# rate: 1 kHz`."""
    found = []
    for line in lines:
        parts = [part.strip(' "\t\r\n#%/') for part in re.split(r"[,;\t=]|:\s", line)]
        parts = [part for part in parts if part]
        found += pairwise(parts)
    return found


def said_unit(lines: Iterable[str]) -> str:
    """The unit of the readings in a line such as `Vertical Units,V`, "" if there is none."""
    for name, value in _pairs(lines):
        if _VERTICAL_UNIT.fullmatch(name) and UNIT.fullmatch(symbol(value)):
            return symbol(value)
    return ""


def said_interval(lines: Iterable[str]) -> tuple[float, str]:
    """Sampling interval in seconds from a line such as `Sample Interval,1.0e-02`, and the line's name for it.

    A number without a unit is in seconds or hertz, as instruments write it; NaN if no line tells.
    """
    for label, value in _pairs(lines):
        name, unit = split_label(label)
        field = parse(value)
        if field.kind != NUMBER or field.body.count(",") or float(field.body) <= 0:
            continue
        number = float(f"{field.body}e{field.exponent}")
        unit = symbol(field.unit or unit)
        seconds = seconds_of(unit or "s")
        if _INTERVAL.fullmatch(name) and seconds is not None:
            return number * seconds, name
        if _RATE.fullmatch(name) and (not unit or unit.endswith("Hz")):
            return 1 / (number * 10.0 ** (prefix_of(unit)[0] if unit else 0)), name
    return float("nan"), ""
