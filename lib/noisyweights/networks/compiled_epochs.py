"""Epochs of a training as one compiled call each, on the JAX backend of Keras.

All examples stay on the device and no step returns to Python, which on an accelerator would take longer than
the step.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

__all__ = ["CompiledEpochs"]


class CompiledEpochs:
    """The training of a network, an epoch a call.

    The compiled step holds neither the rates nor the number of epochs: they are arguments, so a network that
    is trained again, from other weights or for longer, is not compiled again.

    Args:
        model: built; its variables are changed in place.
        x, labels: training data, (n, …) and whole numbers (n,).
        optimizer: its learning rate may be a schedule.
        steps: of the whole training.
        batch_size: examples in a step; the last of an epoch may have fewer.
    """

    def __init__(
        self,
        model: keras.Model,
        x: np.ndarray,
        labels: np.ndarray,
        *,
        optimizer: keras.optimizers.Optimizer,
        steps: int,
        batch_size: int,
    ):
        import jax

        config = {key: value for key, value in optimizer.get_config().items() if key != "name"}
        rate, kind = config.pop("learning_rate"), (type(optimizer), repr(sorted(config.items())))
        if isinstance(rate, dict):  # a schedule, as a configuration holds it
            schedule = keras.saving.deserialize_keras_object(rate)
            self._rates = np.asarray(jax.vmap(schedule)(np.arange(steps)), np.float32)
        else:
            self._rates = np.full(steps, rate, np.float32)
        self._model, self._batch_size, self._done = model, batch_size, 0
        self._x, self._labels = jax.device_put(x), jax.device_put(labels.astype(np.int32))
        self._optimizer = type(optimizer).from_config({**config, "learning_rate": 0.0})
        self._optimizer.build(model.trainable_variables)
        if getattr(model, "_compiled_epoch", (None,))[0] != kind:
            model._compiled_epoch = (kind, _compiled(model, self._optimizer))
        self._epoch = model._compiled_epoch[1]

    def __call__(self, order: np.ndarray) -> float:
        """Train an epoch on the examples in this order; return the mean loss of its examples."""
        whole = len(order) // self._batch_size * self._batch_size
        parts = [order[:whole].reshape(-1, self._batch_size), order[whole:].reshape(1, -1)]
        return sum(self._run(part) * part.size for part in parts if part.size) / len(order)

    def _run(self, batches: np.ndarray) -> float:
        variables = (
            self._model.trainable_variables,
            self._model.non_trainable_variables,
            self._optimizer.variables,
        )
        rates = self._rates[self._done : self._done + len(batches)]
        state, losses = self._epoch(
            [[variable.value for variable in kind] for kind in variables],
            (rates, batches.astype(np.int32)),
            self._x,
            self._labels,
        )
        for kind, values in zip(variables, state, strict=True):
            for variable, value in zip(kind, values, strict=True):
                variable.assign(value)
        self._done += len(batches)
        return float(losses.mean())


def _compiled(model: keras.Model, optimizer: keras.optimizers.Optimizer) -> Any:
    """The function (state, (rates, batches), x, labels) → (state, losses), a loss for every batch."""
    import jax

    rate_at = next(at for at, one in enumerate(optimizer.variables) if one is optimizer.learning_rate)

    def epoch(state, batches, x, labels):
        def step(state, batch):
            trainable, others, slots = state
            slots[rate_at], chosen = batch

            def loss(trainable):
                logits, changed, added = model.stateless_call(
                    trainable, others, x[chosen], training=True, return_losses=True
                )
                entropies = keras.losses.sparse_categorical_crossentropy(
                    labels[chosen], ops.cast(logits, "float32"), from_logits=True
                )
                return ops.mean(entropies) + sum(ops.cast(one, "float32") for one in added), changed

            (now, others), gradients = jax.value_and_grad(loss, has_aux=True)(trainable)
            trainable, slots = optimizer.stateless_apply(slots, gradients, trainable)
            return [trainable, others, slots], now

        return jax.lax.scan(step, state, batches)

    return jax.jit(epoch, donate_argnums=0)
