"""One classifier by each method of the book: trained, tested in software, on its chip and on worse ones."""

from collections.abc import Callable

import numpy as np

from noisyweights import seeds
from noisyweights.datasets.images import LabelledImages
from noisyweights.experiments import image_inputs, mean_field_training, trained_weights
from noisyweights.experiments.binary import recipes
from noisyweights.experiments.coin_flips import networks as coin_networks
from noisyweights.experiments.crossbar.networks.scores import scores
from noisyweights.experiments.crossbar.networks.settings import CHIPS, SWEEPS, Config, swept
from noisyweights.experiments.crossbar.networks.sweeps import CORRELATION, Sweep, perfected
from noisyweights.hardware.chip import Chip
from noisyweights.hardware.deployment import array_layers_of, deploy
from noisyweights.hardware.deployment.successive_reads import predict_successive
from noisyweights.networks.binary import models, stochastic_passes
from noisyweights.networks.coin_flips import rescaling, sampling
from noisyweights.networks.mean_field import array_draws, twins
from noisyweights.noise import laws
from noisyweights.noise.law import Law

import keras  # isort: skip  (the library loads TensorFlow quietly)

__all__ = ["compute", "load", "make_network", "software", "train"]

KERNEL = mean_field_training.KERNEL | {"initial_scale": 0.02}  # of every random weight


