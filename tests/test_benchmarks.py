"""The benchmark runs, prints a row for each rival, and writes its result whole."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "benchmarks" / "sampling.py"


@pytest.fixture(scope="module")
def benchmark():
    spec = importlib.util.spec_from_file_location("sampling_benchmark", SOURCE)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def test_every_rival_gets_a_row_on_screen_and_on_disk(benchmark, tmp_path, capsys):
    out = tmp_path / "new" / "sampling.json"
    assert benchmark.main(["--draws", "2e4", "--repeats", "1", "--json", str(out)]) == 0
    printed = capsys.readouterr().out
    result = json.loads(out.read_text())
    assert {row["law"] for row in result["rows"]} == {
        "gaussian",
        "bayes_mtj",
        "ecram",
        "bimodal",
        "empirical",
    }
    for row in result["rows"]:
        assert row["draws_per_second"] > 0
        assert row["ratio_low"] <= row["ratio"] <= row["ratio_high"]
        assert row["method"] in printed
    assert list(out.parent.iterdir()) == [out]


def test_bad_options(benchmark, capsys):
    with pytest.raises(SystemExit):
        benchmark.main(["--draws", "1"])
    assert "--draws must be at least 10" in capsys.readouterr().err
