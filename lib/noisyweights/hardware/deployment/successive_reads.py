"""Successive reads: draws of a deployed network whose junctions remember the read before."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike
from scipy import special
from tqdm import tqdm

from noisyweights import seeds
from noisyweights.hardware import nonidealities
from noisyweights.hardware.deployment import array_layers_of
from noisyweights.hardware.deployment.layers import ArrayLayer
from noisyweights.networks import weight_draws
from noisyweights.networks.mean_field.array_draws import inputs_of

__all__ = ["predict_successive"]


def predict_successive(
    model: keras.Model,
    x: ArrayLike,
    *,
    draws: int,
    correlation: float,
    seed: int,
    read_noise: Callable[..., Iterator[np.ndarray]] | None = None,
) -> np.ndarray:
    """Predictions of successive reads of one chip, in their order: (draws, n, …).

    A junction's noise is z = F⁻¹(Φ(g)) with g a normal process, gₜ = c gₜ₋₁ + √(1 − c²) εₜ: each read has the
    law F of the layer's junctions, whatever the correlation c. Read noise remembers as `read_noise` says. All
    else that is random is new at every read.

    Args:
        model: deployed network, with junctions or a read noise that remembers.
        x: inputs, (n, …).
        draws: number of reads.
        correlation: c of successive reads, in [0, 1]. A junction that takes τ to forget, read every t, has
            exp(−t/τ).
        seed: whole number from which the reads follow.
        read_noise: a stream of `read_memory` with its settings, such as `partial(telegraph, occupancy=0.3,
            dwell_reads=50)`; None for read noise that is new at every read.

    Raises: ValueError for inputs that are none, NaN or infinite, no draws, a correlation out of range, a
        network in which nothing remembers, or one whose positions have fresh reads.
    """
    if draws < 1 or draws != int(draws):
        raise ValueError(f"draws must be at least 1, and whole, got {draws}")
    layers = array_layers_of(model)
    if not any(layer.law for layer in layers) and read_noise is None:
        raise ValueError(f"{model.name} has no junctions on arrays: deploy a mean-field network")
    if any("reads" in layer.random_weights for layer in layers):
        raise ValueError(
            f"{model.name} has a read for each position, whose order in time is not known here: deploy it "
            'with positions="shared"'
        )
    inputs = tf.constant(inputs_of(model, x))
    names = [(layer, weight) for layer in layers for weight in layer.random_weights]

    @tf.function(autograph=False)
    def predict(x: tf.Tensor, *values: tf.Tensor) -> tf.Tensor:
        with weight_draws.holding(dict(zip(names, values, strict=True))):
            return model(x, training=False)

    reads = [
        _remembering(layer, seed=seed, place=place, correlation=correlation, stream=read_noise)
        if weight == "kernel" and layer.remembers(read_noise is not None)
        else _forgetting(layer, weight, seed=seed, place=place)
        for place, (layer, weight) in enumerate(names)
    ]
    progress = tqdm(range(draws), desc="draws", unit="", delay=5, leave=False)
    return np.stack([predict(inputs, *map(next, reads)).numpy() for _ in progress])


def _remembering(
    layer: ArrayLayer,
    *,
    seed: int,
    place: int,
    correlation: float,
    stream: Callable[..., Iterator[np.ndarray]] | None,
) -> Iterator[tf.Tensor]:
    """Differences of conductances in µS, (inputs, outputs · slices), read after read."""
    rng, cells, normal = seeds.generator(seed, "reads", place), layer.crossbar, None
    held = cells.positive_uS - cells.negative_uS
    noises = None
    if stream is not None:
        noises = stream(held.shape, rng=seeds.generator(seed, "read noise", place))
    while True:
        found = held
        if layer.law is not None:
            normal = nonidealities.correlated_reads(
                held.shape, correlation=correlation, rng=rng, previous=normal
            )
            found = held + cells.deviation_uS * layer.law.quantile(special.ndtr(normal)).numpy()
        noise = rng.standard_normal(held.shape) if noises is None else next(noises)
        yield tf.constant(found + layer.read_uS * noise, tf.float32)


def _forgetting(layer: ArrayLayer, weight: str, *, seed: int, place: int) -> Iterator[tf.Tensor]:
    draw = 0
    while True:
        yield layer.sample(weight, tf.constant(seeds.fold(seed, "reads", place, draw)))
        draw += 1
