"""Describe experiments or compute a point: python -m noisyweights.experiments describe|compute …"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from noisyweights.experiments import catalogue, points, record


def describe(name: str, *, sha256: str) -> dict[str, Any]:
    """What the pipeline asks of an experiment, without computing anything of it.

    points: names by profile, as the device of this checksum asks for them. recorded: those of the full
    profile that need not be computed for it. reusable: those that are recorded for the reference, and that a
    device hangs on. retrains: whether an edition around another device computes its own points in the quick
    profile.
    """
    profiles = {
        profile: record.wanted(name, profile=profile, sha256=sha256) for profile in catalogue.PROFILES
    }
    full, kept = profiles[record.PROFILE], record.kept(name)
    usable = record.usable(name, sha256=sha256)
    return {
        "points": profiles,
        "recorded": [point for point in full if point in usable],
        "reusable": [
            point
            for point in full
            if point in kept
            and kept[point].state is not record.State.OTHER_SETTINGS
            and catalogue.uses_device(name, point)
        ],
        "retrains": getattr(catalogue.find(name), "RETRAINS", False),
    }


def compute(
    name: str, point: str, *, profile: str, device: str | os.PathLike, out: str | os.PathLike
) -> None:
    """Compute a point into the file `out`, from kept weights where the record has them."""
    from noisyweights.experiments.device import Device

    opened = Device.open(device)
    trained = record.weights(name, point, device=opened) if profile == record.PROFILE else None
    found = points.compute(name, point, profile=profile, device=opened, trained=trained)
    points.write_point(out, found)


def main(arguments: Sequence[str] | None = None) -> None:
    """Describe experiments, or compute one point into a file: what the pipeline calls."""
    parser = argparse.ArgumentParser(prog="python -m noisyweights.experiments", description=main.__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    describing = commands.add_parser("describe", help="print what experiments have to compute, as JSON")
    describing.add_argument("experiment", nargs="+")
    describing.add_argument("--sha256", required=True, help="checksum of the device's noise file")
    computing = commands.add_parser("compute", help="compute one point")
    computing.add_argument("experiment")
    computing.add_argument("point")
    computing.add_argument("--profile", required=True)
    computing.add_argument("--device", required=True, help="a characterised device (.json) or a noise file")
    computing.add_argument("--out", required=True, type=Path, help="the .npz file to write")
    options = parser.parse_args(arguments)
    try:
        if options.command == "describe":
            print(json.dumps({name: describe(name, sha256=options.sha256) for name in options.experiment}))
            return
        known = catalogue.names(options.experiment, profile=options.profile)
    except ValueError as error:
        sys.exit(f"error: {error}")
    if options.point not in known:
        # Further trainings than a profile asks for may be added; what is computed says so itself.
        print(f"{options.point} is beyond the {len(known)} points of {options.profile}", file=sys.stderr)
    compute(
        options.experiment, options.point, profile=options.profile, device=options.device, out=options.out
    )


if __name__ == "__main__":
    main()
