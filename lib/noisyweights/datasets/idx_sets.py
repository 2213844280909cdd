"""MNIST and Fashion-MNIST: sets of idx files, as published or as the samples that come with the library."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from noisyweights.datasets import archives, idx
from noisyweights.datasets.images import LabelledImages
from noisyweights.datasets.loader_arguments import SPLITS, check_dataset, check_split
from noisyweights.datasets.source import DataSource
from noisyweights.package_data import DATA, shown

__all__ = ["FASHION_MNIST", "MNIST", "SAMPLES", "IdxFile", "IdxSet", "fashion_mnist", "mnist", "sample_stamp"]

SAMPLES = DATA / "samples"  # in the published layout


@dataclass(frozen=True)
class IdxFile:
    """A published file: its name, the SHA-256 of its content, and the MD5 of the compressed download."""

    name: str
    sha256: str
    md5: str


@dataclass(frozen=True)
class IdxSet:
    """A data set of idx files: for each split, the images and the labels."""

    name: str
    folder: str
    home: str
    url: str
    classes: tuple[str, ...]
    files: dict[str, tuple[IdxFile, IdxFile]]


MNIST = IdxSet(
    name="MNIST",
    folder="mnist",
    home="http://yann.lecun.com/exdb/mnist/",
    url="https://ossci-datasets.s3.amazonaws.com/mnist/",  # a mirror: the home asks for a password at times
    classes=tuple("0123456789"),
    files={
        "train": (
            IdxFile(
                "train-images-idx3-ubyte",
                "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                "f68b3c2dcbeaaa9fbdd348bbdeb94873",
            ),
            IdxFile(
                "train-labels-idx1-ubyte",
                "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                "d53e105ee54ea40749a09fcbcd1e9432",
            ),
        ),
        "test": (
            IdxFile(
                "t10k-images-idx3-ubyte",
                "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                "9fb629c4189551a2d022fa330f9573f3",
            ),
            IdxFile(
                "t10k-labels-idx1-ubyte",
                "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
                "ec29112dd5afa0611ce80d1b7f02629c",
            ),
        ),
    },
)
FASHION_MNIST = IdxSet(
    name="Fashion-MNIST",
    folder="fashion-mnist",
    home="https://github.com/zalandoresearch/fashion-mnist",
    url="http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    classes=(
        "T-shirt",
        "trousers",
        "pullover",
        "dress",
        "coat",
        "sandal",
        "shirt",
        "sneaker",
        "bag",
        "ankle boot",
    ),
    files={
        "train": (
            IdxFile(
                "train-images-idx3-ubyte",
                "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
                "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            ),
            IdxFile(
                "train-labels-idx1-ubyte",
                "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
                "25c81989df183df01b3e8a0aad5dffbe",
            ),
        ),
        "test": (
            IdxFile(
                "t10k-images-idx3-ubyte",
                "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
                "bef4ecab320f06d8554ea6380940ec79",
            ),
            IdxFile(
                "t10k-labels-idx1-ubyte",
                "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
                "bb300cfdad3c16e7a12a480ee83cd310",
            ),
        ),
    },
)


def mnist(*, split: str, dataset: str = "auto") -> LabelledImages:
    """Load handwritten digits, (60,000 or 10,000, 28, 28, 1): split "train" or "test".

    `dataset` "auto" takes the folder that NOISYWEIGHTS_DATA names, else the cache, else a download, and else
    a sample of 2,000 and 1,000 images that comes with the library, which `source.embedded` then says; "real"
    takes all but the sample, "sample" nothing else. `source.sha256` is that of the content of the two files
    of the split, images before labels.

    Raises ValueError for another word, and for a file that is damaged or not as published; FileNotFoundError
    for an incomplete folder, or if "real" is nowhere to be had.
    """
    return _idx_set(MNIST, split, dataset)


def fashion_mnist(*, split: str, dataset: str = "auto") -> LabelledImages:
    """Load pieces of clothing, (60,000 or 10,000, 28, 28, 1): as `mnist` in all else."""
    return _idx_set(FASHION_MNIST, split, dataset)


def sample_stamp(spec: IdxSet) -> str:
    """Return a short text that changes when the sample's content does, but not with a fresh checkout."""
    names = [file.name for split in spec.files.values() for file in split]
    contents = [archives.chosen(SAMPLES / spec.folder, name).read_bytes() for name in names]
    return hashlib.sha256(b"".join(contents)).hexdigest()[:12]


def _idx_set(spec: IdxSet, split: str, dataset: str) -> LabelledImages:
    check_split(split)
    check_dataset(dataset)
    if dataset == "sample":
        return _read_sample(spec, split)
    if folder := archives.published(spec.folder):
        return _read_idx(spec, split, [archives.chosen(folder, file.name) for file in spec.files[split]])
    try:  # all of it, since a sample for testing may have been cut from the set for training
        paths = {
            part: [
                archives.fetch(f"{spec.url}{file.name}.gz", checksum=f"md5:{file.md5}", folder=spec.folder)
                for file in spec.files[part]
            ]
            for part in SPLITS
        }
    except PermissionError:
        raise  # a cache that cannot be written to is no reason to go on with less
    except OSError as error:
        if dataset == "real":
            raise archives.not_found(spec.name, spec.folder, spec.home, error) from error
        return _read_sample(spec, split)
    return _read_idx(spec, split, paths[split])


def _read_idx(spec: IdxSet, split: str, paths: list[Path]) -> LabelledImages:
    sums = [file.sha256 for file in spec.files[split]]
    contents = [archives.read(path, sha256=sha256) for path, sha256 in zip(paths, sums, strict=True)]
    return _labelled(spec, paths, contents, origin=f"{spec.home}, {split}", embedded=False)


def _read_sample(spec: IdxSet, split: str) -> LabelledImages:
    folder = SAMPLES / spec.folder
    paths = [archives.chosen(folder, file.name) for file in spec.files[split]]
    contents = [archives.read(path) for path in paths]
    return _labelled(spec, paths, contents, origin=shown(folder), embedded=True)


def _labelled(
    spec: IdxSet, paths: list[Path], contents: list[bytes], *, origin: str, embedded: bool
) -> LabelledImages:
    arrays = []
    for path, content in zip(paths, contents, strict=True):
        try:
            arrays.append(idx.decode(content))
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
    images, labels = arrays
    if images.ndim != 3 or images.shape[:1] != labels.shape or labels.max() >= len(spec.classes):
        raise ValueError(
            f"{paths[0]}: images {images.shape} and labels {labels.shape} do not match: get both"
        )
    source = DataSource(spec.name, origin, hashlib.sha256(b"".join(contents)).hexdigest(), embedded=embedded)
    return LabelledImages(images[..., None], labels.astype(np.int64), spec.classes, source)
