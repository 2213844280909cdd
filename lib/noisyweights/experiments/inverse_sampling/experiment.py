"""Inverse sampling: how well a polynomial stands in for the inverse CDF of eq. 3.

Chapter 3; eqs. 5–7, 11, 12, Fig. 3 and App. A of the device paper.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import sympy as sp
from scipy import stats

from noisyweights import seeds
from noisyweights.experiments.device import Device
from noisyweights.ledger.claims import Measurement
from noisyweights.noise.laws import DeviceLaw
from noisyweights.noise.sampling import polynomial_quantile, sampler

__all__ = [
    "FITS",
    "PROFILES",
    "Config",
    "Result",
    "collect",
    "compute",
    "edge_expansion",
    "measurements",
    "mismatched_terms",
    "points",
    "printed_formulas",
]

FITS = ("direct", "corrected", "tabulated")
INSIDE = 1 - 1e-9  # where a draw beyond the support is put before its log density is taken


@dataclass(frozen=True)
class Config:
    """Settings of the chapter."""

    seed: int = field(metadata={"words": "of the Monte Carlo draws"})
    draws: int = field(metadata={"words": "in one Monte Carlo estimate"})
    repeats: int = field(metadata={"words": "estimates in one point"})
    chunks: int = field(metadata={"words": "points of Monte Carlo"})
    degrees: tuple[int, ...] = field(default=tuple(range(2, 21)), metadata={"words": "of the polynomial"})
    degree: int = field(default=10, metadata={"words": "in the Monte Carlo estimates"})


PROFILES = {
    "smoke": Config(seed=3, draws=10**5, repeats=4, chunks=1),
    "quick": Config(seed=3, draws=10**6, repeats=10, chunks=2),
    "full": Config(seed=3, draws=10**7, repeats=8, chunks=8),
}


@dataclass(frozen=True)
class Result:
    """What the chapter shows.

    u (m,) is a grid on (0, ½], finer towards 0; `exact` (m,) the inverse CDF there; `error`
    (fits, degrees, m) the difference of the direct and the corrected fit from it. `estimate`
    (fits, repeats, checkpoints) are Monte Carlo estimates [nats] of KL(eq. 3 ‖ Gaussian) after `checkpoints`
    draws, fits in the order of `FITS`; `kl` is the quadrature value (of the entropy). `slope_exponent` is
    that of G′ in u, and `limit_ratio` the limit of C (1 − x²) G′, where eq. 6 has 1. A law without slope at
    its edge has no corrected fit, and NaN in its place.
    """

    config: Config
    law: DeviceLaw
    u: np.ndarray
    exact: np.ndarray
    error: np.ndarray
    slope_exponent: float
    limit_ratio: float
    checkpoints: np.ndarray
    estimate: np.ndarray
    kl: float

    @property
    def sup_error(self) -> np.ndarray:
        """Largest |error| in x, (fits, degrees), over (0, ½]."""
        return np.abs(self.error).max(axis=-1)

    @property
    def sup_error_near_zero(self) -> np.ndarray:
        """Largest |error| in x, (fits, degrees), over 0 < u ≤ 0.01."""
        return np.abs(self.error[..., self.u <= 0.01]).max(axis=-1)

    def relative_bias(self, fit: str) -> tuple[float, float, float]:
        """Mean final estimate over the quadrature value, less 1, and its 95 % interval over repeats."""
        final = self.estimate[FITS.index(fit), :, -1] / self.kl - 1
        half_width = stats.sem(final) * stats.t.ppf(0.975, len(final) - 1)
        return final.mean(), final.mean() - half_width, final.mean() + half_width


def edge_expansion() -> tuple[sp.Expr, sp.Expr]:
    """Second-order Taylor polynomial of eq. 3's CDF at −1, in the distance x from there, and its inverse."""
    A, B, C, x, u, s = sp.symbols("A B C x u s", positive=True)
    density = A * sp.exp((s - 1) / B) - A * sp.exp(-1 / B) + C * (1 - (s - 1) ** 2)
    polynomial = sp.series(sp.integrate(density, (s, 0, x)), x, 0, 3).removeO()
    inverse = sp.solve(sp.Eq(polynomial, u), x)
    return sp.expand(polynomial), next(
        root for root in inverse if root.subs({A: 1, B: 1, C: 1, u: 1}) > 0
    ) - 1


def printed_formulas() -> tuple[sp.Expr, sp.Expr]:
    """Right-hand sides of eq. 11 and eq. 12 as the paper prints them."""
    A, B, C, x, u = sp.symbols("A B C x u", positive=True)
    k = A + 2 * B * C * sp.exp(1 / B)
    return k * (x + 1) ** 2 * sp.exp(-1 / B) / (2 * B), (
        -k + sp.sqrt(2) * sp.sqrt(B * u * k * sp.exp(1 / B))
    ) / k


