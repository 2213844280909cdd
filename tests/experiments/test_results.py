"""Results: points are taken from a build, from the record, or computed, and it is said which."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from toy_experiment import NAME, OTHER, REFERENCE, Toy, device

from noisyweights.experiments import __main__ as program
from noisyweights.experiments import catalogue, points, record, results
from noisyweights.experiments.points import read_point, write_point
from noisyweights.ledger.claims import Measurement

SMOKE = {"width-2": 2.0, "width-3": 6.0}
FULL = SMOKE | {"width-4": 8.0}


def run(profile: str = "full", *, device=REFERENCE, directory: Path | str = "") -> dict[str, float]:
    return results.run(NAME, profile=profile, device=device, directory=directory)


def used(profile: str = "full", *, device=REFERENCE, directory: Path | str = "") -> results.Used:
    return results.used(NAME, profile=profile, device=device, directory=directory)


def opening(monkeypatch: pytest.MonkeyPatch, device: SimpleNamespace) -> list[tuple[str, ...]]:
    """Let every device that is opened be this one; return with what it was opened."""
    opened: list[tuple[str, ...]] = []
    devices = SimpleNamespace(open=lambda *path: opened.append(path) or device)
    module = SimpleNamespace(Device=devices)  # the true one loads TensorFlow
    monkeypatch.setitem(sys.modules, "noisyweights.experiments.device", module)
    return opened


def test_it_computes_what_is_missing_and_keeps_it(toy: Toy, tmp_path: Path) -> None:
    assert run("smoke", directory=tmp_path) == SMOKE
    assert toy.computed == ["width-2", "width-3"]
    (tmp_path / NAME / "width-3.npz").unlink()
    assert run("smoke", directory=tmp_path) == SMOKE
    assert toy.computed == ["width-2", "width-3", "width-3"]
    assert run("smoke") == SMOKE
    assert len(toy.computed) == 5


def test_points_of_other_settings_are_refused(toy: Toy, tmp_path: Path) -> None:
    run("smoke", directory=tmp_path)
    with pytest.raises(ValueError, match=r"width-3\.npz was computed with another device"):
        run("smoke", device=OTHER, directory=tmp_path)
    toy.edit('"smoke": Config(seed=1', '"smoke": Config(seed=2')
    with pytest.raises(ValueError, match=r"width-2\.npz was computed with another settings"):
        run("smoke", directory=tmp_path)


def test_the_record_serves_the_full_profile_alone(toy: Toy) -> None:
    toy.record(*FULL)
    assert run("full") == FULL
    assert toy.computed == []
    assert run("smoke") == SMOKE
    assert toy.computed == ["width-2", "width-3"]


def test_a_point_of_the_build_goes_before_one_of_the_record(toy: Toy, tmp_path: Path) -> None:
    toy.record(*FULL)
    computed = points.compute(NAME, "width-3", profile="full", device=REFERENCE)
    computed.arrays["value"] = np.float64(-1)
    write_point(tmp_path / NAME / "width-3.npz", computed)
    assert run("full", directory=tmp_path) == FULL | {"width-3": -1.0}
    assert used(directory=tmp_path).recorded == 2


def test_another_device_takes_what_does_not_hang_on_it_and_starts_from_weights(toy: Toy) -> None:
    toy.record("width-2", "width-3")
    toy.edit('return {"value": value,', 'return {"value": value + (trained is not None) / 2,')
    assert run("full", device=OTHER) == {"width-2": 2.0, "width-3": 9.5, "width-4": 12.0}
    assert toy.computed == ["width-3", "width-4"]


def test_points_come_in_the_order_of_the_experiment_and_further_ones_after_them(toy: Toy) -> None:
    toy.record("width-9", "width-4", "width-3", "width-2", "width-10")
    assert list(run("full")) == ["width-2", "width-3", "width-4", "width-10", "width-9"]


def test_it_is_said_where_points_come_from(toy: Toy, tmp_path: Path) -> None:
    toy.record("width-2", "width-3", "width-9")
    assert used("smoke").recorded == 0
    assert used("smoke").computed == 2
    build = tmp_path / "points"
    run("full", directory=build)
    found = used(directory=build)
    assert (found.computed, found.recorded) == (1, 3)
    assert found.commits == {"c0ffee": 3}
    assert list(found.machines.values()) == [3]
    files = [*build.rglob("*.npz"), *record.FOLDER.rglob("*.npz")]
    assert found.seconds == pytest.approx(sum(read_point(file).seconds for file in files))
    assert (found.earlier, found.unused) == ((), ())


def test_it_is_said_which_points_earlier_code_computed(toy: Toy) -> None:
    toy.record("width-2", "width-3")
    assert used(device=device(REFERENCE.scale, law="refitted")).earlier == ("width-3",)
    toy.code = "code of tomorrow"
    assert used().earlier == ("width-2", "width-3")


@pytest.mark.parametrize("profile", ["smoke", "full"])
def test_it_is_said_which_recorded_points_are_not_used(toy: Toy, profile: str) -> None:
    """In the profile that a page falls back to as well: there a reader asks why it is not the full one."""
    toy.record("width-3")
    toy.edit('"full": Config(seed=1', '"full": Config(seed=2')
    assert used(profile).unused == ("width-3",)
    assert used(profile).recorded == 0


def test_a_recorded_run_is_measured_from_its_points(toy: Toy) -> None:
    assert results.recorded(NAME, device=REFERENCE) is None
    toy.record("width-2", "width-3")
    assert results.recorded(NAME, device=REFERENCE) is None, "one point is missing"
    toy.record("width-4")
    recorded = results.recorded(NAME, device=REFERENCE)
    names = ("max_abs_mean", "max_abs_variance_error")
    assert recorded.outcome.measurements == tuple(Measurement.exact("P-moments", n, 8.0) for n in names)
    assert (recorded.outcome.experiment, recorded.outcome.profile) == (NAME, "full")
    assert recorded.outcome.device == {"name": "reference", "sha256": REFERENCE.sha256, "reference": True}
    assert {key: recorded.facts[key] for key in ("seed", "commit", "dirty")} == {
        "seed": 1,
        "commit": "c0ffee",
        "dirty": False,
    }
    assert recorded.facts.keys() >= {"duration_s", "machine", "versions"}
    assert toy.computed == []


def test_what_is_counted_belongs_to_it_and_half_a_claim_does_not(toy: Toy) -> None:
    toy.edit(
        "def measurements",
        """def counted(config):
    return [
        Measurement.exact("P-wheeler", "first_unstable_nodes", 11),
        Measurement.exact("P-fit-mtj", "ks_distance", 0.01),
    ]

