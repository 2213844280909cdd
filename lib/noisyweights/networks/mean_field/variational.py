"""Variational inference: the evidence lower bound, and training by it with a tempered likelihood."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike
from tqdm import tqdm

from noisyweights import seeds
from noisyweights.networks import weight_draws
from noisyweights.networks.mean_field.array_draws import predict_draws

__all__ = ["Elbo", "GaussianNLL", "Tempering", "elbo", "kl_divergence", "train"]

_LOG_2PI = float(np.log(2 * np.pi))


@keras.saving.register_keras_serializable(package="noisyweights")
class GaussianNLL(keras.losses.Loss):
    """−log N(y; μ, σ²) for a network that predicts (μ, σ): y is (n,) or (n, 1), the prediction (n, 2)."""

    def call(self, y_true, y_pred):
        mean, scale = y_pred[..., 0], y_pred[..., 1]
        y = tf.reshape(tf.cast(y_true, mean.dtype), tf.shape(mean))
        return 0.5 * tf.square((y - mean) / scale) + tf.math.log(scale) + 0.5 * _LOG_2PI


def kl_divergence(model: keras.Model) -> tf.Tensor:
    """Divergence of all random weights of a network from their priors in nats, a scalar."""
    return tf.add_n([layer.kl() for layer in weight_draws.random_layers(model)])


@dataclass(frozen=True)
class Elbo:
    """The evidence lower bound E log p(data | weights) − KL(weights ‖ prior), in nats, and its two parts.

    `standard_error` is that of the expected log-likelihood, from the spread over draws.
    """

    log_likelihood: float
    kl: float
    standard_error: float

    @property
    def value(self) -> float:
        """The bound, which inference makes as large as it can."""
        return self.log_likelihood - self.kl


def elbo(
    model: keras.Model,
    x: ArrayLike,
    y: ArrayLike,
    *,
    log_likelihood: Callable[[np.ndarray, np.ndarray], np.ndarray],
    draws: int,
    seed: int,
) -> Elbo:
    """Estimate the evidence lower bound (eq. 1 of the device paper, which prints min for max).

    Args:
        model: network with mean-field layers whose laws have a density.
        x, y: all data, (n, …).
        log_likelihood: of targets given one draw's predictions, (y, (n, …)) → (n,).
        draws: number of chips, at least 2.
        seed: whole number from which the draws follow.

    Raises: ValueError for data that `train` would refuse, a single draw, or log-likelihoods of another shape.
    """
    x, y = _checked(x, y)
    if draws < 2:
        raise ValueError(f"a standard error needs at least 2 draws, got {draws}")
    sums = []
    for one in predict_draws(model, x, draws=draws, seed=seed):
        each = np.asarray(log_likelihood(y, one), float)
        if each.shape != y.shape[:1]:
            raise ValueError(
                f"log_likelihood must return shape {y.shape[:1]}, one for each, got {each.shape}"
            )
        sums.append(each.sum())
    return Elbo(
        log_likelihood=float(np.mean(sums)),
        kl=float(kl_divergence(model)),
        standard_error=float(np.std(sums, ddof=1) / np.sqrt(draws)),
    )


class Tempering(keras.callbacks.Callback):
    """Keras callback: at step i, the likelihood counts 1/T(i) times against the divergence.

    Dividing the log-likelihood by T multiplies the divergence's weight by T, up to a scale of the loss. Adam
    is blind to a constant one; this one grows, and kept in the loss it would lengthen its steps by up to √3.
    Without it, then, the callback sets every layer's kl_weight to T(i) times its own. T falls from 1
    as exp(−i/time) (App. C of the device paper, where time is 1000): the divergence counts ever less. When
    training ends every layer has its own weight again, in `train` also when it is interrupted; a second
    `fit` with this object goes on at step i.

    Args:
        time: steps in which the temperature falls by e.
    """

    def __init__(self, *, time: float):
        super().__init__()
        if not time > 0:
            raise ValueError(f"time is a number of steps and must be positive, got {time}")
        self.time = time
        self.step = 0

    def on_train_batch_begin(self, batch, logs=None):
        temperature = np.exp(-self.step / self.time)
        for layer in weight_draws.random_layers(self.model):
            layer.kl_weight.assign(layer.initial_kl_weight * temperature)
        self.step += 1

    def on_train_end(self, logs=None):
        for layer in weight_draws.random_layers(self.model):
            layer.kl_weight.assign(layer.initial_kl_weight)


def train(
    model: keras.Model,
    x: ArrayLike,
    y: ArrayLike,
    *,
    loss: keras.losses.Loss | str,
    epochs: int,
    batch_size: int,
    seed: int,
    optimizer: keras.optimizers.Optimizer | None = None,
    tempering: float | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> dict[str, np.ndarray]:
    """Fit a network, mean-field or deterministic, by Keras; return the history of losses, (epochs,) each.

    Args:
        model: changed in place.
        x, y: training data, (n, …); y has whole numbers from 0 for a sparse categorical cross-entropy.
        loss: mean over examples; a negative log-likelihood for variational inference.
        epochs, batch_size: as in Keras.
        seed: whole number from which the order of the examples follows.
        optimizer: Adam with its defaults if None, as in the device paper.
        tempering: `Tempering.time`, or None for an untempered likelihood.
        callbacks: of Keras, beside its own.

    Raises: ValueError for no data, NaN or infinite values, lengths that differ, labels that the network has
        no output for, or a loss that is not finite in the end, with the weights as they were before.
        NotImplementedError for a law without density.
    """
    x, y = _checked(x, y)
    if epochs < 1 or batch_size < 1:
        raise ValueError(f"epochs and batch_size must be at least 1, got {epochs} and {batch_size}")
    if not model.built:
        model(x[:1])
    _check_labels(model, x, y, loss)
    before = [tf.identity(weight.value) for weight in model.weights]
    model.compile(optimizer=optimizer or keras.optimizers.Adam(), loss=loss)
    own = [Tempering(time=tempering)] if tempering is not None else []
    steps = -(-len(x) // batch_size)
    with tqdm(total=epochs * steps, desc="training", unit="", delay=5, leave=False) as bar:
        step = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: bar.update())
        try:
            history = model.fit(
                _batches(x, y, batch_size=batch_size, epochs=epochs, seed=seed),
                epochs=epochs,
                steps_per_epoch=steps,
                callbacks=[*own, *callbacks, keras.callbacks.TerminateOnNaN(), step],
                shuffle=False,
                verbose=0,
            )
        finally:
            for callback in own:
                callback.on_train_end()  # Keras does not call it when training is interrupted
    if not np.isfinite(history.history["loss"][-1]):
        for weight, value in zip(model.weights, before, strict=True):
            weight.assign(value)
        raise ValueError(
            "the loss became NaN or infinite; the weights are as they were: lower the learning rate"
        )
    return {name: np.asarray(values) for name, values in history.history.items()}


def _batches(x: np.ndarray, y: np.ndarray, *, batch_size: int, epochs: int, seed: int) -> tf.data.Dataset:
    """All epochs' batches, in an order of the seed alone: the shuffle of tf.data heeds a global seed too."""
    folded = np.stack([seeds.fold(seed, "order", epoch) for epoch in range(epochs)])
    inputs, targets = tf.constant(x), tf.constant(y)

    def epoch(seed: tf.Tensor) -> tf.data.Dataset:
        order = tf.random.experimental.stateless_shuffle(tf.range(len(x)), seed)
        return tf.data.Dataset.from_tensor_slices(order).batch(batch_size)

    batches = tf.data.Dataset.from_tensor_slices(folded).flat_map(epoch)
    return batches.map(lambda at: (tf.gather(inputs, at), tf.gather(targets, at))).prefetch(2)


def _check_labels(model: keras.Model, x: np.ndarray, y: np.ndarray, loss: keras.losses.Loss | str) -> None:
    sparse = isinstance(loss, keras.losses.SparseCategoricalCrossentropy)
    if not sparse and keras.losses.get(loss) is not keras.losses.sparse_categorical_crossentropy:
        return
    classes = model.compute_output_shape(x.shape)[-1]
    known = (y == np.clip(np.rint(y), 0, classes - 1)) | (y == getattr(loss, "ignore_class", None))
    if not known.all():
        raise ValueError(
            f"labels must be whole numbers from 0 to {classes - 1}, since the network has {classes} outputs, "
            f"got {y[~known][0]}"
        )


def _checked(x: ArrayLike, y: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.asarray(x), np.asarray(y)
    if not len(x) or len(x) != len(y):
        raise ValueError(f"x and y must hold the same number of examples, at least 1: {len(x)} and {len(y)}")
    for name, values in (("x", x), ("y", y)):
        if values.dtype.kind not in "fiub":
            raise ValueError(f"{name} must hold numbers, got {values.dtype}")
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise ValueError(
                f"{name} has {np.sum(~np.isfinite(values))} NaN or infinite values: leave them out"
            )
    return x, y
