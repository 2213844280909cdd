"""Classifiers: training a network on labelled pictures, in one way for all kinds, on any backend of Keras."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
from numpy.typing import ArrayLike
from tqdm import tqdm

from noisyweights import seeds
from noisyweights.networks.binary.layers import ErrorDecay
from noisyweights.networks.compiled_epochs import CompiledEpochs

__all__ = ["decaying_adam", "train"]

_STEPS = 50  # between two returns to Python, which for a small network would take as long as they do


def decaying_adam(learning_rate: float) -> Callable[[int], keras.optimizers.Optimizer]:
    """For `train`: Adam whose rate falls from `learning_rate` to 0 along half a cosine, in all steps."""
    schedule = keras.optimizers.schedules.CosineDecay
    return lambda steps: keras.optimizers.Adam(schedule(learning_rate, steps))


def train(
    model: keras.Model,
    x: ArrayLike,
    labels: ArrayLike,
    *,
    epochs: int,
    batch_size: int,
    optimizer: Callable[[int], keras.optimizers.Optimizer],
    seed: int,
) -> np.ndarray:
    """Fit logits to labels; return the losses, (epochs,).

    The mean cross entropy is made small, and with it what layers add to the loss. Binary layers sharpen their
    gradient from epoch to epoch.

    Args:
        model: changed in place; it predicts logits, (n, classes).
        x, labels: training data, (n, …) and whole numbers (n,) from 0.
        epochs, batch_size: as in Keras.
        optimizer: of the number of steps that the training takes, such as `decaying_adam` gives.
        seed: whole number from which the order of the examples follows.

    Raises: ValueError for no data, NaN or infinite values, lengths that differ, labels that the network has
        no output for, or a loss that is not finite after an epoch, with the weights as they were before.
        TypeError for an optimizer that is none of a number of steps.
    """
    x, labels = _checked(model, x, labels, epochs=epochs, batch_size=batch_size, optimizer=optimizer)
    before = [weight.numpy() for weight in model.weights]
    train_epoch = _trainer(model, x, labels, epochs=epochs, batch_size=batch_size, optimizer=optimizer)
    losses = []
    try:
        for epoch in tqdm(range(epochs), desc="epochs", unit="", delay=5, leave=False):
            losses.append(train_epoch(epoch, seeds.generator(seed, "order", epoch).permutation(len(x))))
            if not np.isfinite(losses[-1]):
                break
    finally:
        model.steps_per_execution = 1  # of predictions too
    if not np.isfinite(losses[-1]):
        for weight, value in zip(model.weights, before, strict=True):
            weight.assign(value)
        raise ValueError(
            "the loss became NaN or infinite; the weights are as they were: lower the learning rate"
        )
    return np.array(losses)


def _trainer(
    model: keras.Model,
    x: np.ndarray,
    labels: np.ndarray,
    *,
    epochs: int,
    batch_size: int,
    optimizer: Callable[[int], keras.optimizers.Optimizer],
) -> Callable[[int, np.ndarray], float]:
    """What trains an epoch, given its number and the order of the examples, and returns the mean loss."""
    steps = -(-len(x) // batch_size)
    decay = ErrorDecay(epochs=epochs)
    decay.set_model(model)
    if keras.backend.backend() == "jax":
        compiled = CompiledEpochs(
            model, x, labels, optimizer=optimizer(epochs * steps), steps=epochs * steps, batch_size=batch_size
        )

        def run(epoch: int, order: np.ndarray) -> float:
            decay.on_epoch_begin(epoch)
            return compiled(order)

        return run

    # TensorFlow compiles for processors to slower code than it has.
    model.compile(
        optimizer(epochs * steps),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False if keras.backend.backend() == "tensorflow" else "auto",
        steps_per_execution=min(_STEPS, steps),
    )

    def fit(epoch: int, order: np.ndarray) -> float:
        history = model.fit(
            x[order], labels[order], batch_size=batch_size, initial_epoch=epoch, epochs=epoch + 1,
            shuffle=False, callbacks=[decay], verbose=0,
        )  # fmt: skip
        return history.history["loss"][0]

    return fit


def _checked(
    model: keras.Model, x: ArrayLike, labels: ArrayLike, *, epochs: int, batch_size: int, optimizer: object
) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and labels as arrays for a model that is built; raises as `train` does."""
    x, labels = np.asarray(x, np.float32), np.asarray(labels)
    if not len(x) or len(x) != len(labels):
        raise ValueError(
            f"x and labels must hold the same number of examples, at least 1: {len(x)} and {len(labels)}"
        )
    if not np.isfinite(x).all():
        raise ValueError(f"x has {np.sum(~np.isfinite(x))} NaN or infinite values: leave them out")
    if not model.built:
        model(x[:1])
    classes = model.compute_output_shape(x.shape)[-1]
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= classes:
        raise ValueError(
            f"labels must be whole numbers from 0 to {classes - 1}, since the network has {classes} outputs"
        )
    if epochs < 1 or batch_size < 1:
        raise ValueError(f"epochs and batch_size must be at least 1, got {epochs} and {batch_size}")
    if isinstance(optimizer, str | keras.optimizers.Optimizer):
        raise TypeError(
            "optimizer is a function of the number of steps, such as decaying_adam(1e-3) gives, not "
            f"{optimizer if isinstance(optimizer, str) else type(optimizer).__name__}"
        )
    return x, labels