def compute(
    config: Config, method: str, number: int, *, law: Law, weights: np.ndarray | None
) -> dict[str, np.ndarray]:
    """Train one network, put it on its chip, and make that worse setting by setting.

    Random weights are trained as Gaussian ones, and then drawn from `law`; `weights`, where they are given,
    stand for that training.
    """
    seed = config.seed + 1000 * number
    training, test, others = load(config)
    network = train(config, method, training, seed=seed, weights=weights)
    found = {
        "source": image_inputs.checksum(test.source),
        "other_source": image_inputs.checksum(others.source),
    }
    if method == "mean-field":
        if number < config.repeats:
            found["weights"] = trained_weights.pack(network, "float16")
        network = twins.with_law(network, law)
    x, x_others = (image_inputs.scaled(one) for one in (test, others))

    def scored(predict: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        return scores(predict(x), test.labels, predict(x_others))

    found["software"] = scored(lambda x: software(config, method, network, x, seed=seed))
    if method not in CHIPS:
        return found
    settings = {"calibration": image_inputs.scaled(training)[: config.calibrated], "seed": seed}
    found["array"] = scored(_on(config, network, CHIPS[method], **settings))
    if number >= config.repeats:
        return found
    perfect = perfected(CHIPS[method])
    for sweep in SWEEPS[method]:
        predict = _successive if sweep is CORRELATION else _on_changed
        found[sweep.name] = np.stack(
            [
                scores(predict(config, network, perfect, sweep, value, **settings)(x), test.labels)
                for value in swept(config, sweep)
            ]
        )
    return found


def load(config: Config) -> tuple[LabelledImages, LabelledImages, LabelledImages]:
    """Training and test pictures, and as many of another set."""
    sets = (("fashion_mnist", "train"), ("fashion_mnist", "test"), ("mnist", "test"))
    return tuple(coin_networks.load(config, *one) for one in sets)


def make_network(config: Config, method: str, *, seed: int) -> keras.Model:
    """Return the untrained network of a method, 784-400-10; a mean-field one as training starts it."""
    if method == "scales":
        recipe, start = recipes.recipe(config, "proposed"), seeds.generator(seed, "start")
        pixels = keras.Input((28, 28, 1))
        x = recipe.dense(keras.layers.Flatten()(pixels), config.hidden, start=start, first=True)
        return keras.Model(pixels, recipe.logits(recipe.activate(x, start=start), 10, start=start))
    network = coin_networks.make((28, 28, 1), hidden=(config.hidden,), dropout=0.0, start="free", seed=seed)
    if method != "dropout":
        return network
    hidden, last = (layer for layer in network.layers if isinstance(layer, keras.layers.Dense))
    left_out = models.MCDropout(config.dropout, seed=seed)
    return keras.Model(network.inputs, last(left_out(hidden.output)))


def train(
    config: Config, method: str, images: LabelledImages, *, seed: int, weights: np.ndarray | None = None
) -> keras.Model | list[keras.Model]:
    """The network of a method after training; the members of an ensemble.

    Random weights are Gaussian, and rounded to half precision: a network from kept `weights` is the same.
    """
    if method == "ensemble":
        members = range(config.members)
        return [train(config, "plain", images, seed=seed + 100 * member) for member in members]
    network = make_network(config, method, seed=seed)
    if method == "mean-field":
        return _mean_field(config, network, images, seed=seed, weights=weights)
    recipes.train(config, network, "proposed" if method == "scales" else "relu", images, seed=seed)
    return rescaling.renormalise(network, stretch=True) if method == "coins" else network


def _mean_field(
    config: Config, network: keras.Model, images: LabelledImages, *, seed: int, weights: np.ndarray | None
) -> keras.Model:
    settings = {"law": laws.gaussian(), "seed": seed, **KERNEL}
    if weights is not None:
        twin = mean_field_training.classifier_twin(network, examples=len(images.labels), **settings)
    else:
        recipes.train(config, network, "relu", images, seed=seed)
        twin = mean_field_training.mean_field_classifier(
            network,
            image_inputs.scaled(images),
            images.labels,
            epochs=config.epochs,
            batch_size=config.batch_size,
            **settings,
        )
        weights = trained_weights.pack(twin, "float16")
    trained_weights.unpack(twin, weights)
    return twin


def software(
    config: Config, method: str, network: keras.Model | list[keras.Model], x: np.ndarray, *, seed: int
) -> np.ndarray:
    """Mean probabilities (n, classes) over what a method draws."""
    if method == "coins":
        ballots = sampling.sample_votes(
            network,
            x,
            draws=config.draws,
            precision="full",
            sampled_layers="dense",
            seed=seed,
            ballot="softmax",
        )
        return ballots / ballots.sum(1, keepdims=True)
    if method == "mean-field":
        draws = array_draws.predict_draws(network, x, draws=config.draws, seed=seed)
    elif method == "scales":
        samples = stochastic_passes.stored_samples(network, config.draws, seed=seed)
        draws = stochastic_passes.predict_passes(network, x, samples)
    else:
        networks = (
            network if method == "ensemble" else [network] * (config.draws if method == "dropout" else 1)
        )
        draws = np.stack([one.predict(x, batch_size=1000, verbose=0) for one in networks])
    return recipes.probabilities(draws).mean(0)


def _on(
    config: Config, network: keras.Model, chip: Chip, *, calibration: np.ndarray, seed: int
) -> Callable[[np.ndarray], np.ndarray]:
    """Mean probabilities (n, classes) of a network on a chip, as a function of pictures."""
    deployed = deploy(network, chip, calibration=calibration, seed=seed)
    random = any(layer.random_weights for layer in array_layers_of(deployed))

    def predict(x: np.ndarray) -> np.ndarray:
        if not random:  # with a single stored vector
            return recipes.probabilities(deployed.predict(x, batch_size=1000, verbose=0))
        draws = array_draws.predict_draws(deployed, x, draws=config.draws, seed=seed)
        return recipes.probabilities(draws).mean(0)

    return predict


def _on_changed(
    config: Config, network: keras.Model, perfect: Chip, sweep: Sweep, value: float, **settings
) -> Callable[[np.ndarray], np.ndarray]:
    return _on(config, network, sweep.changed(perfect, value), **settings)


def _successive(
    config: Config,
    network: keras.Model,
    perfect: Chip,
    sweep: Sweep,
    value: float,
    *,
    calibration: np.ndarray,
    seed: int,
) -> Callable[[np.ndarray], np.ndarray]:
    """As `_on`, with reads that remember each other by a correlation `value`."""
    deployed = deploy(network, perfect, calibration=calibration, seed=seed)

    def predict(x: np.ndarray) -> np.ndarray:
        draws = predict_successive(deployed, x, draws=config.draws, correlation=value, seed=seed)
        return recipes.probabilities(draws).mean(0)

    return predict
