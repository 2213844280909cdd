"""Fixtures of points, record and results: an experiment of the tests' own."""

from pathlib import Path

import pytest
from toy_experiment import Toy, lay_out


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toy:
    return lay_out(tmp_path / "toy", monkeypatch)
