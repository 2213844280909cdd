"""The benchmarks run, print a row for each rival, and write their results whole."""

import importlib
import json
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from noisyweights.hardware.array.wires import column_currents_uA
from noisyweights.noise import fitting


@pytest.fixture(scope="module", autouse=True)
def _importable():
    """The benchmarks are no part of the package: they are run from the top folder."""
    root = str(Path(__file__).parents[1])
    sys.path.insert(0, root)
    yield
    sys.path.remove(root)


@pytest.fixture(scope="module")
def contest():
    return importlib.import_module("benchmarks.contest")


@pytest.fixture(scope="module")
def sampling():
    return importlib.import_module("benchmarks.sampling")


@pytest.fixture(scope="module")
def networks():
    return importlib.import_module("benchmarks.networks")


@pytest.fixture(scope="module")
def fewer_draws():
    return importlib.import_module("benchmarks.fewer_draws")


@pytest.fixture(scope="module")
def binary():
    return importlib.import_module("benchmarks.binary")


@pytest.fixture(scope="module")
def true_laws():
    return importlib.import_module("benchmarks.true_laws")


@pytest.fixture(scope="module")
def coin_flips():
    return importlib.import_module("benchmarks.coin_flips")


@pytest.fixture(scope="module")
def stopped_votes():
    return importlib.import_module("benchmarks.stopped_votes")


@pytest.fixture(scope="module")
def crossbar():
    return importlib.import_module("benchmarks.crossbar")


def test_ratios_are_those_of_neighbours_and_goals_follow_from_them(contest, monkeypatch):
    clock, order = [0.0], []
    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])

    def takes(name, seconds):
        def run(count, repeat):
            order.append((name, repeat))
            # The machine becomes slower by and by, which changes no ratio.
            clock[0] += count * seconds * 2.0**repeat

        return contest.Rival("subject", name, 8 if name == "ours" else 2, run)

    rows = contest.measure([takes("ours", 0.5), takes("slow", 4.0), takes("quick", 0.25)], repeats=2)
    assert [(row.method, row.ratio, row.ratio_low, row.ratio_high) for row in rows] == [
        ("ours", 1, 1, 1),
        ("slow", 1 / 8, 1 / 8, 1 / 8),
        ("quick", 2, 2, 2),
    ]
    assert rows[1].rate == pytest.approx((1 / 8 + 1 / 16) / 2)  # the median of two repeats
    assert order[:3] == [("ours", 0), ("slow", 0), ("quick", 0)]  # not counted
    turn = ["ours", "ours", "ours", "slow", "ours", "quick"]
    assert order[3:] == [(name, repeat) for repeat in (1, 2) for name in turn]
    goals = [contest.Goal("subject", *goal) for goal in (("slow", 8), ("quick", 0.9), ("absent", 1))]
    found = contest.outcomes(goals, rows)
    assert [(each.times, each.met) for each in found] == [(8, True), (0.5, False)]
    assert str(found[1]).endswith("goal at least 0.9: NOT met")


def test_every_sampler_gets_a_row_on_screen_and_on_disk(sampling, tmp_path, capsys):
    out = tmp_path / "new" / "sampling.json"
    assert sampling.main(["--draws", "2e4", "--repeats", "1", "--json", str(out)]) == 0
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


def test_every_network_gets_a_row_on_screen_and_on_disk(networks, tmp_path, capfd):
    out = tmp_path / "networks.json"
    tiny = ["--inputs", "40", "--draws", "2", "--steps", "1", "--repeats", "1", "--comparisons", "10"]
    assert networks.main([*tiny, "--json", str(out)]) == 0
    printed, chatter = capfd.readouterr()
    result = json.loads(out.read_text())
    assert {row["network"] for row in result["rows"]} == {"784-400-10", "LeNet-5"}
    for row in (*result["rows"], *result["training"]):
        assert row["ratio_low"] <= row["ratio"] <= row["ratio_high"]
        assert row["method"] in printed
    peers = {row["method"] for row in result["rows"]}
    assert {goal["method"] for goal in result["goals"]} <= peers | {networks.STEP}
    assert len(result["goals"]) == len(networks.GOALS)  # a method with another name would leave its goal out
    assert [row["draws"] for row in result["memory"]] == [1, 20]
    for row in result["variance_reduction"]:
        assert row["low"] <= row["high"]
        assert row["factor"] > 1  # the laws' quantiles are close, and so are draws from the same uniforms
    assert "WARNING" not in chatter
    assert "Warning" not in chatter


