"""Points: what is written comes back, what is damaged says so, and what is missing is computed."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import noisyweights.experiments
from noisyweights.experiments import points
from noisyweights.experiments.points import Point, read_point, write_point

TOY = """
from dataclasses import dataclass
import numpy as np

@dataclass(frozen=True)
class Config:
    seed: int
    widths: tuple[int, ...]

PROFILES = {"smoke": Config(seed=1, widths=(2, 3)), "full": Config(seed=1, widths=(2, 3, 4))}
computed = []

def points(config):
    return tuple(f"width-{width}" for width in config.widths)

def compute(config, point, device):
    computed.append(point)
    return {"value": np.float64(point.removeprefix("width-")) * device.scale}

def collect(config, device, points):
    return {point: float(arrays["value"]) for point, arrays in points.items()}

def measurements(result):
    return []
"""
DEVICE = SimpleNamespace(sha256="0" * 64, scale=2.0)


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An experiment of this test's own."""
    (tmp_path / "toy_widths.py").write_text(TOY, "utf-8")
    paths = [*noisyweights.experiments.__path__, str(tmp_path)]
    monkeypatch.setattr(noisyweights.experiments, "__path__", paths)
    monkeypatch.delitem(sys.modules, "noisyweights.experiments.toy_widths", raising=False)
    return "toy_widths"


def a_point(**changes: object) -> Point:
    fields = {
        "experiment": "toy",
        "point": "one",
        "profile": "smoke",
        "config": {"seed": 1, "widths": [2, 3]},
        "device": "0" * 64,
        "arrays": {"x": np.linspace(0, 1, 5), "n": np.array(3), "empty": np.zeros((0, 2), np.float32)},
        "seconds": 0.25,
    }
    return Point(**(fields | changes))


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    write_point(tmp_path / "new" / "one.npz", a_point())
    read = read_point(tmp_path / "new" / "one.npz")
    assert read.origin == a_point().origin
    assert read.seconds == 0.25
    for name, array in a_point().arrays.items():
        np.testing.assert_array_equal(read.arrays[name], array, strict=True)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["one.npz"]


def test_the_checksum_is_of_the_numbers_and_not_of_the_clock() -> None:
    reference = a_point().sha256
    assert a_point(seconds=9.0).sha256 == reference
    assert a_point(device="1" * 64).sha256 != reference
    assert a_point(config={"seed": 2, "widths": [2, 3]}).sha256 != reference
    changed = a_point().arrays | {"x": np.nextafter(a_point().arrays["x"], 2)}
    assert a_point(arrays=changed).sha256 != reference
    renamed = {"y" if name == "x" else name: array for name, array in a_point().arrays.items()}
    assert a_point(arrays=renamed).sha256 != reference
    retyped = a_point().arrays | {"n": np.array(3, np.int32)}
    assert a_point(arrays=retyped).sha256 != reference


