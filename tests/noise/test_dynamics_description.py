"""A whole description: each part sees the trace without what would mislead it, and the sentences say so."""

import numpy as np
import pytest
from traces import autoregression, one_fluctuator

from noisyweights.noise import dynamics
from noisyweights.noise.dynamics.description import describe
from noisyweights.noise.dynamics.sentences import sentences


def test_drift_is_taken_off_before_memory_is_measured():
    trace = 50 - np.log1p(np.arange(1500)) + 0.1 * autoregression(0.0, 1500, seed=1)
    trace[100] = 9999
    found = describe(trace, interval_s=0.5, seed=0)
    assert found.outliers.count == 1
    assert found.motion.trend.form == "logarithmic"
    assert found.motion.stationary.shape == (1499,)
    assert found.motion.correlation.time_reads.value == pytest.approx(1, abs=0.25)
    said = " ".join(sentences(found, unit="µS"))
    assert "1 of 1500 readings is 9999" in said
    assert "logarithm of time" in said
    assert " a decade; this is 9" in said


def test_a_telegraph_signal_of_few_jumps_is_no_step():
    levels = np.repeat([0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1], 125)
    found = describe(levels + 0.1 * autoregression(0.0, 1500, seed=2), seed=0)
    assert found.motion.telegraph.found
    assert found.motion.trend.form == "none"
    assert "jump between 2 levels" in " ".join(sentences(found, unit=""))


def test_levels_are_found_under_a_drift():
    signal = one_fluctuator(occupancy=0.5, switching_time_s=10.0, readings=2000, seed=3)
    noise = 0.1 * autoregression(0.0, 2000, seed=4)
    found = describe(signal + noise + np.linspace(0, 8, 2000), seed=0)
    assert found.motion.telegraph.found
    assert found.motion.trend.form == "linear"


def test_a_sweep_has_no_motion():
    found = describe(np.sinh(np.linspace(-2, 2, 201)), seed=0)
    assert found.sweep
    assert found.motion is None
    assert "not noise" in sentences(found, unit="µA")[-1]


def test_short_slow_noise_is_told_to_be_recorded_longer():
    found = describe(autoregression(0.98, 1500, seed=5), seed=0)
    assert any("record until there are 50" in said for said in sentences(found, unit=""))
    assert not found.interval_known


def test_the_package_loads_what_it_names():
    assert all(getattr(dynamics, name).__name__.endswith(name) for name in dynamics.__all__)
    with pytest.raises(AttributeError, match="it has allan"):
        dynamics.nothing  # noqa: B018