def test_gains_are_times_to_the_same_error(fewer_draws, tmp_path, capfd):
    out = tmp_path / "fewer_draws.json"
    assert fewer_draws.main(["--inputs", "5", "--draws", "4", "--repeats", "2", "--json", str(out)]) == 0
    printed, chatter = capfd.readouterr()
    rows = json.loads(out.read_text())["rows"]
    assert [row["quantity"] for row in rows] == [*fewer_draws.GOALS, "mean", "deviation"]
    for row in rows:
        cost = row["weights_seconds"] * row["weights_error"] ** 2
        assert row["gain"] == pytest.approx(cost / (row["units_seconds"] * row["units_error"] ** 2))
        assert row["network"] in printed
    assert "WARNING" not in chatter


def test_every_binary_network_gets_a_row_on_screen_and_on_disk(binary, tmp_path, capfd):
    out = tmp_path / "binary.json"
    tiny = ["--inputs", "10", "--steps", "1", "--repeats", "1"]
    assert binary.main([*tiny, "--json", str(out)]) == 0
    printed, chatter = capfd.readouterr()
    result = json.loads(out.read_text())
    assert result["baseline"] == result["rows"][0]["method"]
    assert result["training_baseline"] == result["training"][0]["method"]
    for row in (*result["rows"], *result["training"]):
        assert row["ratio_low"] <= row["ratio"] <= row["ratio_high"]
        assert row["method"] in printed
    assert len(result["goals"]) == len(binary.GOALS)
    assert "WARNING" not in chatter
    assert "Warning" not in chatter


def test_everyone_who_counts_votes_gets_a_row_on_screen_and_on_disk(coin_flips, tmp_path, capfd):
    out = tmp_path / "coin_flips.json"
    tiny = ["--inputs", "40", "--draws", "2", "--repeats", "1"]
    assert coin_flips.main([*tiny, "--json", str(out)]) == 0
    printed, chatter = capfd.readouterr()
    result = json.loads(out.read_text())
    assert {row["network"] for row in result["rows"]} == {"784-400-10"}
    for row in result["rows"]:
        assert row["draws_per_second"] > 0
        assert row["ratio_low"] <= row["ratio"] <= row["ratio_high"]
        assert row["method"] in printed
    assert len(result["goals"]) == len(coin_flips.GOALS)
    assert "WARNING" not in chatter
    assert "Warning" not in chatter


def test_votes_that_end_early_are_held_against_all(stopped_votes, tmp_path, capfd):
    out = tmp_path / "stopped_votes.json"
    tiny = ["--inputs", "6", "--draws", "20", "--repeats", "1", "--epochs", "1"]
    assert stopped_votes.main([*tiny, "--json", str(out)]) == 0
    printed, chatter = capfd.readouterr()
    result = json.loads(out.read_text())
    assert len(result["rows"]) == 6 * len(stopped_votes.NETWORKS)
    for row in result["rows"]:
        assert row["gain"] == pytest.approx(20 / row["draws"])
        assert row["agreement_low"] <= row["agreement"] <= row["agreement_high"]
        assert row["method"] in printed
    whole = [row for row in result["rows"] if row["method"] == "20 draws"]
    assert [row["agreement"] for row in whole] == [1, 1]
    assert "WARNING" not in chatter


def test_everyone_who_simulates_an_array_gets_a_row_on_screen_and_on_disk(crossbar, tmp_path, capfd):
    out = tmp_path / "crossbar.json"
    tiny = ["--reads", "10", "--side", "8", "--draws", "2", "--repeats", "1"]
    assert crossbar.main([*tiny, "--json", str(out)]) == 0
    printed, chatter = capfd.readouterr()
    result = json.loads(out.read_text())
    for name, rate in (
        ("reads", "reads_per_second"),
        ("wires", "arrays_per_second"),
        ("draws", "draws_per_second"),
    ):
        assert result[name][0]["method"] == result["baselines"][name]
        for row in result[name]:
            assert row[rate] > 0
            assert row["ratio_low"] <= row["ratio"] <= row["ratio_high"]
            assert row["method"] in printed
    goals = [
        goal for each in (crossbar.reads(2), crossbar.wires(8), crossbar.draws(1, 200)) for goal in each.goals
    ]
    assert len(result["goals"]) == len(goals)  # a method with another name would leave its goal out
    assert result["extrapolation"]["side"] == 8
    assert "WARNING" not in chatter
    assert "Warning" not in chatter


