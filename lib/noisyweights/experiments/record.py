"""The record: the points of the full runs, kept under data/recorded with all that produced them.

A recorded point is used where its settings are those of today, and weights that it keeps serve other devices.
Code that has changed since it was computed does not make it useless; pages say so.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from noisyweights.experiments import catalogue, points
from noisyweights.experiments.points import Point
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
    "complete",
    "kept",
    "path",
    "reference",
    "usable",
    "weights",
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


def path(name: str, point: str) -> Path:
    """Where the record keeps a point of the experiment `name`."""
    return FOLDER / name / f"{point}.npz"


def kept(name: str) -> dict[str, Kept]:
    """All recorded points of an experiment by name, whatever their state; raises ValueError for damage."""
    config = catalogue.settings(name, profile=PROFILE)
    found = {}
    for file in sorted((FOLDER / name).glob("*.npz")):
        header = points.read_header(file)
        found[header["point"]] = Kept(file, header, _state(name, header, config=config))
    return found


def _state(name: str, header: Mapping[str, Any], *, config: Any) -> State:
    own = catalogue.point_settings(name, header["point"], config=config)
    if header["settings"] != own or bool(header["device"]) != catalogue.uses_device(name, header["point"]):
        return State.OTHER_SETTINGS
    code = points.code_of(name, device=bool(header["device"]))
    return State.CURRENT if header["made"].get("code") == code else State.EARLIER_CODE


def usable(name: str, *, device: "Device | None" = None, sha256: str = "") -> dict[str, Kept]:
    """The recorded points of an experiment that are as good as computed ones for a device, by name.

    Of a device that is not characterised yet, `sha256` of its noise file stands for it.
    """
    own = device.sha256 if device is not None else sha256
    return {
        point: one
        for point, one in kept(name).items()
        if one.state is not State.OTHER_SETTINGS
        and one.header["device"] in ("", own)
        and (device is None or not one.header["device"] or _same_law(one.header["made"].get("law"), device))
    }


def reference() -> str:
    """Checksum of the reference device's noise file."""
    return file_sha256(REFERENCE)


def complete(name: str, *, sha256: str) -> bool:
    """Whether the record holds all points of the full profile, and those of this device where it matters."""
    return set(catalogue.names(name, profile=PROFILE)) <= set(usable(name, sha256=sha256))


def weights(name: str, point: str) -> np.ndarray | None:
    """Trained weights that the record keeps of a point, for another device; None where it has none."""
    if not points.takes_trained(name) or (file := path(name, point)).is_file() is False:
        return None
    stored = points.read_point(file)
    config = catalogue.settings(name, profile=PROFILE)
    if stored.settings != catalogue.point_settings(name, point, config=config):
        return None
    return stored.arrays.get("weights")


def adopt(file: str | os.PathLike) -> Path:
    """Put a computed point of the full profile into the record, and return its path there.

    Raises ValueError for a point of another profile or device than the reference, one whose settings are not
    those of today, and one made with uncommitted changes.
    """
    point = points.read_point(file)
    config = catalogue.settings(point.experiment, profile=PROFILE)
    label = f"{point.experiment}/{point.point}"
    if point.settings != catalogue.point_settings(point.experiment, point.point, config=config):
        raise ValueError(f"{label} was computed with other settings than those of the full profile")
    if point.device not in ("", reference()):
        raise ValueError(f"{label} was computed on another device; only the reference device is recorded")
    if point.made.get("dirty") or not point.made.get("commit"):
        raise ValueError(
            f"{label} was computed with uncommitted changes, so no commit holds what made its numbers: "
            "commit them, and compute it again"
        )
    target = path(point.experiment, point.point)
    points.write_point(target, point)
    return target


def _same_law(recorded: Mapping[str, Any] | None, device: "Device") -> bool:
    """Whether the law that a point was computed under is that of the device, but for rounding."""
    own = json.loads(json.dumps(device.law.get_config()))
    if recorded is None or recorded.keys() != own.keys() or recorded["law"] != own["law"]:
        return False
    numbers = [key for key in own if key != "law"]
    return all(np.allclose(recorded[key], own[key], rtol=_LAW_TOLERANCE, atol=0) for key in numbers)


def as_point(one: Kept) -> Point:
    """A recorded point with its arrays; raises ValueError when the file is damaged."""
    return points.read_point(one.path)
