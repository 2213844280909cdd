"""Deployment: a trained network becomes one on arrays of cells, with the same ways to predict."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from noisyweights import seeds
from noisyweights.hardware.array import crossbar
from noisyweights.hardware.array.crossbar import Crossbar
from noisyweights.hardware.chip import Chip, ScaleStore
from noisyweights.hardware.costs.workloads import check_no_matrix
from noisyweights.hardware.deployment import layers as array_layers
from noisyweights.hardware.deployment.layers import ArrayBinary, ArrayLayer, Patches
from noisyweights.networks import weight_draws
from noisyweights.networks.binary import layers as binary
from noisyweights.networks.binary import stochastic_passes
from noisyweights.networks.coin_flips import rescaling
from noisyweights.networks.coin_flips.coins import Coins
from noisyweights.networks.mean_field import twins
from noisyweights.networks.mean_field.layers import MeanField, MeanFieldConv2D, MeanFieldDense

__all__ = ["array_layers_of", "deploy"]

_CALIBRATIONS = 3  # reads, beside that of the means, by which converters are set


def deploy(model: keras.Model, chip: Chip, *, calibration: ArrayLike, seed: int) -> keras.Model:
    """Return the network on arrays of a chip, for `inference.predict_draws`: one read of all arrays a draw.

    Kernels of dense layers and convolutions go on cells, random ones on cells with junctions, binary ones on
    single cells, random scales in a store beside them. Biases, activations, normalisation and pooling stay
    digital. The same seed gives the same chip, cell by cell, whatever else is set.

    Args:
        model: functional or sequential, of float32; trained. Mean-field layers keep their law, and are drawn
            from the same uniforms as in software. On a chip with `coin_bits` kernels of ordinary dense layers
            are odds of coins, and convolutions stand still.
        chip: what it is built of.
        calibration: inputs, (n, …), by which the converters' ranges are set, and the strength of junctions;
            some hundred do.
        seed: whole number from which cells and stored scales follow.

    A convolution meets one draw at all positions, and resistive wires are solved once for the cells' means:
    see `Crossbar.wired`. Where nothing on the chip is random, `predict` says all. A deployed network cannot
    be saved: keep the model and deploy it again.

    Raises: ValueError for a model without such layers, with other matrices of weights, with random biases, in
        another precision, or of a kind that the chip has no parts for; for coins with weights outside of
        [−1, 1]; and for calibration inputs of another shape, none, NaN or infinite.
    """
    calibration = _checked(model, calibration)
    places = itertools.count()
    found: list[ArrayLayer] = []

    def twin_of(layer):
        maker = _MAKERS.get(type(layer))
        if maker is None:
            if isinstance(layer, keras.layers.Layer):  # and not a bare operation, such as a sum
                check_no_matrix(layer)
            return None
        if layer.compute_dtype != "float32":
            raise ValueError(f"{layer.name} computes in {layer.compute_dtype}, and arrays here in float32")
        rng = _Rngs(seed, next(places))
        if isinstance(layer, MeanField):
            found.append(maker(layer, chip, rng, powers[layer]))
        else:
            found.append(maker(layer, chip, rng))
        return found[-1]

    powers = _powers(model, calibration, seed)
    deployed = twins.cloned(model, twin_of)
    if not found:
        raise ValueError(f"{model.name} has no layer to put on arrays: dense or convolutional, random or not")
    _calibrate(deployed, found, chip, calibration, seed)
    return deployed


def array_layers_of(model: keras.Model) -> list[ArrayLayer]:
    """Layers of a deployed network that are on arrays, each once."""
    # Keras has no public way to the layers inside of layers.
    return [layer for layer in model._flatten_layers() if isinstance(layer, ArrayLayer)]


class _Rngs:
    """Generators of one layer's cells, named by what they are for."""

    def __init__(self, seed: int, place: int):
        self._name = (seed, "chip", place)

    def __call__(self, purpose: str) -> np.random.Generator:
        return seeds.generator(*self._name, purpose)


def _checked(model: keras.Model, calibration: ArrayLike) -> np.ndarray:
    """The inputs of a calibration, float32."""
    if len(getattr(model, "inputs", None) or ()) != 1:
        raise ValueError(f"{model.name} must be functional or sequential, of one input, to be put on arrays")
    calibration, wanted = np.asarray(calibration, np.float32), tuple(model.inputs[0].shape)
    sides = zip(calibration.shape[1:], wanted[1:], strict=False)
    if calibration.ndim != len(wanted) or any(side not in (found, None) for found, side in sides):
        raise ValueError(f"calibration must have shape (n, {str(wanted[1:])[1:]}, got {calibration.shape}")
    if not len(calibration) or not np.isfinite(calibration).all():
        raise ValueError(f"calibration needs finite inputs, at least one, got shape {calibration.shape}")
    return calibration


