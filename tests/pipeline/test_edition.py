"""An edition is named by its profile, its noise file and what is in it."""

from pathlib import Path

import pytest

from noisyweights.pipeline.edition import REFERENCE, Edition


def test_without_a_noise_file_it_is_the_reference() -> None:
    edition = Edition.of("quick")
    assert edition.name == "quick-reference"
    assert edition.source == REFERENCE
    assert edition.index == Path("_build/quick-reference/site/index.html")


def test_another_measurement_under_an_old_name_is_another_edition(tmp_path: Path) -> None:
    noise = tmp_path / "cell.csv"
    noise.write_text("1\n2\n")
    first = Edition.of("smoke", str(noise))
    assert Edition.of("smoke", str(noise)) == first
    assert first.source == noise
    noise.write_text("1\n3\n")
    assert Edition.of("smoke", str(noise)).name != first.name


@pytest.mark.parametrize(
    ("file", "stem"), [("my cell (2).csv", "my-cell-2"), ("µ.csv", "noise"), ("../up.txt", "up")]
)
def test_whatever_the_file_is_called_its_folder_is_one_word(tmp_path: Path, file: str, stem: str) -> None:
    (tmp_path / "in").mkdir()
    noise = tmp_path / "in" / file
    noise.write_text("1\n")
    folder = Edition.of("smoke", str(noise)).folder
    assert folder.parent == Path("_build")
    assert folder.name.rpartition("-")[0] == f"smoke-{stem}"


def test_what_cannot_be_an_edition() -> None:
    with pytest.raises(ValueError, match="no profile is called 'tiny': PROFILE is one of record, smoke"):
        Edition.of("tiny")
    with pytest.raises(ValueError, match=r"there is no noise file nowhere\.csv"):
        Edition.of("smoke", "nowhere.csv")


def test_another_column_of_a_file_is_another_edition(tmp_path: Path) -> None:
    noise = tmp_path / "cell.csv"
    noise.write_text("1,3\n2,4\n")
    whole, first, second = (Edition.of("smoke", str(noise), column) for column in ("", "G (uS)", "G [uS]"))
    assert len({whole.name, first.name, second.name}) == 3
    assert first.name.startswith("smoke-cell-G-uS-")
    assert (whole.column, first.column) == ("", "G (uS)")
    with pytest.raises(ValueError, match="COLUMN is 'G', but there is no NOISE"):
        Edition.of("smoke", "", "G")


def test_another_cell_of_a_file_is_another_edition(tmp_path: Path) -> None:
    noise = tmp_path / "cells.csv"
    noise.write_text("a,3\nb,4\n")
    chosen = (("", ""), ("", "a"), ("a", ""), ("", "b"), ("G", "a"))
    found = [Edition.of("smoke", str(noise), *one) for one in chosen]
    assert len({one.name for one in found}) == len(chosen)
    assert found[4].name.startswith("smoke-cells-G-a-")
    assert [(one.column, one.cell) for one in found] == list(chosen)
    with pytest.raises(ValueError, match="CELL is 'a', but there is no NOISE: name the file"):
        Edition.of("smoke", cell="a")
