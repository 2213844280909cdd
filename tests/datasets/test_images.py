"""Labelled images: every layout is read alike, the sample steps in where it may, and damage is named."""

import gzip
import hashlib
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from noisyweights import datasets
from noisyweights.datasets import archives, idx, idx_sets
from noisyweights.package_data import DATA

pytestmark = pytest.mark.usefixtures("bare_machine")

REAL = os.environ.get("NOISYWEIGHTS_DATA")
LOADERS = {"mnist": datasets.mnist, "fashion-mnist": datasets.fashion_mnist}


@pytest.fixture
def digits(bare_machine, monkeypatch, tmp_path):
    """A small MNIST as published, with its own checksums: images, labels and the folder."""
    random = np.random.default_rng(3)
    arrays, files = {}, {}
    folder = tmp_path / "data" / "mnist"
    folder.mkdir(parents=True)
    for split, n in (("train", 30), ("test", 10)):
        arrays[split] = random.integers(0, 256, (n, 28, 28), np.uint8), np.arange(n, dtype=np.uint8) % 10
        contents = [idx.encode(array) for array in arrays[split]]
        names = [file.name for file in idx_sets.MNIST.files[split]]
        for name, content in zip(names, contents, strict=True):
            packed = name.startswith("t10k")  # one split compressed, the other not
            (folder / (f"{name}.gz" if packed else name)).write_bytes(
                gzip.compress(content) if packed else content
            )
        files[split] = tuple(
            idx_sets.IdxFile(name, hashlib.sha256(content).hexdigest(), "")
            for name, content in zip(names, contents, strict=True)
        )
    monkeypatch.setattr(idx_sets, "MNIST", replace(idx_sets.MNIST, files=files))
    monkeypatch.setenv("NOISYWEIGHTS_DATA", str(folder.parent))
    return arrays, folder


@pytest.mark.parametrize("split", ["train", "test"])
def test_the_published_layout_is_read(digits, split):
    images, labels = digits[0][split]
    found = datasets.mnist(split=split, dataset="real")
    np.testing.assert_array_equal(found.images[..., 0], images)
    np.testing.assert_array_equal(found.labels, labels)
    assert (found.images.dtype, found.labels.dtype) == (np.uint8, np.int64)
    assert found.images.shape[1:] == (28, 28, 1)
    assert found.classes == tuple("0123456789")
    assert not found.source.embedded
    both = idx.encode(images) + idx.encode(labels)
    assert found.source.sha256 == hashlib.sha256(both).hexdigest()
    assert str(digits[1]) not in found.source.origin  # a page has no use for a place on this machine


def test_a_file_of_another_set_is_refused(digits):
    path = digits[1] / "train-labels-idx1-ubyte"
    path.write_bytes(idx.encode(np.zeros(30, np.uint8)))
    for choice in ("auto", "real"):
        with pytest.raises(
            ValueError, match=r"train-labels-idx1-ubyte: SHA-256 .* as published: get it again"
        ):
            datasets.mnist(split="train", dataset=choice)


def test_a_truncated_file_is_refused(digits):
    path = digits[1] / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(ValueError, match=r"t10k-images-idx3-ubyte.gz: a damaged gzip file"):
        datasets.mnist(split="test")


def test_an_incomplete_folder_is_no_reason_for_the_sample(digits):
    (digits[1] / "train-labels-idx1-ubyte").unlink()
    with pytest.raises(FileNotFoundError, match="lacks train-labels-idx1-ubyte"):
        datasets.mnist(split="train")


def test_a_download_is_read_as_the_folder_is(digits, monkeypatch):
    asked = []

    def fetched(url, *, checksum, folder):
        asked.append((url, checksum, folder))
        return archives.chosen(digits[1], url.rpartition("/")[2].removesuffix(".gz"))

    monkeypatch.delenv("NOISYWEIGHTS_DATA")
    monkeypatch.setattr(archives, "fetch", fetched)
    assert not datasets.mnist(split="test").source.embedded
    assert {url.rpartition("/")[2] for url, _, _ in asked} == {
        f"{part}-{what}-ubyte.gz" for part in ("train", "t10k") for what in ("images-idx3", "labels-idx1")
    }
    assert all(checksum.startswith("md5:") and folder == "mnist" for _, checksum, folder in asked)


