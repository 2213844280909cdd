"""TensorFlow's chatter stays off terminals; its failures do not."""

import ast
import subprocess
import sys
from pathlib import Path


def run(code: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_nothing_is_printed_by_loading_and_first_use():
    done = run("from noisyweights.noise import laws; laws.gaussian()(0.0, 1.0).sample(3, seed=(0, 1))")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_rooms_without_tensorflow_do_not_load_it():
    done = run(
        "import sys, noisyweights as nw; nw.ledger; from noisyweights.ledger import claims\n"
        "from noisyweights.pages import display; assert 'tensorflow' not in sys.modules"
    )
    assert done.returncode == 0, done.stderr


def test_where_there_is_no_tensorflow_the_networks_room_opens_without_it():
    done = run(
        "import sys; sys.modules |= {'tensorflow': None, 'tensorflow_probability': None}\n"
        "from noisyweights import networks; assert 'binary' in networks.__all__"
    )
    assert done.returncode == 0, done.stderr


def test_a_failure_to_load_shows_what_was_held_back():
    done = run(
        "import os, sys; from noisyweights import quiet_tensorflow as quiet\n"
        "with quiet._held_stderr():\n    os.write(2, b'reason'); raise ImportError('no TensorFlow')"
    )
    assert done.returncode != 0
    assert "reason" in done.stderr
    assert "no TensorFlow" in done.stderr


LIBRARY = Path(__file__).resolve().parents[1] / "lib" / "noisyweights"
QUIET = (
    "noisyweights.networks",
    "noisyweights.noise",
    "noisyweights.hardware",
)  # they load it before all else


def loads_aloud(source: str) -> bool:
    """Whether a module imports Keras or TensorFlow at its top before anything has loaded them quietly."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Expr) and "load_tensorflow()" in ast.unparse(node):
            return False
        if isinstance(node, ast.ImportFrom):
            full = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            full = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if any(name.startswith(QUIET) for name in full):
            return False
        if any(name.split(".")[0] in ("keras", "tensorflow", "tensorflow_probability") for name in full):
            return True
    return False


def test_no_module_loads_tensorflow_aloud():
    """A process that begins with such a module would print TensorFlow's notices."""
    rooms = [LIBRARY / room for room in ("datasets", "experiments", "ledger", "pages", "pipeline", "scores")]
    sources = {path: path.read_text("utf-8") for room in rooms for path in room.rglob("*.py")}
    assert [path.name for path, source in sources.items() if loads_aloud(source)] == []
    assert loads_aloud("from noisyweights import seeds\nimport keras")
    assert not loads_aloud("from noisyweights.networks import weight_draws\nimport keras")
