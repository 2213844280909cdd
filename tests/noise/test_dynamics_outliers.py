"""Outliers that were put into a trace are found, and honest laws have none."""

import numpy as np
import pytest
from traces import autoregression, one_fluctuator

from noisyweights.noise.dynamics.outliers import Finding, outliers


def gaussian(n: int = 1000, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(n)


def test_sentinels():
    trace = 40 + gaussian()
    trace[[3, 70, 71]] = -999
    found = outliers(trace)
    assert found.findings == (Finding("sentinel", -999.0, 3),)
    np.testing.assert_array_equal(np.flatnonzero(found.mask), [3, 70, 71])


def test_a_customary_value_within_the_range_is_a_reading():
    assert outliers(990 + 10 * np.round(gaussian(), 1)).count == 0  # 999 is among them


@pytest.mark.parametrize("value", [10_000.0, -200.0])
def test_a_glitch(value):
    trace = gaussian()
    trace[5] = value
    found = outliers(trace)
    assert found.findings == (Finding("glitch", value, 1),)
    assert found.mask[5]


def test_a_stuck_code():
    trace = np.round(10 + gaussian(), 4)
    trace[np.random.default_rng(1).random(1000) < 0.3] = 10.0
    assert [finding.kind for finding in outliers(trace).findings] == ["stuck"]
    assert outliers(trace).findings[0].value == 10.0


@pytest.mark.parametrize("code", [1e-6, 0.1])
def test_saturation_at_both_ends(code):
    trace = np.clip(np.round(gaussian(4000) / code), -1.2 / code, 1.0 / code)
    found = outliers(trace)
    assert [finding.kind for finding in found.findings] == ["saturated low", "saturated high"]
    assert found.mask.sum() == np.sum((trace == trace.min()) | (trace == trace.max()))


def telegraph(rng):
    steps = one_fluctuator(occupancy=0.5, switching_time_s=10.0, readings=2000, seed=int(rng.integers(1000)))
    return steps + 0.05 * rng.standard_normal(2000)


HONEST = {
    "Gaussian": lambda rng: rng.standard_normal(2000),
    "Student, 3 degrees of freedom": lambda rng: rng.standard_t(3, 2000),
    "lognormal": lambda rng: rng.lognormal(0, 1, 2000),
    "uniform": lambda rng: rng.random(2000),
    "arcsine codes": lambda rng: np.round(100 * np.sin(2 * np.pi * rng.random(2000))),
    "fine codes": lambda rng: np.round(10 * rng.standard_normal(2000)),
    "coarse codes": lambda rng: np.round(rng.standard_normal(2000)),
    "heavy-tailed codes": lambda rng: np.round(3 * rng.standard_t(3, 2000)),
    "slow codes": lambda rng: np.round(5 * autoregression(0.99, 2000, seed=int(rng.integers(1000)))),
    "telegraph": telegraph,
}


@pytest.mark.parametrize("name", HONEST)
def test_honest_laws_have_no_outliers(name):
    # Rates measured on 300 traces are at most 2 %: four of 30 would be seen once in 300 times.
    traces = [HONEST[name](np.random.default_rng(seed)) for seed in range(30)]
    assert sum(outliers(trace).count > 0 for trace in traces) <= 3
