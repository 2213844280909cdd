"""Layers of trained networks, put on the cells of a chip: one maker for each kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import keras
import numpy as np

from noisyweights import seeds
from noisyweights.hardware.array import crossbar, slices
from noisyweights.hardware.array.crossbar import Crossbar
from noisyweights.hardware.chip import Chip, ScaleStore
from noisyweights.hardware.deployment.coin_draws import CoinReads
from noisyweights.hardware.deployment.driven import DrivenProduct
from noisyweights.hardware.deployment.layers import ArrayBinary, ArrayLayer
from noisyweights.hardware.deployment.patches import Patches
from noisyweights.networks.binary import layers as binary
from noisyweights.networks.binary import stochastic_passes
from noisyweights.networks.coin_flips import rescaling
from noisyweights.networks.coin_flips.coins import Coins
from noisyweights.networks.mean_field import twins
from noisyweights.networks.mean_field.layers import MeanField, MeanFieldConv2D, MeanFieldDense

__all__ = ["MAKERS", "Rngs"]


class Rngs:
    """Generators of one layer's cells, named by what they are for."""

    def __init__(self, seed: int, place: int):
        self._name = (seed, "chip", place)

    def __call__(self, purpose: str) -> np.random.Generator:
        return seeds.generator(*self._name, purpose)


_PAIR = ("positive_uS", "negative_uS")
REFERENCE_CELLS = 1024  # whose mean is taken off


def _array(placed: Crossbar, chip: Chip, rng: Rngs) -> Crossbar:
    """The crossbar of pairs after what happens to its cells, and with its wires."""
    pair = {name: _faulty(getattr(placed, name), name, chip, rng) for name in _PAIR}
    return _wired(replace(placed, **pair), chip)


def _beside_reference(placed: Crossbar, levels_uS: np.ndarray, chip: Chip, rng: Rngs) -> Crossbar:
    """As `_array`, of single cells: what is taken off is the mean of many cells at other levels.

    Errors of single cells hardly move it, and what happens to all of them does.

    Args:
        levels_uS: of the reference, (columns, k); it is the mean of all k.
    """
    if chip.faults:
        kinds, which = np.unique(levels_uS, return_inverse=True)
        many = _faulty(np.tile(kinds, (REFERENCE_CELLS, 1)), "reference", chip, rng).mean(0)
        reference = many[which].reshape(levels_uS.shape).mean(1)
        placed = replace(placed, negative_uS=np.broadcast_to(reference, placed.negative_uS.shape).copy())
    cells = _faulty(placed.positive_uS, "positive_uS", chip, rng)
    return _wired(replace(placed, positive_uS=cells), chip)


def _faulty(cells: np.ndarray, name: str, chip: Chip, rng: Rngs) -> np.ndarray:
    for place, fault in enumerate(chip.faults):
        cells = fault(cells, rng=rng(f"{name}/{place}"))
    return cells


def _wired(placed: Crossbar, chip: Chip) -> Crossbar:
    if chip.row_ohm or chip.column_ohm:
        lines = {"row_ohm": chip.row_ohm, "column_ohm": chip.column_ohm}
        return placed.wired(rows=chip.rows, columns=chip.columns, **lines)
    return placed


def _placed(
    mean: np.ndarray,
    deviation: np.ndarray | None,
    chip: Chip,
    rng: Rngs,
    *,
    power: np.ndarray | None = None,
) -> Crossbar:
    """A matrix of weights on cells, as the chip is driven, after faults and with wires."""
    settings = {"cell": chip.cell, "rng": rng("cells"), "power": power}
    if chip.drive is None:
        placed = crossbar.place(mean, deviation, **settings)
    else:
        placed = slices.place_driven(mean, deviation, drive=chip.drive, **settings)
    if deviation is not None:
        set_uS = chip.junctions.set_to(placed.deviation_uS, power=power, rng=rng("junctions"))
        placed = replace(placed, deviation_uS=set_uS)
    if _offset(chip):
        return _beside_reference(placed, placed.negative_uS[:1].T, chip, rng)
    return _array(placed, chip, rng)


def _offset(chip: Chip) -> bool:
    return chip.drive is not None and chip.drive.encoding == "offset"


def _weights(
    layer: keras.layers.Layer, placed: Crossbar, chip: Chip, bias: np.ndarray | None, *, fresh: bool
) -> dict:
    """What a layer of numbers takes beside its cells."""
    pair = (placed.positive_uS,) if _offset(chip) else (placed.positive_uS, placed.negative_uS)
    columns = 1 if chip.drive is None else chip.drive.slices
    return _common(layer, placed, chip, bias, fresh=fresh, slices=columns, noisy=pair)


