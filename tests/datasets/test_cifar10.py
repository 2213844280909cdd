"""CIFAR-10 as published: read from a folder or from the archive, without a sample, and damage is named."""

import hashlib
import tarfile
from dataclasses import replace

import numpy as np
import pytest

from noisyweights import datasets
from noisyweights.datasets import archives, cifar10_set

pytestmark = pytest.mark.usefixtures("bare_machine")

RECORDS = 20  # of a batch of the small CIFAR-10


@pytest.fixture
def photographs(bare_machine, monkeypatch, tmp_path):
    """A small CIFAR-10 as published: folder, and images and labels of the test split."""
    monkeypatch.setattr(cifar10_set, "CIFAR10", replace(cifar10_set.CIFAR10, records=RECORDS))
    random = np.random.default_rng(4)
    folder = tmp_path / "data" / "cifar-10-batches-bin"
    folder.mkdir(parents=True)
    for name in (*cifar10_set.CIFAR10.files("train"), *cifar10_set.CIFAR10.files("test")):
        labels = random.permutation(np.arange(RECORDS, dtype=np.uint8) % 10)
        images = random.integers(0, 256, (RECORDS, 32, 32, 3), np.uint8)
        records = b"".join(
            bytes([label]) + b"".join(image[:, :, c].tobytes() for c in range(3))
            for label, image in zip(labels, images, strict=True)
        )
        (folder / name).write_bytes(records)
    monkeypatch.setenv("NOISYWEIGHTS_DATA", str(folder.parent))
    return folder, images, labels


def test_cifar10_is_read_in_its_binary_version(photographs):
    _, images, labels = photographs
    found = datasets.cifar10(split="test")
    np.testing.assert_array_equal(found.images, images)
    np.testing.assert_array_equal(found.labels, labels)
    assert found.labels.dtype == np.int64
    assert found.source.sha256 == hashlib.sha256((photographs[0] / "test_batch.bin").read_bytes()).hexdigest()
    assert datasets.cifar10(split="train").images.shape == (5 * RECORDS, 32, 32, 3)


def test_cifar10_is_read_straight_from_the_downloaded_archive(photographs, monkeypatch, tmp_path):
    folder, images, _ = photographs
    expected = datasets.cifar10(split="train")
    archive = tmp_path / "cifar-10-binary.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for path in sorted(folder.iterdir(), reverse=True):  # the order in the archive does not matter
            tar.add(path, f"cifar-10-batches-bin/{path.name}")
    monkeypatch.delenv("NOISYWEIGHTS_DATA")
    monkeypatch.setattr(archives, "fetch", lambda url, **_: archive)
    found = datasets.cifar10(split="train")
    np.testing.assert_array_equal(found.images, expected.images)
    assert found.source == expected.source
    np.testing.assert_array_equal(datasets.cifar10(split="test").images, images)
    archive.write_bytes(archive.read_bytes()[:-2000])
    with pytest.raises(ValueError, match=r"damaged archive|bytes, not 20 records"):
        datasets.cifar10(split="test")


def test_other_structures_of_cifar10_are_refused(photographs):
    path = photographs[0] / "test_batch.bin"
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    with pytest.raises(ValueError, match=r"61,459 bytes, not 20 records of 3,073: get it again \(the binary"):
        datasets.cifar10(split="test")
    path.write_bytes(b"\x0b" + content[1:])
    with pytest.raises(ValueError, match="a label 11, where 0 to 9 are known"):
        datasets.cifar10(split="test")
    path.write_bytes(bytes([(content[0] + 1) % 10]) + content[1:])
    with pytest.raises(ValueError, match="images of the classes, where there should be equally many"):
        datasets.cifar10(split="test")


def test_cifar10_is_nowhere():
    with pytest.raises(
        FileNotFoundError, match=r"CIFAR-10 is neither .*get it from https://www\.cs\.toronto"
    ):
        datasets.cifar10(split="test")
    with pytest.raises(ValueError, match="no sample that may be given away"):
        datasets.cifar10(split="test", dataset="sample")


def test_fingerprints_of_sets_without_a_sample(photographs, monkeypatch):
    assert datasets.fingerprint("cifar10").startswith("real ")
    monkeypatch.delenv("NOISYWEIGHTS_DATA")
    assert datasets.fingerprint("cifar10") == "absent"
    assert datasets.fingerprint("utkface") == "drawn"
    with pytest.raises(
        ValueError, match="data set 'imagenet' is none of mnist, fashion_mnist, cifar10, utkface"
    ):
        datasets.fingerprint("imagenet")
