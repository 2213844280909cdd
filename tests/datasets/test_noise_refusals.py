"""Noise files that must not be read: each is refused with its name and the mend."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from noisyweights.datasets import read_noise

N = 150
PLAIN = [f"{x:.4f}" for x in np.random.default_rng(1).normal(-0.3, 1.0, N)]
COUNT = range(N)


def lines(*above: str, rows=PLAIN, end: str = "\n") -> str:
    return end.join([*above, *rows]) + end


BAD = {
    # content, words of the error
    "nothing": ("", "empty: it needs a column of samples"),
    "blanks": (" \n\n", "empty"),
    "heading only": ("conductance_uS\n", "no numbers; it begins with 'conductance_uS'"),
    "comments only": ("# a\n# b\n", "no numbers below its comments"),
    "prose": ("We measured the noise,\nand it was loud.\n" * 90, "no numbers; it begins with 'We measured"),
    "all NaN": ("G_uS\n" + "nan\n" * 200, r"all 200 values \(G_uS\) are NaN, infinite or blank: check"),
    "all missing": (
        "i,G\n" + "1,NA\n" * 200,
        r"all 200 samples \(i\) are 1, and noise varies: check which column",
    ),
    "constant": ("G_uS\n" + "3.25\n" * 200, r"all 200 samples \(G_uS\) are 3.25, and noise varies: check"),
    "short": (lines(rows=PLAIN[:99]), r"99 samples \(column 1\); at least 100 are needed"),
    "short after dropping": (lines(rows=[*PLAIN[:99], "nan", "nan"]), "99 samples"),
    "a word among numbers": (
        lines("G_uS", rows=[*PLAIN[:50], "loose", *PLAIN[50:]]),
        r"'loose' on line 52 \(G_uS\) is not a number: correct it, or write NaN",
    ),
    "a word far down": (lines("G_uS", rows=[*PLAIN * 20, "loose", "1.0"]), r"'loose' on line 3002"),
    "a failed reading at the end": (lines("G_uS", rows=[*PLAIN, "ERR"]), r"'ERR' on line 152"),
    "a row of another width": (
        lines("t (s),G_uS", rows=[f"{i},{x}" for i, x in enumerate(PLAIN[:80])] + ["1,2,3,4", "81,1.0"]),
        r"line 82 \('1,2,3,4'\) has 4 fields, the rows around it 2: complete it, or leave it out",
    ),
    "a reading or a time": (
        lines("G_uS t", rows=[f"{x} {i}" for i, x in enumerate(PLAIN[:99])] + ["0.7", "1.0 100"]),
        r"line 101 \('0.7'\) has 1 fields, the rows around it 2",
    ),
    "a statistic amid the rows": (
        lines("id,G_uS", rows=[f"A{i},{x}" for i, x in enumerate(PLAIN)] + ["Mean,0.1", "A9,1.0"]),
        r"line 152 \('Mean,0.1'\) is no reading, amid the others: leave it out",
    ),
    "another table below": (
        lines("t,G_uS", rows=[f"{i},{x}" for i, x in enumerate(PLAIN)] + [f"{i},1.0,{i}" for i in range(30)]),
        r"another table follows from line 152 \('.*'\)|put one table into a file",
    ),
    "another table above": (
        lines("t,G_uS", rows=[f"{i},{i},{i}" for i in range(30)] + [f"{i},{x}" for i, x in enumerate(PLAIN)]),
        "another table stands above line 32: put one table into a file",
    ),
    "commas of unknown meaning": (
        lines("R_ohm", rows=[f"{1000 + 7 * i % 400:,}" for i in COUNT]),
        r"'1,000' on line 2 \(R_ohm\): the comma may be a decimal one or one of thousands: write",
    ),
    "points of unknown meaning": (
        lines("R_ohm", rows=[f"{900 + i % 90}" for i in COUNT] + ["1.003"] * 3),
        r"'1.003' on line 152 \(R_ohm\): the point may be a decimal one or one of thousands",
    ),
    "a comma that comes late": (
        lines("R_ohm", rows=[f"{900 + i % 90}" for i in range(3000)] + ["1,003"]),
        r"'1,003' on line 3002 \(R_ohm\) has a comma that may be a decimal one",
    ),
    "numbers cut at their commas": (
        lines(rows=[f"{i / 100:.2f},1,{17 * i * i % 700:03d}.5" for i in COUNT]),
        "may be the end of a number that was cut at its comma or space: write decimal points",
    ),
    "decimal commas between commas": (
        lines("t (s),G_uS", rows=[f"0,{i},41,{x[-4:]}" for i, x in enumerate(PLAIN)]),
        "line 2 has 4 fields below 2 headings: write decimal points",
    ),
    "readings that are text": (
        lines("index,G", rows=[f"{i},~{x}" for i, x in enumerate(PLAIN)]),
        "no column of readings beside 'index': write them as plain numbers",
    ),
    "a unit here and there": (
        lines("G", rows=[*(f"{x} uS" for x in PLAIN), "0.5", "1.0 uS"]),
        r"'0.5' on line 152 \(G\) has no unit, where others are in µS: write the unit",
    ),
    "volts among amperes": (
        lines("I", rows=[*(f"{x} nA" for x in PLAIN), "0.5 mV"]),
        r"I: readings in mV, nA: keep one quantity in a column",
    ),
    "terminals of one device": (
        lines("I1 (nA),I2 (nA)", rows=[f"{y},{x}" for y, x in zip(PLAIN[::-1], PLAIN, strict=True)]),
        "2 columns may hold the noise \\('I1 \\(nA\\)', 'I2 \\(nA\\)'\\)",
    ),
    "two candidates": (
        lines("I_nA,G_uS", rows=[f"{y},{x}" for y, x in zip(PLAIN[::-1], PLAIN, strict=True)]),
        "2 columns may hold the noise \\('I_nA', 'G_uS'\\): keep one, or name it as `column` \\(make",
    ),
    "a matrix": (lines(rows=[",".join(PLAIN[:9])] + [",".join(PLAIN[9:18])] * 99), "'column 5', …"),
    "one row": (",".join(PLAIN) + "\n", "one row of 150 numbers: put one sample on a line"),
    "one endless row": (",".join(PLAIN * 1200) + "\n", "first row is longer than a million characters"),
    "comma of unknown meaning": (
        lines(rows=[f"{i % 3},{(7 * i) % 9 + 1}" for i in COUNT]),
        "one number with a decimal comma, or two: write decimal points",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_refused_with_its_name_and_the_mend(tmp_path, case):
    content, message = BAD[case]
    path = tmp_path / "noise.csv"
    path.write_text(content)
    with pytest.raises(ValueError, match=message) as caught:
        read_noise(path)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (np.arange(300.0).tobytes(), "a binary file: export the samples as text"),
        (b"PK\x03\x04" + bytes(range(256)), "a spreadsheet or an archive: export the column as CSV"),
        (lines("G_uS").encode("utf-16")[:-1], r"damaged UTF-16 text \(byte 0x0a\): save it as UTF-8"),
        (b"\x89HDF\r\n\x1a\n" + bytes(range(200)), "a binary file"),
        (gzip.compress(lines().encode())[:-20], "a damaged gzip file"),
    ],
)
def test_bytes_that_are_not_text_are_refused(tmp_path, content, message):
    path = tmp_path / "noise.csv"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        read_noise(path)
    assert str(caught.value).startswith(str(path))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no noise file at .*nowhere.csv .*: check the path"):
        read_noise(tmp_path / "nowhere.csv")


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(IsADirectoryError, match="is a folder: give the file in it"):
        read_noise(tmp_path)


def test_an_unreadable_file_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "noise.csv"
    path.write_text(lines())

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # the rights of a file do not bind root
    with pytest.raises(PermissionError, match="may not be read: give yourself the right"):
        read_noise(path)


def test_a_column_that_is_not_there_is_refused(tmp_path):
    path = tmp_path / "noise.csv"
    path.write_text(lines("cell,G_uS", rows=[f"A{i},{x}" for i, x in zip(COUNT, PLAIN, strict=True)]))
    for column in ("R_kOhm", 1, 3):
        with pytest.raises(ValueError, match=rf"no column {column!r} with numbers: there are 2 \(G_uS\)"):
            read_noise(path, column=column)
