"""Workloads: sizes of a network's matrices, and how often each is used, counted from the network itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

import keras
from keras import layers

from noisyweights.networks.binary.layers import (
    BinaryConv2D,
    BinaryDense,
    ScaledBinaryConv2D,
    ScaledBinaryDense,
)
from noisyweights.networks.mean_field.layers import MeanFieldConv2D, MeanFieldDense

__all__ = ["Workload", "check_no_matrix", "scaled_workloads", "workloads"]

_DENSE = (layers.Dense, MeanFieldDense, BinaryDense)
_CONVOLUTIONS = (layers.Conv2D, MeanFieldConv2D, BinaryConv2D)
_SCALED = (ScaledBinaryDense, ScaledBinaryConv2D)
_MATRIX = 2  # dimensions of a weight from which on it belongs to synapses


@dataclass(frozen=True, kw_only=True)
class Workload:
    """What one layer asks of an array in a pass over one example: `positions` products with one matrix.

    Args:
        name: of the layer.
        rows: of the matrix, its inputs; of a convolution, kernel height · width · channels.
        columns: of the matrix, its outputs.
        positions: products in a pass: 1 for a dense layer, of a convolution all places of the kernel, before
            the layer pools them.
        arrivals: values that come in.
        departures: values that go out, after the layer has pooled them.
        sign_inputs: whether the values that come in are signs.
        scale_bits: bits of each random scale, one a column; None for a layer without.
    """

    name: str
    rows: int
    columns: int
    positions: int
    arrivals: int
    departures: int
    sign_inputs: bool
    scale_bits: int | None

    @property
    def weights(self) -> int:
        """Entries of the matrix."""
        return self.rows * self.columns

    @property
    def products(self) -> int:
        """Multiplications of an input with a weight in a pass."""
        return self.weights * self.positions


def workloads(model: keras.Model) -> tuple[Workload, ...]:
    """What each layer with a matrix of weights asks for in a pass over one example, in the order of calls.

    Dense layers and two-dimensional convolutions count, of Keras and of this book, mean-field and binary. A
    layer that is used twice has twice the positions. Layers without matrices, such as pooling and
    normalisation, and the additions of shortcuts, are left out.

    Raises: ValueError for a model without weights, one that is neither sequential nor functional, one whose
        inputs have no fixed size, or a layer with a matrix that is none of these.
    """
    if not model.built:
        raise ValueError(f"{model.name} has no weights yet: call the model once")
    found: dict[int, dict[str, Any]] = {}
    for layer, shape in _calls(model):
        if not isinstance(layer, (*_DENSE, *_CONVOLUTIONS)):
            check_no_matrix(layer)
            continue
        kernel = layer.kernel_loc if hasattr(layer, "kernel_loc") else layer.kernel
        counted = found.setdefault(
            id(layer),
            {
                "name": layer.name,
                "rows": prod(kernel.shape[:-1]),
                "columns": kernel.shape[-1],
                "positions": 0,
                "arrivals": 0,
                "departures": 0,
                "sign_inputs": bool(getattr(layer, "binary_inputs", False)),
                "scale_bits": layer.bits if isinstance(layer, _SCALED) else None,
            },
        )
        counted["positions"] += _positions(layer, shape)
        counted["arrivals"] += prod(shape[1:])
        counted["departures"] += prod(layer.compute_output_shape(shape)[1:])
    if not found:
        raise ValueError(
            f"{model.name} has no layer with a matrix of weights: there is nothing to count; of a "
            "deployed network count the one that it was made of"
        )
    return tuple(Workload(**counted) for counted in found.values())


def scaled_workloads(model: keras.Model) -> tuple[Workload, ...]:
    """The workloads of a network all of whose matrices have random scales.

    Raises: ValueError for a layer without, or as `workloads` does.
    """
    found = workloads(model)
    if plain := [work.name for work in found if work.scale_bits is None]:
        raise ValueError(
            f"{', '.join(plain)} of {model.name} has no random scales: build all layers as ScaledBinaryDense "
            "or ScaledBinaryConv2D"
        )
    return found


def _calls(model: keras.Model) -> Iterator[tuple[layers.Layer, tuple[int, ...]]]:
    """Layers in the order in which they are called, with the shape of what each call takes."""
    try:
        graph = keras.Model(model.inputs, model.outputs)
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(
            f"{model.name} is neither sequential nor functional, so its layers' sizes are not known: {error}"
        ) from error
    # Keras has no public way to the calls of a functional model.
    for _, nodes in sorted(graph._nodes_by_depth.items(), reverse=True):
        for node in nodes:
            if isinstance(node.operation, keras.Model):
                yield from _calls(node.operation)
            elif isinstance(node.operation, layers.Layer) and not node.is_input:
                shape = tuple(node.input_tensors[0].shape)
                if None in shape[1:]:
                    raise ValueError(
                        f"{node.operation.name} of {model.name} takes inputs of shape {shape}: "
                        "give keras.Input a size"
                    )
                yield node.operation, shape


def _positions(layer: layers.Layer, shape: tuple[int, ...]) -> int:
    if isinstance(layer, _DENSE):
        return prod(shape[1:-1])
    if isinstance(layer, (layers.Conv2D, MeanFieldConv2D)):
        if layer.groups != 1 or layer.data_format != "channels_last":
            raise ValueError(
                f"{layer.name} has {layer.groups} groups, {layer.data_format}: only one group, "
                "channels last, can be counted"
            )
        return prod(layer.compute_output_shape(shape)[1:-1])
    before_pooling = layers.Conv2D(1, layer.kernel_size, strides=layer.strides, padding=layer.padding)
    return prod(before_pooling.compute_output_shape(shape)[1:-1])


def check_no_matrix(layer: layers.Layer) -> None:
    """Raise ValueError for a layer that keeps a matrix of weights, or whose weights are not made yet."""
    if not layer.built:
        raise ValueError(f"{layer.name} has no weights yet: call the model once")
    for weight in layer.weights:
        if len(weight.shape) >= _MATRIX:
            raise ValueError(
                f"{layer.name} is a {type(layer).__name__} with {weight.name} of shape "
                f"{tuple(weight.shape)}, and only Dense layers and convolutions in two dimensions count"
            )
