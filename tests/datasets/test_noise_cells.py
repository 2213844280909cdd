"""Cells, levels and the step of a noise file."""

import numpy as np
import pytest

from noisyweights.datasets import NoiseTrace, read_noise
from noisyweights.datasets.text_tables import step_of

CELLS, READS = 3, 120
READINGS = np.round(np.random.default_rng(5).normal([[5.0], [9.0], [20.0]], 0.3, (CELLS, READS)), 4)
PLACES = np.repeat(np.arange(CELLS), READS)
ROWS = [(c, k, f"{READINGS[c, k]:.4f}") for c in range(CELLS) for k in range(READS)]


@pytest.fixture
def trace(tmp_path):
    def read(*lines: str, **choice) -> NoiseTrace:
        path = tmp_path / "noise.csv"
        path.write_text("\n".join(lines) + "\n")
        return read_noise(path, **choice)

    return read


def wide(*heads: str) -> list[str]:
    rows = zip(*(map("{:.4f}".format, cell) for cell in READINGS), strict=True)
    return [",".join(("t (s)", *heads)), *(f"{k / 100:.2f},{','.join(row)}" for k, row in enumerate(rows))]


WIDE = {
    "cells": (wide("cell 1 (uS)", "cell 2 (uS)", "cell 3 (uS)"), ("cell 1", "cell 2", "cell 3")),
    "quantities": (wide("G1 (uS)", "G2 (uS)", "G4 (uS)"), ("G1", "G2", "G4")),
    "letters": (wide("dev_A_uS", "dev_B_uS", "dev_C_uS"), ("dev_A", "dev_B", "dev_C")),
}
LONG = {
    "labels": (["cell,read,G (uS)", *(f"c{c},{k},{x}" for c, k, x in ROWS)], ("c0", "c1", "c2")),
    "numbers": (["device no;G_uS", *(f"{c + 7};{x}" for c, _, x in ROWS)], ("7", "8", "9")),
    "states in words": (["state\tG_uS", *(f"{'LMH'[c]}RS\t{x}" for c, _, x in ROWS)], ("LRS", "MRS", "HRS")),
    "rows and columns": (
        ["row col G_uS", *(f"{c} {2 * c} {x}" for c, _, x in ROWS)],
        ("0, 0", "1, 2", "2, 4"),
    ),
}


@pytest.mark.parametrize("case", [*WIDE, *LONG])
def test_several_cells_are_kept_apart(trace, case):
    lines, cells = (WIDE | LONG)[case]
    found = trace(*lines)
    np.testing.assert_array_equal(found.samples, READINGS.ravel())
    np.testing.assert_array_equal(found.cell, PLACES)
    assert (found.cells, found.unit, found.level) == (cells, "µS", None)
    assert "3 cells, kept apart" in found.notes


@pytest.mark.parametrize("case", [*WIDE, *LONG])
def test_one_cell_can_be_chosen_by_label_or_place(trace, case):
    lines, cells = (WIDE | LONG)[case]
    for choice in (cells[1], 2):
        found = trace(*lines, cell=choice)
        np.testing.assert_array_equal(found.samples, READINGS[1])
        assert (found.cells, found.cell) == ((), None)
        assert any(repr(cells[1]) in note for note in found.notes)
    with pytest.raises(ValueError, match="no cell 'c9': there are "):
        trace(*lines, cell="c9")


def test_a_column_is_one_cell(trace):
    for choice in ("cell 2 (uS)", "cell 2", 3, "3"):
        found = trace(*WIDE["cells"][0], column=choice)
        np.testing.assert_array_equal(found.samples, READINGS[1])
        assert (found.cells, found.cell, found.column) == ((), None, "cell 2 (uS)")


def test_cells_that_were_read_once_are_one_sample(trace):
    readings = READINGS.ravel()
    found = trace("row,col,G_uS", *(f"{k // 20},{k % 20},{x:.4f}" for k, x in enumerate(readings)))
    np.testing.assert_array_equal(found.samples, readings)
    assert (found.cells, found.cell) == ((), None)


def test_of_very_many_cells_that_were_read_once_no_names_are_kept(trace, monkeypatch):
    monkeypatch.setattr("noisyweights.datasets.text_tables.rows.FEW_CELLS", 50)
    monkeypatch.setattr("noisyweights.datasets.text_tables.table.BLOCK", 500)
    readings = READINGS.ravel()
    found = trace("cell,G_uS", *(f"c{k},{x:.4f}" for k, x in enumerate(readings)))
    np.testing.assert_array_equal(found.samples, readings)
    assert (found.cells, found.cell) == ((), None)


def test_gaps_of_one_cell_do_not_shift_another(trace):
    lines = WIDE["cells"][0]
    lines = [line if k != 50 else line.replace(line.split(",")[2], "nan") for k, line in enumerate(lines)]
    lines[101:] = [line.rpartition(",")[0] + "," for line in lines[101:]]  # cell 3 was read 100 times
    found = trace(*lines)
    assert found.dropped == 1
    np.testing.assert_array_equal(found.samples[found.cell == 0], READINGS[0])
    np.testing.assert_array_equal(found.samples[found.cell == 1], np.delete(READINGS[1], 49))
    np.testing.assert_array_equal(found.samples[found.cell == 2], READINGS[2, :100])


@pytest.mark.parametrize("order", ["in blocks", "at random"])
@pytest.mark.parametrize("name", ["target (uS)", "G_set_uS", "level"])
def test_programmed_levels_are_kept_beside_their_readings(trace, order, name):
    targets = np.repeat([5.0, 9.0, 20.0], READS)
    place = np.random.default_rng(6).permutation(targets.size) if order == "at random" else slice(None)
    targets, readings = targets[place], READINGS.ravel()[place]
    rows = [f"{a:g},{x:.4f}" for a, x in zip(targets, readings, strict=True)]
    found = trace(f"{name},G (uS)", *rows[:70], "5,nan", *rows[70:])
    np.testing.assert_array_equal(found.samples, readings)
    np.testing.assert_array_equal(found.level, targets)
    assert f"3 levels of {name}, kept apart" in found.notes


def test_a_setting_that_never_changes_is_no_level(trace):
    assert trace("V_set (V),I (nA)", *(f"0.1,{x}" for _, _, x in ROWS)).level is None


RNG = np.random.default_rng(1)
LSB = 10 / 2**12  # volts of a converter of 12 bits
STEPS = {
    "codes": (RNG.integers(90, 140, 500), 1.0),
    "codes of few bits": (16 * RNG.integers(5, 15, 500), 16.0),
    "bits": (RNG.integers(0, 2, 500), 1.0),
    "decimals": (np.round(RNG.normal(5, 1, 5000), 4), 1e-4),
    "seven digits": (np.array([float(f"{x:.6e}") for x in RNG.normal(4e-5, 1e-6, 500)]), 1e-11),
    "volts": (RNG.integers(-40, 40, 500) * LSB, LSB),
    "volts, printed": (np.round(RNG.integers(-40, 40, 500) * LSB, 5), LSB),
}  # fmt: skip


@pytest.mark.parametrize("case", STEPS)
def test_the_step_is_that_on_which_all_readings_lie(case):
    samples, step = STEPS[case]
    # The printed converter's step is fitted: two roundings of 5e-6, over the 79 steps between its ends.
    assert step_of(samples.astype(float)) == pytest.approx(step, rel=6e-5 if "printed" in case else 1e-12)


def test_readings_of_all_digits_show_no_step():
    assert np.isnan(step_of(np.random.default_rng(1).normal(size=5000)))
