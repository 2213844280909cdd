"""Inverse sampling: how well a polynomial stands in for the inverse CDF of eq. 3.

Chapter 3; eqs. 5–7, 11, 12, Fig. 3 and App. A of the device paper.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from scipy import stats

from noisyweights import seeds
from noisyweights.experiments import trainings
from noisyweights.experiments.device import Device
from noisyweights.experiments.inverse_sampling import edge_formulas, monte_carlo, polynomial_quantile
from noisyweights.ledger.claims import Measurement
from noisyweights.noise.laws import DeviceLaw

__all__ = ["FITS", "PROFILES", "Config", "Result", "collect", "compute", "measurements", "points", "settings"]

FITS = ("direct", "corrected", "tabulated")
NEAR = 0.01  # "near 0" ends here
THINNED = 10  # of so many points of the grid of u one is drawn


@dataclass(frozen=True)
class Config:
    """Settings of the chapter."""

    seed: int = field(metadata={"words": "of the Monte Carlo draws"})
    draws: int = field(metadata={"words": "in one Monte Carlo estimate"})
    repeats: int = field(metadata={"words": "estimates in one point"})
    chunks: int = field(metadata={"words": "points of Monte Carlo", "counts": True})
    degrees: tuple[int, ...] = field(default=tuple(range(2, 21)), metadata={"words": "of the polynomial"})
    drawn: int = field(default=4, metadata={"words": "degree of the fits that are drawn"})
    degree: int = field(default=10, metadata={"words": "in the Monte Carlo estimates"})


PROFILES = {
    "smoke": Config(seed=3, draws=10**5, repeats=4, chunks=2),
    "quick": Config(seed=3, draws=10**6, repeats=10, chunks=2),
    "full": Config(seed=3, draws=10**7, repeats=8, chunks=8),
}


@dataclass(frozen=True)
class Result:
    """What the chapter shows.

    u (m,) is a grid on (0, ½], finer towards 0; `exact` (m,) the inverse CDF there; `error` (fits, m) the
    difference from it of the direct and the corrected fit of one degree, `config.drawn`. sup_error,
    sup_error_near_zero (fits, degrees): largest |error| in x, over (0, ½] and over 0 < u ≤ 0.01, on a finer
    grid. `estimate` (fits, repeats, checkpoints) are Monte Carlo estimates [nats] of KL(eq. 3 ‖ Gaussian)
    after `checkpoints` draws, fits in the order of `FITS`; `kl` is the quadrature value (of the entropy).
    `slope_exponent` is that of G′ in u, and `limit_ratio` the limit of C (1 − x²) G′, where eq. 6 has 1. A
    law without slope at its edge has no corrected fit, and NaN in its place.
    """

    config: Config
    law: DeviceLaw
    u: np.ndarray
    exact: np.ndarray
    error: np.ndarray
    sup_error: np.ndarray
    sup_error_near_zero: np.ndarray
    slope_exponent: float
    limit_ratio: float
    checkpoints: np.ndarray
    estimate: np.ndarray
    kl: float

    @property
    def draws(self) -> int:
        """Draws behind the estimates of one fit, all repeats together."""
        return self.estimate.shape[1] * int(self.checkpoints[-1])

    def relative_bias(self, fit: str) -> tuple[float, float, float]:
        """Mean final estimate over the quadrature value, less 1, and its 95 % interval over repeats."""
        final = self.estimate[FITS.index(fit), :, -1] / self.kl - 1
        half_width = stats.sem(final) * stats.t.ppf(0.975, len(final) - 1)
        return final.mean(), final.mean() - half_width, final.mean() + half_width


def points(config: Config) -> tuple[str, ...]:
    """The fits, and the chunks of the Monte Carlo."""
    return ("fits", *trainings.named("monte-carlo", config.chunks))


def settings(config: Config, point: str) -> dict[str, Any]:
    """What determines one point."""
    others = ("draws", "repeats", "degree") if point == "fits" else ("degrees", "drawn")
    return {key: value for key, value in asdict(config).items() if key not in ("chunks", *others)}


def compute(config: Config, point: str, device: Device) -> dict[str, np.ndarray]:
    """Errors of the fits at each degree, or one chunk of Monte Carlo estimates."""
    law = device.eq3
    if point == "fits":
        return _fits(config, law)
    chunk = int(point.rpartition("-")[2])
    estimate = monte_carlo.estimates(
        law,
        [*_inverses(law, config.degree), law.raw_quantile],
        draws=config.draws,
        seeds=[seeds.fold(config.seed, "monte-carlo", chunk, repeat) for repeat in range(config.repeats)],
    )
    return {"estimate": estimate}


def _fits(config: Config, law: DeviceLaw) -> dict[str, np.ndarray]:
    u = np.union1d(np.geomspace(1e-12, NEAR, 2001), np.linspace(NEAR, 0.5, 4901))
    exact = np.asarray(law.raw_quantile(u))

    def errors(degree: int) -> np.ndarray:
        return np.array([inverse(u) for inverse in _inverses(law, degree)]) - exact

    sizes = np.abs([errors(degree) for degree in config.degrees])
    tail = np.geomspace(1e-24, 1e-12, 25)
    slope = 1 / np.asarray(law.raw_prob(law.raw_quantile(tail)))
    exponent = np.polynomial.Polynomial.fit(np.log(tail), np.log(slope), 1).convert().coef[1]
    return {
        "u": u[::THINNED],
        "exact": exact[::THINNED],
        "error": errors(config.drawn)[:, ::THINNED],
        "sup_error": sizes.max(axis=-1).T,
        "sup_error_near_zero": sizes[..., u <= NEAR].max(axis=-1).T,
        "slope_exponent": exponent,
        # 1 − x² loses all digits beside the edge, so the limit is the ratio of the two slopes there.
        "limit_ratio": 2 * law.C / law.edge_slope if law.edge_slope else np.inf,
    }


def _inverses(law: DeviceLaw, degree: int) -> tuple[Callable[[np.ndarray], np.ndarray], ...]:
    """The direct and the corrected fit."""
    direct = polynomial_quantile.direct_fit(law, degree=degree)
    if law.edge_slope == 0:
        return direct, lambda u: np.full_like(u, np.nan)
    return direct, polynomial_quantile.corrected_fit(law, degree=degree)


def collect(config: Config, device: Device, points: Mapping[str, dict[str, np.ndarray]]) -> Result:
    """Join the chunks that are there, and put the quadrature value beside them."""
    if "fits" not in points:
        raise ValueError("the point fits is not among the points: compute it")
    chunks = [chunk["estimate"] for chunk in trainings.of_kind(points, "monte-carlo").values()]
    estimate = np.concatenate(chunks, axis=1)
    if estimate.shape[1] < 2:
        raise ValueError("monte-carlo has one estimate, and an interval takes two: compute another chunk")
    fits = points["fits"]
    numbers = {key: float(fits[key]) for key in ("slope_exponent", "limit_ratio")}
    curves = {key: fits[key] for key in ("u", "exact", "error", "sup_error", "sup_error_near_zero")}
    return Result(
        config=config,
        law=device.eq3,
        checkpoints=monte_carlo.checkpoints(config.draws),
        estimate=estimate,
        kl=(math.log(2 * math.pi) + 1) / 2 - device.eq3.entropy,
        **numbers,
        **curves,
    )


def measurements(result: Result) -> list[Measurement]:
    """Quantities of P-derivative, P-taylor and, where there is a corrected fit, P-corrected and P-mc-kl."""
    formulas = zip(edge_formulas.edge_expansion(), edge_formulas.printed_formulas(), strict=True)
    mismatches = [edge_formulas.mismatched_terms(*pair) for pair in formulas]
    found = [
        Measurement.exact("P-derivative", "slope_exponent", result.slope_exponent),
        Measurement.exact("P-derivative", "limit_ratio", result.limit_ratio),
        Measurement.exact("P-taylor", "mismatched_terms_eq11", mismatches[0]),
        Measurement.exact("P-taylor", "mismatched_terms_eq12", mismatches[1]),
    ]
    if result.law.edge_slope == 0:
        return found
    direct, corrected = result.sup_error
    direct_near, corrected_near = result.sup_error_near_zero
    bias, low, high = result.relative_bias("direct")
    size = sorted(np.abs([low, high]))
    floor = 0.0 if low <= 0 <= high else size[0]
    return [
        *found,
        Measurement.exact("P-corrected", "worst_ratio", (corrected / direct).max()),
        Measurement.exact("P-corrected", "worst_ratio_near_zero", (corrected_near / direct_near).max()),
        Measurement("P-mc-kl", "abs_relative_bias_direct", abs(bias), floor, size[1], result.draws),
        Measurement("P-mc-kl", "relative_bias_corrected", *result.relative_bias("corrected"), result.draws),
    ]