@pytest.mark.parametrize("damage", ["cut", "flip", "text", "empty", "no header"])
def test_a_damaged_file_names_itself_and_the_mend(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "one.npz"
    write_point(path, a_point())
    content = path.read_bytes()
    match damage:
        case "cut":
            path.write_bytes(content[: len(content) // 2])
        case "flip":
            middle = content.index(np.linspace(0, 1, 5).tobytes()) + 3
            path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
        case "text":
            path.write_text("not an array", "utf-8")
        case "empty":
            path.write_bytes(b"")
        case "no header":
            np.savez(path, x=np.zeros(3))
    with pytest.raises(ValueError, match=r"one\.npz is damaged .*: delete it, and it is computed anew"):
        read_point(path)


def test_a_point_that_was_exchanged_does_not_match_its_checksum(tmp_path: Path) -> None:
    write_point(tmp_path / "one.npz", a_point())
    with np.load(tmp_path / "one.npz") as file:
        arrays = {name: file[name] for name in file.files}
    np.savez(tmp_path / "one.npz", **(arrays | {"x": np.zeros(5)}))
    with pytest.raises(ValueError, match="does not match its checksum"):
        read_point(tmp_path / "one.npz")


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    write_point(tmp_path / "one.npz", a_point())
    with pytest.raises(TypeError):
        write_point(tmp_path / "one.npz", a_point(config={"seed": object()}))
    assert read_point(tmp_path / "one.npz").origin == a_point().origin
    assert len(list(tmp_path.iterdir())) == 1


def test_run_computes_what_is_missing_and_keeps_it(toy: str, tmp_path: Path) -> None:
    directory = tmp_path / "points"
    expected = {"width-2": 4.0, "width-3": 6.0}
    assert points.run(toy, profile="smoke", device=DEVICE, directory=directory) == expected
    computed = points.find(toy).computed
    assert computed == ["width-2", "width-3"]
    (directory / toy / "width-3.npz").unlink()
    assert points.run(toy, profile="smoke", device=DEVICE, directory=directory) == expected
    assert computed == ["width-2", "width-3", "width-3"]
    assert points.run(toy, profile="smoke", device=DEVICE) == expected
    assert len(computed) == 5


def test_points_of_other_settings_are_refused(toy: str, tmp_path: Path) -> None:
    points.run(toy, profile="smoke", device=DEVICE, directory=tmp_path)
    other = SimpleNamespace(sha256="1" * 64, scale=3.0)
    with pytest.raises(ValueError, match=r"width-2\.npz was computed with another device"):
        points.run(toy, profile="smoke", device=other, directory=tmp_path)
    with pytest.raises(ValueError, match="with another config"):
        points.run(toy, profile="full", device=DEVICE, directory=tmp_path)


def test_what_is_unknown_is_named_with_what_is_known(toy: str) -> None:
    with pytest.raises(ValueError, match=r"no experiment is called 'toys': .*toy_widths"):
        points.find("toys")
    with pytest.raises(ValueError, match="no profile is called 'tiny': toy_widths has smoke, full"):
        points.settings(toy, profile="tiny")
    with pytest.raises(ValueError, match="no point 'width-9' in profile 'smoke': it has width-2, width-3"):
        points.compute(toy, "width-9", profile="smoke", device=DEVICE)
    with pytest.raises(ValueError, match=r"points is no experiment: it does not define points, collect"):
        points.find("points")


@pytest.mark.parametrize(
    ("names", "message"),
    [("()", "must name its points"), ('("a", "a")', "each once"), ('("a/b",)', "calls a point 'a/b'")],
)
def test_names_of_points_that_cannot_be_files(toy: str, tmp_path: Path, names: str, message: str) -> None:
    source = TOY.replace('tuple(f"width-{width}" for width in config.widths)', names)
    (tmp_path / "toy_widths.py").write_text(source, "utf-8")
    with pytest.raises(ValueError, match=message):
        points.names(toy, profile="smoke")


def test_a_result_that_is_no_array_of_numbers(toy: str, tmp_path: Path) -> None:
    source = TOY.replace('np.float64(point.removeprefix("width-")) * device.scale', "None")
    (tmp_path / "toy_widths.py").write_text(source, "utf-8")
    with pytest.raises(TypeError, match="gives 'value' with dtype object"):
        points.compute(toy, "width-2", profile="smoke", device=DEVICE)


def test_listing_prints_names_as_json(toy: str, capsys: pytest.CaptureFixture[str]) -> None:
    points.main(["list", toy, "--profile", "smoke"])
    assert json.loads(capsys.readouterr().out) == {toy: ["width-2", "width-3"]}
    with pytest.raises(SystemExit, match="error: no profile is called 'tiny'"):
        points.main(["list", toy, "--profile", "tiny"])
    with pytest.raises(SystemExit, match="error: toy_widths has no point 'width-9' in 'smoke'"):
        points.main(["compute", toy, "width-9", "--profile", "smoke", "--device", "", "--out", "x.npz"])


def test_importing_points_imports_no_tensorflow() -> None:
    code = "import sys, noisyweights.experiments.points; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
