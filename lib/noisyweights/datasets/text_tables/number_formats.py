"""Which mark of a column's numbers is the decimal one, and which only sets thousands apart.

A comma or point with three digits behind it may be either: 1,003 is a thousand and three, or one and a bit.
The other numbers of the file tell, or the column is refused.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["NumberFormat", "Unclear", "formats"]

MARKS = (".", ",")
_OTHER = {".": ",", ",": "."}
FEW = 3  # different whole numbers: fewer may be codes for "no reading" among decimals


@dataclass(frozen=True)
class NumberFormat:
    """Decimal mark, and the mark of thousands ("" where none was seen)."""

    decimal: str
    thousands: str = ""

    def digits(self, body: str) -> str:
        """Sign and digits with a decimal point; raises ValueError for marks that do not fit this format."""
        other = _OTHER[self.decimal]
        if other in body:
            evident = self.decimal in body and body.index(other) < body.index(self.decimal)
            if not (evident or self.thousands == other) or not _grouped(
                body.partition(self.decimal)[0], other
            ):
                raise ValueError(
                    f"has a {_word(other)} that may be a decimal one or one of thousands: "
                    "write decimal points, and no thousands separators"
                )
            body = body.replace(other, "")
        elif body.count(self.decimal) > 1:
            raise ValueError(f"has two decimal {_word(self.decimal)}s: write one decimal point")
        return body if self.decimal == "." else body.replace(",", ".")


@dataclass(frozen=True)
class Unclear:
    """Why no format can be told, and the number that shows it."""

    why: str
    body: str


@dataclass(frozen=True)
class _Marks:
    """What the numbers of a column show of one mark: that it is decimal, or of thousands, or neither."""

    decimal: bool
    thousands: bool
    undecided: tuple[str, ...]
    without: frozenset[str]
    example: str


def formats(columns: Sequence[Sequence[tuple[str, bool]]]) -> list[NumberFormat | Unclear]:
    """The format of each column, or why nothing tells it.

    Args:
        columns: of each, the numbers as (sign and digits with their marks, whether a power of ten follows).
    """
    seen = [{mark: _marks(numbers, mark) for mark in MARKS} for numbers in columns]
    proven = {mark: any(one[mark].decimal for one in seen) for mark in MARKS}
    return [_format(one, proven) for one in seen]


def _marks(numbers: Sequence[tuple[str, bool]], mark: str) -> _Marks:
    other = _OTHER[mark]
    decimal = thousands = False
    undecided, without, example = [], set(), ""
    for signed, power in numbers:
        body = signed.lstrip("+-")
        if mark not in body:
            without.add(body)
            continue
        example = example or signed
        if other in body:
            decimal |= body.index(other) < body.index(mark)
            thousands |= body.index(mark) < body.index(other)
        elif body.count(mark) > 1:
            thousands = True
        elif power or not _grouped(body, mark):
            decimal = True
        else:
            undecided.append(body)
    return _Marks(decimal, thousands, tuple(undecided), frozenset(without), example)


def _format(seen: dict[str, _Marks], proven: dict[str, bool]) -> NumberFormat | Unclear:
    for mark in MARKS:
        other = _OTHER[mark]
        if seen[mark].decimal and (seen[other].decimal or seen[mark].thousands):
            return Unclear(
                "points and commas here cannot all be decimal ones: write decimal points", seen[mark].example
            )
        if seen[mark].thousands and seen[other].thousands:
            return Unclear(
                "neither points nor commas can be decimal ones here: write decimal points", seen[mark].example
            )
        if seen[mark].decimal or seen[other].thousands:
            return NumberFormat(mark, other if seen[other].thousands or seen[other].undecided else "")
    unsettled = [mark for mark in MARKS if seen[mark].undecided]
    if not unsettled:
        return NumberFormat("," if proven[","] and not proven["."] else ".")
    if len(unsettled) == 2:
        return _ambiguous(seen[","].undecided[0])
    return _undecided(unsettled[0], seen[unsettled[0]], proven)


def _undecided(mark: str, seen: _Marks, proven: dict[str, bool]) -> NumberFormat | Unclear:
    """Every number with the mark has three digits behind it."""
    other = _OTHER[mark]
    if proven[mark] and not proven[other]:
        return NumberFormat(mark)
    whole = {body for body in seen.without if body.strip("0.,")}
    if proven[other] and not proven[mark]:
        return NumberFormat(other, mark) if len(whole) >= FEW else _ambiguous(seen.undecided[0])
    short = all(len(body) <= 3 for body in whole)  # thousands would be set apart
    if len(whole) >= FEW and short:
        # Who cuts off zeros writes none at the end; who keeps them writes no whole number without a mark.
        shown = any(body.endswith("0") for body in seen.undecided)
        return NumberFormat(other, mark) if shown else _ambiguous(seen.undecided[0])
    return NumberFormat(".") if mark == "." else _ambiguous(seen.undecided[0])


def _grouped(body: str, mark: str) -> bool:
    """Whether the mark may set thousands apart: 1,003 and 12,345,678, but neither 0,123 nor 1,25."""
    return bool(re.fullmatch(rf"[+-]?[1-9]\d{{0,2}}({re.escape(mark)}\d{{3}})+", body))


def _ambiguous(body: str) -> Unclear:
    word = _word("," if "," in body else ".")
    return Unclear(
        f"the {word} may be a decimal one or one of thousands: "
        "write decimal points, and no thousands separators",
        body,
    )


def _word(mark: str) -> str:
    return "comma" if mark == "," else "point"
