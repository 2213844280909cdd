"""The first rows of a text, cut into fields and parsed: what a layout is found from."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from noisyweights.datasets.text_tables.dialect import Dialect, is_comment, without_remark
from noisyweights.datasets.text_tables.fields import NUMBER, Field
from noisyweights.datasets.text_tables.units import prefix_of, symbol

__all__ = ["Sight", "see"]

LOOK_AHEAD_ROWS, LOOK_AHEAD_CHARACTERS = 2000, 1 << 20  # what the layout is guessed from


@dataclass(frozen=True)
class Sight:
    """Of each row, the line it stands on (counted from 0), its text, its fields, and what they say."""

    places: list[int]
    lines: list[str]
    cut: list[list[str]]
    rows: list[list[Field]]

    def of(self, chosen: Sequence[int]) -> "Sight":
        """These rows alone."""
        return Sight(*([part[k] for k in chosen] for part in (self.places, self.lines, self.cut, self.rows)))

    def column(self, k: int) -> list[Field]:
        """The fields of a column; a row may be cut short."""
        return [row[k] for row in self.rows if k < len(row)]

    def numbers(self, k: int) -> list[tuple[str, bool]]:
        """Numbers of a column as `number_formats.formats` wants them."""
        return [(field.body, bool(field.exponent)) for field in self.column(k) if field.kind == NUMBER]

    def rough(self, k: int) -> np.ndarray:
        """Values of a column whatever its format: enough to see whether it counts."""
        return np.array([_rough(field) for field in self.column(k)])

    def units(self, k: int) -> list[str]:
        """Units in the fields of a column."""
        return [field.unit for field in self.column(k) if field.unit]

    def unit_column(self, k: int, texts: Sequence[int]) -> int | None:
        """The text column behind column `k` that holds a unit in every row, if there is one."""
        if k + 1 not in texts:
            return None
        found = {prefix_of(row[k + 1].strip(' "')) for row in self.cut if k + 1 < len(row)}
        bases = {base and base[1] for base in found}
        return k + 1 if len(bases) == 1 and bases.pop() else None

    def beside(self, width: int, columns: Sequence[int]) -> list[str]:
        """Text in columns that are empty in most rows, line by line."""
        spare = [k for k in range(width) if k not in columns]
        texts = [",".join(row[k].strip() for k in spare if k < len(row)).strip(",") for row in self.cut]
        return [text for text in texts if text]

    def line(self, k: int, body: str) -> int:
        """The line, counted from 1, that holds a number in column `k`."""
        return next(
            place + 1
            for place, row in zip(self.places, self.rows, strict=True)
            if k < len(row) and row[k].body.lstrip("+-") == body.lstrip("+-")
        )


def see(lines: Sequence[str]) -> tuple[Dialect, Sight]:
    """The dialect of a text that begins with these lines, and its first rows.

    Raises ValueError for a row of endless length, and where a comma may cut a number or not.
    """
    places, texts, size = [], [], 0
    for place, line in enumerate(lines):
        if line.strip() and not is_comment(line):
            places.append(place)
            texts.append(without_remark(line))
            size += len(line)
        if len(places) == LOOK_AHEAD_ROWS or size > LOOK_AHEAD_CHARACTERS:
            break
    if texts and len(texts[0]) > LOOK_AHEAD_CHARACTERS:
        raise ValueError("the first row is longer than a million characters: put one sample on a line")
    dialect = Dialect.of(texts)
    read = [dialect.read(line) for line in texts]
    return dialect, Sight(places, texts, [cut for cut, _ in read], [row for _, row in read])


def _rough(field: Field) -> float:
    if field.kind != NUMBER:
        return np.nan
    whole, mark, part = re.fullmatch(r"(.*?)(?:([.,])([^.,]*))?", field.body).groups(default="")
    power = prefix_of(symbol(field.unit))[0] if field.unit else 0
    return float(f"{re.sub('[.,]', '', whole)}{mark and '.'}{part}e{field.exponent + power}")
