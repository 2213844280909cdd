"""Points: the independent units of work of an experiment, each kept in one small checksummed file.

An experiment is a module of this package with five names: see `Experiment`. It is called by its place: the
module experiment.py in the folder regression is "regression", and variants.py in coin_flips is
"coin_flips.variants". Its points are what the pipeline spreads over cores and machines; `run` gathers them,
and computes those that no file holds.
"""

import argparse
import hashlib
import importlib
import json
import os
import pkgutil
import re
import sys
import time
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from tqdm import tqdm

import noisyweights.experiments
from noisyweights.files import replacing
from noisyweights.quiet_tensorflow import many_networks

if TYPE_CHECKING:
    from noisyweights.experiments.device import Device

__all__ = [
    "PROFILES",
    "Experiment",
    "Point",
    "compute",
    "find",
    "gather",
    "names",
    "read_point",
    "run",
    "seconds",
    "settings",
    "write_point",
]

PROFILES = ("smoke", "quick", "full")

_REQUIRED = ("PROFILES", "points", "compute", "collect", "measurements")
_HEADER = "__point__"  # the array that carries the metadata; no result may have this name
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_DAMAGE = (OSError, EOFError, KeyError, ValueError, TypeError, zipfile.BadZipFile, zlib.error)


class Experiment(Protocol):
    """What a module of `noisyweights.experiments` defines to be an experiment."""

    PROFILES: Mapping[str, Any]

    def points(self, config: Any) -> tuple[str, ...]: ...
    def compute(self, config: Any, point: str, device: "Device") -> dict[str, np.ndarray]: ...
    def collect(self, config: Any, device: "Device", points: Mapping[str, dict[str, np.ndarray]]) -> Any: ...
    def measurements(self, result: Any) -> list: ...


@dataclass(frozen=True)
class Point:
    """One computed unit of an experiment: its arrays, and the settings that determine them.

    `config` is what JSON holds of the experiment's configuration, `device` the device's checksum, `seconds`
    the time that the computation took.
    """

    experiment: str
    point: str
    profile: str
    config: dict[str, Any]
    device: str
    arrays: dict[str, np.ndarray]
    seconds: float

    @property
    def origin(self) -> dict[str, Any]:
        """All that determines the arrays, hence everything but the arrays and the time they took."""
        return {
            "experiment": self.experiment,
            "point": self.point,
            "profile": self.profile,
            "config": self.config,
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


def find(name: str) -> Experiment:
    """Import the experiment `name`; raises ValueError when no module of that name defines one."""
    package = noisyweights.experiments
    modules = {
        module.name.removeprefix(f"{package.__name__}.").removesuffix(".experiment"): module.name
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        if not module.ispkg
    }
    if name not in modules:
        raise ValueError(
            f"no experiment is called {name!r}: the modules of experiments/ are {', '.join(sorted(modules))}"
        )
    experiment = importlib.import_module(modules[name])
    if missing := [required for required in _REQUIRED if not hasattr(experiment, required)]:
        raise ValueError(f"{modules[name]} is no experiment: it does not define {', '.join(missing)}")
    return experiment


def settings(name: str, *, profile: str) -> Any:
    """Configuration of the experiment `name` in a profile; raises ValueError when it has no such profile."""
    profiles = find(name).PROFILES
    if profile not in profiles:
        raise ValueError(f"no profile is called {profile!r}: {name} has {', '.join(profiles)}")
    return profiles[profile]


def names(name: str, *, profile: str) -> tuple[str, ...]:
    """Names of the points of the experiment `name`; raises ValueError for a name that no file could bear."""
    points = tuple(find(name).points(settings(name, profile=profile)))
    if not points or len(set(points)) < len(points):
        raise ValueError(f"{name} must name its points, each once; it gives {points!r}")
    for point in points:
        if not _SAFE_NAME.fullmatch(point):
            raise ValueError(f"{name} calls a point {point!r}: name it by letters, digits and ._+-")
    return points


def compute(name: str, point: str, *, profile: str, device: "Device") -> Point:
    """Compute one point of the experiment `name`.

    Raises ValueError for an unknown profile or point, TypeError when a result is no numeric array.
    """
    config = settings(name, profile=profile)
    if point not in (known := names(name, profile=profile)):
        raise ValueError(f"{name} has no point {point!r} in profile {profile!r}: it has {', '.join(known)}")
    start = time.perf_counter()
    with many_networks():
        found = find(name).compute(config, point, device)
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
        config=_as_json(config),
        device=device.sha256,
        arrays=arrays,
        seconds=time.perf_counter() - start,
    )