def test_rivals_on_arrays_compute_the_same():
    nodal_analysis, noisy_reads = (
        importlib.import_module(f"benchmarks.{name}") for name in ("nodal_analysis", "noisy_reads")
    )
    rng = np.random.default_rng(0)
    conductance = rng.uniform(5, 100, (7, 9))
    ohms = {"row_ohm": nodal_analysis.OHM, "column_ohm": nodal_analysis.OHM}
    expected = column_currents_uA(conductance, np.eye(7), **ohms)
    for solve in (nodal_analysis.factorised, nodal_analysis.dense):
        np.testing.assert_allclose(nodal_analysis.solved(solve, conductance)(1, 0), expected, rtol=1e-9)
    inputs, outputs = noisy_reads.INPUTS, noisy_reads.OUTPUTS
    x = rng.random((20, inputs), np.float32) * (rng.random(inputs) < 0.5)
    mean = rng.normal(0, 0.05, (inputs, outputs)).astype(np.float32)
    for rival in (noisy_reads.redrawn, noisy_reads.redrawn_at_best):
        z = (rival(x, mean)(20, 0) - x @ mean) / np.linalg.norm(x, axis=1, keepdims=True)
        # Of 8000 numbers: five standard errors.
        assert z.std() == pytest.approx(noisy_reads.DEVIATION, rel=5 / np.sqrt(2 * 8000))


def test_distances_written_out_for_a_gaussian_are_those_of_the_library(true_laws):
    samples = 7 + 3 * np.random.default_rng(0).standard_normal((2, 300))
    found = true_laws.gaussian_distances(samples)
    for row, own in zip(samples, found.T, strict=True):
        fit = fitting.fit(row, family="gaussian")
        expected = fitting.observed_statistics(fit, row, seed=0)
        np.testing.assert_allclose(own, expected, rtol=1e-4)  # the library's maximum is found by a search


def test_of_true_laws_few_are_rejected_and_most_intervals_hold(true_laws, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(true_laws, "SETTINGS", ((0.5, 400),))
    assert true_laws.main(["--repeats", "40", "--law", "gaussian", "--json", str(tmp_path / "out.json")]) == 0
    rows = {row["what"]: row for row in json.loads((tmp_path / "out.json").read_text())["rows"]}
    assert rows.keys() == {"KS rejects", "AD rejects", "loc", "scale", "independent reads"}
    for what, row in rows.items():
        assert row["sets"] == 40
        assert row["low"] <= row["count"] / 40 <= row["high"]
        # Of 40 sets at 5 %, 9 or more differ once in 10,000 runs.
        assert (row["count"] if "rejects" in what else 40 - row["count"]) < 9
    assert "KS rejects" in capsys.readouterr().out


def test_converted_products_are_those_of_a_matrix_redrawn_for_each_input(tmp_path, capsys):
    converted = importlib.import_module("benchmarks.converted_products")
    rng = np.random.default_rng(0)
    x, mean = rng.random((20, 60), np.float32), rng.normal(0, 0.05, (60, 30)).astype(np.float32)
    end = 2.0
    step = end / converted.CODES

    def redrawn(deviation):
        def read(x, seed):
            rng = np.random.default_rng(seed)
            z = rng.standard_normal((len(x), *mean.shape))
            driven = np.rint(x * converted.CODES) / converted.CODES
            return np.rint(np.einsum("ni,nio->no", driven, mean + deviation * z) / step) * step

        return read

    ours, deviation = converted.our_read(mean, end), converted.DEVIATION
    found = converted.agreement(ours, redrawn(deviation), x, samples=40)
    assert found.holds, str(found)
    assert not converted.agreement(ours, redrawn(1.1 * deviation), x, samples=40).holds
    out = tmp_path / "converted.json"
    assert converted.main(["--reads", "8", "--repeats", "1", "--samples", "3", "--json", str(out)]) == 0
    assert json.loads(out.read_text())["reads"][0]["reads_per_second"] > 0
    assert converted.OURS in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "option", "says"),
    [
        ("sampling", "--draws", "--draws must be at least 10"),
        ("networks", "--inputs", "--inputs must be at least 1"),
        ("networks", "--comparisons", "--comparisons must be at least 10"),
        ("fewer_draws", "--draws", "--draws must be at least 2"),
        ("true_laws", "--repeats", "--repeats must be at least 1"),
        ("binary", "--steps", "--steps must be at least 1"),
        ("coin_flips", "--inputs", "--inputs must be at least 1"),
        ("estimators", "--gradients", "--gradients must be at least 2"),
        ("stopped_votes", "--draws", "--draws must be at least 20"),
        ("crossbar", "--reads", "--reads must be at least 1"),
        ("crossbar", "--side", "--side must be at least 8"),
        ("crossbar", "--repeats", "--repeats must be at least 1"),
        ("converted_products", "--samples", "--samples must be at least 3"),
    ],
)
def test_bad_options(name, option, says, capsys):
    benchmark = importlib.import_module(f"benchmarks.{name}")
    with pytest.raises(SystemExit):
        benchmark.main([option, "0"])
    assert says in capsys.readouterr().err