def _powers(model: keras.Model, inputs: np.ndarray, seed: int) -> dict[keras.layers.Layer, np.ndarray]:
    """Mean square of what the rows of each mean-field kernel are driven by, (rows,), in a draw of software.

    Those of a convolution are its channels', at each place of the kernel.
    """
    layers = [layer for layer in model._flatten_layers() if isinstance(layer, MeanField)]
    if not layers:
        return {}
    heard: dict[keras.layers.Layer, list[np.ndarray]] = {layer: [] for layer in layers}

    def listening(layer: keras.layers.Layer, call: Callable) -> Callable:
        def listened(x, *args, **kwargs):
            heard[layer].append(np.square(x).mean(tuple(range(len(x.shape) - 1))))
            return call(x, *args, **kwargs)

        return listened

    try:
        for layer in layers:
            layer.call = listening(layer, layer.call)
        with weight_draws.chip(model, tf.constant(weight_draws.chip_seeds(model, draws=1, seed=seed)[0])):
            model(inputs, training=False)
    finally:
        for layer in layers:
            del layer.call
    means = {layer: np.mean(each, 0) for layer, each in heard.items()}
    rows = {layer: int(np.prod(layer.kernel_loc.shape[:-1])) for layer in layers}
    return {layer: np.tile(mean, rows[layer] // len(mean)) for layer, mean in means.items()}


def _calibrate(
    model: keras.Model, layers: list[ArrayLayer], chip: Chip, inputs: np.ndarray, seed: int
) -> None:
    if chip.dac_bits is None and chip.adc_bits is None:
        return
    random = any(layer.random_weights for layer in layers)
    drawn = weight_draws.chip_seeds(model, draws=_CALIBRATIONS, seed=seed) if random else ()

    def run() -> None:
        model(inputs, training=False)
        for at in drawn:
            with weight_draws.chip(model, tf.constant(at)):
                model(inputs, training=False)

    # Layer by layer, each behind converters that are already set.
    for layer in layers:
        driven = getattr(layer, "binary_inputs", False)  # signs need a switch for each row, and no converter
        layer.calibrate(
            run,
            dac_bits=None if driven else chip.dac_bits,
            adc_bits=chip.adc_bits,
            coverage=chip.coverage,
        )


_PAIR = ("positive_uS", "negative_uS")


def _array(placed: Crossbar, chip: Chip, rng: _Rngs, *, written: tuple[str, ...] = _PAIR) -> Crossbar:
    """The crossbar after faults of the cells that were written, and with its wires."""
    pair = {}
    for name in written:
        cells = getattr(placed, name)
        for place, fault in enumerate(chip.faults):
            cells = fault(cells, rng=rng(f"{name}/{place}"))
        pair[name] = cells
    placed = replace(placed, **pair)
    if chip.row_ohm or chip.column_ohm:
        lines = {"row_ohm": chip.row_ohm, "column_ohm": chip.column_ohm}
        placed = placed.wired(rows=chip.rows, columns=chip.columns, **lines)
    return placed


def _common(layer: keras.layers.Layer, placed: Crossbar, chip: Chip, bias: np.ndarray | None) -> dict:
    patches = None
    if hasattr(layer, "kernel_size"):
        patches = Patches(layer.kernel_size, layer.strides, layer.padding)
    return {
        "read_uS": chip.read_noise * np.hypot(placed.positive_uS, placed.negative_uS),
        "rows": chip.rows,
        "patches": patches,
        "bias": np.zeros(len(placed.gain_uS)) if bias is None else bias,
        "name": layer.name,
    }


def _mean_field(layer: MeanField, chip: Chip, rng: _Rngs, power: np.ndarray) -> ArrayLayer:
    if chip.junctions is None:
        raise ValueError(f"{layer.name} has random weights, and the chip no junctions: see chip.Junctions")
    if layer.biases == "random":
        raise ValueError(f"{layer.name} has random biases, and arrays here add biases as numbers")
    mean = _matrix(np.asarray(layer.kernel_loc))
    deviation = np.exp(_matrix(np.asarray(layer.kernel_log_scale)), dtype=np.float64)
    placed = crossbar.place(mean, deviation, cell=chip.cell, rng=rng("cells"), power=power)
    set_uS = chip.junctions.set_to(placed.deviation_uS, power=power, rng=rng("junctions"))
    placed = _array(replace(placed, deviation_uS=set_uS), chip, rng)
    bias = None if layer.biases == "none" else np.asarray(layer.bias)
    return ArrayLayer(
        placed, law=layer.law, activation=layer.activation, **_common(layer, placed, chip, bias)
    )


def _deterministic(layer: keras.layers.Layer, chip: Chip, rng: _Rngs) -> ArrayLayer:
    if isinstance(layer, keras.layers.Conv2D):
        twins.check_plain(layer)
    kernel = _matrix(rescaling.kernel_of(layer))
    bias = np.asarray(layer.bias) if layer.use_bias else None
    if chip.coin_bits is None or not isinstance(layer, keras.layers.Dense):
        placed = _array(crossbar.place(kernel, None, cell=chip.cell, rng=rng("cells")), chip, rng)
        return ArrayLayer(placed, activation=layer.activation, **_common(layer, placed, chip, bias))
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
        drawn=array_layers.coins(off, on, odds=odds),
        mean_uS=mean,
        activation=layer.activation,
        **_common(layer, on, chip, bias),
    )


def _binary(layer: keras.layers.Layer, chip: Chip, rng: _Rngs) -> ArrayBinary:
    signs = _matrix(keras.ops.convert_to_numpy(layer.binary_kernel()))
    # The reference is the mean of a column of cells, which errors of single cells and reads hardly move.
    signed = crossbar.place_signs(signs, cell=chip.cell, rng=rng("cells"))
    placed = _array(signed, chip, rng, written=_PAIR[:1])
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
        **_common(layer, placed, chip, np.asarray(layer.bias))
        | {"read_uS": chip.read_noise * placed.positive_uS},
    )


def _stored(layer: keras.layers.Layer, store: ScaleStore, rng: _Rngs) -> np.ndarray:
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


_MAKERS: dict[type, Callable[..., ArrayLayer]] = {
    **dict.fromkeys((MeanFieldDense, MeanFieldConv2D), _mean_field),
    **dict.fromkeys((binary.BinaryDense, binary.ScaledBinaryDense), _binary),
    **dict.fromkeys((binary.BinaryConv2D, binary.ScaledBinaryConv2D), _binary),
    keras.layers.Dense: _deterministic,
    keras.layers.Conv2D: _deterministic,
}
