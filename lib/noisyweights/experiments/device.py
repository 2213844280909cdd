"""The device that an edition of the book is built around: its noise file, and the law that stands for it."""

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from noisyweights import datasets
from noisyweights.files import replacing
from noisyweights.noise import fitting, laws
from noisyweights.package_data import DATA

__all__ = ["ECRAM", "REFERENCE", "Device"]

REFERENCE = DATA / "devices" / "bayes_mtj.csv"
ECRAM = DATA / "devices" / "ecram.csv"
_SEED = 1  # of the bootstrap and of the held-out split by which the law is chosen
_AS_THE_PAPER = "eq. 3, since this edition repeats the paper. By the rule for a reader's own device: {}"
_PLAIN = ("name", "source", "sha256", "unit", "n", "dropped", "loc", "half_width", "reason", "reference")


@dataclass(frozen=True)
class Device:
    """A noise source as the chapters see it.

    name, source, sha256: of the noise file. unit: of its samples, "" if unknown. n: samples, without
    the `dropped` readings that were blank or not finite. loc, half_width: centre and half range of the
    samples, in `unit`, by which eq. 3 is put on [−1, 1]. law: the unit law that stands for the device, and
    `reason`, why this one. eq3: the best eq. 3 for the device, whether or not it is `law`. reference: whether
    this is the book's own simulated Bayes-MTJ.
    """

    name: str
    source: str
    sha256: str
    unit: str
    n: int
    dropped: int
    loc: float
    half_width: float
    law: laws.Law
    eq3: laws.DeviceLaw
    reason: str
    reference: bool

    @classmethod
    def open(cls, path: str | os.PathLike = "") -> "Device":
        """Return the device of a noise file, or one saved as .json; the reference device for an empty path.

        Raises what `datasets.read_noise` and `fitting.choose` raise on a file that cannot be used, and
        ValueError for a damaged .json.
        """
        path = Path(path) if os.fspath(path) else REFERENCE
        return cls._load(path) if path.suffix == ".json" else cls._characterise(path)

    @classmethod
    def _characterise(cls, path: Path) -> "Device":
        trace = datasets.read_noise(path)
        try:
            choice = fitting.choose(trace.samples, seed=_SEED)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
        eq3 = choice.fits["bayes_mtj"]
        reference = trace.sha256 == _reference_sha256()
        return cls(
            name=trace.name,
            source=trace.source,
            sha256=trace.sha256,
            unit=trace.unit,
            n=len(trace.samples),
            dropped=trace.dropped,
            loc=eq3.loc,
            half_width=eq3.half_width,
            # The reference edition repeats the paper, and with it the paper's choice of a law.
            law=eq3.law if reference else choice.law,
            eq3=eq3.law,
            reason=_AS_THE_PAPER.format(choice.reason) if reference else choice.reason,
            reference=reference,
        )

    @classmethod
    def _load(cls, path: Path) -> "Device":
        try:
            fields: dict[str, Any] = json.loads(path.read_text("utf-8"))
            restored = {key: laws.from_config(fields[key]) for key in ("law", "eq3")}
            return cls(**{key: fields[key] for key in _PLAIN}, **restored)
        except FileNotFoundError as error:
            raise FileNotFoundError(
                f"there is no device {path}: name a .json that was saved, or a noise file"
            ) from error
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"{path} is no device, or damaged ({error}): delete it, and it is made anew"
            ) from error

    def save(self, path: str | os.PathLike) -> None:
        """Write the device as JSON, for `open`."""
        fields = {key: getattr(self, key) for key in _PLAIN}
        fields |= {"law": self.law.get_config(), "eq3": self.eq3.get_config()}
        with replacing(path) as unfinished:
            unfinished.write_text(json.dumps(fields, indent=1) + "\n", "utf-8")

    def samples(self) -> np.ndarray:
        """Samples of the noise file in `unit`, float64, shape (n,).

        Raises ValueError when the file is no longer the one that was characterised.
        """
        trace = datasets.read_noise(self.source)
        if trace.sha256 != self.sha256:
            raise ValueError(
                f"{self.source} has changed since its law was fitted: build again, so that both agree"
            )
        return trace.samples


def _reference_sha256() -> str:
    return hashlib.sha256(REFERENCE.read_bytes()).hexdigest()


def main(arguments: Sequence[str] | None = None) -> None:
    """Characterise a noise file: fit its laws, choose one, write a device."""
    parser = argparse.ArgumentParser(
        prog="python -m noisyweights.experiments.device", description=main.__doc__
    )
    parser.add_argument("noise", help="the noise file")
    parser.add_argument("--out", required=True, help="the .json file to write")
    options = parser.parse_args(arguments)
    try:
        device = Device.open(options.noise)
        device.save(options.out)
    except (OSError, ValueError) as error:
        sys.exit(f"error: {error}")
    dropped = f", {device.dropped:,} blank or non-finite readings dropped" if device.dropped else ""
    print(f"note: {device.name}: {device.n:,} samples{dropped}")
    print(f"note: {device.law.name} law: {device.reason}")


if __name__ == "__main__":
    main()
