"""Reads whose noise is fresh for every input: products in which no two inputs meet the same weights.

A cell that fluctuates is drawn again at each read. Elsewhere in this library one draw serves all inputs, as
for a chip that is made once; here each input has a draw of the whole array to itself.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from tqdm import tqdm

from noisyweights import seeds
from noisyweights.hardware.array.crossbar import Readout
from noisyweights.hardware.converters import Converter
from noisyweights.noise import laws
from noisyweights.noise.law import Law
from noisyweights.noise.sampling import sampler

import tensorflow as tf  # isort: skip  (the library loads it quietly)

__all__ = ["fresh_reads"]

# Inputs that are prepared at once, cells of one input that are drawn together, and draws in one call of the
# kernel: these bound the memory. They are part of what a seed stands for.
INPUTS, CELLS, DRAWS = 128, 8, 1 << 18
MULTIPLIED = 16 * INPUTS  # inputs that are multiplied at once


def fresh_reads(
    x: ArrayLike,
    mean: ArrayLike,
    deviation: ArrayLike,
    *,
    law: Law,
    seed: int,
    readout: Readout | None = None,
) -> np.ndarray:
    """Products of inputs with an array that is read anew for each of them: float32 of shape (n, outputs),

    y[b, j] = Σᵢ x[b, i] (mean[i, j] + deviation[i, j] z[b, i, j]), every z an own draw of the law.

    A sum of normal numbers is normal, and no z is in two outputs. So with the Gaussian law y[b, j] is drawn
    at once as xµ + √(x²σ²) z[b, j], which is exact. For any other law every z is drawn, but for inputs that
    are 0, where no noise comes through. The first outputs are the same, to rounding, however many inputs
    follow. Beyond inputs and outputs the memory does not grow with n. Where each output has one deviation for
    all inputs, √(x²σ²) is |x|σ, and takes no product.

    Args:
        x: inputs, (n, inputs).
        mean: mean weights, (inputs, outputs).
        deviation: standard deviations of the weights between reads, alike; 0 for weights that stand still.
        law: of z; see `noise.laws`.
        seed: whole number from which the draws follow.
        readout: converters, the ADC's in the unit of y, and the rows of an array: the sums over so many rows
            are converted one by one, and added as numbers. None for exact products.

    Raises: ValueError for other shapes, no inputs, NaN or infinite numbers, or deviations below 0; TypeError
        when `law` is no law.
    Source: Kingma, Salimans & Welling (2015), §2.2 (the normal sum, there "local reparameterization").
    """
    if not isinstance(law, Law):
        raise TypeError(f"law must be one of noise.laws, got {law!r}")
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused below
        x, mean, deviation = (np.asarray(given, np.float32) for given in (x, mean, deviation))
    if mean.ndim != 2 or not mean.size or deviation.shape != mean.shape:
        raise ValueError(
            f"mean and deviation must both have shape (inputs, outputs), got {mean.shape} and "
            f"{deviation.shape}"
        )
    if x.ndim != 2 or not len(x) or x.shape[1] != len(mean):
        raise ValueError(f"x must hold at least one input, (n, {len(mean)}), got shape {x.shape}")
    for name, numbers in (("x", x), ("mean", mean), ("deviation", deviation)):
        if not np.isfinite(numbers).all():
            bad = np.sum(~np.isfinite(numbers))
            raise ValueError(f"{name} has {bad} values that are NaN or infinite in float32")
    if not (deviation >= 0).all():
        raise ValueError(f"deviations are standard deviations, 0 or more, got {deviation.min()}")
    sums = _normal_sums if law == laws.gaussian() else functools.partial(_drawn_sums, law)
    if readout is None:
        return _read(x, mean, sums(deviation), seed)
    if readout.dac is not None:
        x = _converted(x.copy(), readout.dac)
    total = np.zeros((len(x), mean.shape[1]), np.float32)
    for start in range(0, len(mean), readout.rows):
        tile = slice(start, start + readout.rows)
        own = seed if start == 0 else int(seeds.fold(seed, "tile", start)[0])
        read = _read(x[:, tile], mean[tile], sums(deviation[tile]), own)
        total += read if readout.adc is None else _converted(read, readout.adc)
    return total


def _converted(values: np.ndarray, converter: Converter) -> np.ndarray:
    """What `Converter.quantised` gives, in place and in float32, which takes an eighth of the time."""
    np.clip(values, converter.low, converter.high, out=values)
    values -= np.float32(converter.low)
    values /= np.float32(converter.step)
    np.rint(values, out=values)
    values *= np.float32(converter.step)
    values += np.float32(converter.low)
    return values


def _read(
    x: np.ndarray, mean: np.ndarray, noise: Callable[[np.ndarray, int, int], np.ndarray], seed: int
) -> np.ndarray:
    """Products with the means, and the noise of each block of inputs."""
    weights = tf.constant(mean)
    found = np.empty((len(x), mean.shape[1]), np.float32)
    with tqdm(total=len(x), desc="reads", unit="", delay=5, leave=False) as bar:
        for start in range(0, len(x), MULTIPLIED):
            part = found[start : start + MULTIPLIED]
            part[:] = noise(x[start : start + MULTIPLIED], seed, start)
            part += _product(x[start : start + MULTIPLIED], weights)
            bar.update(len(part))
    return found


def _product(x: np.ndarray, weights: tf.Tensor) -> np.ndarray:
    """x·W by TensorFlow, since NumPy's threads wait for one another when a core is busy elsewhere.

    As a graph, which is several times faster than the bare operation then.
    """
    return _multiplied()(x, weights).numpy()


@functools.cache
def _multiplied() -> Callable[[np.ndarray, tf.Tensor], tf.Tensor]:
    matrix = tf.TensorSpec([None, None], tf.float32)
    return tf.function(tf.matmul, input_signature=[matrix, matrix], autograph=False)


def _normal_sums(deviation: np.ndarray) -> Callable[[np.ndarray, int, int], np.ndarray]:
    alike = (deviation == deviation[:1]).all()
    variance = None if alike else tf.constant(np.square(deviation))

    def noise(x: np.ndarray, seed: int, start: int) -> np.ndarray:
        z = np.empty((len(x), deviation.shape[1]), np.float32)
        for at in range(0, len(x), INPUTS):
            seeds.generator(seed, "normal reads", start + at).standard_normal(
                dtype=np.float32, out=z[at : at + INPUTS]
            )
        if variance is None:
            z *= np.sqrt(np.einsum("ni,ni->n", x, x))[:, None]
            z *= deviation[0]
        else:
            z *= np.sqrt(_product(np.square(x), variance))
        return z

    return noise


def _drawn_sums(law: Law, deviation: np.ndarray) -> Callable[[np.ndarray, int, int], np.ndarray]:
    inputs, outputs = deviation.shape
    groups = max(1, DRAWS // (CELLS * outputs))
    kernel, of_cell = _kernel(law, groups, inputs, outputs), tf.constant(deviation)

    def block(x: np.ndarray, seed: int, start: int) -> np.ndarray:
        owner, cells, weights = _grouped(x, groups)
        at = [seeds.fold(seed, "drawn reads", start, call) for call in range(len(cells) // groups)]
        parts = kernel(
            tf.constant(np.array(at, np.int32).reshape(-1, 2)),
            tf.constant(cells.reshape(-1, groups, CELLS)),
            tf.constant(weights.reshape(-1, groups, CELLS)),
            of_cell,
        )
        parts = tf.reshape(parts, [-1, outputs])[: len(owner)]
        return tf.math.unsorted_segment_sum(parts, owner, len(x)).numpy()

    def noise(x: np.ndarray, seed: int, start: int) -> np.ndarray:
        starts = range(0, len(x), INPUTS)
        return np.concatenate([block(x[at : at + INPUTS], seed, start + at) for at in starts])

    return noise


def _grouped(x: np.ndarray, multiple: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Inputs other than 0 in groups of CELLS, none with those of two rows of x.

    Returns: the row of each group, (groups,); numbers of the cells and the inputs there, (groups + …, CELLS),
        where inputs of 0 fill up the groups, and empty groups fill up a multiple of so many.
    """
    row, cell = np.nonzero(x)
    count = np.bincount(row, minlength=len(x))
    groups = -(-count // CELLS)
    owner = np.repeat(np.arange(len(x)), groups)
    padded = -(-len(owner) // multiple) * multiple
    # A row begins with a group of its own: it moves on by what the rows before it leave empty.
    empty = groups * CELLS - count
    place = np.arange(len(row)) + np.repeat(np.cumsum(empty) - empty, count)
    cells, weights = np.zeros(padded * CELLS, np.int32), np.zeros(padded * CELLS, np.float32)
    cells[place], weights[place] = cell, x[row, cell]
    return owner, cells.reshape(-1, CELLS), weights.reshape(-1, CELLS)


@functools.lru_cache(maxsize=16)
def _kernel(law: Law, groups: int, inputs: int, outputs: int) -> Callable[..., tf.Tensor]:
    """Noise of every group, summed over its cells: (calls, groups, outputs).

    Draws, deviations and the sum are compiled together, in calls of which two run at a time.
    """

    @tf.function(jit_compile=True, autograph=False)
    def summed(seed, cells, weights, deviation):
        z = law.quantile(sampler.uniforms((groups, CELLS, outputs), seed))
        return tf.einsum("gc,gco->go", weights, tf.gather(deviation, cells) * z)

    signature = [
        tf.TensorSpec([None, 2], tf.int32),
        tf.TensorSpec([None, groups, CELLS], tf.int32),
        tf.TensorSpec([None, groups, CELLS], tf.float32),
        tf.TensorSpec([inputs, outputs], tf.float32),
    ]

    @tf.function(input_signature=signature, autograph=False)
    def calls(seed, cells, weights, deviation):
        return tf.map_fn(
            lambda each: summed(*each, deviation),
            (seed, cells, weights),
            fn_output_signature=tf.float32,
            parallel_iterations=2,
        )

    return calls
