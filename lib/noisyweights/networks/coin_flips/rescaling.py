"""A trained network with weights in [−1, 1]: the same function, its scale moved to where it does no harm."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

__all__ = ["SYNAPTIC", "kernel_of", "renormalise"]

# Layers whose kernels are synapses: what `renormalise` divides, and what coins can stand for.
SYNAPTIC = (layers.Dense, layers.Conv1D, layers.Conv2D, layers.Conv3D)
# c·f(x) = f(c·x) for c > 0: what comes out has the scale of what goes in.
_HOMOGENEOUS = (
    layers.Dropout,
    layers.SpatialDropout1D,
    layers.SpatialDropout2D,
    layers.SpatialDropout3D,
    layers.Flatten,
    layers.Reshape,
    layers.Permute,
    layers.ZeroPadding1D,
    layers.ZeroPadding2D,
    layers.MaxPooling1D,
    layers.MaxPooling2D,
    layers.AveragePooling1D,
    layers.AveragePooling2D,
    layers.GlobalMaxPooling1D,
    layers.GlobalMaxPooling2D,
    layers.GlobalAveragePooling1D,
    layers.GlobalAveragePooling2D,
    layers.LeakyReLU,
)
_JOINING = (layers.Add, layers.Subtract, layers.Average, layers.Maximum, layers.Minimum, layers.Concatenate)
_ACTIVATIONS = tuple(map(keras.activations.get, ("linear", "relu", "leaky_relu")))


def kernel_of(layer: layers.Layer) -> np.ndarray:
    """The kernel of a Dense or convolution layer.

    Raises: ValueError for a weight that is NaN or infinite.
    """
    kernel = layer.kernel.numpy()
    if not np.isfinite(kernel).all():
        raise ValueError(
            f"{layer.name} has {np.sum(~np.isfinite(kernel))} NaN or infinite weights: "
            "train it again, with a smaller learning rate if that diverged"
        )
    return kernel


def renormalise(model: keras.Model, *, stretch: bool) -> keras.Model:
    """Return the same function, to rounding, as a network whose kernels lie in [−1, 1].

    A ReLU passes a positive factor on: relu(c·x) = c·relu(x). So the kernel of layer i is divided by its
    largest weight |w|_i, its bias by the product of these up to layer i, and the whole product comes back
    in one `Rescaling` layer where the factor would be felt: before a softmax or another activation that does
    not pass it on, or else at the end. BatchNormalization takes it up in its statistics. Biases do not have
    to lie in the range, since they are no coins (eq. 3).

    Args:
        model: sequential or functional; it is left as it is. The copy is not compiled.
        stretch: divide also where all weights are smaller than 1. Their coins then show fewer zeros, and
            the noise of a sum of coins, relative to its mean, falls by the root of the factor or more.

    Raises: ValueError for a model that Keras cannot clone, for NaN or infinite weights, for a layer other
        than Dense and convolutions with weights out of range, for a network within the network whose
        kernels would have to be divided, and for a layer that is used twice on different scales.
    Source: Aimone et al. (2023), §II-A, "renormalize the network (through modifying b and σ)".
    """
    if not model.built:
        raise ValueError(f"{model.name} has no weights yet: call the model once")
    try:
        whole = keras.Model(model.inputs, model.outputs)  # Keras hands each call of these to `walk`
        walk = _Walk(stretch)
        twin = keras.models.clone_model(whole, clone_function=walk.clone, call_function=walk.call)
    except (AttributeError, TypeError, NotImplementedError) as error:
        raise ValueError(f"{model.name} cannot be cloned, so not renormalised: {error}") from error
    outputs = [walk.restored(output) for output in twin.outputs]
    inputs, outputs = (many if len(many) > 1 else many[0] for many in (twin.inputs, outputs))
    return keras.Model(inputs, outputs, name=model.name)


class _Walk:
    """What is known on the way through a network: a value's scale is its old size over its new one."""

    def __init__(self, stretch: bool):
        self.stretch = stretch
        self.originals: dict[int, layers.Layer] = {}
        self.scales: dict[int, tuple[Any, float]] = {}  # the value too, or another could come to its address
        self.used: dict[int, float] = {}

    def clone(self, layer: Any) -> Any:
        if not isinstance(layer, layers.Layer):
            return layer  # a bare operation
        twin = type(layer).from_config(layer.get_config())
        self.originals[id(twin)] = layer
        return twin

    def scale(self, value: Any) -> float:
        return self.scales.get(id(value), (value, 1.0))[1]

    def on_scale(self, value: Any, scale: float) -> Any:
        for one in keras.tree.flatten(value):
            self.scales[id(one)] = (one, scale)
        return value

    def restored(self, value: Any) -> Any:
        """The value as it was before its scale was moved."""
        scale = self.scale(value)
        return value if scale == 1 else layers.Rescaling(scale)(value)

    def call(self, twin: Any, *args, **kwargs) -> Any:
        original = self.originals.get(id(twin))
        scales = {
            self.scale(one)
            for one in keras.tree.flatten((args, kwargs))
            if isinstance(one, keras.KerasTensor)
        }
        scale = scales.pop() if len(scales) == 1 else None
        if isinstance(original, keras.Model) and self._moved(original):
            raise ValueError(
                f"{original.name} is a network within the network: put its layers into the outer one"
            )
        if original is None or scale is None or not self._passes(original):
            restored = keras.tree.map_structure(self.restored, (args, kwargs))
            outputs = twin(*restored[0], **restored[1])
            if original is not None:
                self._copy(original, twin, in_range=True)
            return outputs
        if self.used.setdefault(id(twin), scale) != scale:
            raise ValueError(
                f"{original.name} is used twice, on different scales: give each use its own layer"
            )
        if isinstance(original, SYNAPTIC):
            return self._synaptic(original, twin, scale, args, kwargs)
        outputs = twin(*args, **kwargs)
        if isinstance(original, layers.BatchNormalization):
            self._copy(original, twin)
            self._absorb(original, twin, scale)
            return outputs
        self._copy(original, twin)
        return self.on_scale(outputs, scale)

    def _moved(self, network: keras.Model) -> bool:
        """Whether a network has kernels that would be divided."""
        kernels = [kernel_of(one) for one in network._flatten_layers() if isinstance(one, SYNAPTIC)]
        return bool(kernels) and (self.stretch or max(np.abs(one).max() for one in kernels) > 1)

    def _passes(self, layer: layers.Layer) -> bool:
        if isinstance(layer, layers.ReLU):
            return layer.max_value is None and layer.threshold == 0
        if isinstance(layer, layers.Activation):
            return layer.activation in _ACTIVATIONS
        return isinstance(layer, (*SYNAPTIC, *_HOMOGENEOUS, *_JOINING, layers.BatchNormalization))

    def _synaptic(self, original, twin, scale: float, args, kwargs) -> Any:
        kernel = kernel_of(original).astype(np.float64)
        largest = float(np.abs(kernel).max())
        factor = largest if largest > 1 or (self.stretch and largest > 0) else 1.0
        passes = original.activation in _ACTIVATIONS
        if not passes and scale * factor != 1:
            twin.activation = keras.activations.linear
        outputs = twin(*args, **kwargs)
        self._copy(original, twin)
        twin.kernel.assign(kernel / factor)
        if original.use_bias:
            twin.bias.assign(original.bias.numpy().astype(np.float64) / (scale * factor))
        if passes:
            return self.on_scale(outputs, scale * factor)
        if scale * factor == 1:
            return outputs
        return layers.Activation(original.activation)(layers.Rescaling(scale * factor)(outputs))

    def _absorb(self, original, twin, scale: float) -> None:
        """(x − μ)/√(σ² + ε) is the same for x/c, μ/c, σ²/c² and ε/c²."""
        twin.moving_mean.assign(original.moving_mean / scale)
        twin.moving_variance.assign(original.moving_variance / scale**2)
        twin.epsilon = original.epsilon / scale**2

    def _copy(self, original, twin, *, in_range: bool = False) -> None:
        for variable, kept in zip(twin.variables, original.variables, strict=True):
            variable.assign(kept)
        if not in_range:
            return
        for variable in original.trainable_variables:
            largest = float(ops.max(ops.abs(variable), initial=0))
            if not largest <= 1:
                raise ValueError(
                    f"{original.name} has a weight of {largest:.3g} in {variable.name}, and only Dense "
                    f"layers and convolutions can be brought into [-1, 1], not a {type(original).__name__}"
                )
