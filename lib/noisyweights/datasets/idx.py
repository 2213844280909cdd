"""The idx format of MNIST and its successors: a header of big-endian sizes, then unsigned bytes.

So short that it is written out here: to read it by a package, there would be one more to install.
"""

import math
import struct

import numpy as np

__all__ = ["decode", "encode"]

UNSIGNED_BYTE = 0x08  # the one kind of number that the image sets use
MOST_AXES = 4


def decode(content: bytes) -> np.ndarray:
    """Return the array, uint8 of 1 to 4 axes and read-only, that the bytes of an idx file hold.

    Layout: two zero bytes, the kind of number, the number of axes d, d sizes of 32 bits, the values in C
    order. Raises ValueError for bytes that are no idx file, hold another kind of number, or are cut short or
    too many.
    Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".
    """
    if len(content) < 4 or content[:2] != b"\0\0" or not 1 <= content[3] <= MOST_AXES:
        raise ValueError(
            f"not an idx file (it begins with {content[:4].hex(' ') or 'nothing'}): get it again"
        )
    kind, axes = content[2], content[3]
    if kind != UNSIGNED_BYTE:
        raise ValueError(f"an idx file of numbers of kind 0x{kind:02x}: only unsigned bytes (0x08) are read")
    start = 4 + 4 * axes
    if len(content) < start:
        raise ValueError(f"cut short in its header, after {len(content)} bytes: get it again")
    shape = struct.unpack_from(f">{axes}I", content, 4)
    size = math.prod(shape)
    if len(content) - start != size:
        raise ValueError(
            f"{len(content) - start:,} values where {size:,} {shape} are announced: get it again"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def encode(array: np.ndarray) -> bytes:
    """Return the bytes of the idx file of an array of unsigned bytes with 1 to 4 axes.

    Raises ValueError for any other array.
    """
    if array.dtype != np.uint8 or not 1 <= array.ndim <= MOST_AXES:
        raise ValueError(
            f"an array of {array.dtype} with {array.ndim} axes: give uint8 with 1 to {MOST_AXES}"
        )
    header = bytes([0, 0, UNSIGNED_BYTE, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.tobytes()
