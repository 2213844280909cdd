"""Which rows belong to a table: those of the form that most rows have."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from noisyweights.datasets.text_tables.dialect import most_common_form
from noisyweights.datasets.text_tables.fields import MISSING, NUMBER, TEXT, Field

__all__ = ["Shape", "first_row", "is_statistic"]

STATISTIC = re.compile(
    r"mean|average|avg|st(andard)?[.\s_]*d(ev(iation)?)?\.?|stdev|std[.\s_]?dev\.?|sd|sigma|rms|min(imum)?|max(imum)?"
    r"|median|n|count|points|sum|total|var(iance)?",
    re.IGNORECASE,
)
COMMON = (
    0.9  # of the rows: so many begin with one word where each row is tagged, as in DataValue, 0.1, 4.1E-05
)


@dataclass(frozen=True)
class Shape:
    """How many fields a row has, in which columns numbers stand, and in which text.

    Any other column is empty in most rows, and what stands there beside the numbers does not matter.
    statistics: whether text columns hold words such as Mean amid the table.
    """

    width: int
    numbers: tuple[int, ...]
    texts: tuple[int, ...]
    statistics: bool

    @classmethod
    def of(cls, rows: Sequence[Sequence[Field]], cut: Sequence[Sequence[str]]) -> "Shape | None":
        """The shape of most of the rows that hold numbers (or, where none does, missing readings)."""
        form = most_common_form(rows)
        if form is None:
            rows = [row for row in rows if any(field.kind != TEXT for field in row)]
            forms = Counter(tuple(field.kind == TEXT for field in row) for row in rows)
            if not forms:
                return None
            form = forms.most_common(1)[0][0]
            numbers = tuple(k for k, text in enumerate(form) if not text)
            return cls(len(form), numbers, (), statistics=True)
        alike = [k for k, row in enumerate(rows) if tuple(field.kind == TEXT for field in row) == form]
        texts = tuple(k for k, text in enumerate(form) if text)
        seen = [{rows[place][k].kind for place in alike} for k in range(len(form))]
        numbers = tuple(k for k, kinds in enumerate(seen) if NUMBER in kinds)
        words = Counter(cut[place][k].strip().lower() for place in alike for k in texts)
        often = any(count > 1 and STATISTIC.fullmatch(word) for word, count in words.items())
        return cls(len(form), numbers, texts, statistics=often)

    def fits(self, row: Sequence[Field], fields: Sequence[str]) -> bool:
        """Whether a row belongs to the table: it may be cut short, or have a remark behind it."""
        if any(field.kind not in (TEXT, MISSING) for field in row[self.width :]):
            return False
        there = [row[k].kind for k in self.numbers if k < len(row)]
        if TEXT in there or (len(row) < self.width and NUMBER not in there):
            return False
        return self.statistics or not any(is_statistic(fields[k]) for k in self.texts if k < len(fields))


def is_statistic(word: str) -> bool:
    """Whether a word says that a mean, a count or the like stands beside it."""
    return bool(STATISTIC.fullmatch(word.strip(' "\r\n:')))


def first_row(rows: Sequence[Sequence[Field]], cut: Sequence[Sequence[str]], shape: Shape) -> int:
    """The first row of the table.

    Where nearly all rows begin with one word, rows above that begin with a word of their own are none of it.
    """
    inside = [
        k
        for k, row in enumerate(rows)
        if len(row) >= shape.width
        and shape.fits(row, cut[k])
        and any(row[column].kind not in (TEXT, MISSING) for column in shape.numbers)
    ]
    if not inside:
        return next(k for k, row in enumerate(rows) if shape.fits(row, cut[k]))
    for column in shape.texts:
        tags = Counter(cut[k][column].strip() for k in inside)
        tag, count = tags.most_common(1)[0]
        if count >= COMMON * len(inside):
            while cut[inside[0]][column].strip() != tag and tags[cut[inside[0]][column].strip()] == 1:
                inside.pop(0)
    return inside[0]
