"""Where the readings of a text stand, and how they are written: found from its first lines."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from noisyweights.datasets.text_tables import columns
from noisyweights.datasets.text_tables.cut_numbers import refuse_cut_numbers, refuse_unclear
from noisyweights.datasets.text_tables.dialect import Dialect, is_comment
from noisyweights.datasets.text_tables.fields import NUMBER, TEXT, Field
from noisyweights.datasets.text_tables.headings import Above, headings, said_interval, said_unit
from noisyweights.datasets.text_tables.number_formats import NumberFormat, formats
from noisyweights.datasets.text_tables.shape import Shape, first_row
from noisyweights.datasets.text_tables.sight import Sight, see
from noisyweights.datasets.text_tables.units import UnitScale, common_scale, seconds_of, split_label, symbol

__all__ = ["MANY", "Layout", "find_layout", "listed"]

MANY = 20  # rows of numbers of another form: no preamble or footer, but another table


@dataclass(frozen=True)
class Layout:
    """Where and how the values stand.

    first: the line that the table begins with, counted from 0. readings, levels: columns that are read, and
    how (`formats`, `scales`). cells: columns that name the cell of a row. unit_column: where the unit of the
    reading stands, if it has a column of its own. interval_s: between readings, NaN if unknown. notes: what
    was passed over.
    """

    dialect: Dialect
    shape: Shape
    first: int
    labels: tuple[str, ...]
    readings: tuple[int, ...]
    levels: tuple[int, ...]
    cells: tuple[int, ...]
    formats: Mapping[int, NumberFormat]
    scales: Mapping[int, UnitScale]
    unit_column: int | None
    interval_s: float
    notes: tuple[str, ...]

    @property
    def label(self) -> str:
        """The heading of the readings."""
        return self.labels[self.readings[0]]


def find_layout(lines: Sequence[str], column: str | int | None) -> Layout:
    """The layout of a text that begins with these lines.

    Raises ValueError for a text without numbers, for columns between which nothing decides, and for numbers
    whose marks may be decimal ones or of thousands.
    """
    dialect, seen = see(lines)
    shape = Shape.of(seen.rows, seen.cut)
    if shape is None:
        begin = f"; it begins with {seen.lines[0].strip()[:40]!r}" if seen.lines else " below its comments"
        raise ValueError(f"no numbers{begin}: put one sample on a line")
    start = first_row(seen.rows, seen.cut, shape)
    data = seen.of([k for k in range(start, len(seen.rows)) if shape.fits(seen.rows[k], seen.cut[k])])
    if len(data.rows) == 1 and len(shape.numbers) > 1:
        raise ValueError(f"one row of {len(shape.numbers)} numbers: put one sample on a line")
    first = data.places[0]
    if sum(_is_all_numbers(row) for row in seen.rows[:start]) > MANY:
        raise ValueError(f"another table stands above line {first + 1}: put one table into a file")
    above = headings(lines[:first], dialect, shape.width)
    labels = tuple(label or f"column {k}" for k, label in enumerate(above.labels, 1))
    written = dict(zip(shape.numbers, formats([data.numbers(k) for k in shape.numbers]), strict=True))
    table = {k: data.rough(k) for k in shape.numbers}
    readings = columns.choose(table, labels, column=column, texts=bool(shape.texts))
    for k in readings:
        refuse_unclear(written[k], data, k, labels[k])
        if not any(above.labels):
            refuse_cut_numbers(data, k, dialect, shape, told=above.told)
    levels = columns.level_columns(table, labels, readings)
    levels = tuple(k for k in levels if isinstance(written[k], NumberFormat))
    unit_column = data.unit_column(readings[0], shape.texts) if len(readings) == 1 else None
    beside = data.beside(shape.width, (*shape.numbers, *shape.texts))
    said = [*lines[:first], *beside]
    scales = {k: _scale(data, k, labels[k], unit_column, said_unit(said)) for k in readings}
    scales |= {k: common_scale(data.units(k), split_label(labels[k])[1]) for k in levels}
    interval, notes = _interval(table, labels, readings, said)
    notes += _passed_over(lines[:first], above, beside)
    notes += [note for k in readings for note in _conversions(data, k, labels[k], written[k], scales[k])]
    return Layout(
        dialect=dialect,
        shape=shape,
        first=first,
        labels=labels,
        readings=readings,
        levels=levels,
        cells=columns.cell_columns(labels, readings, shape.texts) if len(readings) == 1 else (),
        formats={k: written[k] for k in (*readings, *levels)},
        scales=scales,
        unit_column=unit_column,
        interval_s=interval,
        notes=tuple(notes),
    )


def _is_all_numbers(row: Sequence[Field]) -> bool:
    kinds = {field.kind for field in row}
    return NUMBER in kinds and TEXT not in kinds


def _scale(data: Sight, k: int, label: str, unit_column: int | None, said: str) -> UnitScale:
    units = data.units(k)
    if unit_column is not None:
        units = [row[unit_column].strip(' "') for row in data.cut if unit_column < len(row)]
    try:
        return common_scale(units, split_label(label)[1] or said)
    except ValueError as error:
        raise ValueError(f"{label}: {error}") from error


def _interval(
    table: Mapping[int, np.ndarray], labels: Sequence[str], readings: Sequence[int], said: Sequence[str]
) -> tuple[float, list[str]]:
    """Seconds between readings by the instrument's word, or by a column of times; and a note."""
    value, name = said_interval(said)
    if name:
        return value, [f"sampling interval {value:g} s by the line {name!r}"]
    k = columns.time_column(table, labels, readings)
    if k is None:
        return float("nan"), []
    unit = seconds_of(split_label(labels[k])[1])
    if unit is None:
        return float("nan"), [f"no unit of time in {labels[k]!r}, so the sampling interval is unknown"]
    steps = np.diff(table[k][np.isfinite(table[k])])
    forward = steps[steps > 0]  # times may begin again with each cell
    if not forward.size:
        return float("nan"), []
    usual = float(np.median(forward))
    regular = forward[np.abs(forward - usual) < 0.5 * usual]
    return float(np.mean(regular)) * unit, []


def _passed_over(above: Sequence[str], heads: Above, beside: Sequence[str]) -> list[str]:
    lines = [line for line in above if line.strip(" \t\r\n,;") and not is_comment(line)]
    lines = lines[: max(0, len(lines) - heads.plain)]
    notes = [f"{listed(lines, 'line')} above the table"] if lines else []
    return notes + ([f"{listed(beside, 'text')} beside the readings"] if beside else [])


def listed(lines: Sequence[str], word: str, count: int | None = None) -> str:
    """How many lines or texts, and how the first of them begin."""
    count = len(lines) if count is None else count
    begins = [re.split(r"[,;\t:=]|\s{2,}", line.strip(' "\r\n'))[0].strip(' "')[:30] for line in lines[:2]]
    return f"{count} {word}{'s' if count > 1 else ''} ({', '.join(begins)}{', …' if count > 2 else ''})"


def _conversions(data: Sight, k: int, label: str, written: NumberFormat, scale: UnitScale) -> list[str]:
    notes = []
    if written.thousands:
        notes.append(f"{'commas' if written.thousands == ',' else 'points'} set thousands apart in {label}")
    units = sorted({symbol(unit) for unit in data.units(k)})
    if len(units) > 1:
        notes.append(f"readings in {' and '.join(units)}, all in {scale.unit} here")
    return notes
