"""Regression: what a network with input-dependent noise predicts when the law of its weights is exchanged.

Chapter 5; §4.2, eqs. 9 and 10, Fig. 5 and App. C of the device paper.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy import special

from noisyweights import seeds
from noisyweights.experiments import mean_field_training
from noisyweights.experiments.compared_laws import LAWS, controls
from noisyweights.experiments.device import Device
from noisyweights.ledger.claims import Measurement
from noisyweights.networks import weight_draws
from noisyweights.networks.mean_field import inference, twins
from noisyweights.noise import laws
from noisyweights.scores.estimates import Interval
from noisyweights.scores.metrics import gaussian_mixture_nll
from noisyweights.scores.replicates import largest, mean_interval

import keras  # isort: skip  (the library loads TensorFlow quietly)

__all__ = [
    "GRID",
    "LAWS",
    "PROFILES",
    "READINGS",
    "WIDER",
    "Config",
    "Result",
    "Task",
    "collect",
    "compute",
    "energy_distances",
    "make_network",
    "make_task",
    "measurements",
    "noise_scale",
    "points",
    "wider",
]

# Eq. 9 prints N(0, 0.1 (1 + min(0, x − 1))), whose scale is negative for x < 0.
READINGS = ("magnitude", "growing")
Y_NODES = 401  # of the trapezoid over targets
WIDER = 1.05  # the yardstick of P-moments-only: every standard deviation 5 % larger
SMALLEST_SCALE = 1e-3  # that the network can predict: the first reading's true scale is 0 at x = 0


@dataclass(frozen=True)
class Config:
    """Settings of the chapter; the paper's where it states them."""

    seed: int = field(metadata={"words": "of data, trainings and draws"})
    seeds: int = field(metadata={"words": "trainings of each network"})
    draws: int = field(metadata={"words": "networks in a prediction"})
    mle_epochs: int = field(metadata={"words": "of the deterministic start; not stated in the paper"})
    examples: int = field(default=10_000, metadata={"words": "for training"})
    epochs: int = field(default=10, metadata={"words": "of variational inference"})
    batch_size: int = field(default=100, metadata={"words": "examples in a step"})
    depth: int = field(default=4, metadata={"words": "hidden layers"})
    width: int = field(default=16, metadata={"words": "units in a hidden layer"})
    narrow_depth: int = field(default=8, metadata={"words": "hidden layers of the narrow, deep network"})
    narrow_width: int = field(default=4, metadata={"words": "units in its hidden layers"})
    tempering: float = field(default=1000.0, metadata={"words": "steps in which the temperature falls by e"})
    prior_scale: float = field(
        default=1.0, metadata={"words": "of the Gaussian prior; not stated in the paper"}
    )
    initial_scale: float = field(default=0.01, metadata={"words": "of every kernel weight; not stated"})
    long_epochs: int = field(
        default=100, metadata={"words": "of variational inference where it may converge"}
    )
    tested: int = field(default=2000, metadata={"words": "test examples that a likelihood is averaged over"})
    variants: tuple[str, ...] = field(
        default=("magnitude", "growing", "narrow-deep"), metadata={"words": "readings and networks tried"}
    )


PROFILES = {
    "smoke": Config(seed=5, seeds=1, draws=50, mle_epochs=1, examples=1000, epochs=1, tested=100),
    "quick": Config(seed=5, seeds=2, draws=1000, mle_epochs=20),
    "full": Config(
        seed=5, seeds=5, draws=4000, mle_epochs=50, variants=("magnitude", "growing", "long", "narrow-deep")
    ),
}

GRID = np.linspace(-1.5, 1.5, 121)  # inputs of the figure and of P-regression


@dataclass(frozen=True)
class Task:
    """A reading of eq. 9: training and test data, inputs float32 (n, 1) and targets (n,)."""

    x: np.ndarray
    y: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


