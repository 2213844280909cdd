"""Fingerprints of code: what changes a number changes them, and what cannot does not."""

import itertools
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from noisyweights.ledger import code

Fingerprint = Callable[..., str]

# `compute` reaches a function through a package, a class through a function, and a constant through both.
MODULES = {
    "__init__": "",
    "experiment": """
from toy import rooms
from toy.draws import Sampler as Drawn
from toy.device import Device

def compute(config: "Config", point: str, device: Device) -> float:
    from toy.deep.helper import scaled
    return scaled(Drawn(config.seed).draw()) + rooms.offset()

def collect(points):
    return summary(points)

def summary(points):
    return sum(points)

class Config:
    seed: int = 1
""",
    "draws": """
class Sampler:
    def __init__(self, seed):
        self.seed = seed

    def draw(self):
        return self.seed + STEP

STEP = 2
OTHER = 3
""",
    "rooms/__init__": "from toy.rooms.far import offset, unasked",
    "rooms/far": """
def offset():
    return 5

def unasked():
    return 6
""",
    "deep/__init__": "",
    "deep/helper": """
import numpy as np

def scaled(value):
    return np.abs(value) * factors["small"]

factors = {"small": 0.5}
""",
    "device": """
class Device:
    law = 7
""",
}


@pytest.fixture
def fingerprint(tmp_path: Path) -> Fingerprint:
    """What `compute` is known by in a library of this test's own, with modules changed or added."""
    number = itertools.count()

    def write(changes: Mapping[str, str] | None = None, *, root: str = "toy.experiment.compute") -> str:
        library = tmp_path / str(next(number)) / "toy"
        for module, text in (MODULES | (changes or {})).items():
            file = library / f"{module}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
        return code.fingerprint(root, outside=("toy.device",), library=library)

    return write


def edited(module: str, old: str, new: str) -> dict[str, str]:
    assert old in MODULES[module]
    return {module: MODULES[module].replace(old, new)}


@pytest.mark.parametrize(
    "changes",
    [
        edited("rooms/far", "def offset():", 'def offset():\n    """Return the offset."""'),
        edited("draws", "class Sampler:", 'class Sampler:\n    """Draws."""\n'),
        edited("draws", "STEP = 2", 'STEP = 2\n"""How far a draw steps."""'),
        edited("deep/helper", "    return np", "    # half of it\n    return np"),
        edited("experiment", '    return scaled(Drawn(config.seed).draw()) + rooms.offset()',
               '    return (\n        scaled(Drawn(config.seed).draw())\n        + rooms.offset()\n    )'),
        edited("deep/helper", "0.5", "5e-1"),
        {"draws": "OTHER = 3\nSTEP = 2\n" + MODULES["draws"].partition("STEP = 2")[0]},
    ],
    ids=["docstring", "of a class", "of a constant", "comment", "layout", "spelling", "order"],
)  # fmt: skip
def test_words_and_layout_do_not_change_it(fingerprint: Fingerprint, changes: dict[str, str]) -> None:
    assert fingerprint(changes) == fingerprint()


@pytest.mark.parametrize(
    "changes",
    [
        edited("draws", "OTHER = 3", "OTHER = 4"),
        edited("rooms/far", "return 6", "return 7"),
        edited("experiment", "return sum(points)", "return max(points)"),
        edited("experiment", "return summary(points)", "return summary(points) / 2"),
        edited("device", "law = 7", "law = 8"),
        {"more": "compute = 1"},
    ],
    ids=["constant", "function", "what collect alone reaches", "collect", "outside", "module"],
)
def test_what_is_not_reached_does_not_change_it(fingerprint: Fingerprint, changes: dict[str, str]) -> None:
    assert fingerprint(changes) == fingerprint()


