"""The device that an edition of the book is built around: its noise file, and the law that stands for it."""

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from noisyweights import datasets
from noisyweights.experiments.device_readings import law, parts
from noisyweights.files import replacing
from noisyweights.noise import laws
from noisyweights.package_data import DATA

__all__ = ["ECRAM", "REFERENCE", "Device"]

REFERENCE = DATA / "devices" / "bayes_mtj.csv"
ECRAM = DATA / "devices" / "ecram.csv"
_SEED = 0  # of all draws by which readings are judged and the law is chosen; the report's is the same
_AS_THE_PAPER = "eq. 3, since this edition repeats the paper. By the rule for a reader's own device: {}"
_NO_DENSITY = (
    "the readings take two values only, as a bit does, and the chapters compare densities, which it has none "
    "of. `noisyweights device {}` says what such a bit is worth; networks of coins are in chapter 8 of the "
    "reference edition"
)
_PLAIN = (
    *("name", "source", "sha256", "unit", "n", "dropped", "loc", "half_width", "reason", "reference"),
    *("column", "cell", "notes", "left_out"),
)


@dataclass(frozen=True)
class Device:
    """A noise source as the chapters see it.

    name, source, sha256: of the noise file. unit: of its samples, "" if unknown. n: samples of the noise,
    without the `dropped` readings that were blank or not finite, and without outliers. loc, half_width:
    centre and half range of the noise, in `unit`, by which eq. 3 is put on [−1, 1]. law: the unit law
    that stands for the device, and `reason`, why this one. eq3: the best eq. 3 for the device, whether or
    not it is `law`. reference: whether this is the book's own simulated Bayes-MTJ. column, cell: what was
    chosen of the file, "" for what shows itself. notes: what was passed over or converted in reading it.
    left_out: which readings, and what of them, are not in the noise: outliers, drifts, what cells and
    levels differ by.
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
    column: str = ""
    cell: str = ""
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @classmethod
    def open(cls, path: str | os.PathLike = "", column: str = "", *, cell: str = "") -> "Device":
        """Return the device of a noise file, or one saved as .json; the reference device for an empty path.

        `column` and `cell` choose one of a file that holds several, by heading, label or place; in a saved
        device that is done. The law is that of the device report, of the same readings: see `samples`.

        Raises what `datasets.read_noise` and `fitting.choose` raise on a file that cannot be used, and
        ValueError for a sweep, for a bit, whose law has no density, and for a damaged .json, or one of
        another column or cell.
        """
        path = Path(path) if os.fspath(path) else REFERENCE
        if path.suffix != ".json":
            return cls._characterise(path, column, cell)
        device = cls._load(path)
        if (column or device.column, cell or device.cell) != (device.column, device.cell):
            raise ValueError(
                f"{path} is of column {device.column!r} and cell {device.cell!r}: "
                "name the noise file to choose another"
            )
        return device

    @classmethod
    def _characterise(cls, path: Path, column: str, cell: str) -> "Device":
        trace = _read(path, column, cell)
        reference = trace.sha256 == _reference_sha256()
        try:
            own = parts.of_trace(trace, seed=_SEED)
            samples = parts.pooled(own)
            choice = law.choose(trace, own, samples, seed=_SEED)
            if not choice.law.has_density:
                raise ValueError(_NO_DENSITY.format(path))
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
        eq3 = choice.fits["bayes_mtj"]
        return cls(
            name=trace.name,
            source=trace.source,
            sha256=trace.sha256,
            unit=trace.unit,
            n=len(samples),
            dropped=trace.dropped,
            loc=eq3.loc,
            half_width=eq3.half_width,
            # The reference edition repeats the paper, and with it the paper's choice of a law.
            law=eq3.law if reference else choice.law,
            eq3=eq3.law,
            reason=_AS_THE_PAPER.format(choice.reason) if reference else choice.reason,
            reference=reference,
            column=column,
            cell=cell,
            notes=trace.notes,
            left_out=law.left_out(own, unit=trace.unit),
        )

    @classmethod
    def _load(cls, path: Path) -> "Device":
        try:
            fields: dict[str, Any] = json.loads(path.read_text("utf-8"))
            restored = {key: laws.from_config(fields[key]) for key in ("law", "eq3")}
            plain = {key: fields[key] for key in _PLAIN}
            plain |= {key: tuple(fields[key]) for key in ("notes", "left_out")}
            return cls(**plain, **restored)
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
        """Noise of the file in `unit`, in order of time: float64, shape (n,), for reading only.

        These are the readings that the device report takes its law from: without outliers and without a
        drift. Of a file of several cells or programmed levels, it is each group's noise in the width of all
        and around their mean: what a reading fluctuates by, without what cells and levels differ by.

        Raises ValueError when the file is no longer the one that was characterised.
        """
        return _noise(self.source, self.column, self.cell, self.sha256)

    def trace(self) -> datasets.NoiseTrace:
        """What `datasets.read_noise` reads of the noise file; raises as `samples`."""
        return _unchanged(self.source, self.column, self.cell, self.sha256)


def _read(path: str | os.PathLike, column: str, cell: str) -> datasets.NoiseTrace:
    return datasets.read_noise(path, column=column or None, cell=cell or None)


def _unchanged(path: str, column: str, cell: str, sha256: str) -> datasets.NoiseTrace:
    trace = _read(path, column, cell)
    if trace.sha256 != sha256:
        raise ValueError(f"{path} has changed since its law was fitted: build again, so that both agree")
    return trace


@lru_cache(maxsize=2)  # a file is judged in seconds, and a chapter's points ask for its samples each
def _noise(path: str, column: str, cell: str, sha256: str) -> np.ndarray:
    samples = parts.pooled(parts.of_trace(_unchanged(path, column, cell, sha256), seed=_SEED))
    samples.flags.writeable = False
    return samples


def _reference_sha256() -> str:
    return hashlib.sha256(REFERENCE.read_bytes()).hexdigest()


def main(arguments: Sequence[str] | None = None) -> None:
    """Characterise a noise file: fit its laws, choose one, write a device."""
    parser = argparse.ArgumentParser(
        prog="python -m noisyweights.experiments.device", description=main.__doc__
    )
    parser.add_argument("noise", help="the noise file")
    parser.add_argument("--column", default="", help="which of its columns, by heading or place")
    parser.add_argument("--cell", default="", help="which of its cells, by label or place")
    parser.add_argument("--out", required=True, help="the .json file to write")
    options = parser.parse_args(arguments)
    try:
        device = Device.open(options.noise, options.column, cell=options.cell)
        device.save(options.out)
    except (OSError, ValueError) as error:
        sys.exit(f"error: {error}")
    dropped = f", {device.dropped:,} blank or non-finite readings dropped" if device.dropped else ""
    print(f"note: {device.name}: {device.n:,} samples{dropped}")
    for note in (*device.notes, *device.left_out):
        print(f"note: {device.name}: {note}")
    print(f"note: {device.law.name} law: {device.reason}")


if __name__ == "__main__":
    main()
