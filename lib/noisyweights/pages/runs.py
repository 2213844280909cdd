"""The runs that a page shows beside each other: the recorded one, this build or a reader's device."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from noisyweights.ledger import claims, outcomes
from noisyweights.ledger.claims import Measurement
from noisyweights.ledger.outcomes import Recorded
from noisyweights.pages.markup import Column

__all__ = ["add_arguments", "columns", "gather"]


def gather(
    notebooks: Sequence[Path], recorded: Path | None = None
) -> tuple[tuple[Recorded, ...], tuple[Recorded, ...]]:
    """Return what executed notebooks measured in this build, and what the recorded full runs measured.

    A chapter that was built from the points of the full profile on the reference device is a recorded run. It
    and what a page says of one go before an earlier file in the folder `recorded`.
    Raises ValueError for a notebook or a file that cannot be read as what it is meant to be.
    """
    built = outcomes.collect(notebooks)
    earlier = outcomes.read_all(outcomes.FOLDER if recorded is None else recorded)
    full = {run.outcome.experiment: run for run in earlier.values()}
    for run in (*outcomes.of_record(notebooks), *filter(_is_full, built)):
        full[run.outcome.experiment] = run
    return tuple(run for run in built if not _is_full(run)), tuple(full.values())


def columns(here: Sequence[Recorded], results: Sequence[Recorded]) -> list[Column]:
    """Return the runs, the weightiest first: the recorded one, then this build or the reader's device.

    Raises KeyError for a measurement of a claim that does not exist.
    """
    known = claims.load()
    for measurement in _measurements((*here, *results)):
        claims.find(measurement.claim, known)
    devices = {run.outcome.device["name"] for run in here if not run.outcome.device["reference"]}
    found = []
    if results:
        label = "reference, recorded full run" if devices else "recorded full run"
        found.append(Column(label, "full", _measurements(results)))
    if here:
        label = f"your device ({', '.join(sorted(devices))})" if devices else "this build"
        found.append(Column(label, here[0].outcome.profile, _measurements(here), own_device=bool(devices)))
    return found


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Let a command name the executed notebooks, the recorded results, the chapters and the page to write."""
    parser.add_argument("--notebooks", nargs="*", default=[], type=Path, help="executed notebooks")
    parser.add_argument(
        "--chapter",
        dest="chapters",
        nargs=2,
        action="append",
        default=[],
        metavar=("NAME", "TITLE"),
        help="a chapter of the book, to link to",
    )
    parser.add_argument("--recorded", type=Path, help="folder of recorded results")
    parser.add_argument("--out", required=True, type=Path, help="the page to write")


def _is_full(run: Recorded) -> bool:
    """Whether a chapter was built from the points of the full profile on the reference device."""
    return run.outcome.profile == "full" and bool(run.outcome.device["reference"])


def _measurements(runs: Sequence[Recorded]) -> tuple[Measurement, ...]:
    return tuple(m for run in runs for m in run.outcome.measurements)
