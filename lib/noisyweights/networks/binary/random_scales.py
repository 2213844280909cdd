"""Scales of a binary layer that are random: Gaussians, learnt by variational inference and quantised."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from noisyweights import seeds
from noisyweights.networks.binary import quantisers

__all__ = ["RandomScaled"]


class RandomScaled:
    """A scale s ~ N(µ, σ²) for each output, quantised forward: eq. 2 and 3 of the scale paper."""

    def __init__(
        self,
        *args,
        prior_loc: float,
        prior_scale: float,
        kl_weight: float,
        bits: int,
        initial_scale: float,
        **kwargs,
    ):
        super().__init__(*args, **kwargs)
        for name, value in (("prior_scale", prior_scale), ("initial_scale", initial_scale)):
            if not 0 < value < np.inf:
                raise ValueError(
                    f"{name} is a standard deviation: it must be positive and finite, got {value}"
                )
        if not 0 <= kl_weight < np.inf:
            raise ValueError(f"kl_weight must be finite and not negative, got {kl_weight}")
        if not 0 < prior_loc < np.inf:
            raise ValueError(f"prior_loc is where scales start: it must be positive, got {prior_loc}")
        if not 1 <= bits <= 16:
            raise ValueError(f"bits must be from 1 to 16, got {bits}")
        self.prior_loc, self.prior_scale = float(prior_loc), float(prior_scale)
        self.kl_weight, self.bits = float(kl_weight), int(bits)
        self.initial_scale = float(initial_scale)
        self._noise = keras.random.SeedGenerator(int(seeds.fold(self.seed, "noise")[0]) & 0x7FFFFFFF)

    def _add_scale(self) -> None:
        constant = keras.initializers.Constant
        for name, shape, start in (
            ("scale_loc", (self.outputs,), self.prior_loc),
            ("scale_log_scale", (self.outputs,), np.log(self.initial_scale)),
            ("log_clip", (), np.log(2 * self.prior_loc)),
        ):
            setattr(self, name, self.add_weight(shape=shape, initializer=constant(float(start)), name=name))

    def kl(self) -> Any:
        """Divergence of the scales' Gaussians from N(prior_loc, prior_scale²) in nats, a scalar."""
        weights = (self.scale_loc, self.scale_log_scale)
        loc, log_scale = (ops.cast(ops.convert_to_tensor(one), self.variable_dtype) for one in weights)
        squares = (loc - self.prior_loc) ** 2 + ops.exp(2 * log_scale)
        return ops.sum(squares / (2 * self.prior_scale**2) - log_scale + np.log(self.prior_scale) - 0.5)

    def quantised(self, scale: Any) -> Any:
        """The nearest of the values that a scale can be stored as: 2^bits of them, from 0 to a learnt end."""
        return quantisers.pact(scale, clip=ops.exp(ops.convert_to_tensor(self.log_clip)), bits=self.bits)

    def scale_distribution(self) -> tuple[np.ndarray, np.ndarray]:
        """Means and standard deviations of the scales before they are quantised, (outputs,) each."""
        loc, log_scale = (np.asarray(w) for w in (self.scale_loc, self.scale_log_scale))  # Keras's copy warns
        return loc, np.exp(log_scale)

    def largest_scale(self) -> float:
        """The learnt end of the range, beyond which all scales are stored as this one."""
        return float(np.exp(np.asarray(self.log_clip)))

    def _scale(self) -> Any:
        self.add_loss(self.kl_weight * self.kl())
        z = keras.random.normal((self.outputs,), dtype=self.compute_dtype, seed=self._noise)
        return self.quantised(self.scale_loc + ops.exp(self.scale_log_scale) * z)

    def get_config(self) -> dict[str, Any]:
        names = ("prior_loc", "prior_scale", "kl_weight", "bits", "initial_scale")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
