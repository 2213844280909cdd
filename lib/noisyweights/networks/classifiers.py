"""Classifiers: training a network on labelled pictures, in one way for all kinds, on any backend of Keras."""

from __future__ import annotations

import keras
import numpy as np
from numpy.typing import ArrayLike
from tqdm import tqdm

from noisyweights import seeds
from noisyweights.networks.binary import ErrorDecay

__all__ = ["decaying_adam", "train"]

_STEPS = 50  # between two returns to Python, which for a small network would take as long as they do


def decaying_adam(
    learning_rate: float, *, examples: int, batch_size: int, epochs: int
) -> keras.optimizers.Optimizer:
    """Adam whose rate falls from `learning_rate` to 0 along half a cosine in a training of that length."""
    steps = epochs * -(-examples // batch_size)
    return keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(learning_rate, steps))


def train(
    model: keras.Model,
    x: ArrayLike,
    labels: ArrayLike,
    *,
    epochs: int,
    batch_size: int,
    optimizer: keras.optimizers.Optimizer,
    seed: int,
) -> np.ndarray:
    """Fit logits to labels; return the losses, (epochs,).

    The mean cross entropy is made small, and with it what layers add to the loss. Binary layers sharpen their
    gradient from epoch to epoch.

    Args:
        model: changed in place; it predicts logits, (n, classes).
        x, labels: training data, (n, …) and whole numbers (n,) from 0.
        epochs, batch_size: as in Keras.
        optimizer: such as `decaying_adam` gives.
        seed: whole number from which the order of the examples follows.

    Raises: ValueError for no data, NaN or infinite values, lengths that differ, labels that the network has
        no output for, or a loss that is not finite in the end.
    """
    x, labels = np.asarray(x, np.float32), np.asarray(labels)
    classes = model.output_shape[-1]
    if not len(x) or len(x) != len(labels):
        raise ValueError(
            f"x and labels must hold the same number of examples, at least 1: {len(x)} and {len(labels)}"
        )
    if not np.isfinite(x).all():
        raise ValueError(f"x has {np.sum(~np.isfinite(x))} NaN or infinite values: leave them out")
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= classes:
        raise ValueError(
            f"labels must be whole numbers from 0 to {classes - 1}, since the network has {classes} outputs"
        )
    if epochs < 1 or batch_size < 1:
        raise ValueError(f"epochs and batch_size must be at least 1, got {epochs} and {batch_size}")
    # TensorFlow compiles for processors to slower code than it has.
    model.compile(
        optimizer,
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False if keras.backend.backend() == "tensorflow" else "auto",
        steps_per_execution=min(_STEPS, -(-len(x) // batch_size)),
    )
    losses = []
    decay = ErrorDecay(epochs=epochs)
    for epoch in tqdm(range(epochs), desc="epochs", unit="", delay=5, leave=False):
        order = seeds.generator(seed, "order", epoch).permutation(len(x))
        history = model.fit(
            x[order], labels[order], batch_size=batch_size, initial_epoch=epoch, epochs=epoch + 1,
            shuffle=False, callbacks=[decay], verbose=0,
        )  # fmt: skip
        losses.append(history.history["loss"][0])
    model.steps_per_execution = 1  # of predictions too
    if not np.isfinite(losses[-1]):
        raise ValueError("the loss became NaN or infinite: lower the learning rate")
    return np.array(losses)
