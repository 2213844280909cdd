"""Points of one kind, however many there are: trainings "fashion-relu-0", "fashion-relu-1" …, or chunks."""

from collections.abc import Mapping

import numpy as np

__all__ = ["kind", "named", "of_kind", "stacked"]

Arrays = Mapping[str, np.ndarray]


def named(kind: str, count: int, *, separator: str = "-") -> tuple[str, ...]:
    """Names of the first `count` points of a kind."""
    return tuple(f"{kind}{separator}{number}" for number in range(count))


def kind(name: str, *, separator: str = "-") -> str:
    """The kind of a point of this name: "mean-field" of "mean-field-0"."""
    return name.rpartition(separator)[0]


def of_kind(points: Mapping[str, Arrays], kind: str, *, separator: str = "-") -> dict[int, Arrays]:
    """Arrays of the points of a kind by their numbers, in the order of these.

    Numbers need not follow on each other. Raises: ValueError if there is no such point.
    """
    found = {}
    for name, arrays in points.items():
        own, _, number = name.rpartition(separator)
        if own == kind and number.isdecimal():
            found[int(number)] = arrays
    if not found:
        raise ValueError(
            f"no point of {kind} is there ({', '.join(points) or 'there are none'}): "
            f"compute {kind}{separator}0"
        )
    return dict(sorted(found.items()))


def stacked(points: Mapping[str, Arrays], kind: str, quantity: str, *, separator: str = "-") -> np.ndarray:
    """One array of all points of a kind: (points, …). Raises: ValueError if there is none."""
    return np.stack([arrays[quantity] for arrays in of_kind(points, kind, separator=separator).values()])
