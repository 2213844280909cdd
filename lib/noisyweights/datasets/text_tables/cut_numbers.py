"""Numbers that cannot be read for sure: of unclear marks, or cut where a separator stood."""

import re

from noisyweights.datasets.text_tables.dialect import Dialect, turns_never
from noisyweights.datasets.text_tables.number_formats import NumberFormat, Unclear
from noisyweights.datasets.text_tables.shape import Shape
from noisyweights.datasets.text_tables.sight import Sight

__all__ = ["refuse_cut_numbers", "refuse_unclear"]


def refuse_unclear(written: NumberFormat | Unclear, data: Sight, k: int, label: str) -> None:
    """Raise ValueError, naming the line, for a column whose decimal mark cannot be told."""
    if isinstance(written, Unclear):
        raise ValueError(f"{written.body!r} on line {data.line(k, written.body)} ({label}): {written.why}")


def refuse_cut_numbers(data: Sight, k: int, dialect: Dialect, shape: Shape, *, told: int) -> None:
    """Raise ValueError for readings without a heading that may be ends of numbers: 003.19 of 1,003.19.

    They are if some begin with a zero, or if all have three digits behind a column of up to three that does
    not count the rows. `told` is how many headings there seem to be.
    """
    if dialect.delimiter not in (",", None) or shape.width == 1:
        return
    if dialect.delimiter == "," and 1 < told < len(shape.numbers) + len(shape.texts):
        raise ValueError(
            f"line {data.places[0] + 1} has {shape.width} fields below {told} headings: "
            "write decimal points, no thousands separators, and a heading above each column"
        )
    bodies = [field.body.lstrip("+-") for field in data.column(k) if field.body]
    padded = [body for body in bodies if re.match(r"0\d", body)]
    if padded or (k - 1 in shape.numbers and _are_ends(data, k, bodies)):
        example = (padded or bodies)[0]
        raise ValueError(
            f"{example!r} on line {data.line(k, example)} may be the end of a number that was cut at its "
            "comma or space: write decimal points and no thousands separators, or headings above the columns"
        )


def _are_ends(data: Sight, k: int, bodies: list[str]) -> bool:
    left = [field.body.lstrip("+-") for field in data.column(k - 1)]
    counts = len(set(left)) == len(left) and turns_never(data.rough(k - 1))
    behind = all(re.fullmatch(r"\d{3}([.,]\d*)?", body) for body in bodies)
    return behind and not counts and all(re.fullmatch(r"[1-9]\d{0,2}", body) for body in left)
