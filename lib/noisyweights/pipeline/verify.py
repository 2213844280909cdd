"""Verify the record: compute recorded points again, here, and compare number by number.

What a recorded point holds was computed once, on some machine. This lets anybody audit it: some points are
drawn at random, seeded by the commit, so that nobody chose them; those whose code has changed since are drawn
first. The same processor gives the same numbers to the last bit. Another one adds in another order, and
training makes much of little: then an array may differ by `TOLERANCE` of its size, both as root mean squares.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from noisyweights import seeds
from noisyweights.experiments import catalogue, points, record
from noisyweights.experiments.points import Point
from noisyweights.ledger import provenance
from noisyweights.pipeline import dependencies

if TYPE_CHECKING:
    from noisyweights.experiments.device import Device

__all__ = ["TOLERANCE", "Comparison", "compare", "drawn", "verify"]

# Relative to the root mean square of an array. Sums of a thousand float32 numbers in another order differ by
# 1e-6; a training of some thousand steps on them carries that to some 1e-3 of what it ends with.
TOLERANCE = 1e-2
SECONDS = 300.0  # that a verification takes at most, where nobody names its points
MATCHES = ("to the bit", "within tolerance")


@dataclass(frozen=True)
class Comparison:
    """A recorded point beside the same point computed here.

    worst: the array that differs most, and by how much of its root mean square. seconds: of the processor,
    recorded and here.
    """

    name: str
    state: record.State
    outcome: str
    worst: str
    difference: float
    seconds: tuple[float, float]

    @property
    def agrees(self) -> bool:
        return self.outcome in MATCHES


def drawn(seed: str, *, seconds: float = SECONDS) -> list[tuple[str, str]]:
    """Recorded points in a random order that `seed` fixes, as many as take so many seconds together.

    Points by code that has changed since come first; one that takes more than a quarter of the time, or needs
    image sets, is left to those who name it.
    """
    found = []
    for name in dependencies.all_experiments():
        if dependencies.data_sets(name):
            continue
        for point, one in record.kept(name).items():
            if one.state is not record.State.OTHER_SETTINGS and one.header["seconds"] <= seconds / 4:
                found.append((one.state is not record.State.EARLIER_CODE, name, point, one.header["seconds"]))
    order = seeds.generator(0, "verify", seed).permutation(len(found))
    chosen, spent = [], 0.0
    for _, name, point, took in sorted((found[at] for at in order), key=lambda one: one[0]):
        if spent + took <= seconds:
            chosen.append((name, point))
            spent += took
    return chosen


def verify(name: str, point: str, *, device: "Device") -> Comparison:
    """Compute a recorded point again and compare; raises ValueError for one that is not in the record."""
    kept = record.kept(name)
    if point not in kept:
        raise ValueError(
            f"the record holds no point {point!r} of {name}; it holds {', '.join(kept) or 'none'}"
        )
    if kept[point].state is record.State.OTHER_SETTINGS:
        raise ValueError(f"{name} {point} was computed with other settings than those of today")
    stored = record.as_point(kept[point])
    computed = points.compute(name, point, profile=record.PROFILE, device=device)
    outcome, worst, difference = compare(stored, computed)
    took = (stored.seconds, computed.seconds)
    return Comparison(f"{name} {point}", kept[point].state, outcome, worst, difference, took)


def compare(stored: Point, computed: Point) -> tuple[str, str, float]:
    """How two computations of a point agree, the array that differs most, and by how much."""
    if stored.arrays.keys() != computed.arrays.keys():
        return "other arrays", ", ".join(sorted(stored.arrays.keys() ^ computed.arrays.keys())), np.inf
    if stored.sha256 == computed.sha256:
        return "to the bit", "", 0.0
    differences = {key: _difference(stored.arrays[key], computed.arrays[key]) for key in stored.arrays}
    worst = max(differences, key=lambda key: differences[key])
    agree = differences[worst] <= TOLERANCE
    return ("within tolerance" if agree else "differs"), worst, differences[worst]


def _difference(stored: np.ndarray, computed: np.ndarray) -> float:
    """Root mean square difference over that of the recorded array; infinite for other shapes.

    NaN and infinities have to stand in the same places, and count no further.
    """
    if stored.shape != computed.shape:
        return np.inf
    a, b = (one.astype(float) for one in (stored, computed))
    finite = np.isfinite(a)
    if not np.array_equal(a[~finite], b[~finite], equal_nan=True) or not np.isfinite(b[finite]).all():
        return np.inf
    a, b = a[finite], b[finite]
    size = float(np.sqrt(np.mean(a**2))) if a.size else 0.0
    apart = float(np.sqrt(np.mean((a - b) ** 2))) if a.size else 0.0
    return apart / size if size else (np.inf if apart else 0.0)


def table(found: Iterable[Comparison]) -> str:
    """What was compared, a line each."""
    lines = [f"{'point':<44} {'recorded':>9} {'here':>8}  result"]
    for one in found:
        detail = f" ({one.worst}: {one.difference:.1e})" if one.worst else ""
        earlier = ", " + one.state.value if one.state is record.State.EARLIER_CODE else ""
        times = f"{one.seconds[0]:>7.0f} s {one.seconds[1]:>6.0f} s"
        lines.append(f"{one.name:<44} {times}  {one.outcome}{detail}{earlier}")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Compute recorded points again and compare them with the record: what `make verify` calls."""
    parser = argparse.ArgumentParser(prog="python -m noisyweights.pipeline.verify", description=main.__doc__)
    parser.add_argument("experiment", nargs="?", help="one to verify; without it, points are drawn at random")
    parser.add_argument("points", nargs="*", help="of that experiment; all recorded ones without any")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="that points drawn may take together")
    options = parser.parse_args(arguments)
    from noisyweights.experiments.device import Device

    if options.experiment:
        try:
            catalogue.module_of(options.experiment)
        except ValueError as error:
            sys.exit(f"error: {error}")
        names = options.points or list(record.kept(options.experiment))
        wanted = [(options.experiment, point) for point in names]
    else:
        seed = provenance.commit().id
        wanted = drawn(seed, seconds=options.seconds)
        print(f"{len(wanted)} points, drawn by commit {seed[:10] or 'unknown'}")
    if not wanted:
        sys.exit("error: the record holds no such points")
    device, found = Device.open(), []
    for name, point in wanted:
        try:
            found.append(verify(name, point, device=device))
        except ValueError as error:
            sys.exit(f"error: {error}")
        print(f"{found[-1].name}: {found[-1].outcome}", flush=True)
    print(table(found))
    if not all(one.agrees for one in found):
        sys.exit("error: some points do not come out as they are recorded")


if __name__ == "__main__":
    main()
