"""What mean-field layers share: every weight is loc + scale·z with z from a law of mean 0 and variance 1."""

from __future__ import annotations

import random
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp

from noisyweights import seeds
from noisyweights.networks import serialization, weight_draws
from noisyweights.networks.mean_field import layer_laws
from noisyweights.noise import laws
from noisyweights.noise.law import Law

tfd = tfp.distributions

__all__ = ["BIASES", "MeanField"]

if keras.backend.backend() != "tensorflow":
    raise ImportError(
        f"mean-field layers draw in TensorFlow, but Keras runs on {keras.backend.backend()}: "
        "set KERAS_BACKEND=tensorflow before Keras is imported"
    )

BIASES = ("none", "fixed", "learned", "random")


class MeanField(keras.layers.Layer):
    """What mean-field layers share: a law, a prior, the Kullback–Leibler divergence between them, draws.

    The divergence, exact for every law with a density, joins the loss as kl_weight·KL, and `fit` reports it
    as the metric `<layer>_kl`. Weights are stored as means `kernel_loc` and as logarithms of standard
    deviations `kernel_log_scale`, and kl_weight as a variable, so that `variational.Tempering` can change it.

    Args:
        law: of the unit noise z; see `noise.laws`. A saved model with a law of your own class loads where
            that is registered by `keras.saving.register_keras_serializable` or among the `custom_objects`.
        prior_scale: standard deviation of the Gaussian prior N(0, prior_scale²) of every random weight.
        kl_weight: factor of the divergence in the loss: 1/n for n training examples when the loss is a mean
            of negative log-likelihoods.
        biases: "none", "fixed" (kept as they are), "learned" (deterministic), or "random" as the kernel is.
        initial_scale: standard deviation of every random weight before training.
        activation: as in any Keras layer.
        seed: whole number from which initial means and training draws follow, another for every layer, or
            two of one shape would draw alike; None leaves it to `keras.utils.set_random_seed`.
        **kwargs: name, dtype, trainable of the Keras layer. Means and scales are float32 or float64.

    Raises: TypeError when `law` is no law; ValueError for one whose variance is not 1, a scale or weight
        out of range, an unknown word for `biases`, or weights in half precision. Training raises
        NotImplementedError for a law without density.
    """

    random_weights: tuple[str, ...] = ("kernel",)

    def __init__(
        self,
        *,
        law: Law,
        prior_scale: float,
        kl_weight: float,
        biases: str,
        initial_scale: float,
        activation: Any = None,
        seed: int | None = None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if not isinstance(law, Law):
            raise TypeError(f"law must be one of noise.laws, got {law!r}")
        layer_laws.check_moments(law)
        if self.variable_dtype not in ("float32", "float64"):
            raise ValueError(
                f"{self.name} has weights in {self.variable_dtype}, and means and scales need float32 or "
                "float64: to compute in half precision use dtype='mixed_float16'"
            )
        if biases not in BIASES:
            raise ValueError(f"biases must be one of {', '.join(BIASES)}, got {biases!r}")
        for name, value in (("prior_scale", prior_scale), ("initial_scale", initial_scale)):
            if not 0 < value < np.inf:
                raise ValueError(
                    f"{name} is a standard deviation: it must be positive and finite, got {value}"
                )
        if not 0 <= kl_weight < np.inf:
            raise ValueError(f"kl_weight must be finite and not negative (1/n is usual), got {kl_weight}")
        self.law = law
        self.prior_scale = float(prior_scale)
        self.initial_kl_weight = float(kl_weight)
        self.biases = biases
        self.initial_scale = float(initial_scale)
        self.activation = keras.activations.get(activation)
        self.seed = random.randrange(2**31) if seed is None else int(seed)
        if biases == "random":
            self.random_weights = ("kernel", "bias")
        self._noise = keras.random.SeedGenerator(int(seeds.fold(self.seed, "noise")[0]) & 0x7FFFFFFF)
        self._kl_metric = keras.metrics.Mean(name=f"{self.name}_kl")

    def _add_weights(self, kernel_shape: tuple[int, ...], units: int) -> None:
        """Make the variables, once the inputs are known."""
        glorot = keras.initializers.GlorotUniform(seed=int(seeds.fold(self.seed, "kernel")[0]) & 0x7FFFFFFF)
        self._add_random("kernel", kernel_shape, glorot)
        if self.biases == "random":
            self._add_random("bias", (units,), "zeros")
        elif self.biases != "none":
            self.bias = self.add_weight(
                shape=(units,), initializer="zeros", trainable=self.biases == "learned", name="bias"
            )
        self.kl_weight = self.add_weight(
            shape=(),
            initializer=keras.initializers.Constant(self.initial_kl_weight),
            trainable=False,
            name="kl_weight",
            autocast=False,  # 1/n can be too small for half precision
        )

    def _add_random(self, weight: str, shape: tuple[int, ...], initializer: Any) -> None:
        log_scale = keras.initializers.Constant(float(np.log(self.initial_scale)))
        for part, start in (("loc", initializer), ("log_scale", log_scale)):
            name = f"{weight}_{part}"
            setattr(self, name, self.add_weight(shape=shape, initializer=start, name=name, autocast=False))

    def distribution(self, weight: str) -> laws.LawDistribution:
        """Distribution of a random weight, "kernel" or "bias", batched in its shape."""
        loc, log_scale = getattr(self, f"{weight}_loc"), getattr(self, f"{weight}_log_scale")
        return self.law(loc.value, tf.exp(log_scale.value))

    def kl(self) -> tf.Tensor:
        """Divergence of the random weights from their prior in nats, a scalar, summed over weights:

        KL(z ‖ N(0, 1)) − log(σ/s) + (μ²/s² + σ²/s² − 1)/2, exact for every law z, since it has unit variance.

        Raises: NotImplementedError for a law without a density.
        """
        zero, one = np.float64([0, 1])
        unit = tfd.kl_divergence(self.law(zero, one), tfd.Normal(zero, one))
        constant = tf.cast(unit + np.log(self.prior_scale) - 0.5, self.variable_dtype)
        divergence = 0.0
        # Straight from log σ: few passes over the weights, and finite where σ is too small for a float.
        for weight in self.random_weights:
            loc, log_scale = (getattr(self, f"{weight}_{part}").value for part in ("loc", "log_scale"))
            squares = tf.nn.l2_loss(loc) + tf.nn.l2_loss(tf.exp(log_scale))  # half of their sum
            size = loc.shape.num_elements()
            divergence += size * constant - tf.reduce_sum(log_scale) + squares / self.prior_scale**2
        return divergence

    def sample(self, weight: str, seed: tf.Tensor, shape: tuple[int, ...] = ()) -> tf.Tensor:
        """Draw a random weight, "kernel" or "bias", from a seed of shape (2,): shape + that of the weight."""
        return tf.cast(self.distribution(weight).sample(shape, seed=seed), self.compute_dtype)

    def _kernel_and_bias(self, training: bool | None) -> tuple[tf.Tensor, tf.Tensor | None]:
        """Both as this call uses them: those of the chip in use, if there is one, or else new draws."""
        # Keras empties `losses` when a call of the whole model begins, so they tell of an earlier use in it.
        if weight_draws.drawn(self, "kernel") is None and not self.losses:
            self._noise.next()
            self.add_loss(self._weighted_kl(training))
        bias = None
        if self.biases == "random":
            bias = self._draw("bias")
        elif self.biases != "none":
            bias = self.bias
        return self._draw("kernel"), bias

    def _draw(self, weight: str) -> tf.Tensor:
        drawn = weight_draws.drawn(self, weight)
        if drawn is not None:
            return drawn
        key, counter = tf.unstack(tf.cast(self._noise.state.value, tf.int32))
        return self.sample(weight, tf.stack([key + self.random_weights.index(weight), counter]))

    def _weighted_kl(self, training: bool | None) -> tf.Tensor:
        """kl_weight·KL, or 0 for a law without density, which can predict but not be trained."""
        if not (training or self.law.has_density):
            return tf.zeros(())
        divergence = self.kl()
        self._kl_metric.update_state(divergence)
        # Keras adds up losses in this precision, whatever that of the weights.
        return tf.cast(self.kl_weight.value * divergence, keras.config.floatx())

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "format": serialization.FORMAT,
            "law": layer_laws.saved(self.law),
            "prior_scale": self.prior_scale,
            "kl_weight": self.initial_kl_weight,
            "biases": self.biases,
            "initial_scale": self.initial_scale,
            "activation": keras.activations.serialize(self.activation),
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> MeanField:
        config = serialization.of_this_format(config, cls)
        return cls(law=layer_laws.restored(config.pop("law")), **config)
