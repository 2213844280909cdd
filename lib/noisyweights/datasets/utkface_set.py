"""UTKFace: photographs of faces whose file names tell the age."""

import hashlib
import os
import re
from pathlib import Path

import numpy as np
from tqdm import tqdm

from noisyweights import seeds
from noisyweights.datasets import archives
from noisyweights.datasets.face_drawing import LARGEST, SMALLEST, drawn_faces
from noisyweights.datasets.images import Faces
from noisyweights.datasets.loader_arguments import check_dataset
from noisyweights.datasets.source import DataSource
from noisyweights.files import replacing

__all__ = ["FOLDER", "listing", "utkface"]

NAME, FOLDER, HOME = "UTKFace", "UTKFace", "https://susanqq.github.io/UTKFace/"
SIDE = 200  # pixels, as published
AGE = re.compile(r"(\d{1,3})_[01]_[0-4]_[^_]+\.jpg")  # age, gender, race, time of the photograph
DRAWN = 4_000  # faces drawn in place of the set, unless a limit says how many


def utkface(*, size: int, dataset: str = "auto", limit: int | None = None, seed: int = 0) -> Faces:
    """Load faces of 1 to 116 years, `size` × `size` pixels (8 to 200), in the order of the file names.

    `dataset` "auto" takes the folder UTKFace/ (aligned and cropped faces of 200 × 200) under the one that
    NOISYWEIGHTS_DATA names, and else draws faces (see `drawn_faces`; `source.drawn` then says so), since the
    set may not be passed on and its authors hand it out by a form. "real" refuses to draw, "sample" always
    draws. `limit` takes a random choice of so many, which `seed` fixes before any is decoded; without it the
    set decoded at this size is kept in the cache, under the checksum of its content.

    Lanczos resampling: its support grows with the reduction, so nothing aliases, and it keeps more of the
    fine lines that tell the age than the mean over a box does. Files whose names lack a field, as three of
    the published ones do, are left out and named in `skipped`. `source.sha256` is that of the names and the
    contents.

    Raises ValueError for another word, size or limit, and for a file that is no 200 × 200 colour photograph
    (nothing is converted: such a file is damaged, or of another set); FileNotFoundError if there is no set,
    or none in its folder.
    """
    check_dataset(dataset)
    if not SMALLEST <= size <= LARGEST:
        raise ValueError(f"size {size}: give {SMALLEST} to {LARGEST} pixels")
    if limit is not None and limit < 1:
        raise ValueError(f"limit {limit}: give how many faces to take, or None for all")
    folder = None if dataset == "sample" else archives.published(FOLDER)
    if folder is None:
        if dataset == "real":
            raise FileNotFoundError(
                f"{NAME} is nowhere: get the aligned and cropped faces from {HOME} and let "
                f"{archives.VARIABLE} name the folder that holds {FOLDER}/"
            )
        return drawn_faces(DRAWN if limit is None else limit, size=size, seed=seed)
    return _load(folder, size, limit, seed)


def listing(folder: Path) -> str:
    """Return a short text that changes when names in the folder do; 23,707 sizes would take too long."""
    facts = [folder.stat().st_mtime_ns, *sorted(os.listdir(folder))]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:12]


def _load(folder: Path, size: int, limit: int | None, seed: int) -> Faces:
    paths, ages, skipped = _listed(folder)
    total = len(paths)
    if limit is not None and limit < total:
        take = np.sort(seeds.generator(seed, NAME, "subset").permutation(total)[:limit])
        paths, ages = [paths[i] for i in take], ages[take]
    digest = hashlib.sha256()
    for path in tqdm(paths, desc=f"{NAME}: checksum", unit="face", delay=3, leave=False):
        digest.update(f"{path.name}\0".encode())
        digest.update(hashlib.sha256(_content(path)).digest())
    checksum = digest.hexdigest()
    kept = archives.cache_folder() / "utkface" / f"{checksum[:16]}-{size}-lanczos.npy"
    images = _decode(paths, size) if len(paths) < total else _kept(kept, paths, size)
    origin = f"{HOME}, {len(paths):,} of {total:,} faces"
    return Faces(images, ages, DataSource(NAME, origin, checksum), skipped)


def _listed(folder: Path) -> tuple[list[Path], np.ndarray, tuple[str, ...]]:
    """Files by name, their ages, and the names of those that do not tell it."""
    try:
        names = sorted(name for name in os.listdir(folder) if name.lower().endswith((".jpg", ".jpeg")))
    except PermissionError as error:
        raise PermissionError(f"{folder} may not be read: give yourself the right (chmod u+rx)") from error
    found = {name: AGE.match(name) for name in names}
    ages = [float(match[1]) for match in found.values() if match]
    if not ages:
        raise FileNotFoundError(
            f"{folder} holds no photograph named age_gender_race_time.jpg: unpack it there"
        )
    skipped = tuple(name for name, match in found.items() if not match)
    return [folder / name for name, match in found.items() if match], np.array(ages, np.float32), skipped


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except PermissionError as error:
        raise PermissionError(f"{path} may not be read: give yourself the right (chmod u+r)") from error


def _kept(path: Path, paths: list[Path], size: int) -> np.ndarray:
    """The decoded images, from the cache if they are there; a cache that is no use costs time alone."""
    try:
        images = np.load(path)
        if images.shape == (len(paths), size, size, 3) and images.dtype == np.uint8:
            return images
    except (OSError, ValueError, EOFError):
        pass  # not there yet, not readable, or damaged
    images = _decode(paths, size)
    try:
        with replacing(path) as unfinished:
            np.save(unfinished, images)
    except OSError:
        pass  # read-only or full: the images are here all the same
    return images


def _decode(paths: list[Path], size: int) -> np.ndarray:
    from PIL import Image

    images = np.empty((len(paths), size, size, 3), np.uint8)
    for i, path in enumerate(tqdm(paths, desc=f"{NAME}: decode", unit="face", delay=3, leave=False)):
        try:
            with Image.open(path) as image:
                if (image.size, image.mode) != ((SIDE, SIDE), "RGB"):
                    raise ValueError(f"{image.size[0]} × {image.size[1]} pixels of mode {image.mode}")
                images[i] = np.asarray(image.resize((size, size), Image.Resampling.LANCZOS))
        except PermissionError as error:
            raise PermissionError(f"{path} may not be read: give yourself the right (chmod u+r)") from error
        except (OSError, ValueError, SyntaxError) as error:  # Pillow has all three for damaged files
            raise ValueError(
                f"{path}: no whole colour photograph of {SIDE} × {SIDE} ({error}): get it again, or remove it"
            ) from error
    return images
