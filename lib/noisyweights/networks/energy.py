"""Energy distance: how far the law of a network's output is from a target law, and training by it."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from tqdm import trange

from noisyweights import seeds
from noisyweights.networks import chips
from noisyweights.noise.rules import Rule

__all__ = ["ALPHA", "energy_loss", "sample_outputs", "train"]

ALPHA = 1.5  # of the device paper, §4.1


def energy_loss(outputs: tf.Tensor, target: Rule, *, alpha: float = ALPHA) -> tf.Tensor:
    """2 E|f − y|^α − E|f − f′|^α, a scalar: eq. 8 of the device paper.

    It is the energy distance of the outputs' law from the target's, up to a term of the target alone, and
    unbiased: the second mean is over pairs of different draws.

    Args:
        outputs: (draws,) of the network, each of its own weights; at least 2.
        target: a quadrature rule for expectations over the target y.
        alpha: exponent in (0, 2).
    """
    if not 0 < alpha < 2:
        raise ValueError(f"alpha must lie in (0, 2), where the distance is one, got {alpha}")
    if outputs.shape.rank != 1 or outputs.shape[0] < 2:
        raise ValueError(f"outputs must be at least 2 draws of shape (draws,), got {tuple(outputs.shape)}")
    nodes = tf.constant(target.nodes, outputs.dtype)
    weights = tf.constant(target.weights, outputs.dtype)
    to_target = tf.abs(outputs[:, tf.newaxis] - nodes) ** alpha
    draws = outputs.shape[0]
    between = tf.reduce_sum(tf.abs(outputs[:, tf.newaxis] - outputs) ** alpha) / (draws * (draws - 1))
    return 2 * tf.reduce_mean(tf.linalg.matvec(to_target, weights)) - between


def train(
    model: keras.Model,
    x: np.ndarray,
    target: Rule,
    *,
    iterations: int,
    draws: int,
    seed: int,
    alpha: float = ALPHA,
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
        alpha: exponent of the distance.
        optimizer: Adam with its defaults if None, as in the paper.
    """
    x = _one_input(x)
    optimizer = optimizer or keras.optimizers.Adam()
    optimizer.build(model.trainable_variables)
    noise = tf.random.Generator.from_key_counter(
        key=int(seeds.fold(seed, "energy")[0]) & 0x7FFFFFFF, counter=[0, 0], alg="philox"
    )
    weights = sum(len(layer.random_weights) for layer in chips.random_layers(model))

    @tf.function
    def steps(count):
        losses = tf.TensorArray(tf.float32, count)
        for step in tf.range(count):
            at = noise.uniform_full_int((weights, 2), tf.int32)
            with tf.GradientTape() as tape:
                with chips.chip(model, at, stack=draws):
                    outputs = tf.reshape(model(x, training=False), [draws])
                loss = energy_loss(outputs, target, alpha=alpha)
            optimizer.apply(tape.gradient(loss, model.trainable_variables))
            losses = losses.write(step, tf.cast(loss, tf.float32))
        return losses.stack()

    block = min(iterations, 500)
    losses = []
    for start in trange(0, iterations, block, desc="energy distance", delay=5, leave=False):
        losses.append(steps(tf.constant(min(block, iterations - start))).numpy())
    return np.concatenate(losses)


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
    """
    x = _one_input(x)
    stack = min(stack, draws)
    blocks = -(-draws // stack)

    @tf.function
    def outputs(at):
        with chips.chip(model, at, stack=stack):
            return model(x, training=False)[:, 0]

    found = [outputs(at).numpy() for at in chips.chip_seeds(model, draws=blocks, seed=seed)]
    return np.concatenate(found)[:draws]


def _one_input(x: np.ndarray) -> np.ndarray:
    x = np.asarray(x, np.float32)
    if x.ndim != 2 or len(x) != 1 or not np.isfinite(x).all():
        raise ValueError(f"x must be one finite input of shape (1, features), got {x!r}")
    return x