def write_point(path: str | os.PathLike, point: Point) -> None:
    """Write a point to `path` (.npz): under another name first, so that a killed run leaves no half file."""
    header = json.dumps(point.origin | {"seconds": point.seconds, "sha256": point.sha256}).encode()
    with replacing(path) as unfinished, unfinished.open("wb") as file:
        np.savez(file, **point.arrays, **{_HEADER: np.frombuffer(header, np.uint8)})


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


def run(name: str, *, profile: str, device: "Device", directory: str | os.PathLike = "") -> Any:
    """Gather the points of the experiment `name` into its result, computing those not in `directory`/`name`/.

    With a `directory`, newly computed points are written there. Returns what `collect` returns.
    Raises ValueError for an unknown experiment or profile, a damaged file, and a point of other settings.
    """
    experiment, config = find(name), settings(name, profile=profile)
    found, missing = {}, []
    for point in names(name, profile=profile):
        path = Path(directory) / name / f"{point}.npz"
        if directory and path.is_file():
            found[point] = _checked(path, config=config, point=point, device=device.sha256).arrays
        else:
            missing.append(point)
    for point in tqdm(missing, desc=name, unit="point", disable=not missing):
        computed = compute(name, point, profile=profile, device=device)
        if directory:
            write_point(Path(directory) / name / f"{point}.npz", computed)
        found[point] = computed.arrays
    return experiment.collect(config, device, {point: found[point] for point in names(name, profile=profile)})


def gather(name: str, *, profile: str, directory: str | os.PathLike) -> Any:
    """What `collect` makes of the points of experiment `name` in `directory`, all computed elsewhere.

    For an experiment that no chapter computes, and in which the device has no part: its points may name any.
    Raises FileNotFoundError for a missing file, ValueError as `run`.
    """
    config = settings(name, profile=profile)
    wanted = names(name, profile=profile)
    if missing := [point for point in wanted if not (Path(directory) / f"{point}.npz").is_file()]:
        raise FileNotFoundError(f"{os.fspath(directory)} lacks these points of {name}: {', '.join(missing)}")
    found = {}
    for point in wanted:
        path = Path(directory) / f"{point}.npz"
        found[point] = _checked(path, config=config, point=point, experiment=name).arrays
    return find(name).collect(config, None, found)


def seconds(name: str, *, profile: str, directory: str | os.PathLike) -> float:
    """Time in seconds that the points stored in `directory`/`name`/ took; 0 without a directory."""
    if not directory:
        return 0.0
    files = (Path(directory) / name / f"{point}.npz" for point in names(name, profile=profile))
    return sum(read_point(path).seconds for path in files if path.is_file())


def _checked(path: Path, *, config: Any, point: str, **others: str) -> Point:
    """Read a point and hold its origin against what is asked for."""
    stored = read_point(path)
    asked = {"point": point, "config": _as_json(config)} | others
    if differing := [key for key, value in asked.items() if stored.origin[key] != value]:
        raise ValueError(
            f"{path} was computed with another {' and '.join(differing)}: delete it or name another directory"
        )
    return stored


def _as_json(config: Any) -> dict[str, Any]:
    """Fields of a frozen configuration as JSON gives them back (tuples become lists)."""
    return json.loads(json.dumps(asdict(config)))


def _damaged(path: str | os.PathLike, reason: str) -> str:
    return f"{os.fspath(path)} is damaged ({reason}): delete it, and it is computed anew"


def main(arguments: Sequence[str] | None = None) -> None:
    """Compute one point into a file, or list the points of experiments: what the pipeline calls."""
    parser = argparse.ArgumentParser(
        prog="python -m noisyweights.experiments.points", description=main.__doc__
    )
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list", help="print {experiment: [point, ...]}")
    listing.add_argument("experiment", nargs="+")
    computing = commands.add_parser("compute", help="compute one point")
    computing.add_argument("experiment")
    computing.add_argument("point")
    computing.add_argument("--device", required=True, help="a characterised device (.json) or a noise file")
    computing.add_argument("--out", required=True, type=Path, help="the .npz file to write")
    for command in (listing, computing):
        command.add_argument("--profile", required=True)
    options = parser.parse_args(arguments)
    try:
        if options.command == "list":
            print(json.dumps({name: names(name, profile=options.profile) for name in options.experiment}))
            return
        if options.point not in names(options.experiment, profile=options.profile):
            raise ValueError(f"{options.experiment} has no point {options.point!r} in {options.profile!r}")
    except ValueError as error:
        sys.exit(f"error: {error}")
    from noisyweights.experiments.device import Device

    device = Device.open(options.device)
    point = compute(options.experiment, options.point, profile=options.profile, device=device)
    write_point(options.out, point)


if __name__ == "__main__":
    main()
