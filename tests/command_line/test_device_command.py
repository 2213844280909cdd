"""`noisyweights device`: a noise file in, a verdict out."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from noisyweights import command_line


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Readings of two columns, of which one has to be named."""
    path = tmp_path_factory.mktemp("noise") / "my cell.csv"
    readings = np.random.default_rng(5).normal(41, 0.3, (400, 2))
    rows = "\n".join(f"{first:.4f},{second:.4f}" for first, second in readings)
    path.write_text(f"G (uS),V (mV)\n{rows}\n", "utf-8")
    return path


def call(*arguments: object):
    return CliRunner().invoke(command_line.main, ["device", *map(str, arguments), "--no-networks"])


def test_json_on_standard_output_is_nothing_but_json(file: Path, tmp_path: Path) -> None:
    answer = call(file, "--column", "G", "--html", tmp_path / "report.html", "--json", "-")
    assert answer.exit_code == 0, answer.output
    found = json.loads(answer.stdout)
    assert (found["n"], found["unit"], found["column"]) == (400, "µS", "G (uS)")
    assert found["verdict"] in ("fit", "fit if", "unfit", "cannot be told")


def test_a_page_is_written_and_named(file: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    answer = call(file, "--column", "2", "--html", page)
    assert answer.exit_code == 0, answer.output
    assert answer.stdout.splitlines()[-1] == f"Figures: {page}"
    assert page.read_text("utf-8").startswith("<!doctype html>")


def test_what_is_wrong_with_a_file_is_an_error_and_writes_nothing(file: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    for arguments, words in (
        ((file,), "2 columns may hold the noise"),
        ((file, "--column", "I"), "no column 'I'"),
        ((tmp_path / "none.csv",), "no noise file at"),
    ):
        answer = call(*arguments, "--html", page)
        assert answer.exit_code == 1
        assert words in answer.stderr
        assert "Traceback" not in answer.output
    assert not page.exists()


def test_a_page_that_cannot_be_written_is_an_error(file: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("no folder", "utf-8")
    answer = call(file, "--column", "G", "--html", tmp_path / "taken" / "report.html")
    assert answer.exit_code == 1
    assert "taken" in answer.stderr
    assert "Traceback" not in answer.output
