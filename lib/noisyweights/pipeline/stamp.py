"""The stamp of a finished build: it tells at once that the next one would find nothing to do.

Snakemake looks into every input and takes seconds. A stamp holds names, sizes and times of change of what a
build read and made, and the state of packages and image sets; whatever differs is left to Snakemake.
"""

import hashlib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from noisyweights import datasets
from noisyweights.files import replacing
from noisyweights.pipeline.edition import Edition

__all__ = ["holds", "write"]

INPUTS = ("lib/noisyweights", "book", "data", "_config.yml", "Snakefile", "pyproject.toml")
OUTPUTS = ("device.json", "code", "points", "executed", "pages", "site/manifest.json", "site/index.html")
PACKAGES = ("keras", "tensorflow", "tensorflow-probability", "numpy", "scipy", "jupyter-book", "snakemake")
SETS = ("mnist", "fashion_mnist", "cifar10", "utkface")


def holds(edition: Edition) -> bool:
    """Whether nothing has changed since `write`."""
    path = _path(edition)
    if not path.is_file():
        return False
    state = _state(edition)
    return bool(state) and path.read_text("utf-8") == state


def write(edition: Edition) -> None:
    """Stamp a build that has just ended well."""
    with replacing(_path(edition)) as unfinished:
        unfinished.write_text(_state(edition), "utf-8")


def _path(edition: Edition) -> Path:
    return edition.folder / "stamp"


def _state(edition: Edition) -> str:
    """Digest of all that a build depends on or has made; empty where image sets cannot be looked up."""
    digest = hashlib.sha256()
    try:
        words = [datasets.fingerprint(name) for name in SETS]
    except (ValueError, OSError):
        return ""
    words += [f"{name} {metadata.version(name)}" for name in PACKAGES]
    for path in (edition.source, *_files(Path(), INPUTS), *_files(edition.folder, OUTPUTS)):
        state = path.stat()
        words.append(f"{path} {state.st_size} {state.st_mtime_ns}")
    digest.update("\0".join(words).encode())
    return digest.hexdigest()


def _files(folder: Path, names: tuple[str, ...]) -> Iterator[Path]:
    """Files of those names in a folder, and all within those that are folders, in a fixed order."""
    for name in names:
        path = folder / name
        if path.is_file():
            yield path
        yield from sorted(one for one in path.rglob("*") if one.is_file() and one.suffix != ".pyc")
