"""Checkpoints of others in Keras: weights of a PyTorch network by name and shape, and whole ONNX files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
from numpy.typing import ArrayLike

from noisyweights import seeds

__all__ = ["from_onnx", "load_state_dict"]

_COUNTER = "num_batches_tracked"  # which a batch normalisation keeps, and no prediction needs
_PASSING = (
    keras.layers.Dropout,
    keras.layers.Activation,
    keras.layers.ReLU,
)  # which keep the order of values
_TOLERANCE = 1e-3  # of the largest output: float32 through some dozens of layers
_TRIED = 4  # inputs by which a converted network is held against its file


class _Entry(NamedTuple):
    """A variable of a layer, the name of what it takes in a module, and how that is laid out anew."""

    variable: keras.Variable
    name: str
    laid_out: Callable[[np.ndarray], np.ndarray]


def load_state_dict(
    model: keras.Model,
    state: Mapping[str, ArrayLike],
    *,
    modules: Mapping[str, str] | None = None,
    batch_epsilon: float = 1e-5,
) -> None:
    """Give a Keras model the weights of the same network in PyTorch, in place.

    Layers with weights take the modules of `state` in their order. Kernels are laid out anew: PyTorch has
    outputs first and channels before pixels, Keras the reverse, behind a flattening of pictures too. Nothing
    is set unless all fits. That layers compute the same is yours to see to, padding above all: compare
    outputs.

    Args:
        model: functional or sequential, channels last, of Dense, Conv1D, Conv2D, DepthwiseConv2D, Embedding
            and BatchNormalization, and of layers without weights.
        state: arrays or tensors by name, such as "conv1.weight", as `torch.load("net.pt")` or
            `safetensors.numpy.load_file("net.safetensors")` gives them.
        modules: names of modules by those of layers, where the order differs.
        batch_epsilon: ε of the PyTorch network's batch normalisations, which no checkpoint holds.

    Raises: ValueError for layers and modules that do not match in number, name or shape, values that are not
        finite, a normalisation with another ε, or a layer of another kind.
    Source: documentation of torch.nn, for the layouts.
    """
    if not model.built:
        raise ValueError(f"{model.name} has no weights yet: give it a keras.Input")
    layers = list(_with_weights(model))
    arrays = _by_module(state)
    pairs = _paired(layers, list(arrays), modules)
    wanted = []
    for layer, module in pairs.items():
        entries = list(_entries(layer, batch_epsilon))
        given = dict(arrays[module])
        for variable, name, laid_out in entries:
            place = f"{module}.{name}", f"{variable.name} of {layer.name}"
            if name not in given:
                raise ValueError(f"{module} has no {name}, and {layer.name} needs it for its {variable.name}")
            wanted.append((variable, _fitted(place, given.pop(name), laid_out, tuple(variable.shape))))
        if given:
            raise ValueError(
                f"{module} also has {', '.join(given)}, for which {layer.name} has no place: make the layer "
                "with it"
            )
    for variable, value in wanted:
        variable.assign(value)


def from_onnx(file: str | Path, *, seed: int = 0) -> keras.Model:
    """Return an ONNX file's network as a functional Keras model, checked against the file on random inputs.

    Pictures come with channels last, (n, rows, columns, channels), where the file has them first. It needs
    the packages onnx and onnx2keras.

    Args:
        file: a network of one input and one output, with fixed sizes but for the batch.
        seed: of the inputs that it is tried on, standard normal.

    Raises: ImportError without the packages; ValueError for a network that is not of this kind, that has an
        operation without a layer, or whose outputs differ from the file's by more than a thousandth.
    Source: onnx2keras for the conversion, the reference evaluator of onnx for the check.
    """
    try:
        import onnx
        from onnx.reference import ReferenceEvaluator
        from onnx2keras import onnx_to_keras
    except ImportError as error:
        raise ImportError("ONNX files need two packages: pip install onnx onnx2keras") from error
    network = onnx.load(str(file))
    weights = {one.name for one in network.graph.initializer}
    inputs = [one for one in network.graph.input if one.name not in weights]
    if len(inputs) != 1 or len(network.graph.output) != 1:
        raise ValueError(
            f"{file} has {len(inputs)} inputs and {len(network.graph.output)} outputs: one of each"
        )
    shape = [one.dim_value for one in inputs[0].type.tensor_type.shape.dim][1:]
    if not shape or not all(shape):
        raise ValueError(f"{file} takes inputs of shape {shape}, 0 where none is fixed: export it with sizes")
    try:
        model = onnx_to_keras(network, [inputs[0].name], change_ordering=len(shape) > 1, verbose=False)
    except (AttributeError, KeyError, NotImplementedError, TypeError) as error:
        raise ValueError(
            f"{file} has an operation that onnx2keras cannot turn into a layer: {error}"
        ) from error
    model = _without_lambdas(model)
    x = seeds.generator(seed, "onnx").normal(size=(_TRIED, *shape)).astype(np.float32)
    # The reference takes one at a time where the batch is fixed.
    (expected,) = zip(
        *(ReferenceEvaluator(network).run(None, {inputs[0].name: one[np.newaxis]}) for one in x), strict=True
    )
    found = model.predict(np.moveaxis(x, 1, -1) if len(shape) > 1 else x, verbose=0)
    error = np.abs(found.reshape(_TRIED, -1) - np.concatenate(expected).reshape(_TRIED, -1)).max()
    if not error <= _TOLERANCE * np.abs(expected).max():
        raise ValueError(f"{file} was converted wrongly: outputs differ by {error:.3g}. Use load_state_dict")
    return model


def _without_lambdas(model: keras.Model) -> keras.Model:
    """The model with layers in place of the functions by which pictures are put back into PyTorch's order.

    A function can be neither copied nor saved. Raises ValueError for another one.
    """

    def of_layers(layer: keras.layers.Layer) -> keras.layers.Layer:
        if not isinstance(layer, keras.layers.Lambda):
            return layer.__class__.from_config(layer.get_config())
        *pixels, channels = layer.input.shape[1:]
        if tuple(layer.output.shape[1:]) != (channels, *pixels):
            raise ValueError(f"{layer.name} is a function, and no layer of Keras: use load_state_dict")
        last = len(pixels) + 1
        return keras.layers.Permute((last, *range(1, last)), name=layer.name)

    def called(layer: keras.layers.Layer, *inputs, **options):
        # A Lambda takes a mask and a mode, which a layer that only lays out anew does not know.
        return layer(*inputs) if isinstance(layer, keras.layers.Permute) else layer(*inputs, **options)

    copied = keras.models.clone_model(model, clone_function=of_layers, call_function=called)
    copied.set_weights(model.get_weights())
    return copied


def _with_weights(model: keras.Model) -> Iterator[keras.layers.Layer]:
    """The layers with weights, those of models inside of the model included, in their order."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _with_weights(layer)
        elif layer.weights:
            yield layer


