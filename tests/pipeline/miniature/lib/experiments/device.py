"""A device without TensorFlow: mean and checksum of a column of numbers."""

import argparse
import hashlib
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from noisyweights.files import replacing
from noisyweights.noise.laws import Point

__all__ = ["Device"]


@dataclass(frozen=True)
class Device:
    """A noise file, characterised."""

    name: str
    sha256: str
    loc: float

    @property
    def law(self) -> Point:
        """The law that stands for the device."""
        return Point()

    @classmethod
    def open(cls, path: str, column: str = "", *, cell: str = "") -> "Device":
        """Read what `save` wrote, or characterise a column (by its place) of a noise file.

        `cell` takes every row that begins with it.

        Raises ValueError for few samples.
        """
        file = Path(path or "data/devices/bayes_mtj.csv")
        if file.suffix == ".json":
            return cls(**json.loads(file.read_text("utf-8")))
        lines = [line for line in file.read_text("utf-8").splitlines() if line.startswith(cell)]
        samples = np.loadtxt(lines, ndmin=1, usecols=int(column) - 1 if column else None)
        if samples.size < 3:
            raise ValueError(f"{file} holds {samples.size} samples: at least 3 are needed")
        return cls(file.stem, hashlib.sha256(file.read_bytes()).hexdigest(), float(samples.mean()))

    def save(self, path: str) -> None:
        """Write the device as JSON."""
        with replacing(path) as unfinished:
            unfinished.write_text(json.dumps(asdict(self)), "utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("csv")
    parser.add_argument("--column", default="")
    parser.add_argument("--cell", default="")
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    try:
        device = Device.open(options.csv, options.column, cell=options.cell)
        device.save(options.out)
        print(f"note: {device.name}: mean {device.loc:g}")
    except ValueError as error:
        sys.exit(f"error: {error}")
