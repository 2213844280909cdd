"""TensorFlow's chatter stays off terminals; its failures do not."""

import subprocess
import sys


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
