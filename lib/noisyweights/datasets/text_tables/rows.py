"""The values of a table, block by block: at once where all rows are plain, line by line where one is not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from noisyweights.datasets.text_tables.dialect import is_comment, without_remark
from noisyweights.datasets.text_tables.fields import ABOVE, BELOW, NUMBER, TEXT, Field
from noisyweights.datasets.text_tables.layout import MANY, Layout
from noisyweights.datasets.text_tables.shape import is_statistic

__all__ = ["Values", "read_rows"]

FEW_CELLS = 100_000  # so many names are kept, before it is asked whether each cell was read once
NOT_PLAIN = (*"\"_<>'#%", "//")
FAILED = {"err", "error", "fail", "failed", "invalid", "bad"}  # a reading that is none, even behind the last


@dataclass
class Values:
    """What was read so far.

    numbers: blocks of each column of readings or levels, NaN where one is missing. cells: blocks of the cell
    of each row, as a place in `names`; None once it is clear that most cells were read once. ends: rows up to
    the last field of a column that is not blank. below, above: readings out of range. footer: lines behind
    the table, by their number.
    """

    numbers: dict[int, list[np.ndarray]]
    cells: list[np.ndarray] | None = field(default_factory=list)
    names: dict[tuple[str, ...], int] = field(default_factory=dict)
    ends: dict[int, int] = field(default_factory=dict)
    rows: int = 0
    below: int = 0
    above: int = 0
    footer: list[tuple[int, str]] = field(default_factory=list)

    def add_cells(self, labels: list[tuple[str, ...]]) -> None:
        """Note the cells of the rows before `rows`."""
        if self.cells is None:
            return
        names = self.names
        codes = [names.setdefault(label, len(names)) for label in labels]
        self.cells.append(np.array(codes, dtype=np.int64))
        if len(names) > max(FEW_CELLS, self.rows / 2):
            self.cells = None
            names.clear()

    def column(self, k: int) -> np.ndarray:
        """All values of a column up to its last reading."""
        return np.concatenate(self.numbers[k])[: self.ends.get(k, 0)]


def read_rows(blocks: Iterator[list[str]], layout: Layout) -> Values:
    """Read the blocks of lines, of which the first begins with the table.

    Raises ValueError, which names the line, for a row of another form amid the others, for a number that the
    layout does not explain, and where another table follows.
    """
    values = Values({k: [] for k in (*layout.readings, *layout.levels)})
    careful = _Careful(layout, values)
    for lines in blocks:
        plain = None if values.footer else _plain(lines, layout)
        if plain is None:
            careful.read(lines)
            continue
        careful.place += len(lines)
        columns, labels = plain
        for k, block in columns.items():
            values.numbers[k].append(block)
            values.ends[k] = values.rows + len(lines)
        values.rows += len(lines)
        if layout.cells:
            values.add_cells(labels)
    return values


def _plain(lines: list[str], layout: Layout) -> tuple[dict[int, np.ndarray], list[tuple[str, ...]]] | None:
    """Columns, and the cell of each row, of lines that are all plain rows; None for any other."""
    block = "".join(lines)
    if not _is_plain(block, layout):
        return None
    if any(written.decimal == "," for written in layout.formats.values()):
        block = block.replace(",", ".")
        lines = block.splitlines()
    shape, delimiter = layout.shape, layout.dialect.delimiter
    if shape.width == 1 and not delimiter:
        columns = [lines]
    elif not _equally_wide(lines, delimiter, shape.width):
        return None
    else:  # one flat list: millions of small ones keep the collector of garbage busy
        fields = block.rstrip("\n").replace("\n", delimiter).split(delimiter) if delimiter else block.split()
        columns = [fields[k :: shape.width] for k in range(shape.width)]
    try:
        numbers = {k: np.array(columns[k], dtype=np.float64) for k in shape.numbers}
    except ValueError:
        return None
    words = [set(columns[k]) for k in shape.texts]
    spare = [set(columns[k]) for k in range(shape.width) if k not in (*shape.numbers, *shape.texts)]
    if any(map(str.strip, set().union(*spare))):
        return None  # a remark, perhaps
    if not shape.statistics and any(map(is_statistic, set().union(*words))):
        return None
    return {k: numbers[k] for k in layout.formats}, list(
        zip(*(columns[k] for k in layout.cells), strict=True)
    )


def _is_plain(block: str, layout: Layout) -> bool:
    """Whether numbers in a block are written as Python reads them, but for a decimal comma."""
    if layout.unit_column is not None or any(scale.bare != scale.power for scale in layout.scales.values()):
        return False
    commas = {written.decimal == "," for written in layout.formats.values()}
    if len(commas) > 1 or (True in commas and "." in block):
        return False
    return block.isascii() and not any(mark in block for mark in NOT_PLAIN)


def _equally_wide(lines: list[str], delimiter: str | None, width: int) -> bool:
    if delimiter is None:
        return {len(line.split()) for line in lines} == {width}
    return {line.count(delimiter) for line in lines} == {width - 1}


class _Careful:
    """Reads line by line, and knows which line it is."""

    def __init__(self, layout: Layout, values: Values) -> None:
        self.layout, self.values = layout, values
        self.place = layout.first
        self.numbers_behind = 0

    def read(self, lines: list[str]) -> None:
        layout, values = self.layout, self.values
        found: dict[int, list[float]] = {k: [] for k in values.numbers}
        labels: list[tuple[str, ...]] = []
        for line in lines:
            self.place += 1
            if not line.strip():
                if layout.shape.width == 1 and not values.footer:
                    found[0].append(np.nan)
                    labels.append(())
                    values.rows += 1
                continue
            if is_comment(line):
                continue
            cut, row = layout.dialect.read(without_remark(line))
            if not layout.shape.fits(row, cut) or self._displaced(row):
                self._behind(line, row)
                continue
            if values.footer:
                self._refuse(*values.footer[0])
            for k, column in found.items():
                column.append(self._value(row, cut, k))
                if k < len(row) and cut[k].strip(' "'):
                    values.ends[k] = values.rows + 1
            labels.append(tuple(cut[k] if k < len(cut) else "" for k in layout.cells))
            values.rows += 1
        for k, column in found.items():
            values.numbers[k].append(np.array(column, dtype=np.float64))
        if layout.cells:
            values.add_cells(labels)

    def _displaced(self, row: Sequence[Field]) -> bool:
        """Whether a row lacks a field and it cannot be told which, though a reading may be there."""
        shape, readings = self.layout.shape, self.layout.readings
        if len(row) > max(shape.numbers):
            return False
        return max(readings) < len(row) or (self.layout.dialect.delimiter is None and len(readings) > 1)

    def _value(self, row: Sequence[Field], cut: Sequence[str], k: int) -> float:
        layout = self.layout
        if k >= len(row):
            return np.nan
        if row[k].kind != NUMBER:
            self.values.below += row[k].kind == BELOW and k in layout.readings
            self.values.above += row[k].kind == ABOVE and k in layout.readings
            return np.nan
        body, unit = row[k].body, row[k].unit
        if layout.unit_column is not None and k in layout.readings:
            unit = cut[layout.unit_column].strip(' "') if layout.unit_column < len(cut) else ""
        try:
            shift = layout.scales[k].shift(unit, body)
            return float(f"{layout.formats[k].digits(body)}e{row[k].exponent + shift}")
        except ValueError as error:
            where = f"{cut[k].strip()!r} on line {self.place} ({layout.labels[k]})"
            raise ValueError(f"{where} {error}") from error

    def _behind(self, line: str, row: Sequence[Field]) -> None:
        """Note a line that is no row of the table: a footer, if no row follows."""
        layout, values = self.layout, self.values
        values.footer.append((self.place, line))
        if any(k < len(row) and row[k].kind == TEXT and _failed(line, layout, k) for k in layout.readings):
            self._refuse(*values.footer[0])
        self.numbers_behind += any(one.kind == NUMBER for one in row)
        if self.numbers_behind > MANY:
            raise ValueError(
                f"another table follows from line {values.footer[0][0]} "
                f"({line.strip()[:40]!r} and the like): put one table into a file"
            )

    def _refuse(self, place: int, line: str) -> None:
        """Say what is wrong with a line amid the table."""
        layout = self.layout
        cut, row = layout.dialect.read(without_remark(line))
        if len(row) != layout.shape.width:
            raise ValueError(
                f"line {place} ({line.strip()[:40]!r}) has {len(row)} fields, the rows around it "
                f"{layout.shape.width}: complete it, or leave it out"
            )
        columns = (*layout.readings, *layout.shape.numbers)
        k = next((k for k in columns if row[k].kind == TEXT), None)
        if k is None:
            raise ValueError(
                f"line {place} ({line.strip()[:40]!r}) is no reading, amid the others: leave it out"
            )
        raise ValueError(
            f"{cut[k].strip()!r} on line {place} ({layout.labels[k]}) is not a number: "
            "correct it, or write NaN for a missing reading"
        )


def _failed(line: str, layout: Layout, k: int) -> bool:
    return layout.dialect.cut(line)[k].strip(' "\n').lower() in FAILED
