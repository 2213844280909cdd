"""Results: the points of an experiment gathered from a build, from the record, or computed here."""

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from noisyweights.experiments import catalogue, points, record
from noisyweights.experiments.points import Point
from noisyweights.ledger import claims
from noisyweights.ledger.outcomes import Outcome, Recorded

if TYPE_CHECKING:
    from noisyweights.experiments.device import Device

__all__ = ["Used", "gather", "recorded", "run", "used"]


def run(name: str, *, profile: str, device: "Device", directory: str | os.PathLike = "") -> Any:
    """Gather the points of the experiment `name` into its result, computing those that no file holds.

    A point is looked for in `directory`/`name`/ and, in the full profile, in the record, which may hold
    further trainings than the settings ask for: these are taken too. With a `directory`, newly computed
    points are written there. Returns what `collect` returns.

    Raises ValueError for an unknown experiment or profile, a damaged file, and a point of other settings.
    """
    kept = _usable(name, profile=profile, device=device)
    found = {point: record.as_point(one) for point, one in kept.items()}
    found |= _built(name, profile=profile, device=device, directory=directory)
    names = record.wanted(name, profile=profile, sha256=device.sha256)
    missing = [point for point in names if point not in found]
    for point in tqdm(missing, desc=name, unit="point", disable=not missing):
        trained = record.weights(name, point, device=device) if profile == record.PROFILE else None
        found[point] = points.compute(name, point, profile=profile, device=device, trained=trained)
        if directory:
            points.write_point(Path(directory) / name / f"{point}.npz", found[point])
    return _collected(name, found, profile=profile, device=device)


def gather(name: str, *, directory: str | os.PathLike = "") -> Any | None:
    """What `collect` makes of points of the full profile that were computed elsewhere.

    For an experiment that no chapter computes, and in which the device has no part. Its points are all those
    in `directory`, or without one those of the record, where it holds all that the settings ask for: else
    None. Raises FileNotFoundError for a folder without points, ValueError as `run`, and what `collect` does.
    """
    if directory:
        files = sorted(Path(directory).glob("[!.]*.npz"))
        if not files:
            raise FileNotFoundError(f"{os.fspath(directory)} holds no points of {name}")
        found = {file.stem: _checked(file, name, file.stem, profile=record.PROFILE) for file in files}
    else:
        usable = record.usable(name)
        if not set(catalogue.names(name, profile=record.PROFILE)) <= set(usable):
            return None
        found = {point: record.as_point(kept) for point, kept in usable.items()}
    return _collected(name, found, profile=record.PROFILE, device=None)


def recorded(name: str, *, device: "Device") -> Recorded | None:
    """What the recorded full run of an experiment measured on the reference device, with its circumstances.

    Experiments beside it count where they are recorded too.

    Args:
        name: a main experiment, beside no other.
        device: that of the page; the reference is characterised anew where it is another.

    Returns None without a whole recorded run of the main experiment.
    """
    usable = {one: record.usable(one, sha256=record.reference()) for one in (name, *catalogue.beside(name))}
    whole = [one for one in usable if set(catalogue.names(one, profile=record.PROFILE)) <= set(usable[one])]
    if name not in whole:
        return None
    if not device.reference:
        device = _reference()
    found, measured = [], catalogue.counted(name, profile=record.PROFILE)
    for one in whole:
        own = {point: record.as_point(kept) for point, kept in usable[one].items()}
        result = _collected(one, own, profile=record.PROFILE, device=device)
        measured += catalogue.find(one).measurements(result)
        found += own.values()
    outcome = Outcome(
        experiment=name,
        profile=record.PROFILE,
        device={"name": device.name, "sha256": device.sha256, "reference": True},
        measurements=tuple(claims.fully_measured(measured)),
    )
    facts = {
        "seed": found[0].settings.get("seed"),
        "commit": Counter(point.made["commit"] for point in found).most_common(1)[0][0],
        "dirty": False,
        "duration_s": round(sum(point.seconds for point in found), 1),
        "machine": found[0].made["machine"],
        "versions": found[0].made["versions"],
    }
    return Recorded(outcome, facts)


@cache
def _reference() -> "Device":
    """The reference device, characterised here: it takes long enough to do it once."""
    from noisyweights.experiments.device import Device

    return Device.open()


@dataclass(frozen=True)
class Used:
    """Where the points behind a page come from.

    seconds: what all of them took. computed: points of this build. recorded: points of the record, of them
    `earlier` by code that has changed since. unused: recorded points of other settings. commits, machines:
    what made the recorded ones, with their numbers.
    """

    experiment: str
    seconds: float
    computed: int
    recorded: int
    earlier: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    commits: Mapping[str, int] = field(default_factory=dict)
    machines: Mapping[str, int] = field(default_factory=dict)


def used(name: str, *, profile: str, device: "Device", directory: str | os.PathLike = "") -> Used:
    """Say which points `run` takes; arguments as there."""
    built = _built(name, profile=profile, device=device, directory=directory)
    usable = _usable(name, profile=profile, device=device)
    taken = [one for point, one in usable.items() if point not in built]
    of_record = {one.point for one in taken}
    states = {point: one.state for point, one in record.kept(name).items()}
    names = record.wanted(name, profile=profile, sha256=device.sha256)
    seconds = [point.seconds for point in built.values()] + [one.header["seconds"] for one in taken]
    return Used(
        experiment=name,
        seconds=sum(seconds),
        computed=sum(point not in of_record for point in names),
        recorded=len(taken),
        earlier=tuple(one.point for one in taken if one.state is record.State.EARLIER_CODE),
        unused=tuple(point for point, state in states.items() if state is record.State.OTHER_SETTINGS),
        commits=Counter(one.header["made"].get("commit", "") for one in taken),
        machines=Counter(one.header["made"].get("machine", {}).get("cpu", "") for one in taken),
    )


def _usable(name: str, *, profile: str, device: "Device") -> dict[str, record.Kept]:
    """What the record holds for a profile and a device."""
    return record.usable(name, device=device) if profile == record.PROFILE else {}


def _built(name: str, *, profile: str, device: "Device", directory: str | os.PathLike) -> dict[str, Point]:
    """The points that a build has computed."""
    built = {}
    for point in catalogue.names(name, profile=profile):
        if file := _file(name, point, directory):
            own = device.sha256 if catalogue.uses_device(name, point) else ""
            built[point] = _checked(file, name, point, profile=profile, device=own)
    return built


def _file(name: str, point: str, directory: str | os.PathLike) -> Path | None:
    """The file of a point that a build has computed."""
    path = Path(directory) / name / f"{point}.npz"
    return path if directory and path.is_file() else None


def _checked(path: Path, name: str, point: str, *, profile: str, **others: str) -> Point:
    """Read a point and hold its origin against what is asked for."""
    stored = points.read_point(path)
    settings = catalogue.point_settings(name, point, config=catalogue.settings(name, profile=profile))
    asked = {"experiment": name, "point": point, "settings": settings} | others
    if differing := [key for key, value in asked.items() if stored.origin[key] != value]:
        raise ValueError(
            f"{path} was computed with another {' and '.join(differing)}: delete it or name another directory"
        )
    return stored


def _collected(name: str, found: Mapping[str, Point], *, profile: str, device: "Device | None") -> Any:
    config = catalogue.settings(name, profile=profile)
    order = catalogue.names(name, profile=profile)
    ordered = [*(point for point in order if point in found), *sorted(set(found) - set(order))]
    return catalogue.find(name).collect(config, device, {point: found[point].arrays for point in ordered})
