"""A trace of device noise, from the text file that an instrument or a spreadsheet writes."""

import gzip
import hashlib
import io
import os
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from noisyweights.datasets.text_columns import read_column, split_label
from noisyweights.sample_size import MINIMUM_SAMPLE_SIZE

__all__ = ["NoiseTrace", "read_noise"]

INSTRUMENT_INFINITY = 9.9e37  # SCPI instruments write ±9.9E37 for infinity and 9.91E37 for not a number


@dataclass(frozen=True, eq=False)
class NoiseTrace:
    """Samples of one device, float64 of shape (n,), as they stood in the file `source`.

    `name` is the file's without its endings; `column` the heading, or place, of the column; `unit` what the
    heading says ("" if nothing); `sha256` that of the uncompressed bytes; `dropped` how many readings were
    left out because they were blank or not finite.
    """

    samples: np.ndarray
    unit: str
    name: str
    column: str
    source: str
    sha256: str
    dropped: int


def read_noise(path: str | os.PathLike[str], *, column: str | int | None = None) -> NoiseTrace:
    """Read a column of samples from a text file, whatever its heading, comments and delimiter.

    Understood: lines that start with #, % or //; a preamble and a heading, from which the unit is taken
    (`conductance_uS`, `G (µS)`, `G / µS`); comma, semicolon, tab or white space; decimal commas; quotes; any
    line ending; gzip. Readings that are blank, NaN or infinite are dropped and counted. Any other text among
    the numbers is an error, since leaving it out could select. Of several columns, those that count readings,
    tell the time or never turn back are passed over; if more than one is left, `column` must name it, by its
    heading or by its place counted from 1. The file is read in blocks: 10⁷ rows need less than 0.5 GB.

    Raises FileNotFoundError, IsADirectoryError or PermissionError, and ValueError for a file that is empty,
    binary, not UTF-8, without numbers, ambiguous, all NaN, constant or shorter than 100 samples.
    """
    source = Path(path).expanduser()
    try:
        with _opener(source)(source, "rb") as stream:
            _refuse_binary(stream.read(1 << 16))
            stream.seek(0)
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            stream.seek(0)
            with io.TextIOWrapper(stream, encoding="utf-8-sig") as text:
                values, label = read_column(text, column=column)
    except PermissionError as error:
        raise PermissionError(f"{source} may not be read: give yourself the right (chmod u+r)") from error
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise ValueError(
            f"{source}: not UTF-8 text (byte 0x{byte:02x}): convert it, e.g. iconv -f latin1 -t utf-8"
        ) from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{source}: a damaged gzip file ({error}): compress it again") from error
    except ValueError as error:
        raise ValueError(f"{source}: {error}") from error

    samples = values[np.abs(values) < INSTRUMENT_INFINITY]  # false for NaN
    if samples.size == 0:
        raise ValueError(
            f"{source}: all {values.size} values ({label}) are NaN, infinite or blank: "
            "check which column holds the readings, and what was exported"
        )
    if samples.size < MINIMUM_SAMPLE_SIZE:
        raise ValueError(
            f"{source}: {samples.size} samples ({label}); at least {MINIMUM_SAMPLE_SIZE} are needed: "
            "record more"
        )
    if samples.min() == samples.max():
        raise ValueError(
            f"{source}: all {samples.size} samples ({label}) are {samples[0]:g}, and noise varies: "
            "check which column holds the readings, and the resolution they were recorded with"
        )
    return NoiseTrace(
        samples=samples,
        unit=split_label(label)[1],
        name=re.sub(r"(\.(csv|txt|tsv|dat))?(\.gz)?$", "", source.name, count=1, flags=re.IGNORECASE),
        column=label,
        source=str(source),
        sha256=digest,
        dropped=values.size - samples.size,
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


def _refuse_binary(head: bytes) -> None:
    if not head.strip():
        raise ValueError("empty: it needs a column of samples")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ValueError("UTF-16 text: save it as UTF-8")
    if head.startswith(b"PK\x03\x04"):
        raise ValueError("a spreadsheet or an archive: export the column as CSV")
    if b"\0" in head:
        raise ValueError("a binary file: export the samples as text, one to a line")
