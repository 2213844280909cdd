"""Files under data/ are what data/README.md says, and their builder makes them again."""

import hashlib
import json
import re
import runpy
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
import pytest

from noisyweights.datasets import read_noise
from noisyweights.experiments.points import read_header, read_point

DATA = Path(__file__).parents[1] / "data"
README = (DATA / "README.md").read_text(encoding="utf-8")
SUMS = {
    name: (int(size.replace(",", "")), digest)
    for name, size, digest in re.findall(r"^\| `([^`]+)` \| ([\d,]+) \| `([0-9a-f]{64})` \|$", README, re.M)
}


@pytest.fixture(scope="module")
def builder() -> dict:
    return runpy.run_path(str(DATA / "build_devices.py"))


def test_every_data_file_is_listed():
    files = {path.relative_to(DATA).as_posix() for path in DATA.rglob("*") if path.is_file()} - {"README.md"}
    listed = set(re.findall(r"^\| `([^`]+)` \|", README, re.M))
    assert {name for name in files if not any(fnmatch(name, pattern) for pattern in listed)} == set()
    assert {name for name in files if name.startswith("devices/")} == set(SUMS)


@pytest.mark.parametrize("name", SUMS)
def test_size_and_checksum(name):
    content = (DATA / name).read_bytes()
    assert (len(content), hashlib.sha256(content).hexdigest()) == SUMS[name]
    assert len(content) < 400_000
    assert b"SIMULATED, NOT MEASURED" in content


def test_the_ecram_file_is_built_again_to_the_byte(builder):
    assert builder["ecram_csv"]().encode() == (DATA / "devices/ecram.csv").read_bytes()


def test_the_first_block_of_the_bayes_mtj_file_is_built_again(builder):
    again = builder["bayes_mtj_block"](0)
    stored = read_noise(DATA / "devices/bayes_mtj.csv").samples[: again.size]
    # Six decimals are stored. The paths are chaotic, so a C library that rounds a logarithm in another way
    # could leave the path of single cells, but not that of one in a hundred.
    assert np.mean(np.abs(again - stored) < 0.6e-6) > 0.99


@pytest.mark.parametrize("name", SUMS)
def test_the_readings_are_independent_draws(name):
    """No correlation of a reading or its square with the next: ±4 standard errors of 1/√n."""
    x = read_noise(DATA / name).samples
    for y in (x - x.mean(), (x - x.mean()) ** 2):
        assert abs(np.corrcoef(y[:-1], y[1:])[0, 1]) < 4 / np.sqrt(x.size)
    assert np.unique(x).size > 0.98 * x.size  # rounding makes few ties


def test_the_bayes_mtj_file_keeps_to_its_range():
    text = (DATA / "devices/bayes_mtj.csv").read_text(encoding="utf-8")
    middle, half = map(float, re.search(r"middle ([\d.]+) uS, half range ([\d.]+) uS", text).groups())
    z = (read_noise(DATA / "devices/bayes_mtj.csv").samples - middle) / half
    assert np.abs(z).max() <= 1 + 1e-6
    assert abs(z.mean()) < 4 * z.std() / np.sqrt(z.size)  # the junction is symmetric


# Where a path begins, and no address, fraction or unit does: not behind a letter, a slash, a dot or a colon.
ABSOLUTE = re.compile(rb"""(?<![\w/.:~*)}\]])/[\w.-]+/[\w.-]+|\b[A-Za-z]:\\+\w""")


def test_no_file_holds_a_place_on_a_machine():
    for path in DATA.rglob("*"):
        if path.is_file() and path.suffix != ".gz":
            point = path.suffix == ".npz"  # compressed numbers may spell anything
            content = json.dumps(read_header(path)).encode() if point else path.read_bytes()
            assert not ABSOLUTE.findall(content), f"{path}: write a path from the project's folder on"


RECORDED = sorted((DATA / "recorded").rglob("[!.]*.npz"))


def test_every_recorded_point_is_whole_and_a_commit_made_it():
    for path in RECORDED:
        point = read_point(path)
        assert path.relative_to(DATA / "recorded") == Path(point.experiment) / f"{point.point}.npz"
        assert point.device in ("", SUMS["devices/bayes_mtj.csv"][1]), f"{path}: of another device"
        assert point.made["commit"], f"{path}: of no commit"
        assert not point.made["dirty"], f"{path}: of uncommitted changes"


def test_the_record_stays_small():
    assert sum(path.stat().st_size for path in RECORDED) < 40e6


@pytest.mark.parametrize(
    "text", ['"/home/me/data"', " /work/x.json", "(/tmp/a/b)", r"C:\\Users\\me", "='/a/b'"]
)
def test_places_on_a_machine_are_told(text):
    assert ABSOLUTE.search(text.encode())


@pytest.mark.parametrize(
    "text", ["https://a.org/b/c", "data/samples/mnist", "MA/m", "fJ/(V m)", "../lib/x", "1/2/3"]
)
def test_other_slashes_are_no_places(text):
    assert not ABSOLUTE.search(text.encode())
