"""How often tests reject a law that is true, and how often intervals hold the truth, where readings remember.

    python -m benchmarks.true_laws [--repeats 500] [--law gaussian] [--json out.json]

Sets of readings are drawn from a law through a stationary Gaussian autoregression with the correlation φ of
neighbours, and treated as a report treats a file: the number of independent reads is estimated from the
readings themselves. A test rejects where p ≤ 0.05 by 19 replicates. Shares come with Clopper and Pearson's
interval.

A Gaussian's fit is the mean and the deviation, and its errors are known, so that its sets are written out
here, apart from the library: 2000 take a minute or two. Eq. 3 goes through the library, at a second a set.
"""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass

import numpy as np
from scipy import signal, special, stats
from tqdm import tqdm

from benchmarks import contest
from noisyweights import seeds
from noisyweights.noise import fitting, laws
from noisyweights.noise.dynamics.correlation import correlation

__all__ = ["SETTINGS", "Share", "gaussian_distances", "shares"]

LOC, SCALE = 7.0, 3.0
LAWS = {"gaussian": laws.gaussian(), "bayes_mtj": laws.bayes_mtj(A=1.5, B=0.25, C=0.4)}
SETTINGS = ((0.0, 1000), (0.5, 1000), (0.9, 1000), (0.98, 5000), (0.98, 1000))  # φ, readings
REPLICATES, LEVEL, WIDE = 19, 0.05, 1.96
READINGS = 10_000  # of the fit that all others begin at


@dataclass(frozen=True)
class Share:
    """Of how many sets something held: a test's rejection, or that a parameter's interval holds the truth.

    independent: independent reads by the exact formula. low, high: the share's interval at 95 %.
    """

    law: str
    phi: float
    readings: int
    independent: float
    what: str
    count: int
    sets: int
    low: float
    high: float

    def __str__(self) -> str:
        return (
            f"{self.law:10} φ {self.phi:<5} {self.readings} readings, {self.independent:.0f} independent: "
            f"{self.what:22} {self.count / self.sets:6.1%} ({self.low:.1%} to {self.high:.1%}) of {self.sets}"
        )


def shares(name: str, phi: float, readings: int, sets: int) -> list[Share]:
    """Measure one law at one correlation of neighbours."""
    treated, found = (_gaussian if name == "gaussian" else _Fitted(name)), {}
    exact = readings * (1 - phi) / (1 + phi)
    for number in tqdm(range(sets), desc=f"{name} {phi}", leave=False):
        rng = seeds.generator(0, name, str(phi), readings, number)
        samples = LOC + SCALE * _quantile(name, _scores(rng, 1, readings, phi)[0])
        memory = correlation(samples)
        own = treated(samples, max(2.0, memory.counted) if memory.remembers else None, rng)
        own["independent reads"] = memory.independent.low < exact < memory.independent.high
        for what, held in own.items():
            found.setdefault(what, []).append(bool(held))
    setting = (name, phi, readings, exact)
    return [Share(*setting, what, sum(held), len(held), *_ends(held)) for what, held in found.items()]


def _scores(rng: np.random.Generator, rows: int, n: int, phi: float) -> np.ndarray:
    """Stationary autoregressions of unit variance, (rows, n)."""
    shocks = rng.standard_normal((rows, n))
    shocks[:, 1:] *= np.sqrt(1 - phi**2)
    return signal.lfilter([1.0], [1.0, -phi], shocks, axis=1)


def _quantile(name: str, scores: np.ndarray) -> np.ndarray:
    return scores if name == "gaussian" else LAWS[name].quantile(special.ndtr(scores)).numpy()


def _gaussian(samples: np.ndarray, independent: float | None, rng: np.random.Generator) -> dict[str, bool]:
    """What holds of one set of Gaussian readings, by formulas."""
    n, mean, deviation = len(samples), samples.mean(), samples.std()
    tau = 1.0 if independent is None else n / independent
    phi = (tau - 1) / (tau + 1)
    observed, null = gaussian_distances(samples[None]), gaussian_distances(_scores(rng, REPLICATES, n, phi))
    p = (1 + (null >= observed).sum(axis=1)) / (1 + REPLICATES)
    errors = deviation * np.sqrt([tau / n, (1 + phi**2) / (1 - phi**2) / (2 * n)])
    return {
        "KS rejects": p[0] <= LEVEL,
        "AD rejects": p[1] <= LEVEL,
        "loc": abs(mean - LOC) < WIDE * errors[0],
        "scale": abs(deviation - SCALE) < WIDE * errors[1],
    }


def gaussian_distances(samples: np.ndarray) -> np.ndarray:
    """Kolmogorov–Smirnov and Anderson–Darling statistics of sets (rows, n) and their Gaussians, (2, rows)."""
    n, rank = samples.shape[1], np.arange(1, samples.shape[1] + 1)
    z = np.sort((samples - samples.mean(1, keepdims=True)) / samples.std(1, keepdims=True), axis=1)
    below = special.ndtr(z)
    furthest = np.maximum(rank / n - below, below - (rank - 1) / n).max(axis=1)
    logs = special.log_ndtr(z) + special.log_ndtr(-z[:, ::-1])
    return np.array([furthest, -n - ((2 * rank - 1) * logs).mean(axis=1)])


class _Fitted:
    """What holds of one set of readings by the library's fit and tests, begun at the truth's own fit."""

    def __init__(self, name: str) -> None:
        law = LAWS[name]
        known = {key: getattr(law, key) for key in "ABC"} | {"half_width": SCALE / law.raw_scale}
        self.truth = {key: float(value) for key, value in known.items()}
        ideal = LOC + SCALE * law.quantile((np.arange(READINGS) + 0.5) / READINGS).numpy()
        self.name, self.near = name, fitting.fit(ideal, family=name)

    def __call__(
        self, samples: np.ndarray, independent: float | None, rng: np.random.Generator
    ) -> dict[str, bool]:
        fit = fitting.fit_readings(samples, family=self.name, independent=independent, near=self.near)
        seed = int(rng.integers(2**31))
        test = fitting.goodness_of_fit(fit, samples, replicates=REPLICATES, seed=seed)
        held = {"KS rejects": test.ks_p <= LEVEL, "AD rejects": test.ad_p <= LEVEL}
        for key, error in fit.standard_errors.items():
            if np.isfinite(error):  # at the boundary there is none
                held[key] = abs(fit.params[key] - self.truth[key]) < WIDE * error
        return held


def _ends(held: list[bool]) -> tuple[float, float]:
    """Clopper and Pearson's interval of a share, at 95 %."""
    ends = stats.binomtest(sum(held), len(held)).proportion_ci(method="exact")
    return float(ends.low), float(ends.high)


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; return the exit status."""
    parser = contest.parser(__doc__, repeats=500)
    parser.add_argument("--law", choices=LAWS, action="append", help="of the readings; both by default")
    options = contest.options(parser, arguments, repeats=1)
    found = []
    for name in options.law or LAWS:
        for phi, readings in SETTINGS:
            rows = shares(name, phi, readings, options.repeats)
            print(*rows, sep="\n", flush=True)
            found += rows
    if options.json:
        contest.write(options.json, benchmark="true_laws", rows=[asdict(row) for row in found])
    return 0


if __name__ == "__main__":
    sys.exit(main())
