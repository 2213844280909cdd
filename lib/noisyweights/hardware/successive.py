"""Successive reads: draws of a deployed network whose junctions remember the read before."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike
from scipy import special
from tqdm import tqdm

from noisyweights import seeds
from noisyweights.hardware import nonidealities
from noisyweights.hardware.array_layers import ArrayLayer
from noisyweights.hardware.deployment import array_layers_of
from noisyweights.networks import chips
from noisyweights.noise.law import Law

__all__ = ["predict_successive"]


def predict_successive(
    model: keras.Model, x: ArrayLike, *, law: Law, draws: int, correlation: float, seed: int
) -> np.ndarray:
    """Predictions of successive reads of one chip, in their order: (draws, n, …).

    A junction's noise is z = F⁻¹(Φ(g)) with g a normal process, gₜ = c gₜ₋₁ + √(1 − c²) εₜ: each read has the
    law F of the junctions, whatever the correlation c. Read noise of the cells is new at every read.

    Args:
        model: deployed mean-field network.
        x: inputs, (n, …).
        law: of its junctions.
        draws: number of reads.
        correlation: c of successive reads, in [0, 1]. A junction that takes τ to forget, read every t, has
            exp(−t/τ).
        seed: whole number from which the reads follow.

    Raises: ValueError for no draws, a correlation out of range, or a network without junctions.
    """
    if draws < 1:
        raise ValueError(f"draws must be at least 1, got {draws}")
    layers = [layer for layer in array_layers_of(model) if layer.crossbar.deviation_uS.any()]
    if not layers:
        raise ValueError(f"{model.name} has no junctions on arrays: deploy a mean-field network")
    x = tf.constant(np.asarray(x, np.float32))

    @tf.function(autograph=False)
    def predict(x: tf.Tensor, *conductances: tf.Tensor) -> tf.Tensor:
        pairs = zip(layers, conductances, strict=True)
        with chips.holding({(layer, "kernel"): value for layer, value in pairs}):
            return model(x, training=False)

    rngs = [seeds.generator(seed, "reads", place) for place in range(len(layers))]
    state: list[np.ndarray | None] = [None] * len(layers)
    found = []
    for _ in tqdm(range(draws), desc="draws", unit="", delay=5, leave=False):
        state = [
            nonidealities.correlated_reads(
                layer.crossbar.deviation_uS.shape, correlation=correlation, rng=rng, previous=before
            )
            for layer, rng, before in zip(layers, rngs, state, strict=True)
        ]
        conductances = (_read(*one, law) for one in zip(layers, state, rngs, strict=True))
        found.append(predict(x, *conductances).numpy())
    return np.stack(found)


def _read(layer: ArrayLayer, normal: np.ndarray, rng: np.random.Generator, law: Law) -> tf.Tensor:
    """Differences of conductances in µS, (inputs, outputs)."""
    z = law.quantile(special.ndtr(normal)).numpy()
    cells = layer.crossbar
    noise = layer.read_uS * rng.standard_normal(normal.shape)
    return tf.constant(cells.positive_uS - cells.negative_uS + cells.deviation_uS * z + noise, tf.float32)
