"""Points: the independent units of work of an experiment, each kept in one small checksummed file.

They are what the pipeline spreads over cores and machines, and what the record keeps. A file says what
determines its numbers (the origin) and what made them (the making).
"""

import hashlib
import inspect
import json
import os
import time
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from noisyweights.experiments import catalogue
from noisyweights.files import replacing
from noisyweights.ledger import code, provenance
from noisyweights.quiet_tensorflow import many_networks

if TYPE_CHECKING:
    from noisyweights.experiments.device import Device

__all__ = [
    "Point",
    "code_of",
    "compute",
    "holds",
    "making",
    "prepare",
    "read_header",
    "read_point",
    "takes_trained",
    "write_point",
]

_HEADER = "__point__"  # the array that carries the metadata; no result may have this name
_DAMAGE = (OSError, EOFError, KeyError, ValueError, TypeError, zipfile.BadZipFile, zlib.error)
_DEVICE = "noisyweights.experiments.device"
_LAWS = "noisyweights.noise.laws"
_RECORD = "data/recorded"  # what is recorded has no part in what is computed


@dataclass(frozen=True)
class Point:
    """One computed unit of an experiment.

    experiment, point: what it is. profile: of the build that computed it. settings: what of the experiment's
    configuration determines it, as JSON holds it. device: checksum of the noise file, "" where the device has
    no part. arrays: the numbers. seconds: of the processor, that they took. made: by what they were made, as
    far as that is known: code (see `code_of`), commit, dirty, machine, versions, and the device's law.
    """

    experiment: str
    point: str
    profile: str
    settings: dict[str, Any]
    device: str
    arrays: dict[str, np.ndarray]
    seconds: float
    made: Mapping[str, Any] = field(default_factory=dict)

    @property
    def origin(self) -> dict[str, Any]:
        """All that determines the arrays."""
        return {
            "experiment": self.experiment,
            "point": self.point,
            "settings": self.settings,
            "device": self.device,
        }

    @property
    def sha256(self) -> str:
        """Checksum of origin, names, types, shapes and bytes: equal for runs that agree to the last bit."""
        digest = hashlib.sha256(json.dumps(self.origin, sort_keys=True).encode())
        for name, array in sorted(self.arrays.items()):
            digest.update(f"\0{name}\0{array.dtype.str}\0{array.shape}\0".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()


def code_of(experiment: str, *, device: bool) -> str:
    """Fingerprint of the code that computes an experiment's points; `device`: whether a law has a part in it.

    What characterises a device is no part of it, since a point names the law that came of it.
    """
    roots = [f"{catalogue.module_of(experiment)}.compute", *([_LAWS] if device else [])]
    return code.fingerprint(*roots, outside=(_DEVICE,))


def compute(
    name: str, point: str, *, profile: str, device: "Device", trained: np.ndarray | None = None
) -> Point:
    """Compute one point of the experiment `name`; `trained` are weights that another device's point kept.

    Raises ValueError for an unknown profile or point, TypeError when a result is no numeric array.
    """
    config = catalogue.settings(name, profile=profile)
    settings = catalogue.point_settings(name, point, config=config)
    own = catalogue.uses_device(name, point)
    start = time.process_time()
    given = {} if trained is None else {"trained": trained}
    with many_networks():
        found = catalogue.find(name).compute(config, point, device, **given)
    arrays = {key: np.asarray(value) for key, value in found.items()}
    for key, array in arrays.items():
        if array.dtype.kind not in "biufc" or key == _HEADER:
            raise TypeError(
                f"{name}.compute gives {key!r} with dtype {array.dtype}: give numbers under another name"
            )
    return Point(
        experiment=name,
        point=point,
        profile=profile,
        settings=settings,
        device=device.sha256 if own else "",
        arrays=arrays,
        seconds=time.process_time() - start,
        made=making(name, device=device if own else None),
    )


def making(name: str, *, device: "Device | None") -> dict[str, Any]:
    """By what a point of the experiment `name` is made here; code and commit are those of `prepare`."""
    commit = _commit()
    return {
        "code": code_of(name, device=device is not None),
        "commit": commit.id,
        "dirty": commit.dirty,
        "machine": asdict(provenance.machine()),
        "versions": dict(provenance.versions()),
        "law": device.law.get_config() if device is not None else None,
    }


def prepare(name: str) -> None:
    """Import the experiment `name` and note by what code and commit this process computes its points.

    Without it that is noted with the first point. Edits made later are in no point of this process.
    """
    catalogue.find(name)
    _commit()
    for device in (False, True):
        code_of(name, device=device)


@cache
def _commit() -> provenance.Commit:
    return provenance.commit(apart=_RECORD)


def takes_trained(name: str) -> bool:
    """Whether the experiment `name` can start from kept weights."""
    return "trained" in inspect.signature(catalogue.find(name).compute).parameters


def write_point(path: str | os.PathLike, point: Point) -> None:
    """Write a point to `path` (.npz): under another name first, so that a killed run leaves no half file."""
    described = point.origin | {"profile": point.profile, "seconds": point.seconds, "made": dict(point.made)}
    header = json.dumps(described | {"sha256": point.sha256}).encode()
    with replacing(path) as unfinished, unfinished.open("wb") as file:
        np.savez_compressed(file, **point.arrays, **{_HEADER: np.frombuffer(header, np.uint8)})


def read_header(path: str | os.PathLike) -> dict[str, Any]:
    """What a point says of itself, without its arrays; raises ValueError when it cannot be read."""
    try:
        with open(path, "rb") as stream, np.load(stream, allow_pickle=False) as file:
            return json.loads(file[_HEADER].tobytes())
    except _DAMAGE as error:
        raise ValueError(_damaged(path, f"it cannot be read: {error}")) from error


def holds(path: str | os.PathLike, array: str) -> bool:
    """Whether a point's file has an array of this name; raises ValueError when it cannot be read."""
    try:
        with open(path, "rb") as stream, np.load(stream, allow_pickle=False) as file:
            return array in file.files
    except _DAMAGE as error:
        raise ValueError(_damaged(path, f"it cannot be read: {error}")) from error


def read_point(path: str | os.PathLike) -> Point:
    """Read a point; raises FileNotFoundError when there is none, ValueError when the file is damaged."""
    if not Path(path).is_file():
        raise FileNotFoundError(f"there is no computed point {os.fspath(path)}")
    try:
        with open(path, "rb") as stream, np.load(stream, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
        header = json.loads(arrays.pop(_HEADER).tobytes())
        checksum = header.pop("sha256")
        point = Point(arrays=arrays, **header)
    except _DAMAGE as error:
        raise ValueError(_damaged(path, f"it cannot be read: {error}")) from error
    if point.sha256 != checksum:
        raise ValueError(_damaged(path, "its content does not match its checksum"))
    return point


def _damaged(path: str | os.PathLike, reason: str) -> str:
    return f"{os.fspath(path)} is damaged ({reason}): delete it, and it is computed anew"
