"""What files hold beside plain numbers: the right readings come out, and it is said what was done."""

import numpy as np
import pytest

from noisyweights.datasets import NoiseTrace, read_noise
from noisyweights.datasets.text_tables.units import prefix_of

N = 400
TRUTH = np.round(np.random.default_rng(3).normal(1000, 9, N), 2)
PLAIN = [f"{x:.2f}" for x in TRUTH]
GERMAN = [f"{x:,.2f}".translate(str.maketrans(",.", ".,")) for x in TRUTH]
WHOLE = np.round(TRUTH)


@pytest.fixture
def trace(tmp_path):
    def read(*lines: str, encoding: str = "utf-8", **choice) -> NoiseTrace:
        path = tmp_path / "noise.csv"
        path.write_bytes(("\n".join(lines) + "\n").encode(encoding))
        return read_noise(path, **choice)

    return read


THOUSANDS = {
    "commas": (["R_ohm", *(f"{x:,.2f}" for x in TRUTH)], TRUTH),
    "commas, whole": (["R_ohm", *(f"{x:,.0f}" for x in TRUTH)], WHOLE),
    "points": (["t (s);R", *(f"0,{k:03d};{x}" for k, x in enumerate(GERMAN))], TRUTH),
    "points, whole": (["R_ohm", *(x[:-3] for x in GERMAN)], np.floor(TRUTH)),
    "commas in quotes": (["t,R", *(f'0.{k:03d},"{x:,.2f}"' for k, x in enumerate(TRUTH))], TRUTH),
    "apostrophes": ([f"{x:,.2f}".replace(",", "'") for x in TRUTH], TRUTH),
    "spaces": (["R_ohm", *(f"{x:,.2f}".replace(",", " ") for x in TRUTH)], TRUTH),
    "spaces that do not break": (["R_ohm", *(x.replace(".", "\u202f") for x in GERMAN)], TRUTH),
    "millions": ([f"{x:,.0f}" for x in 1e4 * TRUTH], np.round(1e4 * TRUTH)),
    "no thousands": (
        ["R_kohm", *(f"{x / 1000:.3f}" for x in WHOLE)],
        np.array([float(f"{x / 1000:.3f}") for x in WHOLE]),
    ),
    "a code among decimals": (
        [*(f"{x / 1000:.3f}" for x in WHOLE), "-999"],
        [*(float(f"{x / 1000:.3f}") for x in WHOLE), -999],
    ),
}


@pytest.mark.parametrize("case", THOUSANDS)
def test_separators_of_thousands_are_told_from_decimal_marks(trace, case):
    lines, truth = THOUSANDS[case]
    np.testing.assert_array_equal(trace(*lines).samples, truth)


