"""Outcomes: what experiments measured, as chapters leave it in their notebooks for the scoreboard.

A chapter leaves payloads in the metadata of its outputs: what it measured, what it was run with, and what the
recorded full run says. Of experiments whose points are not recorded yet, a checksummed JSON file under
data/recorded keeps what an earlier full run measured.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from noisyweights.ledger.claims import Measurement
from noisyweights.package_data import DATA

__all__ = [
    "FACTS",
    "FOLDER",
    "MEASUREMENTS",
    "RECORDED",
    "Outcome",
    "Recorded",
    "collect",
    "of_record",
    "outcomes",
    "read",
    "read_all",
]

FOLDER = DATA / "recorded"

# Keys in an output's metadata. Among its data they would be a MIME type that a site generator warns about.
MEASUREMENTS = "application/vnd.noisyweights.measurements+json"
FACTS = "application/vnd.noisyweights.provenance+json"
RECORDED = "application/vnd.noisyweights.recorded+json"


@dataclass(frozen=True)
class Outcome:
    """What one experiment measured in one build; `device` holds name, sha256 and reference (a bool)."""

    experiment: str
    profile: str
    device: Mapping[str, Any]
    measurements: tuple[Measurement, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the payload that `from_json` reads; infinite numbers become text, since JSON has none."""
        rows = [
            {key: str(value) if value in (math.inf, -math.inf) else value for key, value in asdict(m).items()}
            for m in self.measurements
        ]
        return {
            "experiment": self.experiment,
            "profile": self.profile,
            "device": dict(self.device),
            "measurements": rows,
        }

    @classmethod
    def from_json(cls, payload: Mapping[str, Any]) -> "Outcome":
        """Return the outcome that a payload describes; raises KeyError, TypeError or ValueError."""
        return cls(
            experiment=payload["experiment"],
            profile=payload["profile"],
            device=payload["device"],
            measurements=tuple(Measurement(**row) for row in payload["measurements"]),
        )


@dataclass(frozen=True)
class Recorded:
    """An outcome; `facts` of its circumstances are seed, commit, dirty, duration_s, machine and versions."""

    outcome: Outcome
    facts: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Return the payload that `of_record` reads."""
        return {"outcome": self.outcome.as_json(), "facts": dict(self.facts)}


def outcomes(notebook: str | Path) -> tuple[tuple[Outcome, ...], Mapping[str, Mapping[str, Any]]]:
    """Return what an executed notebook measured, and the facts of its experiments by their name.

    Raises ValueError naming the notebook when it is not readable as one, or an experiment reports twice.
    """
    path = Path(notebook)
    measured: list[Outcome] = []
    facts: dict[str, Mapping[str, Any]] = {}
    try:
        for metadata in _metadata(path):
            if MEASUREMENTS in metadata:
                measured.append(Outcome.from_json(metadata[MEASUREMENTS]))
            if FACTS in metadata:
                facts[metadata[FACTS]["experiment"]] = metadata[FACTS]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{path} is not an executed notebook ({error!r}); execute the chapter again"
        ) from error
    names = [outcome.experiment for outcome in measured]
    if len(set(names)) < len(names):
        raise ValueError(f"{path} reports an experiment twice ({', '.join(names)}); show its verdicts once")
    return tuple(measured), facts


def read(path: str | Path) -> Recorded:
    """Read a recorded result; raises ValueError with the mend when it was altered or damaged."""
    path = Path(path)
    mend = f"restore it with `git checkout -- data/recorded/{path.name}`"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        checksum = content.pop("sha256")
        outcome = Outcome.from_json(content)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is corrupted ({error!r}); {mend}") from error
    if checksum != _checksum(content):
        raise ValueError(f"{path} was altered: its content does not match its checksum; {mend}")
    facts = {key: value for key, value in content.items() if key not in outcome.as_json()}
    return Recorded(outcome, facts)


def read_all(folder: str | Path = FOLDER) -> dict[str, Recorded]:
    """Read all recorded results of a folder, by experiment; none when there is no such folder."""
    found = (read(path) for path in sorted(Path(folder).glob("*.json")))
    return {recorded.outcome.experiment: recorded for recorded in found}


def collect(notebooks: Iterable[str | Path]) -> tuple[Recorded, ...]:
    """Gather what executed notebooks measured, with its facts.

    Raises ValueError for an experiment whose notebook does not show its provenance.
    """
    gathered = []
    for notebook in notebooks:
        measured, facts = outcomes(notebook)
        for outcome in measured:
            if outcome.experiment not in facts:
                raise ValueError(
                    f"{notebook} shows no provenance of {outcome.experiment}: call pages.provenance in it"
                )
            own = {
                key: value for key, value in facts[outcome.experiment].items() if key not in outcome.as_json()
            }
            gathered.append(Recorded(outcome, own))
    return tuple(gathered)


def _checksum(content: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON text: sorted keys, no spaces."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def of_record(notebooks: Iterable[str | Path]) -> tuple[Recorded, ...]:
    """Gather what executed notebooks say of the recorded full run."""
    payloads = (
        metadata[RECORDED]
        for notebook in notebooks
        for metadata in _metadata(Path(notebook))
        if RECORDED in metadata
    )
    return tuple(Recorded(Outcome.from_json(one["outcome"]), one["facts"]) for one in payloads)


def _metadata(path: Path) -> Iterator[Mapping[str, Any]]:
    """The metadata of all outputs of a notebook."""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        yield from (output.get("metadata", {}) for output in cell.get("outputs", ()))
