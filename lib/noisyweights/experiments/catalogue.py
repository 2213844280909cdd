"""The catalogue of experiments: what each has to define, and what its points are called and determined by.

An experiment is called by its place: the module experiment.py in the folder regression is "regression", and
variants.py in coin_flips is "coin_flips.variants".
"""

import importlib
import json
import pkgutil
import re
from collections.abc import Mapping
from dataclasses import asdict, fields
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

import noisyweights.experiments
from noisyweights.ledger.claims import Measurement

if TYPE_CHECKING:
    from noisyweights.experiments.device import Device

__all__ = [
    "PROFILES",
    "Experiment",
    "beside",
    "counted",
    "find",
    "module_of",
    "names",
    "point_settings",
    "settings",
    "uses_device",
]

PROFILES = ("smoke", "quick", "full")

_PACKAGE = noisyweights.experiments.__name__
_REQUIRED = ("PROFILES", "points", "compute", "collect", "measurements")
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")


class Experiment(Protocol):
    """What a module of `noisyweights.experiments` defines to be an experiment.

    PROFILES holds a frozen dataclass of settings for each profile. A field whose metadata say "counts": True
    tells which points there are, and nothing about any single one. `collect` takes the points that are there,
    at least one of each kind. More names are optional: `settings(config, point)`, what determines a
    point as JSON can hold it, by default all fields that do not count; and `uses_device(point)`, by default
    always true. `compute` may take `trained`, the array "weights" of another device's point. `BESIDE` names
    experiments whose measurements complete this one's claims, `counted(config)` measures without any points.
    """

    PROFILES: Mapping[str, Any]

    def points(self, config: Any) -> tuple[str, ...]: ...
    def compute(self, config: Any, point: str, device: "Device") -> dict[str, np.ndarray]: ...
    def collect(self, config: Any, device: "Device", points: Mapping[str, dict[str, np.ndarray]]) -> Any: ...
    def measurements(self, result: Any) -> list: ...


def module_of(name: str) -> str:
    """Full name of the module that defines the experiment `name`; raises ValueError if there is none."""
    modules = _modules(*noisyweights.experiments.__path__)
    if name not in modules:
        raise ValueError(
            f"no experiment is called {name!r}: the modules of experiments/ are {', '.join(sorted(modules))}"
        )
    return modules[name]


@cache
def _modules(*folders: str) -> dict[str, str]:
    """Full names of the modules in folders of experiments, by what an experiment in them is called."""
    return {
        module.name.removeprefix(f"{_PACKAGE}.").removesuffix(".experiment"): module.name
        for module in pkgutil.walk_packages(folders, f"{_PACKAGE}.")
        if not module.ispkg
    }


def find(name: str) -> Experiment:
    """Import the experiment `name`; raises ValueError when no module of that name defines one."""
    experiment = importlib.import_module(module_of(name))
    if missing := [required for required in _REQUIRED if not hasattr(experiment, required)]:
        raise ValueError(f"{module_of(name)} is no experiment: it does not define {', '.join(missing)}")
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


def point_settings(name: str, point: str, *, config: Any) -> dict[str, Any]:
    """What of a configuration determines a point, as JSON gives it back (tuples become lists)."""
    experiment = find(name)
    if hasattr(experiment, "settings"):
        own = experiment.settings(config, point)
    else:
        counts = {field.name for field in fields(config) if field.metadata.get("counts")}
        own = {key: value for key, value in asdict(config).items() if key not in counts}
    return json.loads(json.dumps(own))


def uses_device(name: str, point: str) -> bool:
    """Whether a point hangs on the device that an edition is built around."""
    experiment = find(name)
    return bool(experiment.uses_device(point)) if hasattr(experiment, "uses_device") else True


def beside(name: str) -> tuple[str, ...]:
    """Further experiments whose measurements complete the claims of the experiment `name`."""
    return tuple(getattr(find(name), "BESIDE", ()))


def counted(name: str, *, profile: str) -> list[Measurement]:
    """What the experiment `name` measures without any points."""
    count = getattr(find(name), "counted", None)
    return [] if count is None else count(settings(name, profile=profile))
