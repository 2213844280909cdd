"""Any layer of Keras as a mean-field layer: it is called as ever, with drawn values for its kernels.

A call of a model draws each weight once: for all inputs of a batch, all steps of a sequence, and wherever a
layer is used twice.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from noisyweights.networks import weight_draws
from noisyweights.networks.mean_field import random_rules
from noisyweights.networks.mean_field.drawn_values import DrawnValues
from noisyweights.networks.mean_field.layers import MeanField
from noisyweights.networks.mean_field.random_rules import NamedWeight

__all__ = ["MeanFieldLayer"]

_DTYPES = ("float32", "float64")


@keras.saving.register_keras_serializable(package="noisyweights")
class MeanFieldLayer(MeanField):
    """A layer of Keras, of any kind, with random weights.

    The layer's own weights are the means. Each random weight has logarithms of standard deviations beside it,
    `kernel_log_scale` for the weight `kernel`; whether its mean is `kernel_loc` here or `layer.kernel` there,
    it is one variable. What the layer does otherwise, it does: masks, states, statistics, dropout.

    Args:
        layer: any layer, also one with layers inside: LSTM, MultiHeadAttention, Bidirectional, your own. It
            becomes part of this one. Its name, its precision and whether it is trained are kept.
        where: which of its weights are random, `(layer, weight) → bool` or names such as
            ("recurrent_kernel",); kernels and embeddings by default. The layer is the one inside that owns
            the weight. See `random_rules`.
        biases: what becomes of biases that `where` leaves out: "fixed", "learned" or "random"; "none" for a
            layer that has none.
        **kwargs: law, prior_scale, kl_weight, initial_scale and seed of `MeanField`.

    Raises: TypeError for what is no layer; ValueError for one that is mean-field already, or what `MeanField`
        refuses. Once the weights are made, ValueError where the rule chooses none of them, or one in half
        precision, with a regularizer or a constraint (the prior takes their place), or in a layer that
        computes twice (`keras.RematScope`), and for biases="none" where there are biases.
    """

    def __init__(
        self,
        layer: keras.layers.Layer,
        *,
        where: Callable[[keras.layers.Layer, keras.Variable], bool] | Sequence[str] = random_rules.kernels,
        biases: str,
        **kwargs,
    ):
        if not isinstance(layer, keras.layers.Layer):
            raise TypeError(f"layer must be a layer of Keras, got {layer!r}")
        self.call = _as(layer.call, self._call_layer)  # Keras asks for the signature when it begins
        _check_precision(layer.name, layer.variable_dtype)
        # Inputs are converted, and half precision used, by the layer itself.
        kept = {"name": layer.name, "trainable": layer.trainable, "dtype": layer.variable_dtype}
        super().__init__(biases=biases, autocast=False, **kept, **kwargs)
        if any(isinstance(inside, MeanField) for inside in layer._flatten_layers()):
            raise ValueError(f"{layer.name} is or holds a mean-field layer: its weights have a law already")
        self.layer = layer
        self.where = where
        self.supports_masking = layer.supports_masking

    def __getattr__(self, attribute: str) -> Any:
        if attribute.endswith("_loc"):  # what looks for the matrix of a dense layer, as a deployment does
            raise AttributeError(
                f"{vars(self).get('name')} has no {attribute}: it is no dense layer, and its random weights "
                f"are {', '.join(self.random_weights)}"
            )
        raise AttributeError(f"a {type(self).__name__} has no {attribute}")

    def __call__(self, *args, **kwargs):
        if not self.layer.built:
            # Keras has several ways to make a layer's weights; a call on shapes alone finds the right one.
            shapes = keras.tree.map_structure(_shape_of, (args, kwargs))
            self.layer(*shapes[0], **shapes[1])
        return super().__call__(*args, **kwargs)

    def build(self, input_shape=None):
        if not self.layer.built:
            self.layer.build(input_shape)
        weights = random_rules.named_weights(self.layer)
        chosen = [weight for weight in weights if self._chooses(weight)]
        if not chosen:
            raise ValueError(
                f"{self.name} has no weight to make random: `where` leaves out "
                f"{', '.join(weight.name for weight in weights) or 'nothing, for it has no weights'}"
            )
        for weight in chosen:
            self._check(weight)
        self._treat_biases([weight for weight in weights if weight not in chosen])
        log_scale = keras.initializers.Constant(float(np.log(self.initial_scale)))
        for weight in chosen:
            vars(self)[f"{weight.name}_loc"] = weight.variable  # the layer's: Keras must not count it twice
            name = f"{weight.name}_log_scale"
            scale = self.add_weight(
                shape=weight.variable.shape, initializer=log_scale, name=name, autocast=False
            )
            setattr(self, name, scale)
        self.kl_weight = self.add_weight(
            shape=(),
            initializer=keras.initializers.Constant(self.initial_kl_weight),
            trainable=False,
            name="kl_weight",
            autocast=False,
        )
        self.random_weights = tuple(weight.name for weight in chosen)
        self.built = True

    def _chooses(self, weight: NamedWeight) -> bool:
        random_bias = self.biases == "random" and random_rules.is_bias(weight.variable)
        return random_bias or random_rules.obeys(weight, self.where)

    def _check(self, weight: NamedWeight) -> None:
        _check_precision(f"{self.name}: {weight.name}", weight.variable.dtype)
        if weight.variable.dtype != self.variable_dtype:
            raise ValueError(
                f"{self.name} has {weight.name} in {weight.variable.dtype}, not {self.variable_dtype}"
            )
        for part in ("regularizer", "constraint"):
            if getattr(weight.variable, part) is not None:
                found = f"{weight.name}_{part}"
                raise ValueError(
                    f"{self.name} has a {found}, which no mean-field twin keeps: train without it"
                )
        if getattr(weight.owner, "_remat_mode", None):
            raise ValueError(
                f"{weight.owner.name} is computed again for its gradient, when its draw is gone: make it "
                "outside of keras.RematScope"
            )

    def _treat_biases(self, others: list[NamedWeight]) -> None:
        biases = [weight for weight in others if random_rules.is_bias(weight.variable)]
        if biases and self.biases == "none":
            raise ValueError(f"{self.name} has a bias, which biases='none' would lose: name another word")
        for weight in biases:
            weight.variable.trainable = weight.variable.trainable and self.biases == "learned"

    def _call_layer(self, *args, training=None, **kwargs):
        # Keras empties `_losses` when a call of the whole model begins, so they tell of an earlier use in it.
        if weight_draws.drawn(self, self.random_weights[0]) is None and not self._losses:
            self._noise.next()
            self.add_loss(self._weighted_kl(training))
        values = [(getattr(self, f"{weight}_loc"), self._draw(weight)) for weight in self.random_weights]
        if any(len(value.shape) > len(mean.shape) for mean, value in values):
            raise ValueError(
                f"{self.name} is a {type(self.layer).__name__}, and chips can be stacked in dense layers only"
            )
        with DrawnValues(values) as drawn:
            outputs = self.layer(*args, **kwargs)
        for loss in drawn.losses:
            self.add_loss(loss)
        return outputs

    def call(self, *args, **kwargs):
        """What the layer computes, with drawn weights."""
        return self._call_layer(*args, **kwargs)

    def compute_output_spec(self, *args, training=None, **kwargs):
        return self.layer.compute_output_spec(*args, **kwargs)

    def compute_output_shape(self, *args, **kwargs):
        return self.layer.compute_output_shape(*args, **kwargs)

    def compute_mask(self, inputs, previous_mask):
        return self.layer.compute_mask(inputs, previous_mask)

    def get_build_config(self) -> None:
        """Nothing: the call of a loaded model makes the weights."""
        return None

    def get_config(self) -> dict[str, Any]:
        if not self.built and callable(self.where) and self.where is not random_rules.kernels:
            raise ValueError(f"{self.name} has no weights yet, to tell which are random: call the model once")
        config = super().get_config()
        own = {key: config[key] for key in config if key not in ("name", "trainable", "dtype", "activation")}
        where = self.random_weights if self.built else self.where
        layer = keras.saving.serialize_keras_object(self.layer)
        layer.pop("build_config", None)  # a loaded layer is built by our call, of whatever kind it is
        return {
            **own,
            "layer": layer,
            "where": None if callable(where) else list(where),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> MeanFieldLayer:
        config = config | {"layer": keras.saving.deserialize_keras_object(config["layer"])}
        if config["where"] is None:
            config["where"] = random_rules.kernels
        return super().from_config(config)


def _check_precision(name: str, dtype: str) -> None:
    if dtype not in _DTYPES:
        raise ValueError(
            f"{name} has weights in {dtype}, and means and scales need float32 or float64: to compute in "
            "half precision use dtype='mixed_float16'"
        )


def _shape_of(value: Any) -> Any:
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return keras.KerasTensor(value.shape, keras.backend.standardize_dtype(value.dtype))
    return value


def _as(call: Callable, ours: Callable) -> Callable:
    """Our function under the signature of a layer's call, and with `training`."""

    @functools.wraps(call)
    def called(*args, **kwargs):
        return ours(*args, **kwargs)

    signature = inspect.signature(call)
    if "training" not in signature.parameters:
        parameters = list(signature.parameters.values())
        rest = [p for p in parameters if p.kind is inspect.Parameter.VAR_KEYWORD]
        training = inspect.Parameter("training", inspect.Parameter.KEYWORD_ONLY, default=None)
        parameters = [*(p for p in parameters if p not in rest), training, *rest]
        signature = signature.replace(parameters=parameters)
    called.__signature__ = signature
    return called