def _by_module(state: Mapping[str, ArrayLike]) -> dict[str, dict[str, np.ndarray]]:
    """Arrays by module and name, in the order of the checkpoint."""
    found: dict[str, dict[str, np.ndarray]] = {}
    for full, value in state.items():
        module, _, name = full.rpartition(".")
        if name == _COUNTER:
            continue
        try:
            array = np.asarray(value, np.float32)
        except (RuntimeError, TypeError, ValueError) as error:
            raise ValueError(f"{full} is no array of numbers ({error}): move tensors to the CPU") from error
        if not np.isfinite(array).all():
            raise ValueError(f"{full} has values that are NaN or infinite")
        found.setdefault(module, {})[name] = array
    return found


def _paired(
    layers: list[keras.layers.Layer], found: list[str], modules: Mapping[str, str] | None
) -> dict[keras.layers.Layer, str]:
    """The module of each layer."""
    names = [layer.name for layer in layers]
    if modules is None:
        if len(layers) != len(found):
            raise ValueError(
                f"the checkpoint has {len(found)} modules with weights ({', '.join(found)}), and the model "
                f"{len(layers)} layers ({', '.join(names)}): build the same network, or give `modules`"
            )
        return dict(zip(layers, found, strict=True))
    if set(modules) != set(names) or sorted(modules.values()) != sorted(found):
        raise ValueError(
            f"modules must name each of {', '.join(names)} once, and each of {', '.join(found)}, got "
            f"{dict(modules)}"
        )
    return {layer: modules[layer.name] for layer in layers}


