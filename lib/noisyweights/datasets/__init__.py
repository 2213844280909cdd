"""Data from outside: traces of device noise and sets of images, each looked for where it may lie."""

from pathlib import Path

from noisyweights.datasets import archives, idx_sets
from noisyweights.datasets import utkface_set as faces
from noisyweights.datasets.cifar10_set import CIFAR10, cifar10
from noisyweights.datasets.face_drawing import drawn_faces
from noisyweights.datasets.idx_sets import fashion_mnist, mnist
from noisyweights.datasets.images import Faces, LabelledImages
from noisyweights.datasets.noise_traces import NoiseTrace, read_noise
from noisyweights.datasets.utkface_set import utkface

__all__ = [
    "Faces",
    "LabelledImages",
    "NoiseTrace",
    "cifar10",
    "drawn_faces",
    "fashion_mnist",
    "fingerprint",
    "mnist",
    "read_noise",
    "utkface",
]

_IDX = {"mnist": idx_sets.MNIST, "fashion_mnist": idx_sets.FASHION_MNIST}


def fingerprint(name: str) -> str:
    """Return a short text that changes when the data do that `name` would load with `dataset` "auto".

    It begins with "real", "cache", "sample", "drawn" or "absent". Nothing is downloaded or decoded: names,
    sizes and times of change are looked at, of the faces only the names and their folder's time of change.

    Raises ValueError for a name that is not mnist, fashion_mnist, cifar10 or utkface, and what the loader
    raises if NOISYWEIGHTS_DATA names no folder or the set is incomplete.
    """
    if name == "utkface":
        folder = archives.published(faces.FOLDER)
        return f"real {faces.listing(folder)}" if folder else "drawn"
    if name == "cifar10":
        return (
            _state(CIFAR10.folder, [*CIFAR10.files("train"), *CIFAR10.files("test")], _archive()) or "absent"
        )
    if name in _IDX:
        spec = _IDX[name]
        names = [file.name for split in spec.files.values() for file in split]
        cached = [archives.cache_folder() / spec.folder / f"{file}.gz" for file in names]
        return _state(spec.folder, names, cached) or f"sample {idx_sets.sample_stamp(spec)}"
    raise ValueError(f"data set {name!r} is none of {', '.join((*_IDX, 'cifar10', 'utkface'))}")


def _archive() -> list[Path]:
    return [archives.cache_folder() / "cifar10" / CIFAR10.url.rpartition("/")[2]]


def _state(folder: str, names: list[str], cached: list[Path]) -> str:
    """The stamp of a published set in its folder or in the cache, "" if it is in neither."""
    if found := archives.published(folder):
        return f"real {archives.stamp([archives.chosen(found, name) for name in names])}"
    return f"cache {archives.stamp(cached)}" if all(path.is_file() for path in cached) else ""
