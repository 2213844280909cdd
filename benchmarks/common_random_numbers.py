"""How much it helps to compare two laws by draws from the same uniforms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.subjects import device_laws
from noisyweights.networks.mean_field import inference, twins
from noisyweights.noise import laws

import keras  # isort: skip  (the library loads TensorFlow quietly)

__all__ = ["Reduction", "reductions"]


@dataclass(frozen=True)
class Reduction:
    """By what factor the same uniforms lower the variance of a comparison of two laws.

    Compared are the predictive standard deviations of two networks that differ by their law alone, each from
    `draws` draws. The factor is over means of variances at all inputs, from as many `comparisons`; low and
    high hold nine in ten of its bootstrap values.
    """

    law: str
    draws: int
    comparisons: int
    factor: float
    low: float
    high: float

    def __str__(self) -> str:
        return (
            f"{self.law} against gaussian: the same uniforms lower the variance of the difference of spreads "
            f"{self.factor:.3g} times ({self.low:.3g} to {self.high:.3g})"
        )


def reductions(draws: int, comparisons: int) -> list[Reduction]:
    """Each law against the Gaussian, in a regression network of two hidden layers at 31 inputs."""
    x = np.linspace(-1.5, 1.5, 31, dtype=np.float32)[:, None]
    sizes = [keras.layers.Dense(32, activation="relu"), keras.layers.Dense(32, activation="relu")]
    network = keras.Sequential([keras.layers.Input((1,)), *sizes, keras.layers.Dense(1)])
    gaussian = twins.from_deterministic(
        network,
        law=laws.gaussian(),
        prior_scale=1.0,
        kl_weight=0.0,
        biases="fixed",
        initial_scale=0.2,
        seed=0,
    )

    def spreads(model: keras.Model, seed: int) -> np.ndarray:
        found = inference.predict_draws(model, x, draws=draws * comparisons, seed=seed)
        return found.reshape(comparisons, draws, len(x)).std(1, ddof=1)

    reference = spreads(gaussian, 0)
    rng = np.random.default_rng(0)
    again = rng.integers(comparisons, size=(1000, comparisons))
    listed = []
    for name, law in device_laws().items():
        other = twins.with_law(gaussian, law)
        same, apart = (spreads(other, seed) - reference for seed in (0, 1))

        def factor(rows: np.ndarray | slice, same=same, apart=apart) -> float:
            return float(apart[rows].var(0, ddof=1).mean() / same[rows].var(0, ddof=1).mean())

        low, high = np.quantile([factor(rows) for rows in again], [0.05, 0.95])
        listed.append(Reduction(name, draws, comparisons, factor(slice(None)), float(low), float(high)))
    return listed
