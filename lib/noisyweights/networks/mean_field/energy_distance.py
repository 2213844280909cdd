"""Energy distance: how far the law of a network's output is from a target law, and training by it."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from tqdm import trange

from noisyweights import seeds
from noisyweights.networks import weight_draws
from noisyweights.noise.quadrature.rules import Rule

__all__ = ["energy_loss", "sample_outputs", "train"]

_ITERATIONS_PER_CALL = 500  # of the graph


def energy_loss(outputs: tf.Tensor, target: Rule, *, alpha: float) -> tf.Tensor:
    """2 E|f − y|^α − E|f − f′|^α, a scalar: eq. 8 of the device paper.

    It is the energy distance of the outputs' law from the target's, up to a term of the target alone, and
    unbiased: the second mean is over pairs of different draws.

    Args:
        outputs: (draws,) of the network, each of its own weights; at least 2.
        target: a quadrature rule for expectations over the target y.
        alpha: exponent in (0, 2); 1.5 in the paper.

    Raises: ValueError for another exponent, or fewer than two draws.
    """
    if not 0 < alpha < 2:
        raise ValueError(f"alpha must lie in (0, 2), where the distance is one, got {alpha}")
    if outputs.shape.rank != 1 or outputs.shape[0] < 2:
        raise ValueError(f"outputs must be at least 2 draws of shape (draws,), got {tuple(outputs.shape)}")
    nodes = tf.constant(target.nodes, outputs.dtype)
    weights = tf.constant(target.weights, outputs.dtype)
    tiny = np.finfo(outputs.dtype.as_numpy_dtype).tiny

    def power(differences):  # at 0 its slope is infinite for alpha < 1, where none is meant
        return tf.maximum(tf.abs(differences), tiny) ** alpha

    draws = outputs.shape[0]
    to_target = tf.linalg.matvec(power(outputs[:, tf.newaxis] - nodes), weights)
    between = tf.reduce_sum(power(outputs[:, tf.newaxis] - outputs)) / (draws * (draws - 1))
    return 2 * tf.reduce_mean(to_target) - between


def train(
    model: keras.Model,
    x: np.ndarray,
    target: Rule,
    *,
    iterations: int,
    draws: int,
    seed: int,
    alpha: float,
    optimizer: keras.optimizers.Optimizer | None = None,
) -> np.ndarray:
    """Fit the output's law at one input to a target by energy distance; return the losses, (iterations,).

    Args:
        model: dense mean-field network with one output; changed in place.
        x: the one input, shape (1, features).
        target: quadrature rule of the target law.
        iterations: steps of the optimizer.
        draws: chips drawn at each step, the paper's batch size.
        seed: whole number from which the draws follow.
        alpha: exponent of the distance, as in `energy_loss`.
        optimizer: Adam with its defaults if None, as in the paper.

    Raises: ValueError for more than one input, NaN, no iterations, a model with several outputs, or a loss
        that is not finite, with the weights as they were before.
    """
    x = _one_input(model, x)
    if iterations < 1:
        raise ValueError(f"iterations must be at least 1, got {iterations}")
    if (shape := model.compute_output_shape(x.shape)) != (1, 1):
        raise ValueError(f"{model.name} must have one output, shape (1, 1), got {shape}")
    optimizer = optimizer or keras.optimizers.Adam()
    optimizer.build(model.trainable_variables)
    noise = tf.random.Generator.from_key_counter(
        key=int(seeds.fold(seed, "energy")[0]) & 0x7FFFFFFF, counter=[0, 0], alg="philox"
    )
    run = _steps(model, x, target, draws=draws, noise=noise, alpha=alpha, optimizer=optimizer)
    before = [tf.identity(variable.value) for variable in model.trainable_variables]
    losses = []
    for start in trange(0, iterations, _ITERATIONS_PER_CALL, desc="energy distance", delay=5, leave=False):
        losses.append(run(tf.constant(min(_ITERATIONS_PER_CALL, iterations - start))).numpy())
        if not np.isfinite(losses[-1]).all():
            for variable, value in zip(model.trainable_variables, before, strict=True):
                variable.assign(value)
            raise ValueError(
                "the energy distance became NaN or infinite; the weights are as they were: "
                "lower the learning rate"
            )
    return np.concatenate(losses)


def _steps(
    model: keras.Model,
    x: np.ndarray,
    target: Rule,
    *,
    draws: int,
    noise: tf.random.Generator,
    alpha: float,
    optimizer: keras.optimizers.Optimizer,
) -> Callable[[tf.Tensor], tf.Tensor]:
    """Compiled: so many steps of the optimizer, and the loss before each."""
    weights = sum(len(layer.random_weights) for layer in weight_draws.random_layers(model))

    @tf.function(input_signature=[tf.TensorSpec([], tf.int32)])
    def steps(count):
        losses = tf.TensorArray(tf.float32, count)
        for step in tf.range(count):
            at = noise.uniform_full_int((weights, 2), tf.int32)
            with tf.GradientTape() as tape:
                with weight_draws.chip(model, at, stack=draws):
                    outputs = tf.reshape(model(x, training=False), [draws])
                loss = energy_loss(outputs, target, alpha=alpha)
            optimizer.apply(tape.gradient(loss, model.trainable_variables))
            losses = losses.write(step, tf.cast(loss, tf.float32))
        return losses.stack()

    return steps.get_concrete_function()


def sample_outputs(
    model: keras.Model, x: np.ndarray, *, draws: int, seed: int, stack: int = 1000
) -> np.ndarray:
    """Outputs at one input for many chips, shape (draws, outputs): quick where the network is small.

    Networks that differ by their law alone are drawn from the same uniforms, given the same `seed` and
    `stack`.

    Args:
        model: dense mean-field network.
        x: the one input, shape (1, features).
        draws: number of chips.
        seed: whole number from which the draws follow.
        stack: chips evaluated at once.

    Raises: ValueError for more than one input, NaN, or no draws.
    """
    x = _one_input(model, x)
    if draws < 1 or stack < 1:
        raise ValueError(f"draws and stack must be at least 1, got {draws} and {stack}")
    at = weight_draws.chip_seeds(model, draws=-(-draws // stack), seed=seed)

    @tf.function(input_signature=[tf.TensorSpec(at.shape[1:], tf.int32)])
    def outputs(at):
        with weight_draws.chip(model, at, stack=stack):
            return model(x, training=False)[:, 0]

    run = outputs.get_concrete_function()
    found = [run(tf.constant(block)).numpy() for block in at]
    return np.concatenate(found)[:draws]


def _one_input(model: keras.Model, x: np.ndarray) -> np.ndarray:
    x = np.asarray(x, model.variable_dtype)
    if x.ndim != 2 or len(x) != 1 or not np.isfinite(x).all():
        raise ValueError(f"x must be one finite input of shape (1, features), got {x!r}")
    if not model.built:
        model(x)
    return x
