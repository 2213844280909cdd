"""Random scales after training: what they became, how many draws are enough, and what rounding costs."""

import numpy as np

from noisyweights.experiments.binary import recipes
from noisyweights.experiments.binary.settings import PASSES, STORED
from noisyweights.networks.binary import stochastic_passes
from noisyweights.scores import metrics

import keras  # isort: skip  (the library loads TensorFlow quietly)

__all__ = ["studied"]


def studied(
    network: keras.Model, pictures: np.ndarray, labels: np.ndarray, *, seed: int
) -> dict[str, np.ndarray]:
    """What `results.Result` holds of the scales of one training; accuracy in %, NLL in nats."""
    many = max(PASSES)
    predict = stochastic_passes.predictor(network, passes=many)

    def predicted(scales: list[np.ndarray]) -> np.ndarray:
        return recipes.probabilities(predict(pictures, scales))

    def scores(p: np.ndarray) -> tuple[float, float]:
        return 100 * metrics.accuracy(p, labels), float(metrics.class_nll(p, labels).mean())

    fresh = predicted(stochastic_passes.stored_samples(network, many, seed=seed))
    exact = predicted(stochastic_passes.stored_samples(network, many, seed=seed, rounded=False))
    stored = [
        predicted(
            stochastic_passes.choose(
                stochastic_passes.stored_samples(network, n, seed=seed + 1), passes=many, seed=seed
            )
        )
        for n in STORED
    ]
    layers = stochastic_passes.scaled_layers(network)
    distributions = [layer.scale_distribution() for layer in layers]
    places = np.arange(len(layers), dtype=np.uint8)
    return {
        "by_passes": np.array([scores(fresh[:count].mean(0)) for count in PASSES]),
        "by_stored": np.array([scores(p.mean(0)) for p in stored]),
        "exact": np.array(scores(exact.mean(0))),
        "scale_loc": np.concatenate([loc for loc, _ in distributions]),
        "scale_scale": np.concatenate([scale for _, scale in distributions]),
        "scale_layer": np.repeat(places, [len(loc) for loc, _ in distributions]),
        "clip": np.array([layer.largest_scale() for layer in layers]),
    }
