"""Trends of known form and size amid noise, and noise without a trend; sweeps."""

import numpy as np
import pytest
from traces import autoregression

from noisyweights.noise.dynamics.sweeps import is_sweep
from noisyweights.noise.dynamics.trend import trend


@pytest.mark.parametrize("rho", [0.0, 0.98])
def test_noise_is_seldom_called_a_trend(rho):
    found = [trend(autoregression(rho, 100, seed=seed), seed=seed).form for seed in range(12)]
    # At 5 %, more than 3 of 12 happen twice in 1,000 times.
    assert sum(form != "none" for form in found) <= 3


def test_linear_trend():
    ramp = np.linspace(0, 6, 1000)
    found = trend(10 + ramp + autoregression(0.5, 1000, seed=1), interval_s=2.0, seed=0)
    assert found.form == "linear"
    assert found.change.low < 6 < found.change.high
    assert found.variance_fraction == pytest.approx(3 / 4, abs=0.08)  # 6²/12 of 6²/12 + 1
    assert found.residuals.mean() == pytest.approx(found.values.mean())
    np.testing.assert_allclose(
        found.values + found.residuals - found.values.mean(), 10 + ramp + autoregression(0.5, 1000, seed=1)
    )


@pytest.mark.parametrize("start", [1, 100])
def test_logarithmic_trend(start):
    drift = -1.0 * np.log1p(np.arange(1500) / start)
    found = trend(drift + 0.1 * autoregression(0.0, 1500, seed=2), interval_s=0.1, seed=0)
    assert found.form == "logarithmic"
    assert found.start_s == pytest.approx(0.1 * start)
    assert found.per_decade.low < -np.log(10) < found.per_decade.high
    assert found.residuals.std() == pytest.approx(0.1, rel=0.1)


@pytest.mark.parametrize("readings", [400, 20_000])
def test_step(readings):
    place = readings * 2 // 5
    jump = 2.5 * (np.arange(readings) >= place)
    found = trend(jump + autoregression(0.3, readings, seed=3), seed=0)
    assert found.form == "step"
    assert found.step_at == pytest.approx(place, abs=readings / 60)  # places looked at are n / 64 apart
    assert found.change.low - 0.1 < 2.5 < found.change.high + 0.1
    assert np.isnan(found.step_s)


def test_the_seed_alone_decides():
    trace = autoregression(0.9, 200, seed=4)
    assert trend(trace, seed=1).p_value == trend(trace, seed=1).p_value


def test_sweeps():
    voltage = np.linspace(-1, 1, 201)
    assert is_sweep(np.sinh(3 * voltage))
    assert is_sweep(np.concatenate([voltage, voltage[::-1]]) ** 3)
    assert is_sweep(np.exp(-np.arange(300) / 40))


@pytest.mark.parametrize("seed", range(5))
def test_noise_is_no_sweep(seed):
    walk = np.cumsum(np.random.default_rng(seed).standard_normal(200))
    jump = np.repeat([0.0, 1.0], 100)
    assert not any(is_sweep(trace) for trace in (autoregression(0.98, 200, seed=seed), walk, jump))


def test_bad_traces_are_refused():
    with pytest.raises(ValueError, match="one column"):
        trend(np.zeros((200, 2)), seed=0)
    with pytest.raises(ValueError, match="99 samples"):
        trend(np.arange(99.0), seed=0)
    with pytest.raises(ValueError, match="first at 7"):
        trend(np.where(np.arange(200) == 7, np.nan, 1.0), seed=0)
    with pytest.raises(ValueError, match="constant"):
        trend(np.ones(200), seed=0)
    with pytest.raises(ValueError, match="interval_s = -1"):
        trend(np.arange(200.0), interval_s=-1.0, seed=0)