def measurements""",
    )
    toy.record(*FULL)
    recorded = results.recorded(NAME, device=REFERENCE)
    assert [m.claim for m in recorded.outcome.measurements] == ["P-wheeler", "P-moments", "P-moments"]


def test_experiments_beside_it_count_once_they_are_recorded(toy: Toy) -> None:
    toy.record(*FULL)
    alone = results.recorded(NAME, device=REFERENCE)
    (toy.folder / "toy_other.py").write_text((toy.folder / f"{NAME}.py").read_text("utf-8"), "utf-8")
    catalogue._modules.cache_clear()
    toy.edit("computed = []", 'computed = []\nBESIDE = ("toy_other",)')
    assert results.recorded(NAME, device=REFERENCE) == alone
    assert results.recorded("toy_other", device=REFERENCE) is None


def test_beside_another_device_the_reference_is_characterised(
    toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy.record(*FULL)
    opened = opening(monkeypatch, REFERENCE)
    results._reference.cache_clear()
    try:
        first = results.recorded(NAME, device=OTHER)
        assert first == results.recorded(NAME, device=REFERENCE)
        results.recorded(NAME, device=OTHER)
    finally:
        results._reference.cache_clear()
    assert len(opened) == 1


def test_points_that_were_computed_elsewhere_are_gathered(toy: Toy, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="holds no points of toy_widths"):
        results.gather(NAME, directory=tmp_path)
    write_point(tmp_path / "width-9.npz", points.compute(NAME, "width-9", profile="full", device=OTHER))
    assert results.gather(NAME, directory=tmp_path) == {"width-9": 27.0}
    toy.edit('"full": Config(seed=1', '"full": Config(seed=2')
    with pytest.raises(ValueError, match="was computed with another settings"):
        results.gather(NAME, directory=tmp_path)


def test_the_record_is_gathered_where_it_is_whole(toy: Toy) -> None:
    toy.edit('return point != "width-2"', "return False")
    toy.record("width-2", "width-3", "width-9")
    assert results.gather(NAME) is None
    toy.record("width-4")
    assert results.gather(NAME) == {"width-2": 2.0, "width-3": 3.0, "width-4": 4.0, "width-9": 9.0}


def test_what_the_pipeline_asks_of_an_experiment(toy: Toy) -> None:
    toy.record("width-2", "width-3", "width-9")
    toy.edit("computed = []", "computed = []\nRETRAINS = True")
    toy.edit('PROFILES = {"smoke"', 'PROFILES = {"quick": Config(seed=1, widths=(2,)), "smoke"')
    reference = program.describe(NAME, sha256=REFERENCE.sha256)
    assert reference["points"] == {
        "smoke": ("width-2", "width-3"),
        "quick": ("width-2",),
        "full": ("width-2", "width-3", "width-4"),
    }
    assert reference["recorded"] == ["width-2", "width-3"]
    mine = program.describe(NAME, sha256=OTHER.sha256)
    assert (mine["recorded"], mine["reusable"]) == (["width-2"], ["width-3"])
    assert not mine["retrains"]
    toy.edit("computed = []", "computed = []\nRETRAINS = True\nPROFILES['quick'] = PROFILES['smoke']")
    assert program.describe(NAME, sha256=OTHER.sha256)["retrains"]
    toy.edit('"full": Config(seed=1', '"quick": Config(2, (2,)), "full": Config(seed=2')
    changed = program.describe(NAME, sha256=REFERENCE.sha256)
    assert (changed["recorded"], changed["reusable"]) == ([], [])


def test_the_program_computes_a_point_into_a_file(
    toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy.record("width-3")
    opened = opening(monkeypatch, OTHER)
    out = tmp_path / "out.npz"
    program.main(["compute", NAME, "width-3", "--profile", "full", "--device", "x.csv", "--out", str(out)])
    assert opened == [("x.csv",)]
    assert read_point(out).arrays["value"] == 9.0
    assert toy.computed == ["width-3"]


def test_the_program_says_what_is_unknown(toy: Toy, tmp_path: Path) -> None:
    asked = ["compute", NAME, "width-2", "--device", "", "--out", str(tmp_path / "x.npz"), "--profile"]
    with pytest.raises(SystemExit, match="error: no profile is called 'tiny'"):
        program.main([*asked, "tiny"])
    with pytest.raises(SystemExit, match="error: no experiment is called 'toys'"):
        program.main(["describe", "toys", "--sha256", ""])
    assert not (tmp_path / "x.npz").exists()
