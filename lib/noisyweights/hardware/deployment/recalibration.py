"""Drift compensation: products of aged arrays scaled back by a few reads, and what these reads cost."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from noisyweights import seeds
from noisyweights.hardware.costs import figures
from noisyweights.hardware.costs.ranges import Figure, summed
from noisyweights.hardware.deployment import array_layers_of
from noisyweights.hardware.deployment.layers import ArrayLayer
from noisyweights.networks import weight_draws

__all__ = ["Recalibration", "recalibrate"]

_PER = ("array", "column")


@dataclass(frozen=True, eq=False)
class Recalibration:
    """What a recalibration found, and what it took.

    Attributes:
        factors: of each layer, by which its products are multiplied from now on: (1,) or (outputs,).
        array_reads: reads of arrays: inputs times repetitions, for all tiles of all layers.
        cell_reads: of cells in them.
        conversions: of columns by an ADC of `adc_bits`; None for an exact one, which has no price.
    """

    factors: tuple[np.ndarray, ...]
    array_reads: int
    cell_reads: int
    conversions: int
    adc_bits: int | None

    @property
    def energy_uJ(self) -> Figure:
        """Of cells and converters, by the figures of `costs`; drivers and logic are not counted.

        Raises: ValueError for exact converters.
        """
        if self.adc_bits is None:
            raise ValueError("exact converters have no price: give the chip adc_bits")
        cell = figures.read_pJ(figures.LEVEL_CELL_uS, figures.READ_V).times(self.cell_reads)
        adc = figures.conversion_pJ(figures.SAR_ADC_fJ, bits=self.adc_bits).times(self.conversions)
        return summed("pJ", (cell, adc)).times(1e-6, unit="µJ")


def recalibrate(
    aged: keras.Model, first: keras.Model, inputs: ArrayLike, *, per: str, repeats: int, seed: int
) -> Recalibration:
    """Scale what aged arrays give to what they gave at first, in place, by reads of a few inputs.

    Products get the ratio of their summed sizes, then and now, with the inputs that the layer met at first:
    one factor for the arrays of a layer, as is usual, or one for each output. It is a factor of the digital
    sums, and needs no other hardware.

    Args:
        aged, first: deployed networks, of the same cells: see `ageing.age`. The first has not to be aged, and
            the aged one must not have predicted yet: its graph would keep the factors that it had.
        inputs: (n, …), a few.
        per: "array" or "column".
        repeats: reads of each input, which are averaged; the reference takes as many.
        seed: of the reads.

    Raises: ValueError for another word, no repeats, inputs that are none, or arrays that read nothing.
    Source: V. Joshi et al., Nat. Commun. 11, 2473 (2020), "global drift compensation".
    """
    if per not in _PER:
        raise ValueError(f'per must be "array" or "column", got {per!r}')
    if repeats < 1 or not len(np.asarray(inputs)):
        raise ValueError(f"repeats and inputs must be 1 or more, got {repeats} and {len(np.asarray(inputs))}")
    given = tf.constant(np.asarray(inputs, np.float32))
    factors, reads, cells, conversions = [], 0, 0, 0
    for place, (old, new) in enumerate(zip(array_layers_of(first), array_layers_of(aged), strict=True)):
        x, _ = old.met(lambda: first(given, training=False))[0]
        then, now = (
            _size(layer, x, per, [seeds.fold(seed, name, place, read) for read in range(repeats)])
            for name, layer in (("then", old), ("now", new))
        )
        if not now.any():
            raise ValueError(f"{new.name} reads nothing of these inputs: give others")
        factor = np.divide(then, now, out=np.ones_like(now), where=now > 0)
        new.rescale(factor)
        factors.append(factor)
        rows, columns = new.crossbar.positive_uS.shape
        tiles, vectors = -(-rows // new.readout.rows), int(np.prod(x.shape[:-1])) * repeats
        reads += vectors * tiles
        cells += vectors * 2 * rows * columns
        conversions += vectors * tiles * columns
    adc = array_layers_of(aged)[0].readout.adc
    return Recalibration(tuple(factors), reads, cells, conversions, None if adc is None else adc.bits)


def _size(layer: ArrayLayer, x: tf.Tensor, per: str, at: list[np.ndarray]) -> np.ndarray:
    """Mean size of the products, of the means over reads: (1,), or (outputs,)."""
    total = 0.0
    for seed in at:
        drawn = {(layer, name): layer.sample(name, tf.constant(seed)) for name in layer.random_weights}
        with weight_draws.holding(drawn):
            total = total + layer.multiply(x).numpy()
    sizes = np.abs(total / len(at)).reshape(-1, total.shape[-1]).mean(0)
    return sizes if per == "column" else sizes.mean(keepdims=True)
