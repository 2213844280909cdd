"""What the tests of pages and scoreboard share: a device, a page's outputs, a notebook that holds them."""

import hashlib
import json
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from noisyweights.ledger import outcomes
from noisyweights.ledger.claims import Measurement
from noisyweights.ledger.outcomes import Outcome, Recorded
from noisyweights.pages import display

FACTS = {
    "seed": 1,
    "commit": "c0ffee1234567",
    "dirty": False,
    "duration_s": 7200.0,
    "machine": {"cpu": "a CPU", "cores": 2, "memory_gib": 8.0, "system": "Linux"},
}
REFERENCE = {"name": "reference", "sha256": "", "reference": True}


@dataclass(frozen=True)
class Config:
    """Settings of an imaginary experiment."""

    seed: int = 20240101
    degrees: tuple[int, ...] = (2, 4, 8)
    tolerance: float = 1e-8


def run(value: float, *, profile: str = "quick", device: dict = REFERENCE) -> Recorded:
    """Fabricate a run that measured P-moments."""
    names = ("max_abs_mean", "max_abs_variance_error")
    measured = tuple(Measurement.exact("P-moments", name, value) for name in names)
    return Recorded(Outcome("device_noise", profile, device, measured), FACTS)


class Tags(HTMLParser):
    """Check that every element that is opened is closed, in order."""

    VOID = ("input", "br")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs) -> None:
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag


def leave(recorded: Recorded, folder: Path) -> Path:
    """Leave the checksummed JSON file of a full run of which no points are recorded."""
    content = recorded.outcome.as_json() | recorded.facts
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    folder.mkdir(exist_ok=True)
    path = folder / f"{recorded.outcome.experiment}.json"
    content["sha256"] = hashlib.sha256(canonical.encode()).hexdigest()
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False), "utf-8")
    return path


@pytest.fixture
def config() -> Config:
    return Config()


@pytest.fixture
def device() -> SimpleNamespace:
    return SimpleNamespace(
        name="test junction",
        source="data/devices/test.csv",
        sha256="ab12" * 16,
        unit="µS",
        n=20_000,
        dropped=3,
        law=SimpleNamespace(name="bayes_mtj"),
        reason="Eq. 3 passes its test.",
        reference=True,
    )


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[dict[str, Any]]:
    """Collect the outputs of a page, which finds no recorded results but those a test writes."""
    outputs: list[dict[str, Any]] = []

    def publish(data: dict[str, Any], metadata: dict[str, Any] | None = None) -> None:
        outputs.append({"output_type": "display_data", "data": data, "metadata": metadata or {}})

    monkeypatch.setattr(display, "publish_display_data", publish)
    monkeypatch.setattr(outcomes, "FOLDER", tmp_path / "recorded")
    return outputs


@pytest.fixture
def notebook(tmp_path: Path):
    """Return a function that writes outputs as an executed notebook, a cell each."""

    def write(outputs: list[dict[str, Any]], name: str = "01-device-noise") -> Path:
        cells = [
            {"cell_type": "code", "source": "", "execution_count": 1, "metadata": {}, "outputs": [output]}
            for output in outputs
        ]
        path = tmp_path / f"{name}.ipynb"
        path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}))
        return path

    return write
