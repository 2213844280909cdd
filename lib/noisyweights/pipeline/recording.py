"""Record points of the full run, one, some, or all that the record lacks: what `make record` calls."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from noisyweights.experiments import record
from noisyweights.ledger import provenance
from noisyweights.pipeline.build import build
from noisyweights.pipeline.edition import Edition
from noisyweights.pipeline.plan import Plan, plan
from noisyweights.pipeline.single_build import exclusive

__all__ = ["wanted"]

_REAL = ("real", "cache")  # what the state of an image set as published begins with


def wanted(book: Plan, experiment: str = "", points: Sequence[str] = ()) -> dict[str, tuple[str, ...]]:
    """The points to compute: those that are named, or all that the record lacks, by experiment.

    Raises ValueError for an unknown experiment and for image sets that are not at hand as published.
    """
    if experiment and experiment not in book.data:
        raise ValueError(f"no experiment is called {experiment!r}: there are {', '.join(sorted(book.data))}")
    found = (
        {experiment: tuple(points) or book.lacking(experiment)}
        if experiment
        else {name: lacking for name in book.data if (lacking := book.lacking(name))}
    )
    for name in found:
        for state in book.data[name]:
            images, _, kind = state.partition("=")
            if not kind.startswith(_REAL):
                raise ValueError(
                    f"{name} is recorded on {images} as published, and here is only: {kind}. Put the set "
                    "into a folder and name it: NOISYWEIGHTS_DATA=… (data/README.md tells where to get it)"
                )
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Compute points of the full profile and put them into data/recorded/."""
    parser = argparse.ArgumentParser(
        prog="python -m noisyweights.pipeline.recording", description=main.__doc__
    )
    parser.add_argument("experiment", nargs="?", default="", help="all that the record lacks without one")
    parser.add_argument("points", nargs="*", help="all that the record lacks of the experiment without any")
    options = parser.parse_args(arguments)
    try:
        _committed()
        with exclusive(Edition.of("full")):
            done = _compute(plan("full"), options.experiment, options.points)
    except (ValueError, BlockingIOError) as error:
        sys.exit(f"error: {error}")
    if not done:
        sys.exit("not all was computed: mend what failed, and the same command goes on from here.")


def _committed() -> None:
    """Raise ValueError where no commit holds what would make the numbers; the record has no part in that."""
    commit = provenance.commit(apart="data/recorded")
    if commit.dirty or not commit.id:
        raise ValueError("there are uncommitted changes, so no commit would hold what makes the numbers")


def _compute(book: Plan, experiment: str, named: Sequence[str]) -> bool:
    """Compute and record points; return whether all were."""
    chosen = wanted(book, experiment, named).items()
    files = [Path(book.point_file(name, point)) for name, points in chosen for point in points]
    for file in files:
        if file.is_file() and not record.worthy(file):
            file.unlink()  # a build with uncommitted changes has left it
    done = build(book, files=[str(file) for file in files]) if files else True
    for file in files:
        if file.is_file():
            print(f"recorded {record.adopt(file)}")
    return done and all(file.is_file() for file in files)


if __name__ == "__main__":
    main()
