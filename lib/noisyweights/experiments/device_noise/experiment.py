"""Device noise: whether eq. 3 and eq. 13 describe what the devices do, and how far that is from a Gaussian.

Chapter 1; Figs. 1 and 7, §3.1.1 and App. D of the device paper.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from noisyweights import datasets, seeds
from noisyweights.datasets.source import DataSource
from noisyweights.experiments import trainings
from noisyweights.experiments.compared_laws import compared
from noisyweights.experiments.device import ECRAM, Device
from noisyweights.ledger.claims import Measurement
from noisyweights.noise import fitting, quadrature
from noisyweights.noise.fitting.estimation import refit
from noisyweights.noise.fitting.prediction import MOST_HELD_OUT
from noisyweights.noise.laws import Law, LawDistribution

__all__ = [
    "PROFILES",
    "Config",
    "Result",
    "Trace",
    "collect",
    "compute",
    "measurements",
    "points",
    "uses_device",
]

FAMILIES = {"device": "bayes_mtj", "ecram": "ecram"}
NODES = 100  # on each smooth piece of a density, for its moments
CHUNK = 1 << 20  # samples whose CDF is worked out at a time
GRID = 1000  # points at which a page shows a CDF


@dataclass(frozen=True)
class Config:
    """Settings of the chapter."""

    seed: int = field(metadata={"words": "of the resampling, the bootstrap and the held-out split"})
    chunk: int = field(metadata={"words": "data sets refitted in one point"})
    chunks: int = field(metadata={"words": "points of each kind and device", "counts": True})
    most: int = field(default=20_000, metadata={"words": "samples at most in a resampled data set"})


PROFILES = {
    "smoke": Config(seed=2, chunk=5, chunks=1, most=2_000),
    "quick": Config(seed=2, chunk=200, chunks=1),
    "full": Config(seed=2, chunk=250, chunks=4),
}


@dataclass(frozen=True)
class Trace:
    """The samples (n,) of a device, its fits in the samples' unit, and how good they are.

    ks, ks_gaussian: largest gap between the samples' CDF and that of each fit. ks_resampled (r, 2): the same
    two of resampled and refitted data sets. heldout_gain: mean log density of unseen samples under the fit
    less that under the Gaussian [nats], and its 95 % interval; centre and width of both are those of all
    samples, the shape that of the others. goodness: the parametric-bootstrap test.
    """

    samples: np.ndarray
    fitted: LawDistribution
    gaussian: LawDistribution
    parameters: Mapping[str, float]
    standard_errors: Mapping[str, float]
    ks: float
    ks_gaussian: float
    ks_resampled: np.ndarray
    heldout_gain: tuple[float, float, float]
    goodness: fitting.GoodnessOfFit

    @property
    def grid(self) -> np.ndarray:
        """Points (m,) spread over the samples by rank."""
        return np.quantile(self.samples, np.linspace(0, 1, GRID))

    def gap(self, fit: LawDistribution) -> np.ndarray:
        """CDF of the samples less that of a fit, on the grid."""
        ranks = np.searchsorted(np.sort(self.samples), self.grid, side="right")
        return ranks / len(self.samples) - np.asarray(fit.cdf(self.grid))

    def law(self, law: Law) -> LawDistribution:
        """A unit law at the mean and the standard deviation of the samples."""
        return law(self.samples.mean(), self.samples.std())

    def interval(self, quantity: str) -> tuple[float, float, float]:
        """`ks` or `ks_ratio` (to the Gaussian's) with an interval that covers it with 95 % or more.

        Resampled data lie further from any curve than the data do, so the interval of their percentiles leans
        upwards, and its mirror image about the value leans downwards. Both are covered.
        """
        if quantity == "ks":
            value, resampled = self.ks, self.ks_resampled[:, 0]
        else:
            value, resampled = self.ks / self.ks_gaussian, self.ks_resampled[:, 0] / self.ks_resampled[:, 1]
        low, high = np.quantile(resampled, (0.025, 0.975))
        return value, max(0.0, min(low, 2 * value - high)), max(high, 2 * value - low)


@dataclass(frozen=True)
class Result:
    """What the chapter shows: both traces, and mean and variance (laws, 2) of the laws compared."""

    config: Config
    traces: Mapping[str, Trace]
    moments: np.ndarray
    ecram_source: DataSource


def points(config: Config) -> tuple[str, ...]:
    """For each device one point of held-out prediction, and chunks of both kinds of refits."""
    kinds = [name for kind in ("resampled", "null") for name in trainings.named(kind, config.chunks)]
    return tuple(f"{name}-{kind}" for name in FAMILIES for kind in ("heldout", *kinds))


def uses_device(point: str) -> bool:
    """Whether a point is about the device of the edition; the ECRAM is always the book's own."""
    return point.startswith("device-")


def compute(config: Config, point: str, device: Device) -> dict[str, np.ndarray]:
    """One point; its name says the device, the kind and the chunk, whose number picks the replicates."""
    name, kind, *chunk = point.split("-")
    family = FAMILIES[name]
    samples = _samples(name, device)
    if kind == "heldout":
        scores = fitting.held_out(samples, families=("gaussian", family), seed=config.seed)
        return {"gain": np.array(scores.gain(family))}
    replicates = range(config.chunk * int(chunk[0]), config.chunk * (int(chunk[0]) + 1))
    fit = fitting.fit(samples, family=family)
    if kind == "null":
        return {
            "observed": fitting.observed_statistics(fit, samples, seed=config.seed),
            "null": fitting.bootstrap_statistics(fit, replicates=replicates, seed=config.seed),
        }
    gaussian = fitting.fit(samples, family="gaussian")
    return {"ks": np.array([_resampled(config, samples, (fit, gaussian), name, i) for i in replicates])}


def _samples(name: str, device: Device) -> np.ndarray:
    return device.samples() if name == "device" else datasets.read_noise(ECRAM).samples


def _resampled(
    config: Config, samples: np.ndarray, fits: tuple[fitting.Fit, ...], name: str, replicate: int
) -> list[float]:
    """KS distances of one resampled data set from its own refits."""
    generator = seeds.generator(config.seed, name, "resampled", replicate)
    drawn = generator.choice(samples, min(len(samples), config.most))
    return [_ks(drawn, refit(fit, [drawn])[0]) for fit in fits]


def _ks(samples: np.ndarray, fit: LawDistribution) -> float:
    """Largest gap between the CDF of samples and that of a fit, a million at a time."""
    ordered, n, gap = np.sort(samples), len(samples), 0.0
    for start in range(0, n, CHUNK):
        cdf = np.asarray(fit.cdf(ordered[start : start + CHUNK]))
        rank = np.arange(start, start + len(cdf))
        gap = max(gap, np.max((rank + 1) / n - cdf), np.max(cdf - rank / n))
    return float(gap)


def collect(config: Config, device: Device, points: Mapping[str, dict[str, np.ndarray]]) -> Result:
    """Join the chunks that are there, and fit both devices."""
    if missing := [name for name in FAMILIES if f"{name}-heldout" not in points]:
        raise ValueError(f"the points lack {' and '.join(f'{name}-heldout' for name in missing)}: compute it")
    moments = [
        (mean := quadrature.expectation(np.positive, law=law, nodes=NODES),
         quadrature.expectation(lambda z, mean=mean: (z - mean) ** 2, law=law, nodes=NODES))
        for law in compared(device).values()
    ]  # fmt: skip
    ecram = datasets.read_noise(ECRAM)
    return Result(
        config=config,
        traces={name: _trace(name, _samples(name, device), points) for name in FAMILIES},
        moments=np.array(moments),
        ecram_source=DataSource("ecram", ecram.source, ecram.sha256, simulated=True),
    )


def _trace(name: str, samples: np.ndarray, points: Mapping[str, dict[str, np.ndarray]]) -> Trace:
    resampled = trainings.of_kind(points, f"{name}-resampled").values()
    null = list(trainings.of_kind(points, f"{name}-null").values())
    fit, gaussian = (fitting.fit(samples, family=family) for family in (FAMILIES[name], "gaussian"))
    return Trace(
        samples=samples,
        fitted=fit.distribution(),
        gaussian=gaussian.distribution(),
        parameters=fit.params,
        standard_errors=fit.standard_errors,
        ks=_ks(samples, fit.distribution()),
        ks_gaussian=_ks(samples, gaussian.distribution()),
        ks_resampled=np.concatenate([chunk["ks"] for chunk in resampled]),
        heldout_gain=tuple(points[f"{name}-heldout"]["gain"]),
        goodness=fitting.combine(fit, null[0]["observed"], [chunk["null"] for chunk in null]),
    )


def measurements(result: Result) -> list[Measurement]:
    """Quantities of P-fit-mtj, P-fit-ecram and P-moments."""
    found = []
    for claim, name in (("P-fit-mtj", "device"), ("P-fit-ecram", "ecram")):
        trace = result.traces[name]
        resampled = min(len(trace.samples), result.config.most)
        predicted = min(len(trace.samples), MOST_HELD_OUT)
        found += [
            Measurement(claim, "ks_distance", *trace.interval("ks"), resampled),
            Measurement(claim, "heldout_loglik_gain_nats", *trace.heldout_gain, predicted),
        ]
    device = result.traces["device"]
    ratio = device.interval("ks_ratio")
    resampled = min(len(device.samples), result.config.most)
    mean, variance = result.moments.T
    return [
        *found,
        Measurement("P-fit-mtj", "ks_ratio_to_gaussian", *ratio, resampled),
        Measurement.exact("P-moments", "max_abs_mean", np.abs(mean).max()),
        Measurement.exact("P-moments", "max_abs_variance_error", np.abs(variance - 1).max()),
    ]
