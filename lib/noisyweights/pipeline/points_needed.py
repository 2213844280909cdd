"""Which points an edition needs, in which profile, and which of them the record spares it.

Nothing here imports TensorFlow: every job of a cluster reads the Snakefile again.
"""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from noisyweights.files import file_sha256, replacing
from noisyweights.pipeline import dependencies
from noisyweights.pipeline.edition import Edition

__all__ = ["RECORDED", "computed", "described", "profiles", "recorded_files"]

RECORDED = Path("data/recorded")


def described(edition: Edition, experiments: Sequence[str]) -> dict[str, Any]:
    """What `noisyweights.experiments describe` says of each experiment.

    Only the experiments know, and importing these takes as long as TensorFlow does. So another process asks
    them, and a file keeps the answer for as long as sources, device and record stay the same.
    """
    if not experiments:
        return {}
    sha256 = file_sha256(edition.source)
    modules = ["noisyweights.experiments.__main__", *map(dependencies.experiment_module, experiments)]
    digest = hashlib.sha256(sha256.encode())
    for path in dependencies.files(dependencies.closure(modules)):
        digest.update(path.encode() + b"\0" + Path(path).read_bytes())
    for name in experiments:
        for file in recorded_files(name):
            state = file.stat()
            digest.update(f"{file} {state.st_size} {state.st_mtime_ns}\0".encode())
    kept = edition.folder / "experiments.json"
    # It is only a cache: one that is damaged or missing says nothing.
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        known = json.loads(kept.read_text("utf-8"))
        if known["state"] == digest.hexdigest():
            return known["experiments"]
    command = [sys.executable, "-m", "noisyweights.experiments", "describe", *experiments, "--sha256", sha256]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise ValueError(f"the experiments cannot name their points:\n{answer.stderr.strip()}")
    found = json.loads(answer.stdout)
    with replacing(kept) as unfinished:
        unfinished.write_text(json.dumps({"state": digest.hexdigest(), "experiments": found}), "utf-8")
    return found


def profiles(
    edition: Edition, chapters: Iterable[Sequence[str]], described: Mapping[str, Any]
) -> dict[str, str]:
    """The profile that each experiment is shown in, one for all of a chapter.

    An edition that reads the record shows the full run where the record holds all of it, or for another
    device all but what hangs on the device; elsewhere it computes the quick profile.
    """
    if edition.profile != "record":
        return dict.fromkeys(described, edition.profile)
    found = dict.fromkeys(described, "full")
    for experiments in chapters:
        if not all(_recorded(described[name], own=bool(edition.noise)) for name in experiments):
            found |= dict.fromkeys(experiments, "quick")
    return found


def _recorded(described: Mapping[str, Any], *, own: bool) -> bool:
    """Whether the record is all that an experiment needs; `own`: for a device other than the reference."""
    lacking = set(described["points"]["full"]) - set(described["recorded"])
    return not lacking or (own and not described["retrains"] and lacking <= set(described["reusable"]))


def computed(described: Mapping[str, Any], profile: str) -> tuple[str, ...]:
    """Points that a build has to compute."""
    recorded = set(described["recorded"]) if profile == "full" else set()
    return tuple(point for point in described["points"][profile] if point not in recorded)


def recorded_files(experiment: str) -> list[Path]:
    return sorted((RECORDED / experiment).glob("[!.]*.npz"))  # what a kill left unfinished is hidden