def _common(
    layer: keras.layers.Layer,
    placed: Crossbar,
    chip: Chip,
    bias: np.ndarray | None,
    *,
    fresh: bool,
    slices: int,
    noisy: tuple[np.ndarray, ...],
) -> dict:
    """Arguments of every layer on arrays; `noisy` are the cells whose reads differ."""
    patches = None
    if hasattr(layer, "kernel_size"):
        patches = Patches(layer.kernel_size, layer.strides, layer.padding)
    return {
        "read_uS": chip.read_deviation_uS(*noisy),
        "rows": chip.rows,
        "driven": None if chip.drive is None else DrivenProduct(chip, gain_uS=placed.gain_uS, slices=slices),
        "slices": slices,
        "fresh": fresh and patches is not None,
        "patches": patches,
        "bias": np.zeros(len(placed.gain_uS) // slices) if bias is None else bias,
        "name": layer.name,
    }


def _mean_field(layer: MeanField, chip: Chip, *, rng: Rngs, fresh: bool, power: np.ndarray) -> ArrayLayer:
    if chip.junctions is None:
        raise ValueError(f"{layer.name} has random weights, and the chip no junctions: see chip.Junctions")
    if layer.biases == "random":
        raise ValueError(f"{layer.name} has random biases, and arrays here add biases as numbers")
    if isinstance(layer, MeanFieldConv2D):
        twins.check_plain(layer)
    mean = _matrix(np.asarray(layer.kernel_loc))
    deviation = np.exp(_matrix(np.asarray(layer.kernel_log_scale)), dtype=np.float64)
    placed = _placed(mean, deviation, chip, rng, power=power)
    bias = None if layer.biases == "none" else np.asarray(layer.bias)
    return ArrayLayer(
        placed, law=layer.law, activation=layer.activation, **_weights(layer, placed, chip, bias, fresh=fresh)
    )


def _deterministic(layer: keras.layers.Layer, chip: Chip, *, rng: Rngs, fresh: bool) -> ArrayLayer:
    if isinstance(layer, keras.layers.Conv2D):
        twins.check_plain(layer)
    kernel = _matrix(rescaling.kernel_of(layer))
    bias = np.asarray(layer.bias) if layer.use_bias else None
    if chip.coin_bits is None or not isinstance(layer, keras.layers.Dense):
        placed = _placed(kernel, None, chip, rng)
        given = _weights(layer, placed, chip, bias, fresh=fresh)
        return ArrayLayer(placed, activation=layer.activation, **given)
    try:
        odds = Coins(kernel, chip.coin_bits).odds
    except ValueError as error:
        raise ValueError(f"{layer.name}: {error}") from error
    # The same cells twice: as they are where a coin shows nothing, and where it shows the weight's sign.
    signs = np.where(kernel < 0, -1.0, 1.0)
    off, on = (
        _array(crossbar.place(of, None, cell=chip.cell, rng=rng("cells")), chip, rng)
        for of in (np.zeros_like(kernel), signs)
    )
    off = replace(off, gain_uS=on.gain_uS)
    mean = _difference(off) + odds * (_difference(on) - _difference(off))
    return ArrayLayer(
        on,
        drawn=CoinReads(_difference(off), _difference(on), odds),
        mean_uS=mean,
        activation=layer.activation,
        **_common(layer, on, chip, bias, fresh=False, slices=1, noisy=(on.positive_uS, on.negative_uS)),
    )


def _binary(layer: keras.layers.Layer, chip: Chip, *, rng: Rngs, fresh: bool) -> ArrayBinary:
    signs = _matrix(keras.ops.convert_to_numpy(layer.binary_kernel()))
    signed = crossbar.place_signs(signs, cell=chip.cell, rng=rng("cells"))
    ends = np.take(chip.cell.levels_uS, [0, -1])
    placed = _beside_reference(signed, np.tile(ends, (signs.shape[1], 1)), chip, rng)
    scales = np.asarray(layer.scale)[np.newaxis] if hasattr(layer, "scale") else None
    if scales is None:
        if chip.scales is None:
            raise ValueError(f"{layer.name} has random scales, and the chip no store: see chip.ScaleStore")
        scales = _stored(layer, chip.scales, rng)
    return ArrayBinary(
        placed,
        binary_inputs=layer.binary_inputs,
        pool_size=getattr(layer, "pool_size", 1),
        moving_mean=np.asarray(layer.moving_mean),
        moving_variance=np.asarray(layer.moving_variance),
        scales=scales,
        **_common(
            layer, placed, chip, np.asarray(layer.bias), fresh=fresh, slices=1, noisy=(placed.positive_uS,)
        ),
    )


def _stored(layer: keras.layers.Layer, store: ScaleStore, rng: Rngs) -> np.ndarray:
    """Scales as cells hold them: the range from 0 to the layer's largest on that of the cell."""
    low, high = store.cell.levels_uS[0], store.cell.levels_uS[-1]
    wanted = stochastic_passes.draw_scales(layer, store.vectors, rng("scales"))
    gain = (high - low) / layer.largest_scale()
    written = store.cell.written(store.cell.nearest(low + wanted * gain), rng("store"))
    return np.maximum(written - low, 0) / gain


def _matrix(kernel: np.ndarray) -> np.ndarray:
    return kernel.reshape(-1, kernel.shape[-1])


def _difference(placed: Crossbar) -> np.ndarray:
    return placed.positive_uS - placed.negative_uS


MAKERS: dict[type, Callable[..., ArrayLayer]] = {
    **dict.fromkeys((MeanFieldDense, MeanFieldConv2D), _mean_field),
    **dict.fromkeys((binary.BinaryDense, binary.ScaledBinaryDense), _binary),
    **dict.fromkeys((binary.BinaryConv2D, binary.ScaledBinaryConv2D), _binary),
    keras.layers.Dense: _deterministic,
    keras.layers.Conv2D: _deterministic,
}
