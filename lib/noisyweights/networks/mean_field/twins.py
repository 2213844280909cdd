"""The same network with other weights: its mean-field twin of any layers, and the twin under another law."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import keras

from noisyweights import seeds
from noisyweights.networks.mean_field import dense_twins, random_rules
from noisyweights.networks.mean_field.any_layer import MeanFieldLayer
from noisyweights.networks.mean_field.cloning import cloned, copied, copy_weights, with_law
from noisyweights.networks.mean_field.dense_twins import check_plain
from noisyweights.networks.mean_field.layers import MeanField
from noisyweights.noise.law import Law

__all__ = ["check_plain", "cloned", "from_deterministic", "with_law"]


def from_deterministic(
    model: keras.Model,
    *,
    law: Law,
    prior_scale: float,
    kl_weight: float,
    biases: str,
    initial_scale: float,
    seed: int | None = None,
    where: Callable[[keras.layers.Layer, keras.Variable], bool] | Sequence[str] = random_rules.kernels,
    convert: Callable[[keras.layers.Layer], bool] = lambda layer: True,
) -> keras.Model:
    """Return the mean-field twin of a network: its kernels and embeddings become random.

    Dense layers and convolutions in two dimensions become `MeanFieldDense` and `MeanFieldConv2D`, which other
    estimators can train and, where they are plain, arrays of cells hold; any other layer is called as it is,
    with drawn values for its weights, by `MeanFieldLayer`. Layers in which nothing is random are copied with
    their state, and the model that was handed in stays as it is. Trained first, the twin starts at the
    maximum-likelihood estimate, which is how the device paper trains (App. C); there the biases stay fixed.

    Args:
        model: sequential or functional, with models inside, layers that are shared, and any number of inputs
            and outputs.
        law, prior_scale, kl_weight, initial_scale: as in `MeanField`.
        biases: "fixed", "learned" or "random", of layers in which something is random.
        seed: whole number from which every layer's own seed follows.
        where: which weights are random, `(layer, weight) → bool` or names such as ("kernel",); see
            `random_rules`. It is asked about weights inside of layers too, such as attention's.
        convert: which layers of the model may hold random weights; all of them by default.

    Raises: ValueError for a model that Keras cannot clone or that has no weights yet, where the rule makes
        nothing random, and for weights to be random that have a regularizer or constraint (the prior takes
        their place), are in half precision, or quantized.
    """
    settings = {"law": law, "prior_scale": prior_scale, "kl_weight": kl_weight}
    settings |= {"initial_scale": initial_scale, "biases": biases}
    pairs: list[tuple[keras.layers.Layer, MeanField]] = []
    places = itertools.count()

    def twin_of(layer):
        place = next(places)
        chosen = _chosen(layer, where)
        if not chosen or not convert(layer):
            return None
        own = None if seed is None else int(seeds.fold(seed, place)[0]) & 0x7FFFFFFF
        if dense_twins.is_plain(layer) and chosen == ["kernel"]:
            twin = dense_twins.plain_twin(layer, **settings, seed=own)
        else:
            twin = MeanFieldLayer(copied(layer), where=chosen, **settings, seed=own)
        pairs.append((layer, twin))
        return twin

    copy = cloned(model, twin_of)
    if not pairs:
        raise ValueError(
            f"{model.name} has nothing to make random: `where` chooses none of its weights, or `convert` "
            "none of its layers; by default kernels and embeddings are random, wherever they are"
        )
    for layer, twin in pairs:
        _take_weights(layer, twin)
    return copy


def _chosen(layer: Any, where: Callable | Sequence[str]) -> list[str]:
    """Names of the weights to be random: none in an operation that is no layer, or in a random layer."""
    if not isinstance(layer, keras.layers.Layer) or any(
        isinstance(inside, MeanField) for inside in layer._flatten_layers()
    ):
        return []
    found = [weight for weight in random_rules.named_weights(layer) if random_rules.obeys(weight, where)]
    for weight in found:
        if mode := getattr(weight.owner, "quantization_mode", None):
            raise ValueError(
                f"{weight.owner.name} is quantized to {mode}, and means need float32 or float64: make the "
                "twin of the network as it was before"
            )
    return [weight.name for weight in found]


def _take_weights(layer: keras.layers.Layer, twin: MeanField) -> None:
    if isinstance(twin, MeanFieldLayer):
        copy_weights(layer, twin.layer)
        return
    twin.kernel_loc.assign(layer.kernel)
    if layer.use_bias:
        (twin.bias_loc if twin.biases == "random" else twin.bias).assign(layer.bias)
