"""Draws of device noise per second, beside TensorFlow's normal draws, SciPy's and NumPy's.

    python -m benchmarks.sampling [--draws 1e7] [--repeats 7] [--json out.json]

The baseline is `tf.random.normal`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
from scipy.stats import sampling

from benchmarks import contest
from benchmarks.contest import Rival
from benchmarks.subjects import ECRAM, MTJ, SEPARATION, device_laws
from noisyweights.noise import laws
from noisyweights.noise.sampling import sampler

import tensorflow as tf  # isort: skip  (the library loads it quietly)
import tensorflow_probability as tfp  # isort: skip

SAMPLES = np.random.default_rng(0).standard_t(4, size=100_000)
# SciPy and NumPy draw one at a time on one core: a tenth of the draws shows their rate as well.
SLOW = 10


def graph(draw: Callable[[int, tf.Tensor], tf.Tensor]) -> Callable[[int, int], tf.Tensor]:
    """Compile once; the seed is an argument, or TensorFlow would draw while it compiles."""
    compiled = tf.function(draw)
    return lambda n, repeat: compiled(n, tf.constant([repeat, 0]))


def ours(law: laws.Law) -> Callable[[int, int], tf.Tensor]:
    """Draws of the unit law in float32."""
    return graph(lambda n, seed: law.quantile(sampler.uniforms((n,), seed)))


def device_density(power: int, A: float, B: float, C: float) -> Callable[[np.ndarray], np.ndarray]:
    """Eq. 3 or eq. 13, not normalised."""
    return lambda x: A * (np.exp(-(np.abs(x) ** power) / B) - np.exp(-1 / B)) + C * (1 - x**2)


def numerical_inversion(density: Callable, domain: tuple[float, float]) -> Callable[[int, int], np.ndarray]:
    """SciPy's polynomial inversion, with its own default u-resolution of 1e-10."""
    target = type("Target", (), {"pdf": staticmethod(density)})()
    generator = sampling.NumericalInversePolynomial(target, domain=domain, center=0.1 * domain[0])

    def draw(n: int, repeat: int) -> np.ndarray:
        generator.set_random_state(np.random.default_rng(repeat))
        return generator.rvs(n)

    return draw


def rejection(density: Callable, half_width: float) -> Callable[[int, int], np.ndarray]:
    """Rejection from a box: uniform proposals below the largest density."""
    height = density(np.linspace(-half_width, half_width, 2001)).max()

    def draw(n: int, repeat: int) -> np.ndarray:
        rng, kept, count = np.random.default_rng(repeat), [], 0
        while count < n:
            x = rng.uniform(-half_width, half_width, n)
            kept.append(x[rng.uniform(0, height, n) < density(x)])
            count += kept[-1].size
        return np.concatenate(kept)[:n]

    return draw


def resampling(n: int, repeat: int) -> np.ndarray:
    """Draw the samples themselves again, which is what can be done without a law."""
    return np.random.default_rng(repeat).choice(SAMPLES, n)


def rivals(draws: int) -> list[Rival]:
    """Every law in this library, and its peers elsewhere; the baseline first."""
    scale = np.sqrt(1 - SEPARATION**2)

    def two_peaks(z):
        return sum(np.exp(-(((z - m) / scale) ** 2) / 2) for m in (-SEPARATION, SEPARATION)) / 2

    def stateless_normal(n, seed):
        return tf.random.stateless_normal([n], seed)

    here = {
        **device_laws(),
        "empirical": laws.empirical(samples=SAMPLES),
        "gaussian": laws.gaussian(),
    }
    densities = {
        "bayes_mtj": (device_density(1, **MTJ), 1.0),
        "ecram": (device_density(2, **ECRAM), 1.0),
        "bimodal": (two_peaks, 6.0),
    }
    mtj, normal = here["bayes_mtj"](0.0, 1.0), tfp.distributions.Normal(0.0, 1.0)
    listed = [
        Rival("gaussian", "tf.random.normal", draws, graph(lambda n, seed: tf.random.normal([n]))),
        Rival("gaussian", "tf.random.stateless_normal", draws, graph(stateless_normal)),
        *(Rival(name, "noisyweights quantile", draws, ours(law)) for name, law in here.items()),
        Rival("gaussian", "tfd.Normal sample", draws, graph(lambda n, seed: normal.sample(n, seed=seed))),
        Rival("bayes_mtj", "noisyweights sample", draws, graph(lambda n, seed: mtj.sample(n, seed=seed))),
    ]
    for name, (density, half_width) in densities.items():
        inversion = numerical_inversion(density, (-half_width, half_width))
        listed.append(Rival(name, "SciPy NumericalInversePolynomial", draws // SLOW, inversion))
        listed.append(Rival(name, "NumPy rejection", draws // SLOW, rejection(density, half_width)))
    return [*listed, Rival("empirical", "NumPy resampling", draws // SLOW, resampling)]


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; return the exit status."""
    parser = contest.parser(__doc__, repeats=7)
    parser.add_argument("--draws", type=contest.whole, default=10**7, help="draws of each rival in a repeat")
    options = contest.options(parser, arguments, draws=SLOW)
    tf.get_logger().setLevel("ERROR")  # it takes one compilation for each law for a mistake
    rows = contest.measure(rivals(options.draws), repeats=options.repeats)
    print(contest.table(rows, subject="law", unit="M draws", scale=1e6))
    if options.json:
        contest.write(
            options.json,
            benchmark="sampling",
            baseline="tf.random.normal",
            repeats=options.repeats,
            rows=[row.named(subject="law", unit="draws") for row in rows],
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
