"""The readings of a text table, of which cell and at which level each was taken."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import TextIOBase

import numpy as np

from noisyweights.datasets.text_tables.layout import Layout, find_layout, listed
from noisyweights.datasets.text_tables.rows import Values, read_rows
from noisyweights.datasets.text_tables.units import split_label

__all__ = ["Table", "read_table"]

BLOCK = 1 << 23  # characters read at once


@dataclass(frozen=True, eq=False)
class Table:
    """Readings of a table, NaN where one is missing: float64 (n,).

    label, unit: of the column. cells: labels, empty for one cell; `cell` their places, int (n,). level: what
    was programmed, float64 (n,), None where nothing says. interval_s: between readings, NaN if unknown.
    below, above: how many readings were out of range. notes: what was passed over or converted.
    """

    values: np.ndarray
    label: str
    unit: str
    cells: tuple[str, ...]
    cell: np.ndarray | None
    level: np.ndarray | None
    interval_s: float
    below: int
    above: int
    notes: tuple[str, ...]


def read_table(text: TextIOBase, *, column: str | int | None = None, cell: str | int | None = None) -> Table:
    """Read the readings of a table, in blocks; the layout is found from the first rows.

    Most rows look alike: their form decides what is a delimiter and a row of data. Lines above the first such
    row are a preamble, the last of which may hold the headings; lines below the last one are a footer.

    Raises ValueError for a text without numbers, for columns between which nothing decides, for a field of
    the table that is neither a number nor missing, and for a column or cell that is not there.
    """
    lines = _block(text)
    layout = find_layout(lines, column)
    values = read_rows(_blocks(lines[layout.first :], text), layout)
    notes = [*layout.notes]
    readings, labels, codes = _wide(values, layout) if len(layout.readings) > 1 else _long(values, layout)
    level = _level(values, layout, readings.size, notes)
    if cell is not None:
        chosen = _chosen(labels, cell)
        notes.append(f"cell {labels[chosen]!r} of {len(labels)}")
        keep = codes == chosen
        readings, level = readings[keep], None if level is None else level[keep]
        labels, codes = (), None
    elif labels:
        notes.append(f"{len(labels)} cells, kept apart")
    notes += _said(values, layout)
    return Table(
        values=readings,
        label=layout.label if len(layout.readings) == 1 else _common_label(layout),
        unit=layout.scales[layout.readings[0]].unit,
        cells=labels,
        cell=codes,
        level=level,
        interval_s=layout.interval_s,
        below=values.below,
        above=values.above,
        notes=tuple(notes),
    )


def _block(text: TextIOBase) -> list[str]:
    """The next lines, each with its end, of which the last one of all may lack it."""
    return text.readlines(BLOCK)


def _blocks(first: list[str], text: TextIOBase) -> Iterator[list[str]]:
    while first:
        yield first
        first = _block(text)


def _wide(values: Values, layout: Layout) -> tuple[np.ndarray, tuple[str, ...], np.ndarray]:
    """Cells beside each other: one cell's readings after another's."""
    columns = [values.column(k) for k in layout.readings]
    labels = tuple(split_label(layout.labels[k])[0] for k in layout.readings)
    codes = np.repeat(np.arange(len(columns)), [column.size for column in columns])
    return np.concatenate(columns), labels, codes


def _long(values: Values, layout: Layout) -> tuple[np.ndarray, tuple[str, ...], np.ndarray | None]:
    """Cells below each other: a cell is one if it was read more than once on the average."""
    readings = values.column(layout.readings[0])
    if not values.cells or not 1 < len(values.names) <= readings.size / 2:
        return readings, (), None
    labels = tuple(", ".join(part.strip(' "\r\n') for part in name) for name in values.names)
    return readings, labels, np.concatenate(values.cells)[: readings.size]


def _common_label(layout: Layout) -> str:
    labels = [layout.labels[k] for k in layout.readings]
    return f"{labels[0]} … {labels[-1]}"


def _level(values: Values, layout: Layout, size: int, notes: list[str]) -> np.ndarray | None:
    """The programmed level of each reading: of a column that takes several values, and each several times."""
    if len(layout.readings) > 1:
        return None
    for k in layout.levels:
        level = np.concatenate(values.numbers[k])[:size]
        different = np.unique(level[np.isfinite(level)]).size
        if 1 < different <= size / 10:
            notes.append(f"{different} levels of {layout.labels[k]}, kept apart")
            return level
    return None


def _chosen(labels: Sequence[str], cell: str | int) -> int:
    """The cell of this label, or place counted from 1."""
    if cell in labels:
        return labels.index(cell)
    if str(cell).isdecimal() and 1 <= int(cell) <= len(labels):
        return int(cell) - 1
    known = (
        ", ".join(labels[:5]) + (", …" if len(labels) > 5 else "") if labels else "none that are kept apart"
    )
    raise ValueError(f"no cell {cell!r}: there are {known}")


def _said(values: Values, layout: Layout) -> list[str]:
    notes = []
    if values.footer:
        notes.append(f"{listed([line for _, line in values.footer], 'line')} below the table")
    if values.below or values.above:
        notes.append(
            f"of the readings, {values.below} lay below the instrument's range and {values.above} above it"
        )
    return notes