def mismatched_terms(derived: sp.Expr, printed: sp.Expr) -> int:
    """Number of powers of x (or of √u) whose coefficients differ."""
    variable = sp.Symbol("t", positive=True)
    difference = (derived - printed).subs({sp.Symbol("x", positive=True): variable})
    difference = sp.expand(difference.subs({sp.Symbol("u", positive=True): variable**2}))
    coefficients = sp.collect(difference, variable, evaluate=False).values()
    return sum(sp.simplify(coefficient) != 0 for coefficient in coefficients)


def points(config: Config) -> tuple[str, ...]:
    """The fits, and the chunks of the Monte Carlo."""
    return ("fits", *(f"monte-carlo-{chunk}" for chunk in range(config.chunks)))


def compute(config: Config, point: str, device: Device) -> dict[str, np.ndarray]:
    """Errors of the fits at each degree, or one chunk of Monte Carlo estimates."""
    law = device.eq3
    return _fits(config, law) if point == "fits" else _monte_carlo(config, law, int(point.rsplit("-", 1)[1]))


def _fits(config: Config, law: DeviceLaw) -> dict[str, np.ndarray]:
    u = np.union1d(np.geomspace(1e-12, 0.01, 2001), np.linspace(0.01, 0.5, 4901))
    exact = np.asarray(law.raw_quantile(u))
    fitted = [[inverse(u) for inverse in _inverses(law, degree)] for degree in config.degrees]
    tail = np.geomspace(1e-24, 1e-12, 25)
    x = np.asarray(law.raw_quantile(tail))
    slope = 1 / np.asarray(law.raw_prob(x))
    exponent = np.polynomial.Polynomial.fit(np.log(tail), np.log(slope), 1).convert().coef[1]
    return {
        "u": u,
        "exact": exact,
        "error": np.swapaxes(fitted, 0, 1) - exact,
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


def _checkpoints(config: Config) -> np.ndarray:
    return np.unique(np.geomspace(100, config.draws, 41).round().astype(int))


def _monte_carlo(config: Config, law: DeviceLaw, chunk: int) -> dict[str, np.ndarray]:
    inverses = [*_inverses(law, config.degree), law.raw_quantile]
    checkpoints = _checkpoints(config)
    estimate = np.empty((len(FITS), config.repeats, len(checkpoints)))
    for repeat in range(config.repeats):
        seed = seeds.fold(config.seed, "monte-carlo", chunk, repeat)
        u = np.asarray(sampler.uniforms([config.draws], seed, np.float64))
        for row, inverse in zip(estimate, inverses, strict=True):
            ratio = _log_ratio(law, np.asarray(inverse(u)))
            row[repeat] = np.cumsum(ratio)[checkpoints - 1] / checkpoints
    return {"estimate": estimate}


def _log_ratio(law: DeviceLaw, x: np.ndarray) -> np.ndarray:
    """log q_D − log N(0, var q_D) at x, both of the standardised variable."""
    z = np.clip(x, -INSIDE, INSIDE) / law.raw_scale
    return np.asarray(law.log_prob(z)) - stats.norm.logpdf(z)


def collect(config: Config, device: Device, points: Mapping[str, dict[str, np.ndarray]]) -> Result:
    """Join the chunks, and put the quadrature value beside them."""
    fits = points["fits"]
    chunks = [points[f"monte-carlo-{chunk}"]["estimate"] for chunk in range(config.chunks)]
    return Result(
        config=config,
        law=device.eq3,
        u=fits["u"],
        exact=fits["exact"],
        error=fits["error"],
        slope_exponent=float(fits["slope_exponent"]),
        limit_ratio=float(fits["limit_ratio"]),
        checkpoints=_checkpoints(config),
        estimate=np.concatenate(chunks, axis=1),
        kl=(math.log(2 * math.pi) + 1) / 2 - device.eq3.entropy,
    )


def measurements(result: Result) -> list[Measurement]:
    """Quantities of P-derivative, P-taylor and, where there is a corrected fit, P-corrected and P-mc-kl."""
    derived, printed = edge_expansion(), printed_formulas()
    mismatches = [mismatched_terms(*pair) for pair in zip(derived, printed, strict=True)]
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
    n = result.estimate.shape[1] * result.config.draws
    bias, low, high = result.relative_bias("direct")
    size = sorted(np.abs([low, high]))
    floor = 0.0 if low <= 0 <= high else size[0]
    return [
        *found,
        Measurement.exact("P-corrected", "worst_ratio", (corrected / direct).max()),
        Measurement.exact("P-corrected", "worst_ratio_near_zero", (corrected_near / direct_near).max()),
        Measurement("P-mc-kl", "abs_relative_bias_direct", abs(bias), floor, size[1], n),
        Measurement("P-mc-kl", "relative_bias_corrected", *result.relative_bias("corrected"), n),
    ]
