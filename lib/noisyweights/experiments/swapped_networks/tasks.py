"""What a recorded network reaches under a law and under the Gaussian, from the same uniforms."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy import special, stats

from noisyweights import datasets, seeds
from noisyweights.datasets.images import LabelledImages
from noisyweights.experiments import image_inputs
from noisyweights.experiments.crossbar.networks.scores import scores
from noisyweights.experiments.regression import experiment as regression
from noisyweights.experiments.swapped_networks.recorded import Trained, mean_network
from noisyweights.networks import weight_draws
from noisyweights.networks.mean_field import array_draws, linearised, twins
from noisyweights.noise import sums
from noisyweights.noise.law import Law
from noisyweights.scores import metrics
from noisyweights.scores.estimates import Estimate

import keras  # isort: skip  (the library loads TensorFlow quietly)
import tensorflow as tf  # isort: skip

__all__ = ["QUANTITIES", "Divergence", "Measured", "Settings", "draw_outputs", "measure"]

_OF_PICTURES = {
    "accuracy": ("%", False),
    "negative log-likelihood": ("nats", True),
    "calibration error": ("", True),
}
# By task: what is measured, its unit, and whether the smaller is the better (None: neither).
QUANTITIES = {
    "energy distance": {"distance to the target (KS)": ("", True)},
    "regression": {
        "root mean square error": ("", True),
        "negative log-likelihood": ("nats", True),
        "targets inside the 90 % interval": ("", None),
        "predicted standard deviation": ("", None),
    },
    "digits": _OF_PICTURES,
    "clothes": _OF_PICTURES,
}
_LAWS = ("gaussian", "swapped")
_COVERED = 0.9
_STACK = 5000  # chips that are drawn at once
_LOOKED_AT = np.full((1, 1), 0.5)  # input at which a regression's divergence is measured


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How much is drawn: chips of each network by task, inputs that it predicts for, resampled data sets."""

    energy_draws: int
    regression_draws: int
    regression_inputs: int
    digits_draws: int
    digits_pictures: int
    clothes_draws: int
    clothes_pictures: int
    replicates: int

    def draws(self, task: str) -> int:
        """Chips of a network of this task."""
        return getattr(self, f"{task.partition(' ')[0]}_draws")


@dataclass(frozen=True)
class Divergence:
    """How far an output's law is from that of Gaussian weights, in nats: by a rule, and measured.

    x: input. weights: effective number of the output's sum, to first order in the noise. predicted: by the
    leading terms of `noise.sums`; error: size of the next term over it. measured: with its interval; None for
    a law without density.
    """

    task: str
    kind: str
    x: float
    weights: float
    predicted: float
    error: float
    measured: Estimate | None


@dataclass(frozen=True)
class Measured:
    """Quantities of one network, in the order of `QUANTITIES`.

    values: as measured, (laws, quantities), the Gaussian first. replicates: of resampled draws, in both laws
    alike, (replicates, laws, quantities). divergence: of its output, where it was asked for.
    """

    values: np.ndarray
    replicates: np.ndarray
    divergence: Divergence | None = None


def measure(trained: Trained, law: Law, *, settings: Settings, seed: int, diverging: bool) -> Measured:
    """Quantities of one recorded network under the Gaussian and under a law; draws share their uniforms.

    `diverging`: whether the divergence of its output is measured too, which takes longer than all else. That
    of the classifier's never is: so few draws show nothing of it.
    """
    return _MEASURES[trained.task](trained, law, settings, seed=seed, diverging=diverging)


