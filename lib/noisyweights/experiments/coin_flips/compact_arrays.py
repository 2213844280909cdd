"""How a point keeps votes and choices: in few bytes, and without loss."""

from collections.abc import Mapping

import numpy as np

__all__ = ["narrow", "widen"]


def narrow(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The same numbers in fewer bytes: votes as uint16, other whole numbers as uint8, the rest as it is.

    Votes are the arrays whose name begins with "votes", other whole numbers classes. It may be applied again.

    Raises: ValueError for a number that does not fit.
    """
    return {name: _narrowed(name, np.asarray(array)) for name, array in arrays.items()}


def _narrowed(name: str, array: np.ndarray) -> np.ndarray:
    if array.dtype.kind not in "iu":
        return array
    kept = np.uint16 if name.startswith("votes") else np.uint8
    if array.size and not 0 <= array.min() <= array.max() <= np.iinfo(kept).max:
        raise ValueError(
            f"{name} holds {array.min()} to {array.max()}, and {np.dtype(kept)} keeps 0 to "
            f"{np.iinfo(kept).max}"
        )
    return array.astype(kept)


def widen(array: np.ndarray) -> np.ndarray:
    """Whole numbers as int64, which can be subtracted and negated; others as they are."""
    return array.astype(np.int64) if array.dtype.kind in "iu" else array
