"""An experiment of the tests' own, devices for it, and a record that only a test writes."""

import hashlib
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import noisyweights.experiments
from noisyweights.experiments import points, record
from noisyweights.experiments.points import write_point
from noisyweights.ledger.provenance import Commit

NAME = "toy_widths"

# A width's value is its number times the device's scale; width-2 knows no device; weights may be given.
SOURCE = """
from dataclasses import dataclass, field
import numpy as np
from noisyweights.ledger.claims import Measurement

@dataclass(frozen=True)
class Config:
    seed: int
    widths: tuple[int, ...] = field(metadata={"counts": True})

PROFILES = {"smoke": Config(seed=1, widths=(2, 3)), "full": Config(seed=1, widths=(2, 3, 4))}
computed = []

def points(config):
    return tuple(f"width-{width}" for width in config.widths)

def uses_device(point):
    return point != "width-2"

def compute(config, point, device, trained=None):
    computed.append(point)
    width = int(point.removeprefix("width-"))
    value = width * (device.scale if uses_device(point) else 1)
    return {"value": value, "weights": np.full(width, config.seed) if trained is None else trained}

def collect(config, device, points):
    return {point: float(arrays["value"]) for point, arrays in points.items()}

def measurements(result):
    names = ("max_abs_mean", "max_abs_variance_error")
    return [Measurement.exact("P-moments", name, max(result.values())) for name in names]
"""


def device(scale: float, *, name: str = "reference", **law: object) -> SimpleNamespace:
    """A device whose noise file holds its scale."""
    return SimpleNamespace(
        name=name,
        scale=scale,
        sha256=hashlib.sha256(str(scale).encode()).hexdigest(),
        law=SimpleNamespace(get_config=lambda: {"law": "toy", "levels": (0.1, 0.2)} | law),
        reference=name == "reference",
    )


REFERENCE = device(2.0)
OTHER = device(3.0, name="mine")


class Toy:
    """The experiment as a test sees it."""

    name = NAME

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.code = "code of today"
        self.folder = folder
        self._monkeypatch = monkeypatch
        self.edit("", "")

    @property
    def computed(self) -> list[str]:
        """Names of the points that were computed, in order."""
        return points.catalogue.find(NAME).computed

    def edit(self, old: str, new: str) -> None:
        """Change the experiment's source from here on."""
        assert old in SOURCE
        self.write(SOURCE.replace(old, new) if old else SOURCE)

    def write(self, source: str) -> None:
        """Let the experiment be this from here on."""
        (self.folder / f"{NAME}.py").write_text(source, "utf-8")
        self._monkeypatch.delitem(sys.modules, f"{noisyweights.experiments.__name__}.{NAME}", raising=False)

    def record(self, *names: str) -> None:
        """Compute points of the full profile on the reference device and record them."""
        for name in names:
            file = self.folder / "computed" / f"{name}.npz"
            write_point(file, points.compute(NAME, name, profile="full", device=REFERENCE))
            record.adopt(file)
        self.computed.clear()


def lay_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Toy:
    """Put the experiment among those of the library, and an empty record in place of its own."""
    folder.mkdir()
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # edits may come within its clock's resolution
    monkeypatch.setattr(
        noisyweights.experiments, "__path__", [*noisyweights.experiments.__path__, str(folder)]
    )
    (folder / "reference.csv").write_text(str(REFERENCE.scale), "utf-8")
    monkeypatch.setattr(record, "REFERENCE", folder / "reference.csv")
    monkeypatch.setattr(record, "FOLDER", folder / "recorded")
    toy = Toy(folder, monkeypatch)
    monkeypatch.setattr(points, "code_of", lambda name, *, device: f"{toy.code}{' and laws' * device}")
    monkeypatch.setattr(points, "_commit", lambda: Commit("c0ffee", False))
    return toy
