"""A trace of device noise, from the text file that an instrument or a spreadsheet writes."""

import gzip
import io
import os
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from noisyweights.datasets.text_tables import Table, read_table, step_of
from noisyweights.datasets.text_tables.encodings import find_encoding
from noisyweights.sample_size import MINIMUM_SAMPLE_SIZE

__all__ = ["NoiseTrace", "read_noise"]

INSTRUMENT_INFINITY = 9.9e37  # SCPI instruments write ±9.9E37 for infinity and 9.91E37 for not a number


@dataclass(frozen=True, eq=False)
class NoiseTrace:
    """Samples of a device, float64 of shape (n,), as they stood in the file `source`.

    name: the file's without its endings. column: heading, or place, of the column. unit: what the heading or
    the fields say, "" if nothing. sha256: of the uncompressed bytes. dropped: readings left out because they
    were blank or not finite. interval_s: seconds between readings, NaN if unknown. cells: labels of several
    cells, () for one; `cell` is the place in `cells` of each sample, int (n,), None for one. level: what was
    programmed for each sample, float64 (n,), None if nothing says. step: the largest step on which all
    samples lie, by `text_tables.step_of`, NaN if none shows. censored: how many readings lay below and above
    the instrument's range by its own word; they are in no other count. notes: sentences on all that was
    passed over, converted or cut off.
    """

    samples: np.ndarray
    unit: str
    name: str
    column: str
    source: str
    sha256: str
    dropped: int
    interval_s: float = float("nan")
    cells: tuple[str, ...] = ()
    cell: np.ndarray | None = None
    level: np.ndarray | None = None
    step: float = float("nan")
    censored: tuple[int, int] = (0, 0)
    notes: tuple[str, ...] = ()

    @property
    def groups(self) -> np.ndarray:
        """The group of each sample, those of one cell at one level, by cell and then by level: int (n,)."""
        cell = np.zeros(self.samples.size, int) if self.cell is None else self.cell
        if self.level is None:
            return np.unique(cell, return_inverse=True)[1]
        _, level = np.unique(self.level, return_inverse=True)
        return np.unique(cell * (level.max() + 1) + level, return_inverse=True)[1]


def read_noise(
    path: str | os.PathLike[str], *, column: str | int | None = None, cell: str | int | None = None
) -> NoiseTrace:
    """Read the samples of a text file, whatever its heading, comments, delimiter and encoding.

    Understood: lines that start with #, % or //; a preamble, an instrument's own too, and a footer; a
    heading, from which the unit is taken (`conductance_uS`, `G (µS)`, `G / µS`); units and SI prefixes in the
    fields, which are brought to one; comma, semicolon, tab or white space; decimal commas; thousands
    separators where the file shows them; quotes; any line ending; UTF-8, UTF-16, Windows-1252; gzip. Readings
    that are blank, NaN or infinite are dropped and counted, and so are marks such as <0.1 or OVERFLOW. Any
    other text among the numbers is an error, since leaving it out could select. `notes` says what was done.

    Of several columns, those that count readings, tell the time or never turn back are passed over. Columns
    alike but for a number (`cell 1 (uS)`, `cell 2 (uS)`) are cells, and so are the labels of a column headed
    `cell`, `device` or the like, if most were read more than once; `cell` takes one of them, by its label or
    place. If more than one column is left, `column` must name it, by its heading or by its place counted
    from 1. The file is read in blocks: 10⁷ rows need less than 0.5 GB.

    Raises FileNotFoundError, IsADirectoryError or PermissionError, and ValueError for a file that is empty,
    binary, without numbers, ambiguous, all NaN, constant or shorter than 100 samples.
    """
    source = Path(path).expanduser()
    try:
        with _opener(source)(source, "rb") as stream:
            encoding = find_encoding(stream)
            stream.seek(0)
            with io.TextIOWrapper(stream, encoding=encoding.codec, errors="replace") as text:
                table = read_table(text, column=column, cell=cell)
    except PermissionError as error:
        raise PermissionError(f"{source} may not be read: give yourself the right (chmod u+r)") from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{source}: a damaged gzip file ({error}): compress it again") from error
    except ValueError as error:
        raise ValueError(f"{source}: {error}") from error

    finite = np.abs(table.values) < INSTRUMENT_INFINITY  # false for NaN
    samples = table.values[finite]
    _refuse_useless(samples, table, str(source))
    return NoiseTrace(
        samples=samples,
        unit=table.unit,
        name=re.sub(r"(\.(csv|txt|tsv|dat))?(\.gz)?$", "", source.name, count=1, flags=re.IGNORECASE),
        column=table.label,
        source=str(source),
        sha256=encoding.sha256,
        dropped=table.values.size - samples.size - table.below - table.above,
        interval_s=table.interval_s,
        cells=table.cells,
        cell=None if table.cell is None else table.cell[finite],
        level=None if table.level is None else table.level[finite],
        step=step_of(samples),
        censored=(table.below, table.above),
        notes=(*encoding.notes, *table.notes),
    )


def _refuse_useless(samples: np.ndarray, table: Table, source: str) -> None:
    """Raise ValueError for samples that no law can be fitted to."""
    if samples.size == 0:
        raise ValueError(
            f"{source}: all {table.values.size} values ({table.label}) are NaN, infinite or blank: "
            "check which column holds the readings, and what was exported"
        )
    if samples.size < MINIMUM_SAMPLE_SIZE:
        raise ValueError(
            f"{source}: {samples.size} samples ({table.label}); at least {MINIMUM_SAMPLE_SIZE} are needed: "
            "record more"
        )
    if samples.min() == samples.max():
        raise ValueError(
            f"{source}: all {samples.size} samples ({table.label}) are {samples[0]:g}, and noise varies: "
            "check which column holds the readings, and the resolution they were recorded with"
        )


def _opener(source: Path) -> Callable[[Path, str], BinaryIO]:
    """What opens the file: `gzip.open` if it is compressed, whatever its name."""
    if not source.exists():
        raise FileNotFoundError(f"no noise file at {source} (looked from {Path.cwd()}): check the path")
    if source.is_dir():
        raise IsADirectoryError(f"{source} is a folder: give the file in it that has the samples")
    if not source.is_file():
        raise ValueError("not a regular file: save the samples to one")
    with source.open("rb") as stream:
        return gzip.open if stream.read(2) == b"\x1f\x8b" else open