@pytest.mark.parametrize(
    "changes",
    [
        edited("deep/helper", "0.5", "0.6"),
        edited("draws", "STEP = 2", "STEP = 3"),
        edited("draws", "STEP = 2", "STEP = 2\nSTEP += 1"),
        edited("deep/helper", '"small": 0.5}', '"small": 0.5}\nfactors["small"] = 0.6'),
        edited("draws", "self.seed + STEP", "self.seed - STEP"),
        edited("draws", "self.seed = seed", "self.seed = seed + 1"),
        edited("rooms/far", "return 5", "return 6"),
        edited("experiment", "config.seed).draw()", "config.seed).draw() * 2"),
        edited("experiment", "rooms.offset()", "rooms.unasked()"),
        edited("deep/helper", "np.abs", "np.exp"),
        edited("deep/helper", 'factors["small"]', '{**factors, "small": 0}["small"]'),
        {"deep/helper": "def scaled(value):\n    return value"},
    ],
    ids=[
        "constant two steps away",
        "constant of a method",
        "constant changed afterwards",
        "entry set afterwards",
        "method of a reached class",
        "constructor of a reached class",
        "function behind a package",
        "the root itself",
        "another member of a module",
        "another function of NumPy",
        "unpacking",
        "module rewritten",
    ],
)
def test_whatever_may_change_a_number_changes_it(fingerprint: Fingerprint, changes: dict[str, str]) -> None:
    assert fingerprint(changes) != fingerprint()


def test_code_that_moved_is_the_same_code(fingerprint: Fingerprint) -> None:
    moved = {
        "draws": "",
        "deep/draws": MODULES["draws"],
        "rooms/__init__": "",
        "experiment": MODULES["experiment"]
        .replace("from toy import rooms\n", "from toy.rooms.far import offset\n")
        .replace("from toy.draws import", "from toy.deep.draws import")
        .replace("rooms.offset()", "offset()"),
    }
    assert fingerprint(moved) == fingerprint()


def test_the_same_name_in_another_module_is_other_code(fingerprint: Fingerprint) -> None:
    """Both are reached, so that only who calls which of them tells the two apart."""
    modules = {
        "one": "def f():\n    return 1",
        "two": "def f():\n    return 2",
        "both": "from toy import one, two\ndef a():\n    return one.f()\ndef b():\n    return two.f()",
    }
    exchanged = modules | {"both": modules["both"].replace("one.f()", "two.f()")}
    exchanged["both"] += "\ndef c():\n    return one.f()"
    modules["both"] += "\ndef c():\n    return one.f()"
    assert fingerprint(modules, root="toy.both") != fingerprint(exchanged, root="toy.both")


def test_no_place_in_a_mapping_is_lost(fingerprint: Fingerprint) -> None:
    """`**more` stands in the syntax tree as a key that is None."""
    first = edited("deep/helper", '{"small": 0.5}', '{**{"small": 0.1}, "small": 0.5}')
    last = edited("deep/helper", '{"small": 0.5}', '{"small": {"small": 0.1}, **0.5}')
    assert fingerprint(first) != fingerprint(last)


def test_a_variable_may_bear_the_name_of_a_module(fingerprint: Fingerprint) -> None:
    shadowed = edited("rooms/far", "return 5", "draws = [5]\n    return draws.pop()")
    shadowed["rooms/far"] += "\ndef other():\n    from toy import draws\n    return draws.STEP\n"
    assert fingerprint(shadowed) != fingerprint()


@pytest.mark.parametrize("root", ["toy.experiment.computes", "toy.experiments.compute", "numpy.abs"])
def test_a_root_that_is_not_there(fingerprint: Fingerprint, root: str) -> None:
    with pytest.raises(KeyError, match=f"the library defines no {root}"):
        fingerprint(root=root)


def test_a_module_stands_for_all_it_defines(fingerprint: Fingerprint) -> None:
    for changes in (edited("draws", "OTHER = 3", "OTHER = 4"), edited("draws", "STEP = 2", "STEP = 3")):
        assert fingerprint(changes, root="toy.draws") != fingerprint(root="toy.draws")


def test_the_library_is_followed_from_a_chapter_to_the_noise() -> None:
    compute = "noisyweights.experiments.inverse_sampling.experiment.compute"
    modules = {definition.module for definition in code.reached(compute)}
    assert any(module.startswith("noisyweights.noise.sampling") for module in modules)
    assert not any(module.startswith(("noisyweights.pages", "noisyweights.pipeline")) for module in modules)