def draw_outputs(network: keras.Model, x: np.ndarray, *, draws: int, seed: int) -> np.ndarray:
    """Outputs of so many chips of a dense network: (draws, n, outputs).

    It spares what `predict_draws` spends on a graph, which is most of the time of a small network.
    Networks that differ by their law alone are drawn from the same uniforms.
    """
    at = weight_draws.chip_seeds(network, draws=-(-draws // _STACK), seed=seed)
    found = []
    for block in at:
        with weight_draws.chip(network, tf.constant(block), stack=min(_STACK, draws)):
            found.append(network(np.asarray(x, np.float32), training=False).numpy())
    return np.concatenate(found)[:draws].astype(float)


def _energy(trained: Trained, law: Law, settings: Settings, *, seed: int, diverging: bool) -> Measured:
    origin = np.zeros((1, 1))
    drawn = {
        name: draw_outputs(network, origin, draws=settings.energy_draws, seed=seed)[:, 0, 0]
        for name, network in _pair(trained.network, law).items()
    }
    generator = seeds.generator(seed, "swapped", "energy")
    n = settings.energy_draws
    counts = generator.multinomial(n, np.full(n, 1 / n), size=settings.replicates)
    once = np.ones((1, n), int)
    found = [[_distances(one, of)[:, np.newaxis] for one in drawn.values()] for of in (once, counts)]
    found = Measured(np.stack(found[0], 1)[0], np.stack(found[1], 1))
    if not diverging:
        return found
    divergence = _divergence(trained, trained.network, law, origin, tuple(drawn.values()))
    return replace(found, divergence=divergence)


def _divergence(
    trained: Trained, network: keras.Model, law: Law, x: np.ndarray, drawn: tuple[np.ndarray, np.ndarray]
) -> Divergence:
    """Of one output at one input x, (1, 1), and its draws under the Gaussian and the law, (draws,) each."""
    numbers = sums.effective_numbers(linearised.noise_factors(network, x)[0])
    rule = sums.divergence(numbers, skewness=law.skewness, excess_kurtosis=law.excess_kurtosis)
    seen = metrics.kl_from_samples(drawn[1], drawn[0], paired=True) if law.has_density else None
    at, weights = float(x.item()), float(numbers.kurtosis)
    return Divergence(trained.task, trained.kind, at, weights, float(rule.value), float(rule.error), seen)


def _distances(sample: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Kolmogorov's distance to the standard normal law of a sample in which each value counts so often."""
    order = np.argsort(sample)
    after = counts[:, order].cumsum(1) / counts.sum(1, keepdims=True)
    before = np.pad(after[:, :-1], ((0, 0), (1, 0)))
    target = stats.norm.cdf(sample[order])
    return np.maximum(after - target, target - before).max(1)


def _regression(trained: Trained, law: Law, settings: Settings, *, seed: int, diverging: bool) -> Measured:
    config = regression.PROFILES["full"]
    task = regression.make_task(config, reading=regression.READINGS[0], repeat=trained.number)
    inside = np.flatnonzero(np.abs(task.x_test[:, 0]) <= 1)[: settings.regression_inputs]
    x, y = task.x_test[inside], task.y_test[inside].astype(float)
    scale = trained.network(x, training=False).numpy()[:, 1].astype(float)  # of the noise, not random
    predictions, looked_at, both = {}, [], np.concatenate([x, _LOOKED_AT])
    network = mean_network(trained)
    for name, one in _pair(network, law).items():
        outputs = draw_outputs(one, both, draws=settings.regression_draws, seed=seed)[..., 0]
        mean = outputs[:, : len(x)]
        z = (y - mean) / scale
        predictions[name] = np.stack([mean, mean**2, special.ndtr(z), stats.norm.pdf(z) / scale], -1)
        looked_at.append(outputs[:, -1])

    def statistic(average: np.ndarray, weights: np.ndarray) -> np.ndarray:
        mean, square, cdf, density = average.T
        covered = np.abs(cdf - 0.5) <= _COVERED / 2
        spread = np.maximum(square - mean**2, 0) + scale**2
        nll = -np.log(np.maximum(density, np.finfo(float).tiny))  # 0 where a float cannot hold it
        scores = (metrics.rmse(mean, y, weights=weights), weights @ nll, weights @ covered)
        return np.array([*scores, np.sqrt(weights @ spread)])

    found = _resampled(statistic, predictions, settings, seed)
    if not diverging:
        return found
    return replace(found, divergence=_divergence(trained, network, law, _LOOKED_AT, tuple(looked_at)))


def _digits(trained: Trained, law: Law, settings: Settings, *, seed: int, diverging: bool) -> Measured:
    test = image_inputs.first(datasets.mnist(split="test", dataset="real"), settings.digits_pictures)
    return _classified(trained, law, test, settings, seed=seed)


def _clothes(trained: Trained, law: Law, settings: Settings, *, seed: int, diverging: bool) -> Measured:
    test = datasets.fashion_mnist(split="test", dataset="sample")
    return _classified(trained, law, image_inputs.first(test, settings.clothes_pictures), settings, seed=seed)


def _classified(
    trained: Trained, law: Law, test: LabelledImages, settings: Settings, *, seed: int
) -> Measured:
    x, draws = image_inputs.scaled(test), settings.draws(trained.task)
    predictions = {
        name: special.softmax(array_draws.predict_draws(network, x, draws=draws, seed=seed).astype(float), -1)
        for name, network in _pair(trained.network, law).items()
    }

    def statistic(average: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return scores(average / average.sum(-1, keepdims=True), test.labels)[:3]

    return _resampled(statistic, predictions, settings, seed)


def _resampled(statistic, predictions: Mapping[str, np.ndarray], settings: Settings, seed: int) -> Measured:
    found = metrics.paired_bootstrap(
        statistic, predictions, resample=("draws",), replicates=settings.replicates, seed=seed
    )
    return Measured(
        np.stack([found.values[name] for name in _LAWS]),
        np.stack([found.replicates[name] for name in _LAWS], 1),
    )


def _pair(network: keras.Model, law: Law) -> dict[str, keras.Model]:
    return dict(zip(_LAWS, (network, twins.with_law(network, law)), strict=True))


_MEASURES = {"energy distance": _energy, "regression": _regression, "digits": _digits, "clothes": _clothes}
