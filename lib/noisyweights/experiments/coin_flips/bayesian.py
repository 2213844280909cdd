"""What a Bayesian network of Table I's layers says: trained with Gaussian weights, read under another law."""

import numpy as np
from scipy import special

from noisyweights.experiments import image_inputs, mean_field_training, trained_weights
from noisyweights.experiments.coin_flips import networks as coin_networks
from noisyweights.experiments.coin_flips import tasks
from noisyweights.experiments.coin_flips.settings import Config
from noisyweights.networks.coin_flips import votes
from noisyweights.networks.mean_field import array_draws, twins
from noisyweights.noise import laws
from noisyweights.noise.law import Law
from noisyweights.scores import metrics

import keras  # isort: skip  (the library loads TensorFlow quietly)

__all__ = ["opinion", "train_and_read"]


def train_and_read(
    config: Config, task: str, law: Law, *, seed: int, trained: np.ndarray | None
) -> dict[str, np.ndarray]:
    """Train the network of a task, or take `trained` weights, and draw it under a law.

    The arrays are those of `results.Bayesian`, and the weights, rounded to float16 before they are read: a
    network of kept weights says the same to the last bit.
    """
    network = tasks.make_network(config, task, seed=seed)
    if trained is None:
        twin = _trained(config, task, network, seed=seed)
        trained = trained_weights.pack(twin, np.float16)
    else:
        twin = mean_field_training.classifier_twin(
            network,
            law=laws.gaussian(),
            examples=1,  # the divergence's weight comes with the others
            seed=seed,
            **mean_field_training.KERNEL,
        )
    trained_weights.unpack(twin, trained)
    test = tasks.load(config, task, "test")
    draws = array_draws.predict_draws(
        twins.with_law(twin, law), image_inputs.scaled(test), draws=config.bayes_draws, seed=seed
    )
    return {"source": image_inputs.checksum(test.source), "weights": trained} | opinion(draws)


def _trained(config: Config, task: str, network: keras.Model, *, seed: int) -> keras.Model:
    """The mean-field twin after training: variational inference starts where one without noise ends."""
    train = tasks.load(config, task, "train")
    coin_networks.train(config, network, train, epochs=config.bayes_epochs, seed=seed)
    return mean_field_training.mean_field_classifier(
        network,
        image_inputs.scaled(train),
        train.labels,
        law=laws.gaussian(),
        epochs=config.bayes_epochs,
        batch_size=config.batch_size,
        seed=seed,
        **mean_field_training.KERNEL,
    )


def opinion(draws: np.ndarray) -> dict[str, np.ndarray]:
    """What draws of outputs, (draws, n, classes), say together: votes, two choices, and their doubt.

    votes (n, classes): of the largest output of each draw. first, second (n,): the classes of the largest
    mean probabilities. entropy (n,): of the mean probabilities, in bits.
    """
    mean = special.softmax(draws.astype(np.float64), -1).mean(0)
    order = np.argsort(-mean, axis=-1)
    return {
        "votes": votes.count(draws.argmax(-1), draws.shape[-1]),
        "first": order[:, 0],
        "second": order[:, 1],
        "entropy": metrics.entropy(mean, unit="bits").astype(np.float32),
    }
