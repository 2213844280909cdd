"""Draws by inversion in a TensorFlow graph: uniforms from a seed, and an inverse CDF read from a table.

An inverse CDF is singular at the ends of (0, 1), and at ½ where the density vanishes there, but it is smooth
on every cell that is small against its distance to those points. So u is folded onto its distance w ≤ ¼
from the nearest of 0, ½ and 1, and the floating-point bits of w are the address: exponent and leading
mantissa bits pick an entry, the entry says how many more bits pick the cell, and the bits that are left are
the coordinate in the cell, exactly. No search, no logarithm, and the same code for every law.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

__all__ = ["CUT_BITS", "FORMATS", "Format", "Table", "uniforms"]

# Below this many draws plain operations are quicker than the fused ones, and cost no compilation.
FUSE_FROM = 1 << 13
# An entry is the number of its first cell times 2**CUT_BITS, plus how many bits pick among its cells.
CUT_BITS = 4


def uniforms(shape, seed, dtype: tf.DType = tf.float32) -> tf.Tensor:
    """Return uniforms on the odd multiples of 2⁻²⁴ (float32) or 2⁻⁵³ (float64) in (0, 1), from a seed.

    The lattice is symmetric about ½ and holds neither 0 nor 1, where a quantile can be infinite.
    `seed` is any that TFP takes; a pair of integers gives the same numbers on every machine.
    """
    dtype = tf.as_dtype(dtype)
    half_step = 0.5 * np.finfo(dtype.as_numpy_dtype).eps  # TensorFlow draws multiples of eps in [0, 1)
    seed = tfp.random.sanitize_seed(seed)
    return tf.random.stateless_uniform(shape, seed, dtype=dtype, alg="philox") + half_step


@dataclass(frozen=True)
class Format:
    """How the bits of a folded probability are cut into an address and a coordinate.

    Attributes:
        integer: the dtype of the bits.
        mantissa: how many of them are mantissa.
        quarter: exponent field of ¼, the largest folded probability.
        leading: mantissa bits that pick an entry, after the exponent.
        degree: of the polynomial on each cell.
    """

    integer: tf.DType
    mantissa: int
    quarter: int
    leading: int
    degree: int

    @property
    def entries(self) -> int:
        """Number of entries for each quarter of (0, 1)."""
        return (self.quarter << self.leading) + 1


FORMATS = {
    tf.float32: Format(tf.int32, mantissa=23, quarter=125, leading=3, degree=3),
    tf.float64: Format(tf.int64, mantissa=52, quarter=1021, leading=1, degree=9),
}


@dataclass(frozen=True)
class Table:
    """An inverse CDF: call it with probabilities of its dtype, in any shape; outside [0, 1] it gives NaN.

    Attributes:
        entries: (4 · Format.entries,) for (0, ¼], [¼, ½], then the same mirrored, from the end inwards.
        coefficients: (degree + 1, cells) of powers of the coordinate in [−1, 1), highest power first.
        u_error: largest |cdf(table(u)) − u| seen between the nodes of the cells, before rounding.
    """

    entries: tf.Tensor
    coefficients: tf.Tensor
    u_error: float = field(compare=False)

    def __call__(self, u: tf.Tensor) -> tf.Tensor:
        size = u.shape.num_elements()
        if size is None or size < FUSE_FROM:
            return _evaluate(u, self.entries, self.coefficients)
        z = _FUSED[u.dtype](tf.reshape(u, [-1]), self.entries, self.coefficients)
        return tf.reshape(z, u.shape)


def _evaluate(u: tf.Tensor, entries: tf.Tensor, coefficients: tf.Tensor) -> tf.Tensor:
    form = FORMATS[u.dtype]
    left, right, both = tf.bitwise.left_shift, tf.bitwise.right_shift, tf.bitwise.bitwise_and
    free = form.mantissa - form.leading
    one = (form.quarter + 2) << form.mantissa  # the bits of 1.0

    tail = tf.minimum(u, 1 - u)
    inside = tail >= 0
    tail = tf.where(inside, tail, 0)
    folded = tf.minimum(tail, 0.5 - tail)
    quarter = 2 * tf.cast(u > 0.5, form.integer) + tf.cast(tail > 0.25, form.integer)

    pattern = tf.bitcast(folded, form.integer)
    entry = tf.gather(entries, quarter * form.entries + right(pattern, free))
    cut = both(entry, (1 << CUT_BITS) - 1)
    rest = both(pattern, (1 << free) - 1)
    cell = right(entry, CUT_BITS) + right(rest, free - cut)
    coordinate = both(left(rest, form.leading + cut), (1 << form.mantissa) - 1)
    s = 2 * tf.bitcast(tf.bitwise.bitwise_or(coordinate, one), u.dtype) - 3

    z = tf.gather(coefficients[0], cell)
    for power in range(1, form.degree + 1):
        z = z * s + tf.gather(coefficients[power], cell)
    return tf.where(inside, z, np.nan)


def _fuse(dtype: tf.DType) -> Callable[..., tf.Tensor]:
    """One kernel that reads each probability once. A generator inside of it would be slow on CPUs."""
    form = FORMATS[dtype]
    signature = [
        tf.TensorSpec([None], dtype),
        tf.TensorSpec([4 * form.entries], form.integer),
        tf.TensorSpec([form.degree + 1, None], dtype),
    ]
    return tf.function(_evaluate, input_signature=signature, jit_compile=True, autograph=False)


_FUSED = {dtype: _fuse(dtype) for dtype in FORMATS}