@pytest.mark.parametrize("name", LOADERS)
def test_the_sample_steps_in(name):
    load = LOADERS[name]
    for split, n in (("train", 2000), ("test", 1000)):
        found = load(split=split)
        assert found.images.shape == (n, 28, 28, 1)
        assert np.bincount(found.labels).tolist() == [n // 10] * 10
        assert found.source.embedded
        assert found.source.origin == f"data/samples/{name}"  # and not where this machine keeps it
        np.testing.assert_array_equal(found.images, load(split=split, dataset="sample").images)
    with pytest.raises(FileNotFoundError, match=r"no network.*let NOISYWEIGHTS_DATA name the folder"):
        load(split="test", dataset="real")


@pytest.mark.parametrize("name", LOADERS)
def test_train_and_test_samples_share_no_image(name):
    train, test = ({image.tobytes() for image in LOADERS[name](split=s).images} for s in ("train", "test"))
    assert not train & test
    assert len(train) == 2000


@pytest.mark.parametrize("name", LOADERS)
def test_the_sample_can_be_learnt(name):
    """The nearest class mean, which on all of MNIST is right for 82 % and on Fashion-MNIST for 68 %."""
    train, test = (LOADERS[name](split=s) for s in ("train", "test"))
    flat = [set_.images.reshape(len(set_.labels), -1) / 255 for set_ in (train, test)]
    means = np.stack([flat[0][train.labels == k].mean(0) for k in range(10)])
    nearest = ((flat[1][:, None] - means) ** 2).sum(-1).argmin(1)
    # 1,000 images: a standard deviation of 1.5 %, and means of 200 images are less exact than of 6,000
    assert np.mean(nearest == test.labels) > (0.75 if name == "mnist" else 0.60)
    shuffled = np.random.default_rng(0).permutation(test.labels)
    assert np.mean(nearest == shuffled) < 0.16  # the negative control: labels of other images


def test_the_samples_are_what_the_list_of_data_says():
    text = (DATA / "README.md").read_text("utf-8")
    listed = dict(re.findall(r"^\| `(samples/[^`*]+)` \|[^|]+\|[^|]+\| `([0-9a-f]{64})` \|$", text, re.M))
    files = [path for path in (DATA / "samples").rglob("*") if path.is_file()]
    found = {p.relative_to(DATA).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}
    assert found == listed
    assert sum(path.stat().st_size for path in files) < 2.5e6


@pytest.mark.parametrize("load", [datasets.mnist, datasets.fashion_mnist, datasets.cifar10])
def test_other_words_are_refused(load):
    with pytest.raises(ValueError, match="split 'valid' is none of train, test"):
        load(split="valid")
    with pytest.raises(ValueError, match="dataset 'fake' is none of auto, real, sample"):
        load(split="test", dataset="fake")


def test_labels_of_another_file_are_refused(tmp_path, monkeypatch):
    folder = tmp_path / "samples" / "mnist"
    folder.mkdir(parents=True)
    (folder / "t10k-images-idx3-ubyte").write_bytes(idx.encode(np.zeros((3, 28, 28), np.uint8)))
    monkeypatch.setattr(idx_sets, "SAMPLES", tmp_path / "samples")
    for labels in ([1, 2], [1, 2, 10]):
        (folder / "t10k-labels-idx1-ubyte").write_bytes(idx.encode(np.array(labels, np.uint8)))
        with pytest.raises(ValueError, match="do not match: get both"):
            datasets.mnist(split="test", dataset="sample")


def test_a_fingerprint_follows_the_data(digits, monkeypatch):
    folder = digits[1]
    real = datasets.fingerprint("mnist")
    assert real.startswith("real ")
    assert datasets.fingerprint("mnist") == real
    os.utime(folder / "train-labels-idx1-ubyte", (1, 1))
    assert datasets.fingerprint("mnist") != real
    monkeypatch.delenv("NOISYWEIGHTS_DATA")
    assert datasets.fingerprint("mnist").startswith("sample ")
    for split in idx_sets.MNIST.files.values():
        for file in split:
            path = archives.cache_folder() / "mnist" / f"{file.name}.gz"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")
    assert datasets.fingerprint("mnist").startswith("cache ")


def test_a_fingerprint_needs_neither_tensorflow_nor_a_decoder():
    code = (
        "import sys; from noisyweights import datasets; datasets.fingerprint('mnist'); "
        "print([m for m in ('tensorflow', 'PIL', 'pooch') if m in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


if REAL:  # the real sets, where the one who runs the tests has them

    @pytest.mark.parametrize(
        ("load", "folder", "shape", "mean"),
        [
            # means of the training pixels as commonly quoted
            (datasets.mnist, "mnist", (60_000, 28, 28, 1), [0.1307]),
            (datasets.fashion_mnist, "fashion-mnist", (60_000, 28, 28, 1), [0.2860]),
            (datasets.cifar10, "cifar-10-batches-bin", (50_000, 32, 32, 3), [0.4914, 0.4822, 0.4465]),
        ],
    )
    def test_the_real_sets(monkeypatch, load, folder, shape, mean):
        if not (Path(REAL) / folder).is_dir():
            return
        monkeypatch.setenv("NOISYWEIGHTS_DATA", REAL)
        found = load(split="train", dataset="real")
        assert found.images.shape == shape
        np.testing.assert_allclose(found.images.mean((0, 1, 2)) / 255, mean, atol=6e-5)
