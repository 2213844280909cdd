"""Which weights of a layer are random: rules, and the names by which a layer's weights are told apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import keras

__all__ = ["NamedWeight", "is_bias", "kernels", "named_weights", "obeys"]


def kernels(layer: keras.layers.Layer, weight: keras.Variable) -> bool:
    """The rule of the twins: kernels and embeddings, and no biases, nor scales and shifts of norms."""
    return weight.name.endswith(("kernel", "embeddings"))


def is_bias(weight: keras.Variable) -> bool:
    """Whether a weight is what Keras calls a bias."""
    return weight.name.endswith("bias")


@dataclass(frozen=True)
class NamedWeight:
    """A weight of a layer, the layer inside of that one which owns it, and a name that no other has."""

    name: str
    owner: keras.layers.Layer
    variable: keras.Variable


def named_weights(layer: keras.layers.Layer) -> list[NamedWeight]:
    """Weights of a layer and of the layers in it, each once.

    A weight bears its own name; where several have one, as in attention, ".0", ".1" and so on follow it, in
    an order that hangs on the layer's structure alone.
    """
    found: dict[int, tuple[keras.layers.Layer, keras.Variable]] = {}
    for owner in layer._flatten_layers():  # Keras has no public way to the layers inside of layers
        for variable in (*owner._trainable_variables, *owner._non_trainable_variables):
            found.setdefault(id(variable), (owner, variable))
    totals = Counter(variable.name for _, variable in found.values())
    seen: Counter[str] = Counter()
    named = []
    for owner, variable in found.values():
        name = variable.name if totals[variable.name] == 1 else f"{variable.name}.{seen[variable.name]}"
        seen[variable.name] += 1
        named.append(NamedWeight(name, owner, variable))
    return named


def obeys(
    weight: NamedWeight, rule: Callable[[keras.layers.Layer, keras.Variable], bool] | Sequence[str]
) -> bool:
    """Whether a rule makes this weight random.

    A function is asked, (layer, weight) → bool. Names are those of `named_weights`; "kernel" means all
    weights that Keras calls so.
    """
    if callable(rule):
        return bool(rule(weight.owner, weight.variable))
    return weight.name in rule or weight.variable.name in rule
