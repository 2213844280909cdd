"""What the readings tell against the criteria: known answers, and how often the intervals hold them."""

import numpy as np
import pytest
from scipy import stats

from noisyweights.device_report import measures
from noisyweights.experiments.device_readings import parts as readings
from noisyweights.experiments.device_readings.groups import Group
from noisyweights.experiments.device_readings.parts import Part
from noisyweights.experiments.device_verdict.verdict import Measured

NONE = float("nan")


def part(samples: np.ndarray, *, level: float = NONE, cell: int = 0) -> Part:
    return Part(Group("", np.asarray(samples, float), level, cell), None)


def measured(parts: list[Part], *, step: float = NONE, read_pJ: float | None = None) -> Measured:
    return measures.measured(parts, readings.pooled(parts), step=step, read_pJ=read_pJ)


def cells(sigmas: list[float], means: list[float], *, n: int = 2000, seed: int = 0) -> list[Part]:
    rng = np.random.default_rng(seed)
    return [
        part(mean + sigma * rng.standard_normal(n), cell=k)
        for k, (sigma, mean) in enumerate(zip(sigmas, means, strict=True))
    ]


def test_one_group_keeps_its_readings() -> None:
    samples = np.random.default_rng(0).gamma(2, size=200)
    assert readings.pooled([part(samples)]).tolist() == samples.tolist()


def test_pooled_noise_has_neither_the_cells_means_nor_their_widths() -> None:
    noise = readings.pooled(cells([0.1, 1.0, 3.0], [5, 50, 500]))
    assert noise.std() == pytest.approx(np.sqrt((0.01 + 1 + 9) / 3), rel=0.05)
    assert abs(stats.kurtosis(noise)) < 0.3, "cells of different widths would look heavy-tailed"
    raw = np.concatenate([one.kept for one in cells([0.1, 1.0, 3.0], [5, 50, 500])])
    assert raw.std() > 100


def test_many_short_cells_keep_the_shape_of_their_noise() -> None:
    """Five readings each of 4000 cells: by their own deviations even Gaussian ones would have κ = −1."""
    rng = np.random.default_rng(8)
    short = [part(rng.normal(7, 3) + rng.laplace(size=5), cell=k) for k in range(4000)]
    found = measured([*short, part(np.array([1.0]), cell=4000)])
    own, others = (
        1 - 1 / 5,
        1 / 5,
    )  # what a reading less the mean of five holds of itself and of the other four
    expected = 3 * (own**4 + 4 * others**4) / (own**2 + 4 * others**2) ** 2  # κ = 3 for Laplace's law
    assert found.excess_kurtosis.value == pytest.approx(expected, abs=0.35)  # some four standard errors
    assert readings.pooled(short).std() == pytest.approx(np.sqrt(2), rel=0.02)


def test_cells_that_do_not_vary_have_no_noise() -> None:
    with pytest.raises(ValueError, match="there is no noise within one"):
        readings.pooled([part(np.full(5, 1.0)), part(np.full(5, 2.0), cell=1)])


@pytest.mark.parametrize(
    ("law", "least"),
    [(stats.norm(), 0.9), (stats.uniform(), 0.9), (stats.gamma(4), 0.83), (stats.t(8), 0.77)],
)
def test_intervals_of_the_shape_hold_the_laws_moments(law, least: float) -> None:
    """300 samples of 2000: 95 % each, less where tails are heavy; `least` is four standard errors below.

    A symmetric interval holds the kurtosis of the last two in 87 % and 78 %.
    """
    skewness, kurtosis = map(float, law.stats(moments="sk"))
    held = np.zeros(2)
    for row in law.rvs(size=(300, 2000), random_state=1):
        found = measured([part(row)])
        pairs = ((found.skewness, skewness), (found.excess_kurtosis, kurtosis))
        held += [one.low <= truth <= one.high for one, truth in pairs]
    assert (held / 300 > least).all()


def test_levels_tell_the_ratio_of_widths_and_the_share_of_the_range() -> None:
    rng = np.random.default_rng(2)
    sigmas = {2.0: 0.1, 10.0: 0.5, 40.0: 2.0}
    parts = [part(g + s * rng.standard_normal(4000), level=g) for g, s in sigmas.items()]
    found = measured(parts)
    assert found.sigma_ratio.low < 20 < found.sigma_ratio.high
    assert found.sigma_ratio.value == pytest.approx(20, rel=0.06)
    assert found.sigma_of_range.value == pytest.approx(0.5 / 38, rel=0.05)
    assert found.spread_over_sigma is None


def test_one_level_tells_neither() -> None:
    found = measured([part(np.random.default_rng(0).standard_normal(500))], step=0.5, read_pJ=2.0)
    assert (found.sigma_ratio, found.sigma_of_range, found.spread_over_sigma) == (None, None, None)
    assert (found.drift_over_sigma, found.correlation, found.reads) == (None, None, None)
    assert found.step_over_sigma == pytest.approx(0.5, rel=0.15)
    assert found.read_pJ == 2.0


def test_spread_between_cells_is_told_from_noise_within() -> None:
    rng = np.random.default_rng(3)
    alike = measured(cells([1.0] * 40, [7.0] * 40, n=100))
    assert alike.spread_over_sigma.low == 0
    assert alike.spread_over_sigma.value < 0.06, "the means of 100 readings scatter by a tenth of σ by chance"
    means, logs = 7 + 0.8 * rng.standard_normal(40), 0.3 * rng.standard_normal(40)
    apart = measured(cells(np.exp(logs).tolist(), means.tolist(), n=400))
    within = float(np.sqrt(np.mean(np.exp(2 * logs))))
    assert apart.spread_over_sigma.value == pytest.approx(means.std(ddof=1) / within, rel=0.03)
    assert apart.log_sigma_spread.low < 0.3 < apart.log_sigma_spread.high
    assert apart.log_sigma_spread.value == pytest.approx(logs.std(ddof=1), rel=0.05)
