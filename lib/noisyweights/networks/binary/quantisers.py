"""Quantisers: coarse values forward, and backward the gradient of something smoother.

They are in `keras.ops`, for any backend of Keras.
"""

from __future__ import annotations

from typing import Any

from keras import ops

__all__ = ["libra", "pact", "sign", "straight_through"]


def straight_through(hard: Any, soft: Any) -> Any:
    """Return `hard`, to the last bit, with the gradient of `soft`; both of one shape and finite."""
    return ops.stop_gradient(hard) + (soft - ops.stop_gradient(soft))


def sign(x: Any, *, sharpness: Any = None) -> Any:
    """Sign of x in {−1, +1}, that of 0 being +1, with the gradient of k·tanh(t·x) where k = max(1/t, 1).

    The error-decay estimator: a small sharpness t lets through gradients of all sizes, a large one those near
    the jump alone. Without a sharpness there is no gradient.

    Source: H. Qin et al., CVPR 2020, eq. 13-14 (IR-Net).
    """
    hard = ops.where(x >= 0, ops.cast(1, x.dtype), ops.cast(-1, x.dtype))
    if sharpness is None:
        return hard
    t = ops.cast(sharpness, x.dtype)
    return straight_through(hard, ops.maximum(1 / t, ops.ones_like(t)) * ops.tanh(t * x))


def libra(kernel: Any) -> Any:
    """Balance and standardise a kernel (…, outputs): mean 0 and variance 1 over all but the last axis.

    As many signs of each kind then carry the most information, and no weight can grow out of the estimator's
    reach. A kernel whose weights are all equal has no direction, and becomes 0.

    Source: H. Qin et al., CVPR 2020, eq. 7 (Libra parameter binarisation). Its power of two for each output
    is left to the scale that follows.
    """
    axes = tuple(range(len(kernel.shape) - 1))
    equal = ops.max(kernel, axes, keepdims=True) == ops.min(kernel, axes, keepdims=True)
    # Rounding of the mean would leave a difference, and the gradient of a root at 0 is infinite.
    balanced = ops.where(equal, ops.zeros_like(kernel), kernel - ops.mean(kernel, axes, keepdims=True))
    return balanced / (ops.std(balanced, axes, keepdims=True) + 1e-12)


def pact(x: Any, *, clip: Any, bits: int) -> Any:
    """Nearest of 2^bits equally spaced values from 0 to `clip`, with the gradient of x clipped to them.

    The gradient in `clip` is 1 where x lies above it, so that it can be learnt with all else.

    Source: J. Choi et al., arXiv:1805.06085 (2018), eq. 1-3.
    """
    steps = 2**bits - 1
    clipped = 0.5 * (ops.abs(x) - ops.abs(x - clip) + clip)
    return straight_through(ops.round(clipped / clip * steps) * (clip / steps), clipped)
