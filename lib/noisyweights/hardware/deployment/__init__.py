"""Deployment: a trained network becomes one on arrays of cells, with the same ways to predict."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from noisyweights.hardware.chip import Chip
from noisyweights.hardware.costs.workloads import check_no_matrix
from noisyweights.hardware.deployment import saving
from noisyweights.hardware.deployment.layers import ArrayLayer
from noisyweights.hardware.deployment.makers import MAKERS, Rngs
from noisyweights.networks import weight_draws
from noisyweights.networks.mean_field import twins
from noisyweights.networks.mean_field.layers import MeanField

__all__ = ["array_layers_of", "deploy"]

_CALIBRATIONS = 3  # reads, beside that of the means, by which converters are set


def deploy(
    model: keras.Model, chip: Chip, *, calibration: ArrayLike, seed: int, positions: str = "shared"
) -> keras.Model:
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
        positions: what a convolution meets at its positions: "shared", one read at all of them, or "fresh",
            a read of its own at each, as an array gives that takes them one after the other. Junctions and
            read noise then fluctuate from position to position; coins and scales are tossed once a draw, and
            hold. It takes memory for a draw of the cells at each position.

    Resistive wires are solved once for the cells' means: see `Crossbar.wired`. Where nothing on the chip is
    random, `predict` says all. `saving` keeps a deployed network in a file.

    Raises: ValueError for a model without such layers, with other matrices of weights, with random biases, in
        another precision, or of a kind that the chip has no parts for; for coins with weights outside of
        [−1, 1]; for calibration inputs of another shape, none, NaN or infinite; and for other positions, or
        fresh ones of inputs whose size is open.
    """
    calibration = _checked(model, calibration)
    _check_positions(model, positions)
    places = itertools.count()
    found: list[ArrayLayer] = []

    def twin_of(layer):
        maker = MAKERS.get(type(layer))
        if maker is None:
            if isinstance(layer, keras.layers.Layer):  # and not a bare operation, such as a sum
                check_no_matrix(layer)
            return None
        if layer.compute_dtype != "float32":
            raise ValueError(f"{layer.name} computes in {layer.compute_dtype}, and arrays here in float32")
        given = {"rng": Rngs(seed, next(places)), "fresh": positions == "fresh"}
        if isinstance(layer, MeanField):
            given["power"] = powers[layer]
        found.append(maker(layer, chip, **given))
        return found[-1]

    powers = _powers(model, calibration, seed)
    deployed = twins.cloned(model, twin_of)
    if not found:
        raise ValueError(f"{model.name} has no layer to put on arrays: dense or convolutional, random or not")
    _calibrate(deployed, found, chip, calibration, seed)
    saving.remember(deployed, chip=chip, calibration=calibration, seed=seed, positions=positions)
    return deployed


def array_layers_of(model: keras.Model) -> list[ArrayLayer]:
    """Layers of a deployed network that are on arrays, each once."""
    # Keras has no public way to the layers inside of layers.
    return [layer for layer in model._flatten_layers() if isinstance(layer, ArrayLayer)]


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


def _check_positions(model: keras.Model, positions: str) -> None:
    if positions not in ("shared", "fresh"):
        raise ValueError(f'positions must be "shared" or "fresh", got {positions!r}')
    if positions == "fresh" and None in model.inputs[0].shape[1:]:
        raise ValueError(
            f"{model.name} takes inputs of any size, {tuple(model.inputs[0].shape[1:])}, and reads at fresh "
            "positions are as many as its input has: build it for one size"
        )


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
