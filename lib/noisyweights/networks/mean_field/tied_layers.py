"""Tied layers: mean-field layers whose standard deviations follow from the conductances of their cells.

They train, predict, save and load as the layers that they are made of; µ is free, and σ is what cells that
hold µ have.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from noisyweights.networks.mean_field import cell_mappings, twins
from noisyweights.networks.mean_field.cell_mappings import CellMapping
from noisyweights.networks.mean_field.layers import MeanField, MeanFieldConv2D, MeanFieldDense
from noisyweights.noise import laws

tfd = tfp.distributions

__all__ = ["Tied", "TiedConv2D", "TiedDense", "with_cells"]


class _Within(keras.constraints.Constraint):
    """Weights that cells can hold: cut to ±largest after each step."""

    def __init__(self, largest: float):
        self.largest = largest

    def __call__(self, weights):
        return keras.ops.clip(weights, -self.largest, self.largest)


class Tied(MeanField):
    """What tied layers share: their kernel's σ is `cells.scale` of its means and common modes.

    The divergence and its gradient are those of the tied σ. Means stay between −largest and largest, within
    the range of the cells. `kernel_raw` is the logit of a common mode's place in its range, where that can be
    set; it starts where σ is nearest to `initial_scale`. Biases are stored beside the array, and not random.

    Args:
        cells: which conductances stand for a weight, see `cell_mappings`.
        largest: weight that fills the range of the cells.
        **kwargs: those of `MeanField`.

    Raises: TypeError when `cells` is no mapping; ValueError for a weight that is not positive and finite,
        random biases, or what `MeanField` refuses.
    """

    def __init__(self, *args, cells: CellMapping, largest: float, **kwargs):
        super().__init__(*args, **kwargs)
        if not isinstance(cells, CellMapping):
            raise TypeError(f"cells must be one of cell_mappings, such as Pair, got {cells!r}")
        if not 0 < largest < np.inf:
            raise ValueError(f"largest is a weight: it must be positive and finite, got {largest}")
        if self.biases == "random":
            raise ValueError("biases of a tied layer are not random: give 'none', 'fixed' or 'learned'")
        self.cells, self.largest = cells, float(largest)

    def _add_random(self, weight: str, shape: tuple[int, ...], initializer: Any) -> None:
        within = _Within(self.largest)
        start = within(initializer(shape, self.variable_dtype))
        self.kernel_loc = self.add_weight(
            shape=shape, initializer=lambda *_, **__: start, name="kernel_loc", constraint=within,
            autocast=False,
        )  # fmt: skip
        self.kernel_raw = None
        if (settings := self.cells.raw_shape(shape)) is not None:
            nearest = self.cells.nearest(start, self.initial_scale, largest=self.largest)
            self.kernel_raw = self.add_weight(
                shape=settings, initializer=lambda *_, **__: nearest, name="kernel_raw", autocast=False
            )

    @property
    def kernel_log_scale(self) -> tf.Tensor:
        """Logarithm of the standard deviations that the cells have now, in the shape of the kernel."""
        return tf.math.log(self.distribution("kernel").scale)

    def distribution(self, weight: str) -> laws.LawDistribution:
        """Distribution of the random weight "kernel", batched in its shape."""
        raw = None if self.kernel_raw is None else self.kernel_raw.value
        loc = self.kernel_loc.value
        return self.law(loc, self.cells.scale(loc, raw, largest=self.largest))

    def kl(self) -> tf.Tensor:
        """Divergence of the kernel with its tied σ from its prior in nats, a scalar.

        Raises: NotImplementedError for a law without a density.
        """
        prior = tfd.Normal(*np.array([0, self.prior_scale], self.variable_dtype))
        return tf.reduce_sum(tfd.kl_divergence(self.distribution("kernel"), prior))

    def conductances_uS(self) -> tuple[np.ndarray, ...]:
        """Conductances of the cells as they are set now, each in the shape of the kernel."""
        raw = None if self.kernel_raw is None else self.kernel_raw.value
        found = self.cells.conductances_uS(self.kernel_loc.value, raw, largest=self.largest)
        return tuple(one.numpy() for one in found)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "cells": self.cells.get_config(), "largest": self.largest}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Tied:
        if isinstance(config["cells"], dict):
            config = config | {"cells": cell_mappings.from_config(config["cells"])}
        return super().from_config(config)


@keras.saving.register_keras_serializable(package="noisyweights")
class TiedDense(Tied, MeanFieldDense):
    """`MeanFieldDense` on cells: arguments are those of both."""


@keras.saving.register_keras_serializable(package="noisyweights")
class TiedConv2D(Tied, MeanFieldConv2D):
    """`MeanFieldConv2D` on cells: arguments are those of both."""


_TIED = {MeanFieldDense: TiedDense, MeanFieldConv2D: TiedConv2D}


def with_cells(model: keras.Model, cells: CellMapping) -> keras.Model:
    """Return the same network on cells, with the same means, and the standard deviations that these leave it.

    The largest mean of each layer fills the range of its cells. Common modes, where they can be set, are set
    to come nearest to the standard deviations of the model. So it is the start of a training with the tie,
    and after a training without what remains of it on such cells.

    Args:
        model: network with mean-field layers whose biases are not random; it stays as it is.
        cells: of all of these layers.

    Raises: ValueError for a model without mean-field layers or with random biases, for a layer whose weights
        are all 0, or for a model that Keras cannot clone.
    """
    pairs: list[tuple[MeanField, Tied]] = []

    def tied(layer):
        if type(layer) not in _TIED:
            return None
        largest = float(np.abs(layer.kernel_loc.numpy()).max())
        if not largest:
            raise ValueError(f"all weights of {layer.name} are 0: train the network first")
        config = layer.get_config() | {"cells": cells, "largest": largest}
        twin = _TIED[type(layer)].from_config(config)
        pairs.append((layer, twin))
        return twin

    copy = twins.cloned(model, tied)
    if not pairs:
        raise ValueError(
            f"{model.name} has no mean-field layers to put on cells: see twins.from_deterministic"
        )
    for layer, twin in pairs:
        twin.kernel_loc.assign(layer.kernel_loc)
        if twin.kernel_raw is not None:
            loc, scale = layer.kernel_loc.value, layer.distribution("kernel").scale
            twin.kernel_raw.assign(cells.nearest(loc, scale, largest=twin.largest))
        if layer.biases != "none":
            twin.bias.assign(layer.bias)
        twin.kl_weight.assign(layer.kl_weight)
    return copy
