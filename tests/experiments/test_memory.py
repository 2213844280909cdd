"""A long noise file needs little memory in every step of chapter 1 that sees it."""

import subprocess
import sys
from pathlib import Path

import pytest

from noisyweights import seeds

ROWS = 2_000_000
# Ten million rows are promised to take less than 2 GB. A row needs some 30 bytes; twice as much is set aside
# for each row that this file lacks. All the rest of the promise is for libraries, graphs and the rows it has.
PROMISED_MB, BYTES_A_ROW, PROMISED_ROWS = 2000, 60, 10_000_000
LIMIT_MB = PROMISED_MB - BYTES_A_ROW * (PROMISED_ROWS - ROWS) / 1e6

# Every step of the pipeline is a process of its own; in one process the worst of them shows.
STEPS = """
import sys
from dataclasses import replace
from noisyweights.experiments.device import Device
from noisyweights.experiments.device_noise import experiment as device_noise

config = replace(device_noise.PROFILES["smoke"], chunk=2)
Device.open(sys.argv[1]).save(sys.argv[2])
device = Device.open(sys.argv[2])
points = {name: device_noise.compute(config, name, device) for name in device_noise.points(config)}
trace = device_noise.collect(config, device, points).traces["device"]
trace.gap(trace.fitted)
print(len(trace.samples), peak() * 1024 / 1e6)
"""


@pytest.fixture
def noise(tmp_path: Path) -> Path:
    path = tmp_path / "long.csv"
    samples = seeds.generator(0, "long").gamma(2.0, size=ROWS)
    path.write_text("conductance_uS\n" + "\n".join(map("{:.6f}".format, samples)) + "\n")
    return path


def test_a_long_file_stays_within_the_memory_that_is_promised(
    noise: Path, tmp_path: Path, peak_memory: str
) -> None:
    command = [sys.executable, "-c", peak_memory + STEPS, noise, tmp_path / "device.json"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr[-3000:]
    rows, megabytes = answer.stdout.split()
    assert int(rows) == ROWS
    assert float(megabytes) < LIMIT_MB
