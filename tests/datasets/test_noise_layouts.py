"""Noise files as they come: one column comes out of any layout, and what is missing is counted."""

import gzip
import hashlib

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from noisyweights.datasets import read_noise
from noisyweights.datasets.text_tables import split_label

N = 150
TRUTH = np.round(np.random.default_rng(1).normal(-0.3, 1.0, N), 4)
PLAIN = [f"{x:.4f}" for x in TRUTH]
COMMA = [x.replace(".", ",") for x in PLAIN]
COUNT = range(N)


def lines(*above: str, rows=PLAIN, end: str = "\n") -> str:
    return end.join([*above, *rows]) + end


LAYOUTS = {
    # text, column, unit
    "bare": (lines(), "column 1", ""),
    "scientific": (lines(rows=[f"{x:+.8E}" for x in TRUTH]), "column 1", ""),
    "heading": (lines("delta_conductance_uS"), "delta_conductance_uS", "µS"),
    "comments and heading": (lines("# a, b", "% c 3 4", "// d", "", "G (uS)"), "G (uS)", "µS"),
    "heading in a comment": (lines("# RRAM cell 7", "# G [nS]"), "G [nS]", "nS"),
    "prose in a comment": (lines("# measured at room temperature in uS"), "column 1", ""),
    "heading of two words": (lines("Delta G / mS"), "Delta G / mS", "mS"),
    "quotes": (lines('"G (S)"', rows=[f'"{x}"' for x in PLAIN]), "G (S)", "S"),
    "preamble": (lines("Keithley 2636B", "Date, 2021-07-01", "Points, 150", "I (nA)"), "I (nA)", "nA"),
    "carriage returns": (lines("G_uS", end="\r\n"), "G_uS", "µS"),
    "old Mac": (lines("G_uS", end="\r"), "G_uS", "µS"),
    "byte order mark": ("\ufeff" + lines("G_uS"), "G_uS", "µS"),
    "blank lines at both ends": ("\n\n" + lines("G_uS") + "\n\n  \n", "G_uS", "µS"),
    "comment between rows": (lines("G_uS", rows=[*PLAIN[:70], "# 5.0", *PLAIN[70:]]), "G_uS", "µS"),
    "no last line end": (lines("G_uS").rstrip(), "G_uS", "µS"),
    "comma": (
        lines("time (s),G (µS)", rows=[f"{i * 0.1:.1f},{x}" for i, x in zip(COUNT, PLAIN, strict=True)]),
        "G (µS)",
        "µS",
    ),
    "comma, no heading": (
        lines(rows=[f"{i},{x}" for i, x in zip(COUNT, PLAIN, strict=True)]),
        "column 2",
        "",
    ),
    "comma, comment with a number": (
        lines(
            "cell,G_uS",
            rows=[f"{i},{x}" for i, x in zip(COUNT, PLAIN, strict=True)],
        ),
        "G_uS",
        "µS",
    ),
    "tab": (
        lines("no\tG/uS", rows=[f"{i}\t{x}" for i, x in zip(COUNT, PLAIN, strict=True)]),
        "G/uS",
        "µS",
    ),
    "spaces": (
        lines("  t (s)    G (uS)", rows=[f"  {i:5d}   {x}" for i, x in zip(COUNT, PLAIN, strict=True)]),
        "G (uS)",
        "µS",
    ),
    "numpy's heading": (
        lines("# cell conductance_uS", rows=[f"{i} {x}" for i, x in zip(COUNT, PLAIN, strict=True)]),
        "conductance_uS",
        "µS",
    ),
    "units on a line of their own": (
        lines("time,G", "s,uS", rows=[f"{i},{x}" for i, x in zip(COUNT, PLAIN, strict=True)]),
        "G (uS)",
        "µS",
    ),
    "text column": (
        lines("cell,G_uS,ok", rows=[f"A{i},{x},yes" for i, x in zip(COUNT, PLAIN, strict=True)]),
        "G_uS",
        "µS",
    ),
    "a date and a setting": (
        lines("at,V,I_nA", rows=[f"2021-07-01 12:00,0.1,{x}" for x in PLAIN]),
        "I_nA",
        "nA",
    ),
    "counting within groups": (
        lines("row,col,G_uS", rows=[f"{i // 10},{i % 10},{x}" for i, x in zip(COUNT, PLAIN, strict=True)]),
        "G_uS",
        "µS",
    ),
    "trailing comma": (lines(rows=[f"{x}," for x in PLAIN]), "column 1", ""),
    "semicolon, decimal comma": (
        lines("sep=;", "t;G (uS)", rows=[f"{i};{x}" for i, x in zip(COUNT, COMMA, strict=True)]),
        "G (uS)",
        "µS",
    ),
    "tab, decimal comma": (
        lines(rows=[f"{i}\t{x}" for i, x in zip(COUNT, COMMA, strict=True)]),
        "column 2",
        "",
    ),
    "decimal comma alone": (lines("G_uS", rows=COMMA), "G_uS", "µS"),
    "decimal comma alone, no heading": (lines(rows=COMMA), "column 1", ""),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_one_column_comes_out_of_any_layout(tmp_path, layout):
    text, column, unit = LAYOUTS[layout]
    path = tmp_path / "my.device.csv"
    path.write_bytes(text.encode())
    trace = read_noise(path)
    np.testing.assert_array_equal(trace.samples, TRUTH)
    assert (trace.column, trace.unit, trace.dropped) == (column, unit, 0)
    assert (trace.name, trace.source) == ("my.device", str(path))
    assert trace.samples.dtype == np.float64
    assert trace.sha256 == hashlib.sha256(text.encode()).hexdigest()


@settings(deadline=None)  # a first call compiles patterns
@given(
    samples=st.lists(st.floats(-1e30, 1e30), min_size=100, max_size=120),
    above=st.lists(st.sampled_from(["# 1 2 3", "% x", "", "G (uS)", "Instrument 7"]), max_size=3),
    between=st.sampled_from(["", "#", "  "]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_any_numbers_come_back_as_they_were(tmp_path_factory, samples, above, between, end):
    assume(min(samples) < max(samples))
    path = tmp_path_factory.mktemp("any") / "noise.txt"
    rows = [repr(x) for x in samples]
    path.write_bytes(lines(*above, rows=[*rows[:50], between, *rows[50:]], end=end).encode())
    trace = read_noise(path)
    np.testing.assert_array_equal(trace.samples, samples)
    assert trace.dropped == (not between.strip())  # a blank between readings is one that is missing


def test_a_compressed_file_is_the_same_trace(tmp_path):
    packed = tmp_path / "noise.csv.gz"
    packed.write_bytes(gzip.compress(lines("G_uS").encode()))
    trace = read_noise(str(packed))
    np.testing.assert_array_equal(trace.samples, TRUTH)
    assert trace.name == "noise"
    assert trace.sha256 == hashlib.sha256(lines("G_uS").encode()).hexdigest()


@pytest.mark.parametrize(
    ("label", "unit"),
    [
        ("conductance_uS", "µS"),
        ("G (μS)", "µS"),
        ("R [kohm]", "kΩ"),
        ("R (\u2126)", "Ω"),
        ("dG/G (%)", "%"),
        ("current_A", "A"),
        ("I / nA", "nA"),
        ("noise (a.u.)", "a.u."),
        ("cell_A", ""),
        ("dG/G0", ""),
        ("G_min", ""),
        ("conductance", ""),
    ],
)
def test_units_are_taken_where_they_are_clear(label, unit):
    assert split_label(label)[1] == unit


HOLES = ["", "NaN", "nan", "inf", "-Inf", "NA", "null", "--", "9.91E37", "-9.9e+37"]


@pytest.mark.parametrize("hole", HOLES)
def test_missing_readings_are_dropped_and_counted(tmp_path, hole):
    path = tmp_path / "noise.csv"
    path.write_text(lines("G_uS", rows=[*PLAIN[:10], hole, *PLAIN[10:90], hole, hole, *PLAIN[90:]]))
    trace = read_noise(path)
    np.testing.assert_array_equal(trace.samples, TRUTH)
    assert trace.dropped == 3


def test_missing_fields_are_dropped_and_counted(tmp_path):
    path = tmp_path / "noise.csv"
    rows = [f"{i},{x}" for i, x in zip(COUNT, PLAIN, strict=True)]
    path.write_text(lines("cell,G_uS", rows=[*rows[:10], "10,", "11", "# 12,7.5", *rows[10:]]))
    trace = read_noise(path)
    np.testing.assert_array_equal(trace.samples, TRUTH)
    assert trace.dropped == 2


@pytest.mark.parametrize("column", ["G_uS", "G", 2])
def test_of_several_columns_the_caller_names_one(tmp_path, column):
    path = tmp_path / "noise.csv"
    path.write_text(lines("I_nA,G_uS", rows=[f"{y},{x}" for y, x in zip(PLAIN[::-1], PLAIN, strict=True)]))
    np.testing.assert_array_equal(read_noise(path, column=column).samples, TRUTH)