@dataclass(frozen=True)
class Result:
    """What the chapter shows; each array by the variants of `config.variants`.

    `mean`, `aleatoric` and `epistemic` (seeds, laws + 1, grid) are of the predictions on `grid`, in the order
    of `LAWS`, the last with Gaussian weights whose standard deviations are `WIDER` times as large.
    `distance`, of the same shape, is the energy distance from the prediction with Gaussian weights, and
    `nll` (seeds, laws + 1) the mean test NLL in nats.
    """

    config: Config
    grid: np.ndarray
    mean: Mapping[str, np.ndarray]
    aleatoric: Mapping[str, np.ndarray]
    epistemic: Mapping[str, np.ndarray]
    distance: Mapping[str, np.ndarray]
    nll: Mapping[str, np.ndarray]

    def difference(self, quantity: str, law: str, *, variant: str = "magnitude") -> Interval:
        """RMS difference over the grid between a law's prediction and the Gaussian's, over the trainings.

        That of the "mean" is relative to the root mean square of the total standard deviation; those of
        "aleatoric" and "epistemic" are relative to themselves.
        """
        values = getattr(self, quantity)[variant]
        own, gaussian = values[:, LAWS.index(law)], values[:, 0]
        if quantity == "mean":
            parts = (self.aleatoric[variant][:, 0], self.epistemic[variant][:, 0])
            return mean_interval(_rms(own - gaussian) / _rms(np.hypot(*parts)))
        return mean_interval(_rms(own / gaussian - 1))

    def shape_effect(self, law: str, *, variant: str = "magnitude") -> Interval:
        """Energy distance after swapping the law, over that after widening every weight: P-moments-only."""
        distance = self.distance[variant].mean(axis=-1)
        return mean_interval(distance[:, LAWS.index(law)] / distance[:, -1])

    def width_effect(self, *, variant: str = "magnitude") -> Interval:
        """RMS relative change of the epistemic deviation when every weight is `WIDER`."""
        epistemic = self.epistemic[variant]
        return mean_interval(_rms(epistemic[:, -1] / epistemic[:, 0] - 1))

    def nll_difference(self, law: str, *, variant: str) -> Interval:
        """Mean test NLL under a law minus that under Gaussian weights, in nats."""
        nll = self.nll[variant]
        return mean_interval(nll[:, LAWS.index(law)] - nll[:, 0])


def noise_scale(x: np.ndarray, *, reading: str) -> np.ndarray:
    """Standard deviation of the noise at x under a reading of eq. 9.

    "magnitude" takes the printed scale without its sign: 0.1 |x| up to x = 1, and 0.1 beyond. "growing"
    takes max(0, x) for min(0, x − 1): 0.1 up to x = 0, then 0.1 (1 + x).
    """
    if reading == "magnitude":
        return 0.1 * np.abs(1 + np.minimum(0, x - 1))
    if reading == "growing":
        return 0.1 * (1 + np.maximum(0, x))
    raise ValueError(f"the readings of eq. 9 are {', '.join(READINGS)}; got {reading!r}")


def make_task(config: Config, *, reading: str, repeat: int) -> Task:
    """Draw y = sin 2πx + noise for x uniform in [−1, 1], and test data for x in [−1.5, 1.5]."""
    found = []
    for part, half_width, n in (("train", 1.0, config.examples), ("test", 1.5, config.tested)):
        generator = seeds.generator(config.seed, "data", reading, part, repeat)
        x = generator.uniform(-half_width, half_width, n)
        y = np.sin(2 * np.pi * x) + noise_scale(x, reading=reading) * generator.standard_normal(n)
        found += [x[:, np.newaxis].astype(np.float32), y.astype(np.float32)]
    return Task(*found)


def make_network(config: Config, *, depth: int, width: int, seed: int) -> tuple[keras.Model, keras.Model]:
    """Return the network of the mean, and that of mean and standard deviation around it: eq. 10."""
    start = [int(start) for start in seeds.generator(seed, "start").integers(2**31, size=2 * depth + 2)]
    x = keras.Input((1,))
    mean = keras.Model(x, _perceptron(x, depth, width, start[: depth + 1], "mean"))
    raw = _perceptron(x, depth, width, start[depth + 1 :], "scale")
    scale = SMALLEST_SCALE + keras.layers.Activation("softplus")(raw)
    return mean, keras.Model(x, keras.layers.Concatenate()([mean.output, scale]))


def _perceptron(x, depth: int, width: int, start: list[int], name: str):
    for layer in range(depth + 1):
        last = layer == depth
        x = keras.layers.Dense(
            1 if last else width,
            activation=None if last else "elu",
            kernel_initializer=keras.initializers.GlorotUniform(start[layer]),
            name=f"{name}_{layer}",
        )(x)
    return x