MILLI = [f"{float(x) / 1000:.5f} mA" for x in PLAIN]
UNITS = {
    "glued": ([f"{x}uA" for x in PLAIN], "µA"),
    "apart": (["I", *(f"{x} µA" for x in PLAIN)], "µA"),
    "of two prefixes": ([f"{x} uA" if len(x) == 6 else y for x, y in zip(PLAIN, MILLI, strict=True)], "mA"),
    "by the heading": (["I (mA)", *(f"{x} uA" for x in PLAIN)], "mA"),
    "some by the heading": (["I (uA)", *PLAIN[:200], *MILLI[200:]], "µA"),
    "in a column": (["t (s),I,unit", *(f"{k},{x},uA" for k, x in enumerate(PLAIN))], "µA"),
    "in two columns of blanks": ([f"{k} {x} uA" for k, x in enumerate(PLAIN)], "µA"),
    "prefixes alone": (["I (A)", *(f"{x}u" for x in PLAIN)], "A"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNITS)
def test_units_in_fields_become_one(trace, case):
    lines, unit = UNITS[case]
    found = trace(*lines)
    assert found.unit == unit
    scale = 10.0 ** (prefix_of(unit)[0] + 6)
    np.testing.assert_allclose(found.samples * scale, TRUTH, rtol=1e-12)  # rounding of two products


def test_it_is_said_which_prefixes_were_brought_to_one(trace):
    lines = [f"{x} nA" if k % 4 else f"{float(x) / 1000:.5f} uA" for k, x in enumerate(PLAIN)]
    assert "readings in nA and µA, all in nA here" in trace(*lines).notes


FOOTERS = {
    "statistics": (["Mean,1000.1", "Std,9.0", "N,400"], "3 lines (Mean, Std, …) below the table"),
    "words": (["Mean = 1000.1", "End of data"], "2 lines (Mean, End of data) below the table"),
    "an empty line": (["", "done"], "1 line (done) below the table"),
}


@pytest.mark.parametrize("case", FOOTERS)
@pytest.mark.parametrize("label", ["", "A7,"])
def test_the_data_end_where_the_form_of_the_rows_does(trace, case, label):
    footer, note = FOOTERS[case]
    rows = [f"{label}{k / 100:.2f},{x}" for k, x in enumerate(PLAIN)]
    found = trace(*rows, *footer)
    np.testing.assert_array_equal(found.samples, TRUTH)
    assert found.notes == (note,)
    assert found.dropped == 0


BESIDE = ["Record Length,4.0e+02", "Sample Interval,1.0e-02", "Vertical Units,V", *[","] * (N - 3)]
HEADERS = {
    "beside the readings": (
        [f"{head},,{k / 100:.6f},{PLAIN[k]}," for k, head in enumerate(BESIDE)],
        "column 5", "V", 0.01, "3 texts (Record Length, Sample Interval, …) beside the readings",
    ),
    "of an analyser": (
        ["SetupTitle, I/V-t Sampling", "TestParameter, Measurement.Sampling.Interval, 0.05",
         "Dimension1, 400, 400", "DataName, Time, I1",
         *(f"DataValue, {k / 20:.2f}, {x}" for k, x in enumerate(PLAIN))],
        "I1", "", 0.05, "3 lines (SetupTitle, TestParameter, …) above the table",
    ),
    "of an oscilloscope": (
        ['"Model","X54"', '"Record Length",400', '"Vertical Units","V"', ",", "TIME,CH1",
         *(f"{k * 1e-6:.4e},{x}" for k, x in enumerate(PLAIN))],
        "CH1", "V", np.nan, "3 lines (Model, Record Length, …) above the table",
    ),
    "units as words": (
        ["x-axis,1", "second,Volt", *(f"{k * 2e-3:.4f},{x}" for k, x in enumerate(PLAIN))],
        "Volt", "V", 0.002, "1 line (x-axis) above the table",
    ),
    "a rate": (["# sampling rate: 2 kHz", "G (uS)", *PLAIN], "G (uS)", "µS", 0.0005, None),
    "milliseconds": (["t (ms);G", *(f"{5 * k};{x}" for k, x in enumerate(PLAIN))], "G", "", 0.005, None),
}  # fmt: skip


@pytest.mark.parametrize("case", HEADERS)
def test_headers_of_instruments_are_no_readings(trace, case):
    lines, column, unit, interval_s, note = HEADERS[case]
    found = trace(*lines)
    np.testing.assert_array_equal(found.samples, TRUTH)
    assert (found.column, found.unit, found.dropped) == (column, unit, 0)
    np.testing.assert_allclose(found.interval_s, interval_s, rtol=1e-9)  # sums of rounded times
    assert note is None or note in found.notes


@pytest.mark.parametrize(
    ("mark", "censored"),
    [("<0.1", (1, 0)), ("> 2 uA", (0, 1)), ("OVERFLOW", (0, 1)), ("-OVLD", (1, 0)), ("underflow", (1, 0))],
)  # fmt: skip
@pytest.mark.parametrize("place", [0, 77, N])
def test_readings_out_of_range_are_counted_at_their_end(trace, mark, censored, place):
    found = trace("I (uA)", *PLAIN[:place], mark, *PLAIN[place:])
    np.testing.assert_array_equal(found.samples, TRUTH)
    assert (found.censored, found.dropped, found.column) == (censored, 0, "I (uA)")
    assert any("below the instrument's range" in note for note in found.notes)


@pytest.mark.parametrize("lost", ["#N/A", "#DIV/0!", "1.#QNAN", "\u2013"])
def test_readings_that_a_spreadsheet_lost_are_missing(trace, lost):
    found = trace("I (uA)", *PLAIN[:9], lost, *PLAIN[9:])
    np.testing.assert_array_equal(found.samples, TRUTH)
    assert found.dropped == 1


@pytest.mark.parametrize(
    ("encoding", "note"),
    [
        ("utf-16", ("UTF-16 text",)),
        ("utf-16-be", ("UTF-16-BE text",)),
        ("utf-8-sig", ()),
        ("utf-32", ("UTF-32 text",)),
        ("cp1252", ("no UTF-8 (byte 0xb5), so read as Windows-1252",)),
    ],
)
def test_other_encodings_are_read_and_named(trace, encoding, note):
    found = trace("t (µs)\tG (µS)", *(f"{k}\t{x}" for k, x in enumerate(PLAIN)), encoding=encoding)
    np.testing.assert_array_equal(found.samples, TRUTH)
    assert (found.unit, found.notes) == ("µS", note)


@pytest.mark.parametrize("write", ["{:.5E}", "{:.5E}".replace("E", "e"), "D", "minus"])
def test_powers_and_signs_may_be_written_otherwise(trace, write):
    spelt = {
        "D": lambda x: f"{x:.5E}".replace("E", "D"),
        "minus": lambda x: f"{x:.5E}".replace("-", "\u2212"),
    }
    values = -TRUTH * 1e-9
    found = trace("I (A)", *map(spelt.get(write, write.format), values))
    np.testing.assert_allclose(found.samples, values, rtol=1e-5)  # six digits are written


def test_a_remark_behind_a_row_is_none_of_it(trace):
    rows = [f"{k},{x}" for k, x in enumerate(PLAIN)]
    rows[7] += " # door opened"
    rows[9] += ",lights off"
    np.testing.assert_array_equal(trace("t,G", *rows).samples, TRUTH)
