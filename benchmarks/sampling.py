"""Draws of device noise per second, beside TensorFlow's normal draws, SciPy's and NumPy's.

    python benchmarks/sampling.py [--draws 1e7] [--repeats 7] [--json out.json]

All rivals take turns in each repeat, and `tf.random.normal` runs just before each of them: a ratio is that of
two neighbours, which whatever else the machine does meets alike. The table shows the median of the ratios and
the range of nine in ten.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from scipy.stats import sampling
from tqdm import tqdm

from noisyweights.evidence import provenance
from noisyweights.files import replacing
from noisyweights.noise import laws, sampler

import tensorflow as tf  # isort: skip  (the library loads it quietly)
import tensorflow_probability as tfp  # isort: skip

MTJ = {"A": 1.8, "B": 0.2, "C": 0.3}
ECRAM = {"A": 1.0, "B": 0.1, "C": 0.2}
SEPARATION = 0.9
SAMPLES = np.random.default_rng(0).standard_t(4, size=100_000)
# SciPy and NumPy draw one at a time on one core: a tenth of the draws shows their rate as well.
SLOW = 10


@dataclass(frozen=True)
class Rival:
    """One way to draw: `draw(n, repeat)` makes n of them, different ones in every repeat."""

    law: str
    method: str
    draw: Callable[[int, int], object]
    share: int = 1


@dataclass(frozen=True)
class Row:
    """What one rival reached: draws per second, and its rate over that of `tf.random.normal`."""

    law: str
    method: str
    draws: int
    draws_per_second: float
    ratio: float
    ratio_low: float
    ratio_high: float


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


def rivals() -> list[Rival]:
    """Every law in this library, and its peers elsewhere."""
    scale = np.sqrt(1 - SEPARATION**2)

    def two_peaks(z):
        return sum(np.exp(-(((z - m) / scale) ** 2) / 2) for m in (-SEPARATION, SEPARATION)) / 2

    here = {
        "bayes_mtj": laws.bayes_mtj(**MTJ),
        "ecram": laws.ecram(**ECRAM),
        "bimodal": laws.bimodal(separation=SEPARATION),
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
        Rival("gaussian", "tf.random.normal", graph(lambda n, seed: tf.random.normal([n]))),
        Rival(
            "gaussian", "tf.random.stateless_normal", graph(lambda n, s: tf.random.stateless_normal([n], s))
        ),
        *(Rival(name, "noisyweights quantile", ours(law)) for name, law in here.items()),
        Rival("gaussian", "tfd.Normal sample", graph(lambda n, seed: normal.sample(n, seed=seed))),
        Rival("bayes_mtj", "noisyweights sample", graph(lambda n, seed: mtj.sample(n, seed=seed))),
    ]
    for name, (density, half_width) in densities.items():
        inversion = numerical_inversion(density, (-half_width, half_width))
        listed.append(Rival(name, "SciPy NumericalInversePolynomial", inversion, SLOW))
        listed.append(Rival(name, "NumPy rejection", rejection(density, half_width), SLOW))
    return [*listed, Rival("empirical", "NumPy resampling", resampling, SLOW)]


def measure(draws: int, repeats: int) -> list[Row]:
    """Time all rivals in turn, `repeats` times after a first that is not counted."""
    contest = rivals()
    baseline = contest[0]
    rates, ratios = np.empty((2, len(contest), repeats + 1))
    for repeat in tqdm(range(repeats + 1), desc="repeats", disable=None):
        for index, rival in enumerate(contest):
            before = rate(baseline, draws, repeat)
            rates[index, repeat] = rate(rival, draws, repeat)
            ratios[index, repeat] = rates[index, repeat] / before
    rates, ratios = rates[:, 1:], ratios[:, 1:]
    low, ratio, high = np.quantile(ratios, [0.05, 0.5, 0.95], axis=1)
    return [
        Row(rival.law, rival.method, draws // rival.share, *map(float, numbers))
        for rival, *numbers in zip(contest, np.median(rates, axis=1), ratio, low, high, strict=True)
    ]


def rate(rival: Rival, draws: int, repeat: int) -> float:
    """Draws per second, once."""
    count = draws // rival.share
    begin = time.perf_counter()
    rival.draw(count, repeat)
    return count / (time.perf_counter() - begin)


def table(rows: list[Row]) -> str:
    """The rows as text, best of a law first."""
    lines = [
        f"{'law':<10} {'method':<33} {'draws':>9} {'M draws/s':>10} {'ratio':>6}  {'90 % of repeats':>15}"
    ]
    for row in sorted(rows, key=lambda row: (row.law, -row.ratio)):
        spread = f"{row.ratio_low:.2f} to {row.ratio_high:.2f}"
        lines.append(
            f"{row.law:<10} {row.method:<33} {row.draws:>9.0e} {row.draws_per_second / 1e6:>10.1f} "
            f"{row.ratio:>6.2f}  {spread:>15}"
        )
    return "\n".join(lines)


def write(path: Path, rows: list[Row], repeats: int) -> None:
    """Write the rows and where they were measured, whole or not at all."""
    result = {
        "benchmark": "sampling",
        "baseline": "tf.random.normal",
        "repeats": repeats,
        "machine": asdict(provenance.machine()),
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "tensorflow": tf.__version__,
        },
        "rows": [asdict(row) for row in rows],
    }
    with replacing(path) as unfinished:
        unfinished.write_text(json.dumps(result, indent=1) + "\n")


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--draws", type=float, default=1e7, help="draws of each rival in a repeat")
    parser.add_argument("--repeats", type=int, default=7, help="repeats that count")
    parser.add_argument("--json", type=Path, help="write the rows here")
    options = parser.parse_args(arguments)
    if options.draws < SLOW or options.repeats < 1:
        parser.error(f"--draws must be at least {SLOW} and --repeats at least 1")
    tf.get_logger().setLevel("ERROR")  # it takes one compilation for each law for a mistake
    rows = measure(int(options.draws), options.repeats)
    print(table(rows))
    if options.json:
        write(options.json, rows, options.repeats)
    return 0


if __name__ == "__main__":
    sys.exit(main())
