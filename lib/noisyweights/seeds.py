"""Stateless seeds derived from names: the same names give the same numbers, in any order and process."""

import hashlib
import json

import numpy as np

__all__ = ["fold", "generator"]


def fold(seed: int, *names: str | int) -> np.ndarray:
    """Seed of the thing that `names` call, for TensorFlow's stateless operations: int32, shape (2,).

    Different names, or another `seed`, give unrelated numbers. Raises TypeError for a name that is neither
    text nor a whole number.
    """
    return np.frombuffer(_digest(seed, names)[:8], dtype="<i4").copy()


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """NumPy generator of the thing that `names` call, independent of every other name's."""
    return np.random.default_rng(np.frombuffer(_digest(seed, names)[:16], dtype="<u4"))


def _digest(seed: int, names: tuple[str | int, ...]) -> bytes:
    for name in (seed, *names):
        if not isinstance(name, str | int | np.integer) or isinstance(name, bool):
            raise TypeError(f"{name!r} cannot name a seed: give text or a whole number")
    text = json.dumps([int(seed), *(n if isinstance(n, str) else int(n) for n in names)])
    return hashlib.sha256(text.encode()).digest()
