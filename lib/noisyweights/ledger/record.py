"""Recorded results: what the long runs measured, kept under data/recorded with all that produced it.

A chapter leaves two payloads in the metadata of its outputs: what it measured, and what it was run with.
`make record` gathers them out of executed notebooks. The files are written by this module only; a checksum
guards them.
"""

import argparse
import hashlib
import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from noisyweights.files import replacing
from noisyweights.ledger.claims import Measurement
from noisyweights.package_data import DATA

__all__ = [
    "FACTS",
    "FOLDER",
    "MEASUREMENTS",
    "Outcome",
    "Recorded",
    "collect",
    "outcomes",
    "read",
    "read_all",
    "write",
]

FOLDER = DATA / "recorded"

# Keys in an output's metadata. Among its data they would be a MIME type that a site generator warns about.
MEASUREMENTS = "application/vnd.noisyweights.measurements+json"
FACTS = "application/vnd.noisyweights.provenance+json"


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
    """An outcome of the full profile with its circumstances.

    `facts` holds config, seed, commit, dirty, duration_s, machine and versions.
    """

    outcome: Outcome
    facts: Mapping[str, Any]


def outcomes(notebook: str | Path) -> tuple[tuple[Outcome, ...], Mapping[str, Mapping[str, Any]]]:
    """Return what an executed notebook measured, and the facts of its experiments by their name.

    Raises ValueError naming the notebook when it is not readable as one, or an experiment reports twice.
    """
    path = Path(notebook)
    measured: list[Outcome] = []
    facts: dict[str, Mapping[str, Any]] = {}
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        for output in (output for cell in cells for output in cell.get("outputs", ())):
            metadata = output.get("metadata", {})
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


def write(recorded: Recorded, folder: str | Path = FOLDER) -> Path:
    """Write a recorded result, whole or not at all, and return its path.

    Raises ValueError for a profile other than full, a device other than the reference, and a run with
    uncommitted changes.
    """
    outcome = recorded.outcome
    if outcome.profile != "full":
        raise ValueError(
            f"{outcome.experiment} ran in profile {outcome.profile!r}; only full runs are recorded "
            "(make book PROFILE=full, then make record)"
        )
    if not outcome.device.get("reference"):
        raise ValueError(
            f"{outcome.experiment} ran on device {outcome.device.get('name')!r}; only the reference device "
            "is recorded (make record without NOISE)"
        )
    if recorded.facts.get("dirty"):
        raise ValueError(
            f"{outcome.experiment} ran with uncommitted changes, so no commit holds what made its numbers; "
            "commit them, then make record"
        )
    content = {**outcome.as_json(), **recorded.facts}
    path = Path(folder) / f"{outcome.experiment}.json"
    with replacing(path) as unfinished:
        text = json.dumps(
            {**content, "sha256": _checksum(content)}, indent=1, ensure_ascii=False, allow_nan=False
        )
        unfinished.write_text(text + "\n", encoding="utf-8")
    return path


def read(path: str | Path) -> Recorded:
    """Read a recorded result; raises ValueError with the mend when it was altered or damaged."""
    path = Path(path)
    mend = (
        f"restore it with `git checkout -- data/recorded/{path.name}`, or record it again with `make record`"
    )
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


def main(arguments: Sequence[str] | None = None) -> None:
    """Record what executed notebooks of the full profile measured."""
    parser = argparse.ArgumentParser(prog="python -m noisyweights.ledger.record", description=main.__doc__)
    parser.add_argument("notebooks", nargs="+", type=Path, help="executed notebooks")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the recorded results")
    options = parser.parse_args(arguments)
    try:
        for recorded in collect(options.notebooks):
            print(f"recorded {write(recorded, options.out)}")
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