def energy_distances(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Energy distance 2 ∫ (F − G)² dy between two predictive laws at every input: (n,), unbiased, so that
    equal laws give values on both sides of 0.

    Args:
        first, second: (draws, n, 2) of predicted mean and standard deviation. The draws are split in
            halves: a product of the two differences has the square's expectation without its noise.
    """
    found = np.empty(first.shape[1])
    for at in range(len(found)):
        mixtures = first[:, at].astype(float), second[:, at].astype(float)
        means, scales = np.concatenate(mixtures).T
        y = np.linspace((means - 6 * scales).min(), (means + 6 * scales).max(), Y_NODES)
        even, odd = (_cdf(mixtures[0][half::2], y) - _cdf(mixtures[1][half::2], y) for half in (0, 1))
        found[at] = 2 * np.trapezoid(even * odd, y)
    return found


def _cdf(mixture: np.ndarray, y: np.ndarray) -> np.ndarray:
    means, scales = mixture.T[..., np.newaxis]
    return special.ndtr((y - means) / scales).mean(axis=0)


def points(config: Config) -> tuple[str, ...]:
    """One training of one variant each."""
    return tuple(f"{variant}.{repeat}" for variant in config.variants for repeat in range(config.seeds))


def compute(config: Config, point: str, device: Device) -> dict[str, np.ndarray]:
    """Train one network with Gaussian weights, then predict under every law and with wider weights."""
    variant, repeat = point.split(".")
    seed = config.seed + int(repeat)
    narrow, long = variant == "narrow-deep", variant == "long"
    task = make_task(config, reading=variant if variant in READINGS else READINGS[0], repeat=int(repeat))
    mean, both = make_network(
        config,
        depth=config.narrow_depth if narrow else config.depth,
        width=config.narrow_width if narrow else config.width,
        seed=seed,
    )
    epochs = config.long_epochs if long else config.epochs
    network = mean_field_training.train(
        mean, both, task.x, task.y, config=config, law=laws.gaussian(), epochs=epochs, seed=seed
    )
    laws_of = controls(device)
    networks = [*(twins.with_law(network, laws_of[name]) for name in LAWS), wider(network)]
    x = np.concatenate([GRID[:, None], task.x_test]).astype(np.float32)
    drawn = [inference.predict_draws(own, x, draws=config.draws, seed=seed) for own in networks]
    predictions = [draws[:, : len(GRID)] for draws in drawn]
    tested = [draws[:, len(GRID) :] for draws in drawn]
    parts = [inference.decompose(prediction) for prediction in predictions]
    return {
        "mean": [part.mean for part in parts],
        "aleatoric": [part.aleatoric for part in parts],
        "epistemic": [part.epistemic for part in parts],
        "distance": [energy_distances(prediction, predictions[0]) for prediction in predictions],
        "nll": [gaussian_mixture_nll(*np.moveaxis(test, -1, 0), task.y_test).mean() for test in tested],
    }


def wider(network: keras.Model) -> keras.Model:
    """The same network with every standard deviation `WIDER` times as large."""
    twin = twins.with_law(network, laws.gaussian())
    for layer in weight_draws.random_layers(twin):
        layer.kernel_log_scale.assign_add(np.full(layer.kernel_log_scale.shape, np.log(WIDER)))
    return twin


def collect(config: Config, device: Device, points: Mapping[str, dict[str, np.ndarray]]) -> Result:
    """Stack the trainings of each variant."""

    def stacked(quantity: str) -> dict[str, np.ndarray]:
        repeats = range(config.seeds)
        return {
            variant: np.stack([points[f"{variant}.{repeat}"][quantity] for repeat in repeats])
            for variant in config.variants
        }

    quantities = ("mean", "aleatoric", "epistemic", "distance", "nll")
    return Result(config, GRID, *(stacked(quantity) for quantity in quantities))


def measurements(result: Result) -> list[Measurement]:
    """Quantities of P-regression, P-moments-only and P-narrow-deep."""
    others = ("device", "bimodal")
    n = result.config.seeds
    quantities = {"mean": "mean", "epistemic": "sigma_e", "aleatoric": "sigma_a"}
    found = [
        Measurement(
            "P-regression",
            f"worst_{name}_difference",
            *largest(result.difference(quantity, law) for law in others),
            n,
        )
        for quantity, name in quantities.items()
    ]
    shape = largest(result.shape_effect(law) for law in LAWS[1:])
    return [
        *found,
        Measurement("P-moments-only", "worst_shape_effect", *shape, n),
        Measurement("P-moments-only", "sigma_effect", *result.width_effect(), n),
        *(
            Measurement(
                "P-narrow-deep",
                f"nll_difference_{law}",
                *result.nll_difference(law, variant="narrow-deep"),
                n,
            )
            for law in others
        ),
    ]


def _rms(values: np.ndarray) -> np.ndarray:
    return np.sqrt(np.square(values).mean(axis=-1))