def _entries(layer: keras.layers.Layer, batch_epsilon: float) -> Iterator[_Entry]:
    """What a layer takes of a module."""
    kind = type(layer)
    if kind is keras.layers.BatchNormalization:
        if not np.isclose(layer.epsilon, batch_epsilon, rtol=1e-3):
            raise ValueError(
                f"{layer.name} has an epsilon of {layer.epsilon:g}, and the checkpoint's network "
                f"{batch_epsilon:g}: make the layer with that, or say what it was by batch_epsilon"
            )
        names = {
            "gamma": "weight",
            "beta": "bias",
            "moving_mean": "running_mean",
            "moving_variance": "running_var",
        }
        for own, name in names.items():
            if getattr(layer, own) is not None:
                yield _Entry(getattr(layer, own), name, _as_it_is)
        return
    if kind not in _LAYOUTS:
        raise ValueError(
            f"{layer.name} is a {kind.__name__}: known are {', '.join(one.__name__ for one in _LAYOUTS)}"
        )
    if kind is keras.layers.Embedding:
        yield _Entry(layer.embeddings, "weight", _as_it_is)
        return
    pixels = _flattened(layer) if kind is keras.layers.Dense else None
    laid_out = _LAYOUTS[kind] if pixels is None else lambda weight: _behind_flattening(weight, pixels)
    yield _Entry(layer.kernel, "weight", laid_out)
    if layer.use_bias:
        yield _Entry(layer.bias, "bias", _as_it_is)


def _fitted(
    place: tuple[str, str],
    given: np.ndarray,
    laid_out: Callable[[np.ndarray], np.ndarray],
    wanted: tuple[int, ...],
) -> np.ndarray:
    """A module's array as a layer's variable takes it; `place` names both."""
    try:
        value = laid_out(given)
    except ValueError:  # of other dimensions than the layer's
        value = None
    if value is None or value.shape != wanted:
        gives = "" if value is None else f", which gives {value.shape}"
        raise ValueError(
            f"{place[0]} has shape {given.shape}{gives}, and {place[1]} {wanted}: build the layer as the "
            "network has it"
        )
    return value


def _flattened(layer: keras.layers.Dense) -> tuple[int, int, int] | None:
    """Rows, columns and channels of pictures that a dense layer takes flattened; None for other inputs."""
    # Keras has no public way from a layer to the one before it.
    before = layer.input._keras_history.operation
    while isinstance(before, _PASSING):
        before = before.input._keras_history.operation
    if isinstance(before, keras.layers.Flatten) and len(before.input.shape) == 4:
        return tuple(before.input.shape[1:])
    return None


def _behind_flattening(weight: np.ndarray, pixels: tuple[int, int, int]) -> np.ndarray:
    rows, columns, channels = pixels
    apart = weight.reshape(-1, channels, rows, columns)
    return apart.transpose(2, 3, 1, 0).reshape(rows * columns * channels, -1)


def _as_it_is(weight: np.ndarray) -> np.ndarray:
    return weight


def _depthwise(weight: np.ndarray) -> np.ndarray:
    """Of (channels · multiplier, 1, rows, columns) with a multiplier of 1."""
    return weight.transpose(2, 3, 0, 1)


_LAYOUTS: dict[type[keras.layers.Layer], Callable[[np.ndarray], np.ndarray]] = {
    keras.layers.Dense: lambda weight: weight.transpose(1, 0),
    keras.layers.Conv1D: lambda weight: weight.transpose(2, 1, 0),
    keras.layers.Conv2D: lambda weight: weight.transpose(2, 3, 1, 0),
    keras.layers.DepthwiseConv2D: _depthwise,
    keras.layers.Embedding: _as_it_is,
}
