"""The record: the points of the full runs, kept under data/recorded with all that produced them.

A recorded point is used where its settings are those of today, and weights that it keeps serve other devices.
Code that has changed since it was computed does not make it useless; pages say so.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from noisyweights.experiments import catalogue, points
from noisyweights.experiments.points import Point
from noisyweights.experiments.trainings import kind
from noisyweights.files import file_sha256
from noisyweights.package_data import DATA

if TYPE_CHECKING:
    from noisyweights.experiments.device import Device

__all__ = [
    "FOLDER",
    "PROFILE",
    "Kept",
    "State",
    "adopt",
    "as_point",
    "kept",
    "path",
    "reference",
    "usable",
    "wanted",
    "weights",
    "worthy",
]

FOLDER = DATA / "recorded"
REFERENCE = DATA / "devices" / "bayes_mtj.csv"
PROFILE = "full"
_LAW_TOLERANCE = 1e-6  # relative: a fit on another processor rounds otherwise


class State(StrEnum):
    """What a recorded point is good for today."""

    CURRENT = "current"
    EARLIER_CODE = "computed by earlier code"
    OTHER_SETTINGS = "computed with other settings"


@dataclass(frozen=True)
class Kept:
    """A recorded point without its arrays: where it lies, what it says of itself, and its state."""

    path: Path
    header: Mapping[str, Any]
    state: State

    @property
    def point(self) -> str:
        return self.header["point"]


def as_point(one: Kept) -> Point:
    """A recorded point with its arrays; raises ValueError when the file is damaged."""
    with _mendable():
        return points.read_point(one.path)


def path(name: str, point: str) -> Path:
    """Where the record keeps a point of the experiment `name`."""
    return FOLDER / name / f"{point}.npz"


def kept(name: str) -> dict[str, Kept]:
    """All recorded points of an experiment by name, whatever their state; raises ValueError for damage."""
    config = catalogue.settings(name, profile=PROFILE)
    found = {}
    for file in sorted((FOLDER / name).glob("[!.]*.npz")):  # what a kill left unfinished is hidden
        with _mendable():
            header = points.read_header(file)
        found[header["point"]] = Kept(file, header, _state(name, header, config=config))
    return found


def _state(name: str, header: Mapping[str, Any], *, config: Any) -> State:
    if not _is_of_today(name, header["point"], header["settings"], header["device"], config=config):
        return State.OTHER_SETTINGS
    code = points.code_of(name, device=bool(header["device"]))
    return State.CURRENT if header["made"].get("code") == code else State.EARLIER_CODE


def _is_of_today(name: str, point: str, settings: Mapping[str, Any], device: str, *, config: Any) -> bool:
    """Whether a point has the settings of today, and names a device if it hangs on one."""
    try:
        own = catalogue.point_settings(name, point, config=config)
        return settings == own and bool(device) == catalogue.uses_device(name, point)
    except (LookupError, ValueError):
        if point in catalogue.names(name, profile=PROFILE):
            raise
        return False  # it has been named otherwise since


@contextmanager
def _mendable() -> Iterator[None]:
    """Say of a damaged file of the record how to mend it."""
    try:
        yield
    except ValueError as error:
        raise ValueError(
            f"{error}. What is committed comes back by `git checkout -- data/recorded`"
        ) from error


def usable(name: str, *, device: "Device | None" = None, sha256: str = "") -> dict[str, Kept]:
    """The recorded points of an experiment that are as good as computed ones for a device, by name.

    A law that is fitted otherwise today than it was counts as code that has changed. Of a device that is not
    characterised yet, `sha256` of its noise file stands for it.
    """
    own = device.sha256 if device is not None else sha256
    found = {}
    for point, one in kept(name).items():
        if one.state is State.OTHER_SETTINGS or one.header["device"] not in ("", own):
            continue
        refitted = device is not None and one.header["device"] and not _same_law(one.header["made"], device)
        found[point] = replace(one, state=State.EARLIER_CODE) if refitted else one
    return found


def reference() -> str:
    """Checksum of the reference device's noise file."""
    return file_sha256(REFERENCE)


def wanted(name: str, *, profile: str, sha256: str) -> tuple[str, ...]:
    """Points of the experiment `name` that a device asks for, by the checksum of its noise file.

    In the full profile another device than the reference does without recorded trainings that keep no
    weights, where others of their kind keep theirs: `collect` takes what is there.
    """
    names = catalogue.names(name, profile=profile)
    if profile != PROFILE or sha256 == reference() or not points.takes_trained(name):
        return names
    files = (path(name, point) for point in names if catalogue.uses_device(name, point))
    keeps = {file.stem: points.holds(file, "weights") for file in files if file.is_file()}
    kinds = {kind(point) for point, kept in keeps.items() if kept}
    return tuple(point for point in names if keeps.get(point, True) or kind(point) not in kinds)


def weights(name: str, point: str, *, device: "Device") -> np.ndarray | None:
    """Trained weights that the record keeps of a point for devices other than that of the point itself.

    None where it keeps none, or none of today's settings. A point of the device itself trains anew.
    """
    file = path(name, point)
    if not points.takes_trained(name) or not file.is_file():
        return None
    config = catalogue.settings(name, profile=PROFILE)
    with _mendable():
        header = points.read_header(file)
    if header["device"] in ("", device.sha256) or _state(name, header, config=config) is State.OTHER_SETTINGS:
        return None
    return as_point(Kept(file, header, State.CURRENT)).arrays.get("weights")


def worthy(file: str | os.PathLike) -> bool:
    """Whether a computed point can be read and a commit holds what made it."""
    try:
        return _is_committed(points.read_point(file).made)
    except ValueError:
        return False


def _is_committed(made: Mapping[str, Any]) -> bool:
    return bool(made.get("commit")) and not made.get("dirty")


def adopt(file: str | os.PathLike) -> Path:
    """Put a computed point of the full profile into the record, and return its path there.

    Raises ValueError for a point whose settings are not those of the full profile today, one of another
    device than the reference, and one made with uncommitted changes.
    """
    point = points.read_point(file)
    config = catalogue.settings(point.experiment, profile=PROFILE)
    label = f"{point.experiment}/{point.point}"
    if not _is_of_today(point.experiment, point.point, point.settings, point.device, config=config):
        raise ValueError(f"{label} was computed with other settings than those of the full profile")
    if point.device not in ("", reference()):
        raise ValueError(f"{label} was computed on another device; only the reference device is recorded")
    if not _is_committed(point.made):
        raise ValueError(
            f"{label} was computed with uncommitted changes, so no commit holds what made its numbers: "
            "commit them, and compute it again"
        )
    target = path(point.experiment, point.point)
    points.write_point(target, point)
    return target


def _same_law(made: Mapping[str, Any], device: "Device") -> bool:
    """Whether the law that a point was computed under is that of the device, but for rounding."""
    recorded, own = made.get("law"), json.loads(json.dumps(device.law.get_config()))
    if recorded is None or recorded.keys() != own.keys() or recorded["law"] != own["law"]:
        return False
    return all(_close(recorded[key], own[key]) for key in own if key != "law")


def _close(recorded: Any, own: Any) -> bool:
    return np.shape(recorded) == np.shape(own) and np.allclose(recorded, own, rtol=_LAW_TOLERANCE, atol=0)
