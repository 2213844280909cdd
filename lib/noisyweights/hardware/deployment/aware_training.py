"""Training that knows the chip: a network is trained on through what arrays of cells would do to it."""

from __future__ import annotations

from typing import NamedTuple

import keras
import tensorflow as tf
from numpy.typing import ArrayLike

from noisyweights import seeds
from noisyweights.hardware.chip import Chip
from noisyweights.hardware.deployment import array_layers_of, deploy
from noisyweights.hardware.deployment.layers import ArrayLayer
from noisyweights.hardware.deployment.makers import MAKERS
from noisyweights.networks import weight_draws
from noisyweights.networks.binary.given_values import Given, given
from noisyweights.networks.mean_field.cloning import cloned, copied, copy_weights
from noisyweights.networks.mean_field.layers import MeanField

__all__ = ["NewChips", "OnChip", "in_software", "through_chip"]


def through_chip(model: keras.Model, chip: Chip, *, calibration: ArrayLike, seed: int) -> keras.Model:
    """Return the network with the effect of a chip in every layer that it holds, to be trained on by `fit`.

    A call computes what the network on the chip computes: cells of so many levels, as they were programmed,
    with read noise, limited standard deviations, wires and converters. Gradients are those of the network in
    software (straight-through), so that its own loss and its own divergence train it. The effect is that of
    `deploy`, as different from the software of that moment, and is renewed by `NewChips`; without it all of
    the training meets one chip.

    Args:
        model, chip, calibration: as in `deploy`. The model stays as it is.
        seed: whole number from which chips and reads follow.

    Returns: a model that is not compiled. `in_software` gives the trained network back, for any chip.

    Raises: as `deploy` does.
    Source: straight-through gradients, Y. Bengio et al., arXiv:1308.3432 (2013); noise put in while training,
        V. Joshi et al., Nature Communications 11, 2473 (2020).
    """
    found: list[OnChip] = []

    def twin_of(layer):
        if type(layer) not in MAKERS:
            return None
        found.append(OnChip(_copy(layer), seed=int(seeds.fold(seed, "aware", len(found))[0]) & 0x7FFFFFFF))
        return found[-1]

    deployed = deploy(model, chip, calibration=calibration, seed=seed)  # what it refuses is refused first
    taught = cloned(model, twin_of)
    _renew(found, model, deployed)
    return taught


def in_software(model: keras.Model) -> keras.Model:
    """Return the network that `through_chip` has trained on, of the layers that were handed in.

    Raises: ValueError for a model without layers on a chip.
    """
    if not _on_chip(model):
        raise ValueError(f"{model.name} has no layers on a chip: see through_chip")
    return cloned(model, lambda layer: _copy(layer.layer) if isinstance(layer, OnChip) else None)


class NewChips(keras.callbacks.Callback):
    """Put the network on a new chip before every epoch, so that it learns the kind and not the one.

    Args:
        chip, calibration: as in `through_chip`.
        seed: whole number from which the chips follow.
        every: epochs on one chip. Each new one costs a deployment and a tracing of the training step.

    Raises: ValueError for less than one epoch on a chip.
    """

    def __init__(self, chip: Chip, *, calibration: ArrayLike, seed: int, every: int = 1):
        super().__init__()
        if every < 1 or every != int(every):
            raise ValueError(f"every must be at least 1 epoch, and whole, got {every}")
        self.chip, self.calibration, self.seed, self.every = chip, calibration, seed, every

    def on_epoch_begin(self, epoch, logs=None):
        if epoch % self.every:
            return
        software = in_software(self.model)
        own = int(seeds.fold(self.seed, "chip", epoch)[0]) & 0x7FFFFFFF
        deployed = deploy(software, self.chip, calibration=self.calibration, seed=own)
        _renew(_on_chip(self.model), software, deployed)
        self.model.make_train_function(force=True)


class _Held(NamedTuple):
    """A layer in software as it was, and the same on arrays: no parts of the model that is trained."""

    software: keras.layers.Layer
    array: ArrayLayer


class OnChip(keras.layers.Layer):
    """A layer with the effect of a chip: software(x) + [array(x) − software(x) as it was then].

    What is in brackets has no gradient. Both sides of it meet the same draw of what is random in software.

    Args:
        layer: trained, with weights of its own.
        seed: whole number from which reads follow.
    """

    def __init__(self, layer: keras.layers.Layer, *, seed: int, **kwargs):
        super().__init__(name=layer.name, **kwargs)
        self.layer = layer
        self._reads = keras.random.SeedGenerator(seed)
        self._held: list[_Held] = []

    def build(self, input_shape):
        self.built = True

    def call(self, inputs, training=None):
        outputs = self.layer(inputs, training=training)
        if not self._held:
            return outputs
        return outputs + tf.stop_gradient(self._effect(inputs))

    def _effect(self, inputs: tf.Tensor) -> tf.Tensor:
        software, array = self._held[0]
        seed = tf.cast(self._reads.next(), tf.int32)
        shared, own, scales = {}, {}, {}
        for place, weight in enumerate(array.random_weights):
            at = tf.random.experimental.stateless_fold_in(seed, place)
            own[array, weight] = array.sample(weight, at)
            if isinstance(software, MeanField) and weight == "kernel":
                shared[software, weight] = software.sample(weight, at)
            elif weight == "scale":
                scales[software] = Given(own[array, weight])
        with weight_draws.holding(own | shared), given(scales):
            return array(inputs, training=False) - software(inputs, training=False)

    def compute_output_shape(self, input_shape):
        return self.layer.compute_output_shape(input_shape)


def _renew(layers: list[OnChip], software: keras.Model, deployed: keras.Model) -> None:
    """Give layers the effect of a chip; all three in the order of the model's structure."""
    frozen = [layer for layer in software._flatten_layers() if type(layer) in MAKERS]
    for layer, was, array in zip(layers, frozen, array_layers_of(deployed), strict=True):
        layer._held[:] = [_Held(_copy(was), array)]


def _on_chip(model: keras.Model) -> list[OnChip]:
    return [layer for layer in model._flatten_layers() if isinstance(layer, OnChip)]


def _copy(layer: keras.layers.Layer) -> keras.layers.Layer:
    """A layer of its own with the same state."""
    copy = copied(layer)
    copy.build_from_config(layer.get_build_config())
    copy_weights(layer, copy)
    return copy
