"""CIFAR-10: photographs of animals and vehicles, from the files of its binary version."""

import hashlib
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from noisyweights.datasets import archives
from noisyweights.datasets.images import LabelledImages
from noisyweights.datasets.loader_arguments import check_dataset, check_split
from noisyweights.datasets.source import DataSource

__all__ = ["CIFAR10", "Cifar10", "cifar10"]


@dataclass(frozen=True)
class Cifar10:
    """The binary version of CIFAR-10: records of a label and 32 × 32 pixels in three planes."""

    name: str = "CIFAR-10"
    folder: str = "cifar-10-batches-bin"
    home: str = "https://www.cs.toronto.edu/~kriz/cifar.html"
    url: str = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
    checksum: str = "md5:c32a1d4ab5d03f1284b67883e8d87530"  # of the archive, as published
    side: int = 32
    records: int = 10_000  # in each file
    classes: tuple[str, ...] = (
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    )

    def files(self, split: str) -> tuple[str, ...]:
        return tuple(f"data_batch_{k}.bin" for k in range(1, 6)) if split == "train" else ("test_batch.bin",)


CIFAR10 = Cifar10()


def cifar10(*, split: str, dataset: str = "auto") -> LabelledImages:
    """Load photographs of animals and vehicles, (50,000 or 10,000, 32, 32, 3), from the binary version.

    Looked for as `mnist` is, but no sample of it may be given away. The records may stand in any order, so
    the structure is verified in place of a checksum: the length of each file, the labels, and equally many
    images of each class. `source.sha256` is that of the files of the split, one after another.

    Raises ValueError for another word or structure, and FileNotFoundError if the set is incomplete or nowhere
    to be had.
    """
    check_split(split)
    check_dataset(dataset)
    if dataset == "sample":
        raise ValueError(f"{CIFAR10.name} has no sample that may be given away: ask for dataset='real'")
    batches, digest = [], hashlib.sha256()
    for where, content in _files(split):
        digest.update(content)
        batches.append(_batch(where, content))
    labels = np.concatenate([batch[:, 0] for batch in batches])
    counts = np.bincount(labels, minlength=len(CIFAR10.classes))
    if counts.max() != counts.min():
        raise ValueError(
            f"{CIFAR10.name}, {split}: {', '.join(map(str, counts))} images of the classes, where there "
            "should be equally many: get it again"
        )
    side = CIFAR10.side
    images = np.empty((labels.size, side, side, 3), np.uint8)
    for k, batch in enumerate(batches):  # one after another, to need less memory
        planes = batch[:, 1:].reshape(-1, 3, side, side)
        images[k * CIFAR10.records : (k + 1) * CIFAR10.records] = planes.transpose(0, 2, 3, 1)
    source = DataSource(CIFAR10.name, f"{CIFAR10.home}, {split}", digest.hexdigest())
    return LabelledImages(images, labels.astype(np.int64), CIFAR10.classes, source)


def _files(split: str) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file of a split, from the folder or straight from the downloaded archive."""
    names = CIFAR10.files(split)
    if folder := archives.published(CIFAR10.folder):
        for path in [archives.chosen(folder, name) for name in names]:
            yield str(path), archives.read(path)
        return
    try:
        archive = archives.fetch(CIFAR10.url, checksum=CIFAR10.checksum, folder="cifar10")
    except OSError as error:
        raise archives.not_found(CIFAR10.name, CIFAR10.folder, CIFAR10.home, error) from error
    contents = {}
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                if (name := member.name.rpartition("/")[2]) in names:
                    contents[name] = tar.extractfile(member).read()
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise ValueError(f"{archive}: a damaged archive ({error}): remove it") from error
    for name in names:
        yield f"{archive}:{name}", contents.get(name, b"")


def _batch(where: str, content: bytes) -> np.ndarray:
    """The records of a file, uint8 (n, 1 + 3·32·32)."""
    length = 1 + 3 * CIFAR10.side**2
    if len(content) != CIFAR10.records * length:
        raise ValueError(
            f"{where}: {len(content):,} bytes, not {CIFAR10.records:,} records of {length:,}: get it again "
            "(the binary version)"
        )
    batch = np.frombuffer(content, np.uint8).reshape(-1, length)
    if batch[:, 0].max() >= len(CIFAR10.classes):
        raise ValueError(f"{where}: a label {batch[:, 0].max()}, where 0 to 9 are known: get it again")
    return batch
