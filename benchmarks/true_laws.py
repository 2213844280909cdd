"""How often tests reject a law that is true, and how often intervals hold the truth, where readings remember.

    python -m benchmarks.true_laws [--repeats 500] [--law bayes_mtj] [--json out.json]

Sets of readings are drawn from a law through a stationary Gaussian autoregression with the correlation φ of
neighbours, and treated as a report treats a file: the number of independent reads is estimated from the
readings themselves. A test rejects where p ≤ 0.05 by 19 replicates. Shares come with Clopper and Pearson's
interval. It takes some minutes for the Gaussian, and half an hour for eq. 3.
"""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass

import numpy as np
from scipy import stats
from tqdm import tqdm

from benchmarks import contest
from noisyweights import seeds
from noisyweights.noise import fitting, laws
from noisyweights.noise.dynamics.correlation import correlation
from noisyweights.noise.fitting import dependence
from noisyweights.noise.law import Law

__all__ = ["SETTINGS", "Share", "shares"]

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
    law, found = LAWS[name], {}
    exact = readings * (1 - phi) / (1 + phi)
    truth = _truth(law)
    near = fitting.fit(
        LOC + SCALE * law.quantile((np.arange(READINGS) + 0.5) / READINGS).numpy(), family=name
    )
    for number in tqdm(range(sets), desc=f"{name} {phi}", leave=False):
        uniforms = dependence.dependent_uniforms(
            seeds.generator(0, name, str(phi), readings, number), readings, phi
        )
        samples = LOC + SCALE * law.quantile(uniforms).numpy()
        memory = correlation(samples)
        independent = max(2.0, memory.counted) if memory.remembers else None
        fit = fitting.fit_readings(samples, family=name, independent=independent, near=near)
        test = fitting.goodness_of_fit(fit, samples, replicates=REPLICATES, seed=number)
        own = {"KS rejects": test.ks_p <= LEVEL, "AD rejects": test.ad_p <= LEVEL}
        own["independent reads"] = memory.independent.low < exact < memory.independent.high
        for parameter, error in fit.standard_errors.items():
            if np.isfinite(error):  # at the boundary there is none
                own[parameter] = abs(fit.params[parameter] - truth[parameter]) < WIDE * error
        for what, held in own.items():
            found.setdefault(what, []).append(bool(held))
    setting = (name, phi, readings, exact)
    return [Share(*setting, what, sum(held), len(held), *_ends(held)) for what, held in found.items()]


def _truth(law: Law) -> dict[str, float]:
    """The parameters that a fit estimates."""
    known = {"loc": LOC, "scale": SCALE}
    if isinstance(law, laws.DeviceLaw):
        known |= {"A": law.A, "B": law.B, "C": law.C, "half_width": SCALE / law.raw_scale}
    return {key: float(value) for key, value in known.items()}


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
