"""What every law promises: a unit distribution to evaluate, invert, draw from, shift and scale."""

from __future__ import annotations

import abc
import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike, NDArray

from noisyweights.noise.distribution import LawDistribution
from noisyweights.noise.sampling.quantile_table import tabulate
from noisyweights.noise.sampling.sampler import Table

__all__ = ["Law", "TabulatedLaw", "as_float_tensor", "from_config", "registered"]


def as_float_tensor(values: ArrayLike | tf.Tensor) -> tf.Tensor:
    """Return `values` as a tensor of their own float dtype; Python numbers and integers become float64.

    Raises: TypeError for a dtype other than float32 and float64.
    """
    if not tf.is_tensor(values):
        values = np.asarray(values)
        values = values.astype(np.float64) if values.dtype.kind in "iub" else values
    tensor = tf.convert_to_tensor(values)
    if tensor.dtype not in (tf.float32, tf.float64):
        raise TypeError(f"laws work in float32 and float64, got {tensor.dtype.name}; cast first")
    return tensor


_CLASSES: dict[str, type[Law]] = {}  # the library's own, by name


def registered(kind: type[Law]) -> type[Law]:
    """Decorate a law of the library, so that `from_config` knows its name."""
    _CLASSES[kind.name] = kind
    return kind


def from_config(config: Mapping[str, Any]) -> Law:
    """Return the law that `Law.get_config` described.

    Raises: ValueError for a law of unknown name.
    """
    name = config.get("law")
    if name not in _CLASSES:
        raise ValueError(f"no law is called {name!r}; the laws are {', '.join(sorted(_CLASSES))}")
    return _remade(_CLASSES[name], config)


def _remade(kind: type[Law], config: Mapping[str, Any]) -> Law:
    return kind(**{key: value for key, value in config.items() if key != "law"})


class Law(abc.ABC):
    """A distribution of mean 0 and variance 1.

    `law(loc, scale)` is the TFP distribution of loc + scale·z, so its mean is `loc` and its standard
    deviation is `scale` whatever the law. Laws are equal when their configurations are.

    Attributes:
        name: what `get_config` and `from_config` call it.
        support: smallest interval that holds all mass, in standard deviations, possibly infinite.
        breakpoints: interior points where the density is not smooth, for a quadrature to split at.
        knee: how far from there the density turns from a peak or a hole into what is around it, + i times the
            length it takes to; None where it changes on the scale of the law.
        symmetric: whether p(−z) = p(z).
        has_density: False for the two-point law, which has moments and draws alone.
        mode: where the density is largest, or None where that is no single point.
        skewness: E z³.
        excess_kurtosis: E z⁴ − 3.
    """

    name: str
    support: tuple[float, float]
    breakpoints: tuple[float, ...] = ()
    knee: complex | None = None
    symmetric: bool = False
    has_density: bool = True
    mode: float | None = None
    skewness: float = 0.0
    excess_kurtosis: float

    @abc.abstractmethod
    def get_config(self) -> dict[str, Any]:
        """Return the JSON-able dictionary from which `from_config` makes an equal law."""

    @cached_property
    @abc.abstractmethod
    def entropy(self) -> float:
        """Differential entropy −∫ p log p in nats."""

    @abc.abstractmethod
    def _log_prob(self, z: tf.Tensor) -> tf.Tensor: ...

    @abc.abstractmethod
    def _cdf(self, z: tf.Tensor) -> tf.Tensor: ...

    @abc.abstractmethod
    def _quantile(self, u: tf.Tensor) -> tf.Tensor: ...

    def _prob(self, z: tf.Tensor) -> tf.Tensor:
        return tf.exp(self._log_prob(z))

    def prob(self, z: ArrayLike | tf.Tensor) -> tf.Tensor:
        """Density at `z`, in the shape and float dtype of `z`; 0 outside the support."""
        return self._prob(as_float_tensor(z))

    def log_prob(self, z: ArrayLike | tf.Tensor) -> tf.Tensor:
        """Logarithm of the density at `z`, in its shape and float dtype; −∞ outside the support."""
        return self._log_prob(as_float_tensor(z))

    def cdf(self, z: ArrayLike | tf.Tensor) -> tf.Tensor:
        """Probability of a draw at or below `z`, in its shape and float dtype."""
        return self._cdf(as_float_tensor(z))

    def quantile(self, u: ArrayLike | tf.Tensor) -> tf.Tensor:
        """The point below which a draw falls with probability `u`, in the shape and float dtype of `u`.

        The error in probability is at most ε = 1e-6 in float32 and 1e-9 in float64, plus what rounding costs:
        with s the spacing of floats at z = quantile(u), cdf(z − 1.5 s) − ε ≤ u ≤ cdf(z + 1.5 s) + ε. Where
        the density is large, as in the peaks of bimodal(separation=0.999999), 1.5 s·prob(z) is more than ε.
        Every law draws through this function from `sampler.uniforms`, so equal seeds give coupled draws. Its
        gradient is 1/prob.

        Raises: ValueError when called eagerly with a `u` outside [0, 1]. Inside a tf.function such a `u`
            gives NaN, and a distribution built with `validate_args=True` asserts.
        """
        u = as_float_tensor(u)
        if tf.executing_eagerly():
            outside = tf.reshape(u, [-1])[tf.reshape(~((u >= 0) & (u <= 1)), [-1])]
            if outside.shape[0]:
                raise ValueError(
                    f"quantile is defined for probabilities in [0, 1], got {outside[0].numpy()}; "
                    "clip u, or draw it with sampler.uniforms"
                )
        return self._quantile(u)

    def __call__(
        self,
        loc: ArrayLike | tf.Tensor,
        scale: ArrayLike | tf.Tensor,
        validate_args: bool = False,
        name: str | None = None,
    ) -> LawDistribution:
        """Return the distribution of loc + scale·z: mean `loc`, standard deviation `scale`."""
        return LawDistribution(self, loc, scale, validate_args=validate_args, name=name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Law) and self.get_config() == other.get_config()

    def __hash__(self) -> int:
        return hash(json.dumps(self.get_config(), sort_keys=True))

    def __reduce__(self):
        return _remade, (type(self), self.get_config())

    def __repr__(self) -> str:
        config = self.get_config()
        config.pop("law")
        return f"{self.name}({', '.join(f'{key}={value!r}' for key, value in config.items())})"


class TabulatedLaw(Law):
    """A law whose quantile has no closed form, or none as quick as a table of it."""

    @property
    def symmetric(self) -> bool:
        return type(self)._upper is TabulatedLaw._upper

    @abc.abstractmethod
    def _lower(self, v: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the points with probability v ≤ ½ below them, in double precision."""

    def _upper(self, v: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the points with probability v ≤ ½ above them: the mirror image, unless a law is skewed."""
        return -self._lower(v)

    def _quantile(self, u: tf.Tensor) -> tf.Tensor:
        table = self._tables.get(u.dtype)
        if table is None:
            tails = (self._lower,) if self.symmetric else (self._lower, self._upper)
            with tf.init_scope():  # a table outlives the graph in which it is first wanted
                table = tabulate(tails, self._prob, self.support, u.dtype)
            self._tables[u.dtype] = table

        @tf.custom_gradient
        def quantile(u):
            z = table(u)
            return z, lambda upstream: upstream / self._prob(z)

        return quantile(u)

    @cached_property
    def _tables(self) -> dict[tf.DType, Table]:
        return {}
