"""The Kullback–Leibler divergence between two laws with locations and scales, by quadrature."""

from __future__ import annotations

import functools
import itertools
import math

import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
from scipy import special

from noisyweights.noise.distribution import LawDistribution, UnitLaw

tfd = tfp.distributions

__all__ = ["kl_between"]

NONE = -46.0  # logarithm of a density that counts as none
NO_MASS = 1e-16  # probability of a node that counts as none
UNRESOLVED = 1e-6  # by how much the nodes' probabilities may miss 1


def kl_between(p: LawDistribution, q: LawDistribution, *, nodes: int = 200) -> tf.Tensor:
    """KL(p ‖ q) = ∫ p log(p/q) [nats] of any two laws with densities, in their broadcast batch shape.

    The line is cut where either density is not smooth, and each piece has Gauss–Legendre nodes in a
    variable that makes them dense at both of its ends: ∫₀¹ f(s(t)) s′(t) dt with s = t³(10 − 15 t + 6 t²). It
    is computed in float64, returned in the dtype of `p`, and differentiable in locations and scales.

    `tfd.kl_divergence` uses it for two of these distributions. To a `tfd.Normal` there is an exact formula,
    see `noise.distribution`, and for unit laws `quadrature.kl` needs fewer nodes.

    Args:
        p, q: distributions, float32 or float64.
        nodes: on each piece. Memory holds 8 bytes a node and element of the batch, some ten times.

    Returns +∞ where q lacks mass of p, and NaN where the nodes miss more than 1e-6 of p's mass, as they do
    for peaks narrower than a hundredth of a piece.

    Raises: NotImplementedError for a law without density.
    """
    p_loc, p_scale, q_loc, q_scale = (tf.cast(part, tf.float64) for part in (p.loc, p.scale, q.loc, q.scale))
    shift, ratio = (
        (p_loc - q_loc) / q_scale,
        p_scale / q_scale,
    )  # a draw z of p's law is shift + ratio·z in q's
    shift, ratio = shift + 0 * ratio, ratio + 0 * shift
    edges = _edges(p.law, q.law, tf.stop_gradient(shift), tf.stop_gradient(ratio))
    x, w = _dense_at_ends(nodes)
    divergence = mass = tf.zeros_like(shift)
    for low, high in itertools.pairwise(edges):
        z = low[..., tf.newaxis] + (high - low)[..., tf.newaxis] * x
        log_p = p.law.log_prob(z)
        weights = (high - low)[..., tf.newaxis] * w * tf.exp(log_p)
        there = weights > NO_MASS
        z = tf.where(there, z, edges[0][..., tf.newaxis] / 2 + edges[-1][..., tf.newaxis] / 2)
        log_q = q.law.log_prob(shift[..., tf.newaxis] + ratio[..., tf.newaxis] * z)
        divergence += tf.reduce_sum(tf.where(there, weights * (log_p - log_q), 0), -1)
        mass += tf.reduce_sum(weights, -1)
    resolved = tf.abs(mass - 1) < UNRESOLVED
    return tf.cast(tf.where(resolved, divergence - tf.math.log(ratio), np.nan), p.dtype)


@tfd.RegisterKL(LawDistribution, LawDistribution)
def _kl_law_law(p: LawDistribution, q: LawDistribution, name: str | None = None) -> tf.Tensor:
    with tf.name_scope(name or "kl_law_law"):
        return kl_between(p, q)


def _edges(p: UnitLaw, q: UnitLaw, shift: tf.Tensor, ratio: tf.Tensor) -> list[tf.Tensor]:
    """Where to cut, in standard deviations of p from its mean, in order; each in the batch shape."""
    low, high = (_reach(p, side) for side in (-1.0, 1.0))
    middle = (low + high) / 2
    own = [tf.fill(tf.shape(shift), tf.constant(z, tf.float64)) for z in (low, *p.breakpoints, middle, high)]
    other = (z for z in (*q.breakpoints, *q.support) if math.isfinite(z))
    both = [*own, *(tf.clip_by_value((z - shift) / ratio, low, high) for z in other)]
    return tf.unstack(tf.sort(tf.stack(both, -1), axis=-1), axis=-1)


@functools.lru_cache
def _reach(law: UnitLaw, side: float) -> float:
    """The end of a law's support, or where its density has fallen to none."""
    end = law.support[side > 0]
    if math.isfinite(end):
        return end
    end = side
    with tf.init_scope():
        while law.log_prob(np.float64(end)) > NONE:
            end *= 1.1
    return end


@functools.cache
def _dense_at_ends(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    x, w = special.roots_legendre(nodes)
    t, w = (1 + x) / 2, w / 2
    return t**3 * (10 - 15 * t + 6 * t**2), 30 * t**2 * (1 - t) ** 2 * w
