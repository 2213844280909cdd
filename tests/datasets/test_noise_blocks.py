"""Long noise files: they are read in blocks, and seams do not matter."""

import subprocess
import sys

import numpy as np

from noisyweights.datasets import read_noise

N = 150
PLAIN = [f"{x:.4f}" for x in np.random.default_rng(1).normal(-0.3, 1.0, N)]


def lines(*above: str, rows: list[str]) -> str:
    return "\n".join([*above, *rows]) + "\n"


def test_a_long_file_is_read_in_blocks(tmp_path, monkeypatch):
    """Seams fall anywhere."""
    rows = [x if i % 7 else "" if i % 3 else "nan" for i, x in enumerate(PLAIN * 8)]
    rows[300] = "# a comment"
    path = tmp_path / "noise.csv"
    path.write_text(lines("G_uS", rows=rows))
    whole = read_noise(path)
    for block in (50, 333, 2048):
        monkeypatch.setattr("noisyweights.datasets.text_tables.table.BLOCK", block)
        monkeypatch.setattr("noisyweights.datasets.text_tables.sight.LOOK_AHEAD_ROWS", 5)
        trace = read_noise(path)
        np.testing.assert_array_equal(trace.samples, whole.samples)
        assert trace.dropped == whole.dropped > 100


def test_half_a_million_rows_take_little_memory(tmp_path, peak_memory):
    """10⁷ rows may take 2 GB; a twentieth of them may then add 100 MB to what Python and NumPy take."""
    path = tmp_path / "long.csv"
    np.savetxt(path, np.random.default_rng(2).normal(size=500_000), fmt="%.6g", header="G_uS", comments="")
    code = peak_memory + (
        "import sys\n"
        "from noisyweights.datasets import read_noise\n"
        "before = peak()\n"
        "trace = read_noise(sys.argv[1])\n"
        "print(trace.samples.size, peak() - before, 'tensorflow' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    rows, kilobytes, tensorflow = done.stdout.split()
    assert int(rows) == 500_000
    assert int(kilobytes) < 100_000
    assert tensorflow == "False"
