"""A wheel: it builds without a network, and finds its data where no checkout is."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LOOK = """
import sys
sys.path.insert(0, sys.argv[1])
import noisyweights as nw
from noisyweights import datasets
from noisyweights.ledger import claims
from noisyweights.package_data import DATA
assert nw.__file__.startswith(sys.argv[1]), nw.__file__
assert str(DATA).startswith(sys.argv[1]), DATA
assert len(claims.load()) >= 57
assert len(datasets.read_noise(DATA / "devices" / "bayes_mtj.csv").samples) >= 100
assert "tensorflow" not in sys.modules
"""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", ".", "--quiet", "--no-deps", "--no-build-isolation"]
    answer = subprocess.run(
        [*command, "--wheel-dir", folder], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    (wheel,) = folder.glob("noisyweights-*.whl")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(folder / "unpacked")
    return folder / "unpacked"


def test_the_library_works_outside_a_checkout(unpacked: Path, tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-I", "-c", LOOK, unpacked],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr


def test_the_wheel_holds_every_module_and_the_data(unpacked: Path) -> None:
    modules = {path.relative_to(ROOT / "lib") for path in (ROOT / "lib" / "noisyweights").rglob("*.py")}
    packed = {path.relative_to(unpacked) for path in unpacked.rglob("*.py")}
    assert modules <= packed
    data = unpacked / "noisyweights" / "_data"
    for name in ("claims.yml", "devices/bayes_mtj.csv", "devices/ecram.csv"):
        assert (data / name).read_bytes() == (ROOT / "data" / name).read_bytes()
