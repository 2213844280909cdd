"""A law with location and scale: a TensorFlow Probability distribution, and its divergence to a Gaussian."""

from __future__ import annotations

import math
from typing import Protocol

import tensorflow as tf
import tensorflow_probability as tfp
from tensorflow_probability.python.internal import dtype_util, tensor_util

from noisyweights.noise.sampling import sampler

tfb, tfd = tfp.bijectors, tfp.distributions

__all__ = ["LawDistribution", "UnitLaw"]


class UnitLaw(Protocol):
    """What a distribution asks of its law, see `noise.law.Law`: functions of tensors, and constants."""

    name: str
    support: tuple[float, float]
    mode: float | None
    entropy: float

    def prob(self, z: tf.Tensor) -> tf.Tensor: ...
    def log_prob(self, z: tf.Tensor) -> tf.Tensor: ...
    def cdf(self, z: tf.Tensor) -> tf.Tensor: ...
    def quantile(self, u: tf.Tensor) -> tf.Tensor: ...
    def _quantile(self, u: tf.Tensor) -> tf.Tensor: ...


class LawDistribution(tfd.Distribution):
    """Distribution of x = loc + scale·z for a unit law z: mean `loc`, standard deviation `scale`.

    Samples are loc + scale·law.quantile(u) with u = sampler.uniforms(shape, seed), fully reparameterized
    in `loc` and `scale`; distributions of different laws sampled with one seed are therefore coupled.

    Args:
        law: the unit law.
        loc: means, any batch shape.
        scale: standard deviations, positive, broadcast against `loc`.
        validate_args: check `scale`, and the argument of `quantile`, at run time.
        allow_nan_stats: as in every TFP distribution; no statistic of a law is undefined.
        name: prefix of the operations; the law's name where None.

    Raises: tf.errors.InvalidArgumentError for scale ≤ 0 with `validate_args`, TypeError for dtypes that
        differ.
    """

    def __init__(  # noqa: PLR0917 (the order of arguments is TFP's)
        self,
        law: UnitLaw,
        loc,
        scale,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str | None = None,
    ):
        parameters = dict(locals())
        with tf.name_scope(name or law.name) as scope:
            dtype = dtype_util.common_dtype([loc, scale], tf.float32)
            self._law = law
            # A tf.Variable is kept as it is, so that the distribution follows its assignments.
            self._loc = tensor_util.convert_nonref_to_tensor(loc, name="loc", dtype=dtype)
            self._scale = tensor_util.convert_nonref_to_tensor(scale, name="scale", dtype=dtype)
            dtype_util.assert_same_float_dtype([self._loc, self._scale])
            super().__init__(
                dtype=dtype,
                reparameterization_type=tfd.FULLY_REPARAMETERIZED,
                validate_args=validate_args,
                allow_nan_stats=allow_nan_stats,
                parameters=parameters,
                name=scope,
            )

    @classmethod
    def _parameter_properties(cls, dtype, num_classes=None):
        return {
            "loc": tfp.util.ParameterProperties(),
            "scale": tfp.util.ParameterProperties(
                default_constraining_bijector_fn=lambda: tfb.Softplus(low=dtype_util.eps(dtype))
            ),
        }

    @property
    def law(self) -> UnitLaw:
        """The unit law."""
        return self._law

    @property
    def loc(self) -> tf.Tensor:
        """The mean."""
        return self._loc

    @property
    def scale(self) -> tf.Tensor:
        """The standard deviation."""
        return self._scale

    def _event_shape_tensor(self):
        return tf.constant([], dtype=tf.int32)

    def _event_shape(self):
        return tf.TensorShape([])

    def _sample_n(self, n, seed=None):
        loc, scale = tf.convert_to_tensor(self.loc), tf.convert_to_tensor(self.scale)
        shape = tf.concat([[n], self._batch_shape_tensor(loc=loc, scale=scale)], axis=0)
        return loc + scale * self.law._quantile(sampler.uniforms(shape, seed, self.dtype))

    def _standardize(self, x):
        return (x - self.loc) / self.scale

    def _log_prob(self, x):
        scale = tf.convert_to_tensor(self.scale)
        return self.law.log_prob((x - self.loc) / scale) - tf.math.log(scale)

    def _prob(self, x):
        scale = tf.convert_to_tensor(self.scale)
        return self.law.prob((x - self.loc) / scale) / scale

    def _cdf(self, x):
        return self.law.cdf(self._standardize(x))

    def _quantile(self, value):
        return self.loc + self.scale * self.law.quantile(value)

    def _entropy(self):
        return self._over_batch(_entropy(self.law) + tf.math.log(self.scale))

    def _mean(self):
        return self._over_batch(self.loc)

    def _stddev(self):
        return self._over_batch(self.scale)

    def _variance(self):
        return self._over_batch(tf.square(self.scale))

    def _mode(self):
        if self.law.mode is None:
            raise NotImplementedError(f"the {self.law.name} law has no single mode")
        return self._over_batch(self.loc + self.scale * self.law.mode)

    def _over_batch(self, statistic):
        return tf.broadcast_to(statistic, self._batch_shape_tensor())

    def _default_event_space_bijector(self):
        low, high = self.law.support
        if math.isinf(low) or math.isinf(high):
            return tfb.Identity(validate_args=self.validate_args)
        return tfb.Sigmoid(
            low=self.loc + self.scale * low,
            high=self.loc + self.scale * high,
            validate_args=self.validate_args,
        )

    def _parameter_control_dependencies(self, is_init):
        if not self.validate_args or is_init == tensor_util.is_ref(self._scale):
            return []
        check = tf.debugging.assert_positive(
            self._scale, message="scale is a standard deviation and must be positive."
        )
        return [] if check is None else [check]


def _entropy(law: UnitLaw) -> float:
    with tf.init_scope():  # a law may integrate for it, also where it is first wanted in a graph
        return law.entropy


@tfd.RegisterKL(LawDistribution, tfd.Normal)
def _kl_to_normal(p: LawDistribution, q: tfd.Normal, name: str | None = None) -> tf.Tensor:
    """−H(unit) − log σ + log s + ½ log 2π + ((μ − m)² + σ²) / (2 s²), exact for every law."""
    with tf.name_scope(name or "kl_law_normal"):
        p_scale, q_scale = tf.convert_to_tensor(p.scale), tf.convert_to_tensor(q.scale)
        ratio = p_scale / q_scale
        shift = (p.loc - q.loc) / q_scale
        constant = 0.5 * math.log(2 * math.pi) - _entropy(p.law)
        return constant - tf.math.log(ratio) + 0.5 * (tf.square(shift) + tf.square(ratio))
